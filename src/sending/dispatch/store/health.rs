//! The breaker: an account whose calls keep failing is left alone for a while, and says so.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Timestamp},
};
use tidings_base::db::{
    Conn, Id,
    sql::{Keep, Sql},
};
use tidings_customers::channels::ChannelAccount;

/// Calls in a row that fail before an account is in trouble.
pub(in crate::dispatch) const MOST_FAILING: i64 = 10;

/// Notes what calls over the account came to. `machine` is machine time.
pub(super) fn note(
    conn: &mut Conn,
    account: &ChannelAccount,
    healthy: i64,
    failing: i64,
    detail: &str,
    machine: NaiveDateTime,
) -> QueryResult<()> {
    if healthy > 0 {
        return well(conn, &account.id);
    }
    if failing == 0 {
        return Ok(());
    }
    let mut sql = Sql::new("insert into channel_health (channel_id, failing) values (");
    sql.bind(&account.id)
        .push(", ")
        .bind(failing)
        .push(") on conflict (channel_id) do update set failing = channel_health.failing + ");
    sql.bind(failing).push(" returning failing, open_until");
    let health: Health = sql.first(conn)?;
    if health.failing < MOST_FAILING || health.open_until.is_some_and(|until| until > machine) {
        return Ok(());
    }
    let mut sql = Sql::new("update channel_health set open_until = ");
    sql.bind(machine + leave_alone(health.failing)).push(" where channel_id = ").bind(&account.id);
    sql.execute(conn)?;
    let mut sql = Sql::new("update channels set status = 'trouble', trouble = ");
    sql.bind(detail).push(" where status in ('ready', 'trouble') and id = ").bind(&account.id);
    sql.execute(conn).map(drop)
}

/// Takes an account out of trouble: a call was answered, or somebody says so.
pub(in crate::dispatch) fn well(conn: &mut Conn, account: &Id) -> QueryResult<()> {
    let mut sql =
        Sql::new("update channel_health set failing = 0, open_until = null where failing > 0 and channel_id = ");
    sql.bind(account).keep(Keep::Everywhere);
    if sql.execute(conn)? > 0 {
        let mut sql =
            Sql::new("update channels set status = 'ready', trouble = null where status = 'trouble' and id = ");
        sql.bind(account);
        sql.execute(conn)?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Health {
    #[diesel(sql_type = BigInt)]
    failing: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    open_until: Option<NaiveDateTime>,
}

/// Longer each time one more try fails, from 15 seconds to ten minutes.
fn leave_alone(failing: i64) -> TimeDelta {
    let tries = (failing - MOST_FAILING).clamp(0, 10);
    (TimeDelta::seconds(15) * (1 << tries)).min(TimeDelta::minutes(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_left_alone_longer_each_time() {
        let waits: Vec<i64> = (10..18).map(|failing| leave_alone(failing).num_seconds()).collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 600, 600]);
    }
}
