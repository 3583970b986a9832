//! What people are called: somebody who became a contact by an event has no name until the vendor
//! was asked for it, in the background.

mod store;

pub use store::ask;

use super::{Connect, Trouble};
use chrono::TimeDelta;
use std::time::Duration;
use tidings_base::{
    db::DbError,
    jobs::{self, Failure, Kind, Slice, Work},
};

/// The kind that asks for names; wake it after [`ask`].
pub const NAMES: &str = "contacts.name";

/// How often a vendor is asked in all, over about a day.
const MOST_CALLS: i64 = 12;

/// Asks for names over the connectors that `connect` gives: one at a time on each worker, far below
/// what vendors allow, because nobody waits for it.
pub fn names(connect: Connect) -> Kind {
    Kind::over(NAMES, "channels.names_job", "contact_names", "status = 'waiting'", 2, 10, move |work, slice| {
        run(work, slice, connect.clone())
    })
}

async fn run(work: Work, slice: Slice, connect: Connect) -> Result<(), Failure> {
    let owner = slice.owner.clone();
    let asked = work
        .db
        .write(move |conn| {
            jobs::begin(conn, "contact_names", &owner)?;
            store::read(conn, &owner).map_err(DbError::from)
        })
        .await?;
    for row in asked {
        let answer = match connect(&row.account, &work) {
            Some(channel) => match tokio::time::timeout(PATIENCE, channel.name(&row.identity)).await {
                Ok(answer) => answer,
                Err(_) => Err(Trouble::Later { detail: "no answer in time".to_owned() }),
            },
            None => Ok(None),
        };
        let (owner, now) = (slice.owner.clone(), work.clock.now());
        let written = work.db.write(move |conn| {
            match answer {
                Ok(name) => store::answer(conn, &owner, &row, name.as_deref().map(tidy).as_deref())?,
                Err(_) if row.attempts + 1 >= MOST_CALLS || row.begun > jobs::BEGUN_MOST => {
                    store::give_up(conn, &owner, &row)?;
                }
                Err(_) => store::again(conn, &owner, &row, now + wait(row.attempts + 1))?,
            }
            Ok::<_, DbError>(())
        });
        written.await?;
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(8);

/// Doubling from half a minute to four hours.
fn wait(attempts: i64) -> TimeDelta {
    (TimeDelta::seconds(30) * (1 << attempts.clamp(1, 12).saturating_sub(1))).min(TimeDelta::hours(4))
}

/// A name as people give it to themselves, in one line.
fn tidy(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.trim().chars().take(LONGEST).collect()
}

const LONGEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_for_about_a_day() {
        let waits: Vec<i64> = (1..MOST_CALLS).map(|n| wait(n).num_seconds()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 14400, 14400]);
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(tidy(" 王\n小明\u{0} "), "王 小明");
        assert_eq!(tidy(&"長".repeat(300)).chars().count(), LONGEST);
    }
}
