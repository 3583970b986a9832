//! The address of the list, with everything that makes it show what it shows.

use super::filter::{Filter, Sort, Sorting};
use tidings_base::{db::Id, web::Query};

/// Where the list of contacts is: whose contacts, narrowed to which, in which order.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Address {
    /// None is the first account.
    pub channel_id: Option<Id>,
    pub filter: Filter,
    pub sorting: Sorting,
}

impl Address {
    /// Reads what it can of an address.
    pub(super) fn from_query(query: &Query) -> Self {
        Self {
            channel_id: query.id("channel"),
            filter: Filter::from_query(query),
            sorting: query.get("sort").unwrap_or_default(),
        }
    }

    /// Names and values, for links and hidden fields.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<_> = self.channel_id.iter().map(|id| ("channel", id.to_string())).collect();
        pairs.extend(self.filter.pairs());
        if self.sorting != Sorting::default() {
            pairs.push(("sort", self.sorting.to_string()));
        }
        pairs
    }

    /// The list.
    pub(super) fn list(&self) -> String {
        self.at("/contacts", &[])
    }

    /// The list from the cursor `name`, `after` or `before`.
    pub(super) fn page(&self, name: &str, cursor: &str) -> String {
        self.at("/contacts", &[(name, cursor)])
    }

    /// All that the filter lets through, as a file.
    pub(super) fn export(&self) -> String {
        self.at("/contacts/export", &[])
    }

    /// The list sorted as a press on the head of `by` asks.
    pub(super) fn sorted(&self, by: Sort) -> String {
        Self { sorting: self.sorting.pressed(by), ..self.clone() }.list()
    }

    /// The list of the same account with another filter.
    pub(super) fn filtered(&self, filter: Filter) -> String {
        Self { filter, ..self.clone() }.list()
    }

    fn at(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs()).extend_pairs(more);
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_the_list_it_was_read_from() {
        let id = Id::new();
        for (query, list) in [
            (String::new(), "/contacts".to_owned()),
            (format!("channel={id}&after=x&unknown=1"), format!("/contacts?channel={id}")),
            (
                format!("tag={id}&q=%E6%80%A1+%26&sort=name&channel={id}"),
                format!("/contacts?channel={id}&q=%E6%80%A1+%26&tag={id}&sort=name"),
            ),
            ("sort=-subscribed&channel=7".to_owned(), "/contacts".to_owned()),
        ] {
            assert_eq!(Address::from_query(&Query::parse(&query)).list(), list, "{query}");
        }
    }
}
