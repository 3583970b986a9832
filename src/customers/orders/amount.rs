//! Amounts of New Taiwan dollars, the only currency that members' figures are kept in: what was
//! spent is a sum, and dollars of two countries have none.

/// ISO 4217.
pub const CURRENCY: &str = "TWD";

/// Larger than any order, and small enough that a member's sum fits its column. In minor units.
const MOST: i64 = 1_000_000_000_000;

/// What people write for an amount, in minor units: `1280`, `1,280.50`, `NT$1,280`, `1,280 元`. None
/// is what is no amount, negative, of another currency, or has parts of a cent.
pub fn twd(text: &str) -> Option<i64> {
    let text = plain(text);
    let (whole, fraction) = bare(&text).split_once('.').unwrap_or((bare(&text), "0"));
    let whole: i64 = ungrouped(whole)?.parse().ok()?;
    let cents = cents(fraction)?;
    whole.checked_mul(100)?.checked_add(cents).filter(|total| *total <= MOST)
}

/// Whether these are words for New Taiwan dollars.
pub fn is_twd(text: &str) -> bool {
    matches!(plain(text).as_str(), "TWD" | "NTD" | "NT$" | "NT" | "新台幣" | "新臺幣" | "台幣" | "臺幣")
}

/// In narrow forms and capitals, without space around it.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        // The wide forms of U+0021 to U+007E.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    text.trim().chars().map(narrow).collect::<String>().to_uppercase()
}

/// Without the words and marks of the currency.
fn bare(text: &str) -> &str {
    let marks = ["新台幣", "新臺幣", "台幣", "臺幣", "TWD", "NTD", "NT"];
    let text = marks.iter().find_map(|mark| text.strip_prefix(mark)).unwrap_or(text).trim_start();
    let text = text.strip_prefix('$').unwrap_or(text).trim_start();
    ["元整", "元", "TWD", "NTD"].iter().find_map(|mark| text.strip_suffix(mark)).unwrap_or(text).trim_end()
}

/// The digits of `1280` or `1,280`. Commas stand before every three digits or nowhere: `12,80` may
/// be a decimal comma.
fn ungrouped(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let right = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    let digits = [&[first], rest.as_slice()].concat().concat();
    (right && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// `5` is 50 cents; databases write `.5000`.
fn cents(fraction: &str) -> Option<i64> {
    let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    let (cents, rest) = fraction.split_at_checked(2).unwrap_or((fraction, ""));
    (digits && rest.bytes().all(|b| b == b'0')).then(|| format!("{cents:0<2}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_shops_write_it() {
        for (text, minor) in [
            ("1280", 128_000),
            (" 1280 ", 128_000),
            ("0", 0),
            ("1,280", 128_000),
            ("1,234,567", 123_456_700),
            ("1280.5", 128_050),
            ("1280.05", 128_005),
            ("1,280.00", 128_000),
            ("1280.0000", 128_000),
            ("$1,280", 128_000),
            ("NT$1,280", 128_000),
            ("nt$ 1,280", 128_000),
            ("NTD 1280", 128_000),
            ("TWD1280", 128_000),
            ("1280 TWD", 128_000),
            ("1,280元", 128_000),
            ("新台幣 1,280 元整", 128_000),
            ("新臺幣1280", 128_000),
            ("ＮＴ＄１，２８０．５０", 128_050),
            ("10000000000", MOST),
        ] {
            assert_eq!(twd(text), Some(minor), "{text}");
        }
    }

    #[test]
    fn what_may_be_another_amount_is_none() {
        for text in [
            "",
            "free",
            "-100",
            "(100)",
            "+100",
            "US$100",
            "HKD 100",
            "100 USD",
            "12,80",
            "1.280,00",
            "1,2800",
            ",280",
            "1,,280",
            "1 280",
            "1280.",
            ".5",
            "1280.505",
            "1e3",
            "1.23E+05",
            "1280/2",
            "10000000000.01",
            "99999999999999999999",
            "٣",
            "元",
            "$",
        ] {
            assert_eq!(twd(text), None, "{text}");
        }
    }

    #[test]
    fn only_our_own_dollars_are_taken() {
        for (text, expected) in
            [("TWD", true), ("twd ", true), ("NT$", true), ("新台幣", true), ("USD", false), ("$", false), ("", false)]
        {
            assert_eq!(is_twd(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_out_is_read_again(minor in 0..=MOST) {
            let written = format!("{}.{:02}", minor / 100, minor % 100);
            proptest::prop_assert_eq!(twd(&written), Some(minor));
            let grouped = tidings_base::web::texts::number(minor / 100);
            proptest::prop_assert_eq!(twd(&format!("NT${grouped}")), Some(minor / 100 * 100));
        }
    }
}
