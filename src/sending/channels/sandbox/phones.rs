//! What each person's phone received: how often, and what last.

use diesel::QueryResult;
use tidings_base::db::{Conn, Id, sql::Sql};

/// Counts messages that were kept just now.
pub fn count<'a>(conn: &mut Conn, messages: impl IntoIterator<Item = &'a Id>) -> QueryResult<()> {
    let mut messages = messages.into_iter().peekable();
    if messages.peek().is_none() {
        return Ok(());
    }
    let mut sql = Sql::new(
        "insert into sandbox_phones (contact_id, received, last_at, last_id) \
         select c.id, count(*), max(m.at), max(m.id) from sandbox_messages m \
         join contacts c on c.channel_id = m.channel_id and c.identity = m.identity \
         where m.direction = 'out' and m.id in (",
    );
    sql.bind_all(messages);
    // In one order, so that two nodes that send to the same people do not wait for each other. A clock
    // may have been set back meanwhile: what is last is last in product time.
    sql.push(
        ") group by c.id order by c.id on conflict (contact_id) do update set \
         received = sandbox_phones.received + excluded.received, \
         last_id = case when excluded.last_at < sandbox_phones.last_at then sandbox_phones.last_id \
           else excluded.last_id end, \
         last_at = case when excluded.last_at < sandbox_phones.last_at then sandbox_phones.last_at \
           else excluded.last_at end",
    );
    sql.execute(conn).map(drop)
}
