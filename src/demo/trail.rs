//! Who made what at the shop, as the audit trail has it.

use super::{people::Staff, store};
use diesel::QueryResult;
use tidings_base::{
    audit::{Action, Noun},
    db::Conn,
};

/// Writes a line for everything that the marketer saved and published.
pub(super) fn load(conn: &mut Conn, staff: &Staff) -> QueryResult<()> {
    for made in store::made(conn)? {
        let (action, noun) = match made.table.as_str() {
            "audiences" => (Action::Created, Noun::Audience),
            "journeys" => (Action::Published, Noun::Journey),
            _ => (Action::Published, Noun::Schedule),
        };
        store::add_audit(conn, action, noun, &made, &staff.marketer.id, staff.marketer.name)?;
    }
    Ok(())
}
