//! From which dispatches a slice can be cut, and when. All times here are machine time.

use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamp},
};
use std::collections::HashMap;
use tidings_base::{
    db::{
        Conn, Id,
        sql::{Keep, Sql},
    },
    jobs::Claim,
};

/// Slices of one account that a node has in hand at the same time, so that a slow vendor leaves room
/// for the others.
pub(super) const SLICES_OF_AN_ACCOUNT: i64 = 6;

/// A running dispatch.
#[derive(QueryableByName)]
pub(super) struct Candidate {
    #[diesel(sql_type = Text)]
    pub(super) id: Id,
    #[diesel(sql_type = Text)]
    pub(super) channel_id: Id,
    /// Whether anybody in it was never tried: who waits for nothing, whatever the clocks show.
    #[diesel(sql_type = Bool)]
    fresh: bool,
    #[diesel(sql_type = Nullable<Timestamp>)]
    rate_reserved_until: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    open_until: Option<NaiveDateTime>,
    /// How many slices of the account this node has in hand, and when the first of them is lost.
    #[diesel(sql_type = BigInt)]
    pub(super) in_hand: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    in_hand_until: Option<NaiveDateTime>,
}

impl Candidate {
    /// When a slice can be cut from it, its people being due at `due`.
    fn ready_at(&self, due: NaiveDateTime) -> NaiveDateTime {
        let busy_until = self.in_hand_until.filter(|_| self.in_hand >= SLICES_OF_AN_ACCOUNT);
        let waits = [self.rate_reserved_until, self.open_until, busy_until];
        waits.into_iter().flatten().fold(due, NaiveDateTime::max)
    }
}

/// Every running dispatch with people waiting whose account may be called, the one that has waited longest
/// first, and when a slice can be cut from it.
pub(super) fn find(conn: &mut Conn, terms: &Claim) -> QueryResult<Vec<(Candidate, NaiveDateTime)>> {
    let mut sql = Sql::new(
        "select d.id, d.channel_id, c.rate_reserved_until, h.open_until, exists (select 1 from stretches t \
         where t.dispatch_id = d.id) or exists (select 1 from packs p where p.dispatch_id = d.id and p.state = 'waiting' \
         and p.hand is null) as fresh, ",
    );
    let mine = |what: &str| {
        let mut sql = Sql::new(&format!(
            "(select {what} from (select s.owner, s.lease_until from slices s where s.channel_id = d.channel_id \
             union all select min(p.owner), min(p.lease_until) from packs p where p.channel_id = d.channel_id \
             and p.hand is not null group by p.hand) s where s.lease_until >= "
        ));
        sql.bind(terms.machine).push(" and s.owner >= ").bind(terms.node());
        // A pattern would have SQLite plan it anew.
        sql.push(" and s.owner < ").bind(format!("{}~", terms.node())).push(")");
        sql
    };
    sql.append(mine("count(*)")).push(" as in_hand, ").append(mine("min(s.lease_until)"));
    sql.push(" as in_hand_until from dispatches d join channels c on c.id = d.channel_id left join channel_health h ");
    sql.push("on h.channel_id = c.id where d.status = 'sending' and c.status in ('ready', 'trouble') order by d.last_cut_at nulls first, d.id");
    let running: Vec<Candidate> = sql.keep(Keep::Everywhere).load(conn)?;

    let waiting = waiting(conn, running.iter().filter(|candidate| !candidate.fresh))?;
    let due = |candidate: &Candidate| {
        let never_tried = candidate.fresh.then(|| chrono::DateTime::UNIX_EPOCH.naive_utc());
        never_tried.or_else(|| waiting.get(&candidate.id).copied())
    };
    let ready = |candidate: Candidate| due(&candidate).map(|due| (candidate.ready_at(due), candidate));
    Ok(running.into_iter().filter_map(ready).map(|(at, candidate)| (candidate, at)).collect())
}

/// When the first of those who were tried before is due, in each of these dispatches where there is anybody.
fn waiting<'a>(
    conn: &mut Conn,
    dispatches: impl Iterator<Item = &'a Candidate>,
) -> QueryResult<HashMap<Id, NaiveDateTime>> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = Text)]
        id: Id,
        #[diesel(sql_type = Nullable<Timestamp>)]
        due_at: Option<NaiveDateTime>,
    }
    let dispatches: Vec<&Id> = dispatches.map(|candidate| &candidate.id).collect();
    if dispatches.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::new(
        "select d.id, (select min(x.due_at) from deliveries x where x.dispatch_id = d.id and x.waits) as due_at \
         from dispatches d where d.id in (",
    );
    sql.bind_all(dispatches).push(")");
    let rows: Vec<Waiting> = sql.load(conn)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.id, row.due_at?))).collect())
}
