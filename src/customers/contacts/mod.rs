//! Contacts: one identity of a person on one channel account each. Most belong to a member.

pub mod identity;
