//! What identifies a person on a channel, brought to the one form that is stored, so that the same
//! phone written three ways is the same contact.

use crate::channels::ChannelKind;
use tidings_base::text_enum;

text_enum! {
    /// Why a text identifies nobody on such a channel.
    pub enum IdentityProblem {
        /// LINE: U and 32 hexadecimal digits.
        Line = "identity_line",
        /// Messenger, Instagram: the digits of a page-scoped id.
        Digits = "identity_digits",
        Phone = "identity_phone",
        Email = "identity_email",
    }
}

/// The stored form of `text` on a channel of this kind.
pub fn normalise(kind: ChannelKind, text: &str) -> Result<String, IdentityProblem> {
    match kind {
        ChannelKind::Line => line(text.trim()).ok_or(IdentityProblem::Line),
        ChannelKind::Messenger | ChannelKind::Instagram => digits(text.trim()).ok_or(IdentityProblem::Digits),
        ChannelKind::WhatsApp | ChannelKind::Sms => phone(text).ok_or(IdentityProblem::Phone),
        ChannelKind::Email => email(text).ok_or(IdentityProblem::Email),
    }
}

/// A phone number in E.164, `+886912345678`. Numbers without a country are Taiwanese mobile phones;
/// a leading zero that a spreadsheet took away is put back.
pub fn phone(text: &str) -> Option<String> {
    let mut number = String::new();
    for c in text.trim().chars() {
        match c {
            '0'..='9' => number.push(c),
            '０'..='９' => number.push(char::from_digit(c as u32 - '０' as u32, 10)?),
            '+' | '＋' if number.is_empty() => number.push('+'),
            ' ' | '\u{a0}' | '\u{3000}' | '-' | '－' | '‐' | '–' | '(' | ')' | '（' | '）' | '.' => {}
            _ => return None,
        }
    }
    let (abroad, digits) = match number.strip_prefix('+').or_else(|| number.strip_prefix("00")) {
        Some(rest) => (true, rest),
        None => (false, number.as_str()),
    };
    let taiwanese = match digits.strip_prefix("886") {
        Some(rest) if abroad || rest.len() >= 9 => Some(rest),
        Some(_) | None if !abroad => Some(digits),
        Some(_) | None => None,
    };
    if let Some(local) = taiwanese {
        // Within Taiwan a mobile number is 09 and eight digits; abroad the zero goes.
        let local = local.strip_prefix('0').unwrap_or(local);
        return (local.len() == 9 && local.starts_with('9')).then(|| format!("+886{local}"));
    }
    // E.164: at most 15 digits, the first not zero; no country has numbers of fewer than 8 with its code.
    ((8..=15).contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

/// A mail address in lower case. The parts that programs agree on are checked (RFC 5321's lengths,
/// a dotted domain); whether anybody reads it, only sending shows.
pub fn email(text: &str) -> Option<String> {
    let address = text.trim().to_ascii_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let local_ok = (1..=64).contains(&local.len())
        && local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let labels: Vec<&str> = domain.split('.').collect();
    let domain_ok = domain.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(|label| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
        && labels.last().is_some_and(|top| top.chars().any(|c| c.is_ascii_alphabetic()));
    (local_ok && domain_ok && address.len() <= 254).then_some(address)
}

/// LINE: "U[0-9a-f]{32}" (Messaging API, source of a webhook).
fn line(text: &str) -> Option<String> {
    let hex = text.strip_prefix(['U', 'u'])?;
    (hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| format!("U{}", hex.to_ascii_lowercase()))
}

/// Page-scoped ids are numbers of up to 20 digits.
fn digits(text: &str) -> Option<String> {
    ((5..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_brought_to_one_form() {
        for (written, stored) in [
            ("0912345678", "+886912345678"),
            ("0912-345-678", "+886912345678"),
            ("(0912) 345 678", "+886912345678"),
            ("912345678", "+886912345678"),
            ("886912345678", "+886912345678"),
            ("+886912345678", "+886912345678"),
            ("+886 0912 345 678", "+886912345678"),
            ("00886912345678", "+886912345678"),
            ("０９１２３４５６７８", "+886912345678"),
            ("＋886-912-345-678", "+886912345678"),
            ("+81 90-1234-5678", "+819012345678"),
            ("+1 (415) 555-2671", "+14155552671"),
        ] {
            assert_eq!(phone(written).as_deref(), Some(stored), "{written}");
        }
        for bad in [
            "",
            "+",
            "0",
            "02-2345-6789",
            "091234567",
            "09123456789",
            "+886223456789",
            "0912345678a",
            "0912345678/0922345678",
            "+0912345678",
            "+1234567",
            "+1234567890123456",
            "9.12E+08",
            "０９１２",
        ] {
            assert_eq!(phone(bad), None, "{bad}");
        }
    }

    #[test]
    fn mail_addresses_are_brought_to_one_form() {
        for (written, stored) in [
            (" Amy.Chen@Example.COM ", "amy.chen@example.com"),
            ("o'neil+shop@mail.example.com.tw", "o'neil+shop@mail.example.com.tw"),
            ("a@b.co", "a@b.co"),
        ] {
            assert_eq!(email(written).as_deref(), Some(stored), "{written}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "amy",
            "amy@",
            "@example.com",
            "amy@example",
            "amy@@example.com",
            "a b@example.com",
            ".a@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example..com",
            "a@1.2.3.4",
            "王@example.com",
            "<a@example.com>",
            "a@b.co,c@d.co",
            &long,
        ] {
            assert_eq!(email(bad), None, "{bad}");
        }
    }

    #[test]
    fn each_channel_has_its_own_identity() {
        let id = format!("U{}", "0a".repeat(16));
        let cases = [
            (ChannelKind::Line, id.as_str(), Ok(id.clone())),
            (ChannelKind::Line, "U123", Err(IdentityProblem::Line)),
            (ChannelKind::Line, "C00000000000000000000000000000000", Err(IdentityProblem::Line)),
            (ChannelKind::Messenger, "1234567890123456", Ok("1234567890123456".into())),
            (ChannelKind::Instagram, "amy.chen", Err(IdentityProblem::Digits)),
            (ChannelKind::WhatsApp, "0912345678", Ok("+886912345678".into())),
            (ChannelKind::Sms, "amy@example.com", Err(IdentityProblem::Phone)),
            (ChannelKind::Email, "0912345678", Err(IdentityProblem::Email)),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(normalise(kind, text), expected, "{kind} {text}");
        }
        assert_eq!(normalise(ChannelKind::Line, &format!(" u{} ", "0A".repeat(16))), Ok(id));
    }

    proptest::proptest! {
        #[test]
        fn what_was_brought_to_its_form_keeps_it(kind in proptest::sample::select(ChannelKind::ALL), text in "\\PC{0,40}|[+0-9 -]{0,18}") {
            if let Ok(stored) = normalise(kind, &text) {
                proptest::prop_assert_eq!(normalise(kind, &stored), Ok(stored.clone()));
            }
        }
    }
}
