//! From the wall clock of a zone to instants, by the product's one rule: a local time that a
//! daylight-saving gap skips is as much later as the gap is long (02:30 → 03:30), and one that
//! happens twice is the first. The other way is chrono's `from_utc_datetime`, which has no doubts.

use chrono::{MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{GapInfo, Tz};

/// The instant, in UTC, at which clocks in `zone` show `local`. None only at the ends of the calendar.
pub fn instant(zone: Tz, local: NaiveDateTime) -> Option<NaiveDateTime> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.naive_utc()),
        MappedLocalTime::None => {
            let (_, before) = GapInfo::new(&local, &zone)?.begin?;
            local.checked_sub_offset(before.fix())
        }
    }
}

/// What clocks in `zone` show at the instant `at` (UTC).
pub fn local(zone: Tz, at: NaiveDateTime) -> NaiveDateTime {
    zone.from_utc_datetime(&at).naive_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_move_onward_and_doubles_take_the_first() {
        let cases = [
            (chrono_tz::Asia::Taipei, "2026-11-21 10:00", "2026-11-21 02:00"),
            (chrono_tz::America::New_York, "2027-03-14 02:30", "2027-03-14 07:30"),
            (chrono_tz::America::New_York, "2026-11-01 01:30", "2026-11-01 05:30"),
            (chrono_tz::Australia::Lord_Howe, "2027-10-03 02:10", "2027-10-02 15:40"),
        ];
        for (zone, wall, utc) in cases {
            let read = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
            assert_eq!(instant(zone, read(wall)), Some(read(utc)), "{zone} {wall}");
        }
        assert_eq!(instant(chrono_tz::Asia::Taipei, NaiveDateTime::MIN), None);
    }
}
