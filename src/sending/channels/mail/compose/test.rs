use super::*;
use crate::channels::Refusal;
use mail_parser::{Address as Parsed, MessageParser, MimeHeaders};

fn words(subject: &str, parts: Vec<Rendered>) -> Words {
    Words { subject: Some(subject.to_owned()), preheader: Some("只有三天 <b>".to_owned()), parts }
}

fn text(text: &str) -> Rendered {
    Rendered::Text { text: text.to_owned() }
}

fn letter<'a>(words: &'a Words, to: &'a str) -> Letter<'a> {
    Letter {
        sender: Sender {
            name: "樹屋選物 Treehouse",
            address: "news@xn--fsqu00a.example",
            postal_address: "106 台北市大安區和平東路一段 1 號",
        },
        to,
        id: "01900000-0000-7000-8000-000000000001".parse().unwrap(),
        list: None,
        date: chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap().and_hms_opt(4, 5, 6).unwrap(),
        words,
        public_url: "https://shop.example",
        unsubscribe: Some("https://shop.example/u/0123".to_owned()),
    }
}

fn refusal(words: &Words, to: &str) -> Refusal {
    match letter(words, to).compose() {
        Err(Answer::Taken { people, .. }) => people.into_iter().next().unwrap().unwrap_err(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn somebody_else_reads_what_was_written() {
    let subject: String = "週年慶全館八折，加碼送好禮🎁！".chars().cycle().take(200).collect();
    let parts = vec![
        text("{{不是參數}} <b>您好</b>\n第二行 https://shop.example/a?b=1&c=2，快來\n\n\n.一個點開頭\n..兩個"),
        Rendered::Image { image: "k3y".to_owned(), alt: "紅色 \"大衣\"".to_owned() },
        text("再見"),
    ];
    let words = words(&subject, parts);
    let composed = letter(&words, "amy.chen@例子.台灣").compose().unwrap();
    let raw = String::from_utf8(composed.bytes.clone()).unwrap();
    assert!(raw.is_ascii());
    for line in raw.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line}");
    }
    let head = raw.split("\r\n\r\n").next().unwrap();
    for line in head.split("\r\n").filter(|line| !line.contains("List-")) {
        assert!(line.len() <= 78, "{}: {line}", line.len());
        for word in line.split_whitespace().filter(|word| word.starts_with("=?")) {
            assert!(word.len() <= 75, "{word}");
        }
    }
    assert!(head.contains("List-Unsubscribe: <https://shop.example/u/0123>\r\n"));
    assert!(head.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert!(head.contains("Date: Sat, 21 Nov 2026 04:05:06 +0000\r\n"));

    let mail = MessageParser::default().parse(&composed.bytes).unwrap();
    assert_eq!(mail.subject(), Some(subject.as_str()));
    let address = |of: Option<&Parsed<'_>>| {
        let first = of.unwrap().first().unwrap();
        (first.name().map(str::to_owned), first.address().unwrap().to_owned())
    };
    assert_eq!(address(mail.from()), (Some("樹屋選物 Treehouse".to_owned()), "news@xn--fsqu00a.example".to_owned()));
    assert_eq!(address(mail.to()).1, "amy.chen@xn--fsqu00a.xn--kpry57d");
    assert_eq!(mail.message_id(), Some("01900000-0000-7000-8000-000000000001@xn--fsqu00a.example"));
    assert_eq!(composed.message_id, mail.message_id().unwrap());
    assert_eq!(mail.content_type().unwrap().subtype(), Some("alternative"));
    assert_eq!((mail.text_body_count(), mail.html_body_count(), mail.attachment_count()), (1, 1, 0));

    let plain = mail.body_text(0).unwrap();
    for words in [
        "{{不是參數}} <b>您好</b>\r\n第二行 https://shop.example/a?b=1&c=2，快來",
        "\r\n.一個點開頭\r\n..兩個",
        "紅色 \"大衣\"\r\nhttps://shop.example/media/k3y",
        "106 台北市大安區和平東路一段 1 號",
        "https://shop.example/u/0123",
    ] {
        assert!(plain.contains(words), "{words:?} is not in {plain}");
    }
    let html = mail.body_html(0).unwrap();
    for words in [
        "{{不是參數}} &#60;b&#62;您好&#60;/b&#62;<br>",
        "<a href=\"https://shop.example/a?b=1&#38;c=2\" style=\"color:#0b57d0;\">https://shop.example/a?b=1&#38;c=2</a>，快來",
        "<img src=\"https://shop.example/media/k3y\" alt=\"紅色 &#34;大衣&#34;\"",
        "只有三天 &#60;b&#62;",
        "href=\"https://shop.example/u/0123\"",
        "樹屋選物 Treehouse",
        "106 台北市大安區和平東路一段 1 號",
    ] {
        assert!(html.contains(words), "{words:?} is not in {html}");
    }
    assert!(html.find("只有三天").unwrap() < html.find("您好").unwrap());
    assert!(!html.contains("<script"));
}

#[test]
fn a_line_break_never_reaches_a_header() {
    for subject in ["折扣\r\nBcc: everybody@example.com", "折扣\nX: y", "a\rb", "a\u{0}b"] {
        let words = words(subject, vec![text("好")]);
        assert_eq!(refusal(&words, "amy@example.com").reason, RefusalReason::Refused, "{subject:?}");
    }
    for to in [
        "",
        "amy",
        "@example.com",
        "amy@",
        "amy@example.com\r\nRCPT TO:<eve@example.com>",
        "a b@example.com",
        "amy@exa mple.com",
    ] {
        let words = words("好", vec![text("好")]);
        assert_eq!(refusal(&words, to).reason, RefusalReason::Refused, "{to:?}");
    }
}

#[test]
fn an_address_that_is_not_in_ascii_needs_a_server_that_knows_it() {
    let words = words("好", vec![text("好")]);
    for (to, needs) in [("amy@example.com", false), ("amy@例子.台灣", false), ("王小明@example.com", true)] {
        assert_eq!(letter(&words, to).compose().unwrap().needs_utf8(), needs, "{to}");
    }
}

#[test]
fn what_is_tried_out_unsubscribes_nobody() {
    let words = words("好", vec![text("好")]);
    let mail = Letter { unsubscribe: None, ..letter(&words, "amy@example.com") }.compose().unwrap();
    let mail = MessageParser::default().parse(&mail.bytes).unwrap();
    assert!(mail.header("List-Unsubscribe").is_none() && mail.header("List-Unsubscribe-Post").is_none());
    assert!(mail.body_text(0).unwrap().contains("測試信") && !mail.body_html(0).unwrap().contains("/u/"));
}

#[test]
fn a_row_of_spaces_is_read_as_one() {
    for (subject, read) in
        [("週年慶  全館八折", "週年慶 全館八折"), (" 買   一  送 一 ", "買 一 送 一"), ("50%  OFF", "50% OFF")]
    {
        let words = words(subject, vec![text("好")]);
        let mail = letter(&words, "amy@example.com").compose().unwrap();
        let mail = MessageParser::default().parse(&mail.bytes).unwrap();
        assert_eq!(mail.subject(), Some(read), "{subject:?}");
    }
}

#[test]
fn every_mail_can_be_read_back() {
    use proptest::prelude::*;
    proptest!(ProptestConfig::with_cases(64), |(subject in "[^\\p{Cc}]{1,120}", body in "(\\PC|\n){1,300}", name in "[\\p{Han}a-zA-Z,\"(). ]{1,40}")| {
        let words = words(&subject, vec![text(&body)]);
        let mut letter = letter(&words, "amy@example.com");
        letter.sender.name = &name;
        let composed = letter.compose().unwrap();
        prop_assert!(composed.bytes.is_ascii());
        let mail = MessageParser::default().parse(&composed.bytes).unwrap();
        let plain = mail.body_text(0).unwrap().replace("\r\n", "\n");
        prop_assert!(plain.starts_with(body.trim_end()), "{body:?} became {plain:?}");
        // Spaces at the ends and in rows are folding, which nobody promises to keep.
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !subject.contains("=?") {
            prop_assert_eq!(squeezed(mail.subject().unwrap_or_default()), squeezed(&subject));
        }
        let from = mail.from().unwrap().first().unwrap();
        prop_assert_eq!(squeezed(from.name().unwrap_or_default()), squeezed(&name));
        prop_assert_eq!(from.address(), Some("news@xn--fsqu00a.example"));
    });
}
