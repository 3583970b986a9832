//! How many wrong passwords are taken before one has to wait.

use chrono::{NaiveDateTime, TimeDelta};

/// Failures older than this are forgotten.
pub(super) const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Wrong passwords for one account, from anywhere.
pub(super) const BY_ACCOUNT: usize = 5;
/// Wrong passwords from one address, for any account.
pub(super) const BY_ADDRESS: usize = 20;

/// When one may try again, if not now. `failures` are the times of wrong passwords, newest first.
pub(super) fn wait_until(failures: &[NaiveDateTime], most: usize, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let until = *failures.get(most - 1)? + WINDOW;
    (until > now).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_wrong_password_closes_the_door_until_the_first_is_old() {
        let at = |minute| NaiveDateTime::default() + TimeDelta::minutes(minute);
        let four = [at(4), at(3), at(2), at(1)];
        assert_eq!(wait_until(&four, 5, at(5)), None);
        let five = [at(5), at(4), at(3), at(2), at(1)];
        assert_eq!(wait_until(&five, 5, at(5)), Some(at(16)));
        assert_eq!(wait_until(&five, 5, at(16)), None);
        let six = [at(6), at(5), at(4), at(3), at(2), at(1)];
        assert_eq!(wait_until(&six, 5, at(6)), Some(at(17)));
    }
}
