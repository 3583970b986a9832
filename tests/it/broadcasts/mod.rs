//! Broadcasts: from the form over the confirmation to the phones, and what can go wrong on the way.

mod live;
mod pages;
mod removal;
mod sending;
mod shop;
