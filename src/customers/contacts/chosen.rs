//! Contacts chosen in the list: some, the page, or all that the filter lets through. They travel in
//! the address to whatever is to be done with them.

use super::{address::Address, filter::Filter};
use tidings_base::{db::Id, text_enum, web::Query};

text_enum! {
    /// How the contacts were chosen.
    enum Which {
        Picked = "picked",
        Page = "page",
        All = "all",
    }
}

/// Some contacts of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// These, where they are of the account.
    Picked(Vec<Id>),
    /// All that a filter lets through.
    Matching(Filter),
}

/// Reads the account and whom of it an address names, with the list they were chosen in.
pub(super) fn read(query: &Query) -> Option<(Address, Selection)> {
    let address = Address::from_query(query);
    address.channel_id.as_ref()?;
    let ids = |name| query.all(name).flat_map(|ids| ids.split(',')).filter_map(|id| id.parse().ok()).collect();
    let selection = match query.get("which")? {
        Which::Picked => Selection::Picked(ids("contact")),
        Which::Page => Selection::Picked(ids("on_page")),
        Which::All => Selection::Matching(address.filter.clone()),
    };
    Some((address, selection))
}

/// Reads the account and whom of it an address names, if it names any.
pub fn chosen(query: &Query) -> Option<(Id, Selection)> {
    let (address, selection) = read(query)?;
    Some((address.channel_id?, selection))
}

/// Names and values that [`read`] reads.
pub(super) fn pairs(address: &Address, selection: &Selection) -> Vec<(&'static str, String)> {
    let mut pairs = address.pairs();
    match selection {
        Selection::Matching(_) => pairs.push(("which", Which::All.word().to_owned())),
        Selection::Picked(ids) => {
            pairs.push(("which", Which::Picked.word().to_owned()));
            pairs.extend(ids.iter().map(|id| ("contact", id.to_string())));
        }
    }
    pairs
}
