//! How many messages a text is: 3GPP TS 23.038 (the alphabet) and 23.040 (joined messages).

/// How the characters of a text message travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// 7 bits each: 160 in one message, 153 in each of several.
    Gsm7,
    /// 16 bits each, as soon as one character is not in the other alphabet: 70, or 67.
    Ucs2,
}

/// What a text costs to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SmsLength {
    pub encoding: Encoding,
    /// Septets or UTF-16 units.
    pub units: usize,
    /// How many messages the vendor charges.
    pub parts: usize,
}

impl Encoding {
    /// Units that fit into a message sent alone.
    pub fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units that fit into each of several joined messages, whose header takes the rest.
    pub fn joined(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

impl SmsLength {
    /// Counts `text`. An empty text is one message.
    pub fn of(text: &str) -> Self {
        let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
        let (encoding, widths) = match septets {
            Some(widths) => (Encoding::Gsm7, widths),
            None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect()),
        };
        let units = widths.iter().sum();
        let parts = if units <= encoding.alone() { 1 } else { parts(&widths, encoding.joined()) };
        Self { encoding, units, parts }
    }
}

/// A character of two units is never cut, so a part may end one unit early.
fn parts(widths: &[usize], room: usize) -> usize {
    let mut parts = 1;
    let mut used = 0;
    for width in widths {
        if used + width > room {
            parts += 1;
            used = 0;
        }
        used += width;
    }
    parts
}

/// How many septets the character takes; none when the alphabet has no such character.
fn septets(c: char) -> Option<usize> {
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                         ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const EXTENSION: &str = "^{}\\[~]|€\u{c}";
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{Gsm7, Ucs2};
    use proptest::prelude::*;

    #[test]
    fn lengths() {
        let a = |n| "a".repeat(n);
        let wang = |n| "王".repeat(n);
        for (text, encoding, units, parts) in [
            (String::new(), Gsm7, 0, 1),
            (a(160), Gsm7, 160, 1),
            (a(161), Gsm7, 161, 2),
            (a(306), Gsm7, 306, 2),
            (a(307), Gsm7, 307, 3),
            ("€".repeat(80), Gsm7, 160, 1),
            // the pair would be cut at septet 153, so it moves: 152 + 2, not 153 + 1
            (a(152) + "€" + &a(152), Gsm7, 306, 3),
            (a(153) + "€" + &a(151), Gsm7, 306, 2),
            ("`".to_owned(), Ucs2, 1, 1),
            ("ç".to_owned(), Ucs2, 1, 1),
            ("\t".to_owned(), Ucs2, 1, 1),
            (wang(70), Ucs2, 70, 1),
            (wang(71), Ucs2, 71, 2),
            (wang(134), Ucs2, 134, 2),
            (wang(135), Ucs2, 135, 3),
            (a(71) + "王", Ucs2, 72, 2),
            ("🧥".repeat(35), Ucs2, 70, 1),
            // a surrogate pair is not cut: 66 units fit, not 67
            ("🧥".repeat(66), Ucs2, 132, 2),
            ("🧥".repeat(67), Ucs2, 134, 3),
        ] {
            assert_eq!(SmsLength::of(&text), SmsLength { encoding, units, parts }, "{text}");
        }
    }

    #[test]
    fn the_alphabet_is_complete() {
        let basic = (0..=0xffff).filter_map(char::from_u32).filter(|c| septets(*c) == Some(1)).count();
        let extension = (0..=0xffff).filter_map(char::from_u32).filter(|c| septets(*c) == Some(2)).count();
        // 128 places, one of which is the escape to the extension
        assert_eq!((basic, extension), (127, 10));
    }

    proptest! {
        #[test]
        fn parts_are_enough_and_not_one_too_many(text in "[a-z€王🧥]{0,400}") {
            let SmsLength { encoding, units, parts } = SmsLength::of(&text);
            if parts == 1 {
                prop_assert!(units <= encoding.alone());
            } else {
                prop_assert!(units > encoding.alone());
                prop_assert!(units <= parts * encoding.joined());
                prop_assert!(units > (parts - 1) * (encoding.joined() - 1));
            }
        }

        #[test]
        fn a_longer_text_never_has_fewer_parts(text in "[a-z王🧥]{0,200}", more in "[a-z王🧥]{0,50}") {
            let longer = text.clone() + &more;
            prop_assert!(SmsLength::of(&longer).parts >= SmsLength::of(&text).parts);
        }
    }
}
