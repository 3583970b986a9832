//! Web addresses in a text.

/// A stretch of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stretch<'a> {
    Words(&'a str),
    Link(&'a str),
}

/// Cuts a line into words and the web addresses in them. An address is written in ASCII and ends
/// before a space, before Chinese, and before punctuation that closes the sentence around it.
pub(super) fn stretches(line: &str) -> Vec<Stretch<'_>> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(from) = start(rest) {
        let link = &rest[from..from + length(&rest[from..])];
        if from > 0 {
            found.push(Stretch::Words(&rest[..from]));
        }
        found.push(Stretch::Link(link));
        rest = &rest[from + link.len()..];
    }
    if !rest.is_empty() {
        found.push(Stretch::Words(rest));
    }
    found
}

/// Where the next address begins that has more to it than its scheme.
fn start(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find("http").map(|at| at + from) {
        let after = ["https://", "http://"].iter().find_map(|scheme| text[at..].strip_prefix(scheme));
        if after.is_some_and(|after| after.starts_with(|c: char| c.is_ascii_alphanumeric())) {
            return Some(at);
        }
        from = at + "http".len();
    }
    None
}

fn length(from: &str) -> usize {
    let ends = |c: char| !c.is_ascii_graphic() || "<>\"'`{}|\\^".contains(c);
    let mut link = &from[..from.find(ends).unwrap_or(from.len())];
    loop {
        let shorter = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        // A bracket that closes belongs to the address only if one opens in it.
        let shorter = match shorter.strip_suffix(')') {
            Some(inside) if !inside.contains('(') => inside,
            Some(_) | None => shorter,
        };
        let shorter = match shorter.strip_suffix(']') {
            Some(inside) if !inside.contains('[') => inside,
            Some(_) | None => shorter,
        };
        if shorter.len() == link.len() {
            return link.len();
        }
        link = shorter;
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Stretch::{Link, Words},
        *,
    };
    use proptest::prelude::*;

    #[test]
    fn addresses_end_where_a_reader_would_end_them() {
        for (line, wanted) in [
            ("", vec![]),
            ("沒有連結", vec![Words("沒有連結")]),
            ("https://shop.example/a?b=1&c=2#d", vec![Link("https://shop.example/a?b=1&c=2#d")]),
            (
                "看這裡：https://shop.example/a，快來",
                vec![Words("看這裡："), Link("https://shop.example/a"), Words("，快來")],
            ),
            ("(http://a.example/x).", vec![Words("("), Link("http://a.example/x"), Words(").")]),
            ("http://a.example/x_(y)!", vec![Link("http://a.example/x_(y)"), Words("!")]),
            ("https:// http 與 https://", vec![Words("https:// http 與 https://")]),
            ("<https://a.example>", vec![Words("<"), Link("https://a.example"), Words(">")]),
            ("javascript:alert(1)", vec![Words("javascript:alert(1)")]),
            ("http://a.example http://b.example", vec![Link("http://a.example"), Words(" "), Link("http://b.example")]),
        ] {
            assert_eq!(stretches(line), wanted, "{line}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost(line in "\\PC{0,60}|(https?://[a-z./()?，。 ]{0,20}){0,3}") {
            let whole: String = stretches(&line).iter().map(|s| match s { Words(text) | Link(text) => *text }).collect();
            prop_assert_eq!(whole, line);
        }
    }
}
