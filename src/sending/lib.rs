//! Everything on the way from "send" to a phone: what a message is ([`messages`]), whom a vendor is
//! called through ([`channels`]) and the one corridor that every message takes ([`dispatch`]).

pub mod channels;
pub mod dispatch;
pub mod images;
pub mod messages;
pub mod sandbox;
