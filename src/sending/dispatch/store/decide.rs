//! Who gets a message and who is left out, and why: decided by the database for many at once.

use super::packs;
use crate::channels::window;
use chrono::{NaiveDateTime, TimeDelta};
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_customers::{channels::ChannelKind, consent::Consent};

/// Who is meant to get a message; without values that are not bound.
#[derive(Clone, PartialEq, Debug)]
pub enum People {
    /// Contacts themselves: ` from contacts c … where …`.
    Contacts(Sql),
    /// Contacts with the entries that they get it for: `select contact_id, entry_id …`.
    Entries(Sql),
}

/// What the reason is told from.
pub(super) struct Decision<'a> {
    pub(super) dispatch: &'a Id,
    pub(super) channel: &'a Id,
    pub(super) kind: ChannelKind,
    /// Whether anybody may be in a pack of the dispatch.
    pub(super) packed: bool,
    pub(super) now: NaiveDateTime,
}

impl Decision<'_> {
    /// `select contact_id, entry_id, member_id, reason …`: people with the reason they are left out for,
    /// null for those who get it.
    pub(super) fn of(&self, conn: &Conn, people: People) -> Sql {
        let mut sql = Sql::new("with judged as materialized (");
        sql.append(self.judged(conn, people)).push("), again as materialized (");
        // Among those who could get it, the contacts of a member stand in a row by their last activity;
        // the same contact with two entries has one place and gets both.
        sql.push(
            "select contact_id from (select contact_id, dense_rank() over (partition by member_id order by \
             coalesce(last_interaction_at, ",
        );
        sql.bind(chrono::DateTime::UNIX_EPOCH.naive_utc());
        sql.push(
            ") desc, contact_id) as place from judged where reason is null and member_id is not null) ranked where place > 1 \
             union all ",
        );
        sql.append(self.held(conn)).push(
            ") select contact_id, entry_id, member_id, case when reason is not null then reason \
             when contact_id in (select contact_id from again) then 'duplicate' end as reason from judged",
        );
        sql
    }

    /// The people with the reason that lies with the contact alone.
    fn judged(&self, conn: &Conn, people: People) -> Sql {
        let columns = "c.member_id, c.last_interaction_at";
        let mut sql = Sql::default();
        match (people, conn) {
            (People::Contacts(from), _) => {
                sql.push("select c.id as contact_id, cast(null as text) as entry_id, ").push(columns).push(", ");
                sql.append(reason(self.kind, self.now)).push(" as reason").append(from);
                sql.push(" and c.channel_id || '' = ").bind(self.channel);
            }
            // One way to go: each person's own row by its key, never through the whole account.
            (People::Entries(asked), Conn::Sqlite(_)) => {
                sql.push("with asked as materialized (").append(asked);
                sql.push(") select p.contact_id, p.entry_id, ").push(columns).push(", ");
                sql.append(reason(self.kind, self.now));
                sql.push(
                    " as reason from asked p cross join contacts c on c.id = p.contact_id and c.channel_id || '' = ",
                );
                sql.bind(self.channel);
            }
            (People::Entries(asked), Conn::Pg(_)) => {
                sql.push("with asked as materialized (").append(asked);
                sql.push(") select p.contact_id, p.entry_id, ").push(columns).push(", c.reason from asked p");
                sql.push(" cross join lateral (select ").push(columns).push(", ");
                sql.append(reason(self.kind, self.now));
                sql.push(" as reason from contacts c where c.id = p.contact_id and c.channel_id = ");
                sql.bind(self.channel).push(" limit 1) c");
            }
        }
        sql
    }

    /// Those of the contacts `judged` whose member is in the dispatch already by another contact of the
    /// account. By the contacts, and among what those were sent since the dispatch was opened: to go through the
    /// dispatch itself takes the longer the more are in it.
    fn held(&self, conn: &Conn) -> Sql {
        // The planners know nothing yet of tables that are young: these words leave them one way to go.
        let (others, sent, end) = match conn {
            Conn::Sqlite(_) => (
                " cross join contacts o indexed by contacts_member on o.member_id = j.member_id and o.id <> j.contact_id \
                 and o.channel_id || '' = ",
                " cross join deliveries x indexed by deliveries_contact where x.contact_id = o.id",
                "",
            ),
            Conn::Pg(_) => (
                " cross join lateral (select o.id from contacts o where o.member_id = j.member_id and o.id <> j.contact_id \
                 and o.channel_id || '' = ",
                " offset 0) o cross join lateral (select 1 from deliveries x where x.contact_id = o.id",
                " limit 1) x where j.member_id is not null",
            ),
        };
        let mut sql = Sql::new("select j.contact_id from judged j");
        sql.push(others).bind(self.channel).push(sent);
        sql.push(" and x.id > ").bind(first_possible(self.dispatch)).push(" and x.dispatch_id || '' = ");
        sql.bind(self.dispatch).push(" and x.state <> 'left_out'").push(end);
        if self.packed {
            sql.push(" union all select j.contact_id from judged j").push(others).bind(self.channel);
            sql.push(match conn {
                Conn::Sqlite(_) => " where ",
                Conn::Pg(_) => " offset 0) o where j.member_id is not null and ",
            });
            sql.push("exists (select 1 from packs p where p.dispatch_id = ").bind(self.dispatch);
            sql.push(" and p.state <> 'left_out' and ").push(&packs::holds(conn, "o.id")).push(")");
        }
        sql
    }
}

/// No delivery of the dispatch has an id before this: ids begin with the time they were made, here by a
/// machine whose clock may be an hour behind that of the one that opened the dispatch.
fn first_possible(dispatch: &Id) -> String {
    /// What the first eight digits count, in milliseconds.
    const TICK: i64 = 1 << 16;
    let opened = u32::from_str_radix(&dispatch.as_str()[..8], 16).unwrap_or(0);
    format!("{:08x}", opened.saturating_sub((TimeDelta::hours(1).num_milliseconds() / TICK) as u32 + 1))
}

/// Why the contact `c` gets nothing, null if it does.
fn reason(kind: ChannelKind, now: NaiveDateTime) -> Sql {
    let mut sql = Sql::new(
        "case when c.consent = 'withdrawn' then 'withdrawn' when c.unreachable = 'blocked' then 'blocked' \
         when c.unreachable is not null then 'gone' when c.consent not in (",
    );
    sql.bind_all(Consent::allowing(kind).map(Consent::word)).push(") then 'no_consent'");
    if let Some(open) = window(kind) {
        sql.push(" when c.last_inbound_at is null or c.last_inbound_at <= ").bind(now - open);
        sql.push(" then 'outside_window'");
    }
    sql.push(" end");
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_after_the_dispatch_are_possible_even_from_a_late_clock() {
        let dispatch: Id = "01a20288-b665-73fe-8fc5-42efae1f2403".parse().unwrap();
        let first = first_possible(&dispatch);
        assert_eq!(first, "01a20251");
        let (hour, tick) = (60 * 60 * 1000_u64, 1_u64 << 16);
        assert!((0x01a2_0288_u64 - 0x01a2_0251) * tick > hour);
        assert!(first.as_str() < dispatch.as_str());
    }

    #[test]
    fn a_window_of_a_day_is_looked_at_where_there_is_one() {
        let now = chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(2);
        let text = |kind| reason(kind, now).text();
        assert!(text(ChannelKind::WhatsApp).contains("outside_window"));
        assert!(!text(ChannelKind::Line).contains("outside_window"));
    }
}
