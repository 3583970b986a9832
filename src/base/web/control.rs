//! What the controls of browsers can hold: a field for a day, a time or a number throws away what is
//! none, and an invalid value there is an error of the page.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// The type of control for `typed`: `kind`, or `text` where such a control would not show it.
pub fn control<'a>(kind: &'a str, typed: &str) -> &'a str {
    let holds = match kind {
        "number" => typed.parse::<i64>().is_ok_and(|n| n.to_string() == typed),
        "date" => written(typed, "%Y-%m-%d", NaiveDate::parse_from_str, |day, form| day.format(form).to_string()),
        "time" => written(typed, "%H:%M", NaiveTime::parse_from_str, |time, form| time.format(form).to_string()),
        "datetime-local" => {
            written(typed, "%Y-%m-%dT%H:%M", NaiveDateTime::parse_from_str, |at, form| at.format(form).to_string())
        }
        _ => true,
    };
    if holds || typed.is_empty() { kind } else { "text" }
}

/// Whether `typed` is exactly as `form` writes what it says.
fn written<T, E>(
    typed: &str,
    form: &str,
    read: impl Fn(&str, &str) -> Result<T, E>,
    write: impl Fn(T, &str) -> String,
) -> bool {
    // A year beyond 9999 is written with a sign.
    !typed.starts_with('+') && read(typed, form).is_ok_and(|value| write(value, form) == typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_control_cannot_hold_stands_in_a_field_of_text() {
        for (kind, held, not_held) in [
            ("number", vec!["", "0", "-3", "12"], vec!["x", "1.5", "+1", "007", "-", "１２"]),
            ("date", vec!["", "2027-01-31"], vec!["2027-02-30", "2027/01/31", "2027-1-31", "+12027-01-31", "tomorrow"]),
            ("time", vec!["", "09:00"], vec!["24:00", "9:00", "nine", "09:00 "]),
            ("datetime-local", vec!["", "2027-01-31T09:00"], vec!["x", "2027-01-31", "2027-01-31 09:00"]),
        ] {
            for typed in held {
                assert_eq!(control(kind, typed), kind, "{typed:?}");
            }
            for typed in not_held {
                assert_eq!(control(kind, typed), "text", "{kind} {typed:?}");
            }
        }
        assert_eq!(control("email", "nobody"), "email");
    }
}
