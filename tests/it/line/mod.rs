//! LINE, from the form that connects an account to the last answer of a send: against a LINE that is
//! not there, over real connections.

mod connecting;
mod sending;
mod webhook;
