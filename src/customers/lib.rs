//! The shop's customers: the accounts they are reached over, the contacts and members they are, and
//! what is known about them.

pub mod audiences;
pub mod channels;
pub mod consent;
pub mod contacts;
pub mod events;
pub mod imports;
pub mod members;
pub mod orders;
pub mod sheets;
pub mod tags;
