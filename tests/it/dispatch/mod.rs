//! The corridor, driven by its public functions on both databases against a vendor of the tests' own.

mod freeze;
mod inbound;
mod leases;
mod mail;
mod packs;
mod sending;
pub(crate) mod shop;
