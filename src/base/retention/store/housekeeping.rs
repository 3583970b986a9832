//! What the web keeps for a while.

use crate::{
    db::{
        Conn,
        schema::{kept_forms, once_tokens, sessions},
    },
    retention::{Sweep, Terms},
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// Sessions and forms that have run out, and tokens of forms that nobody can send twice any more.
pub const SWEEPS: &[Sweep] = &[
    Sweep { name: "sessions", some: expired_sessions },
    Sweep { name: "kept_forms", some: expired_forms },
    Sweep { name: "once_tokens", some: spent_tokens },
];

/// Longer than a page with a form is left open.
const FORM: TimeDelta = TimeDelta::days(30);

fn expired_sessions(conn: &mut Conn, terms: &Terms) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(terms.machine))).execute(conn)
}

fn expired_forms(conn: &mut Conn, terms: &Terms) -> QueryResult<usize> {
    diesel::delete(kept_forms::table.filter(kept_forms::expires_at.le(terms.machine))).execute(conn)
}

fn spent_tokens(conn: &mut Conn, terms: &Terms) -> QueryResult<usize> {
    diesel::delete(once_tokens::table.filter(once_tokens::spent_at.le(terms.machine - FORM))).execute(conn)
}
