//! The query of an address: what a list is asked for.

use super::error::Error;
use crate::db::Id;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::{
    future::{Ready, ready},
    str::FromStr,
};

/// The names of cursors, which end when what the list shows changes.
const CURSORS: [&str; 2] = ["after", "before"];

/// Names and values of a query, in order. What a value does not say is left out, never an error: an
/// address that somebody kept must still open.
#[derive(Clone, Default, Debug)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=2`.
    pub fn parse(query: &str) -> Self {
        let clean = |text: &str| text.replace('\0', "");
        Self(form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (clean(&name), clean(&value))).collect())
    }

    /// The value of `name`, without space around it; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value of `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, value)| n == name && !value.trim().is_empty()).map(|(_, value)| value.trim())
    }

    /// The value of `name`, where it can be read as a `T`.
    pub fn get<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }

    /// The id that `name` holds.
    pub fn id(&self, name: &str) -> Option<Id> {
        self.get(name)
    }

    pub fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Names and values without the cursors, for hidden fields that keep a list as it is filtered.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(n, _)| !CURSORS.contains(&n.as_str())).map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

impl FromRequest for Query {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::parse(req.query_string())))
    }
}

/// `path?query` with `name` set to `value`, or without it when `value` is empty.
pub(super) fn changed(path: &str, query: &str, name: &str, value: &str) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for (n, v) in form_urlencoded::parse(query.as_bytes()) {
        if n != name && !CURSORS.contains(&&*n) {
            out.append_pair(&n, &v);
        }
    }
    if !value.is_empty() {
        out.append_pair(name, value);
    }
    let query = out.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_address_keeps_the_rest_and_loses_the_cursor() {
        let of = |name, value| changed("/contacts", "q=%E7%8E%8B&tag=a&tag=b&after=x", name, value);
        assert_eq!(of("sort", "name"), "/contacts?q=%E7%8E%8B&tag=a&tag=b&sort=name");
        assert_eq!(of("tag", ""), "/contacts?q=%E7%8E%8B");
        assert_eq!(changed("/contacts", "q=1", "q", ""), "/contacts");
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let query = Query::parse("page=abc&id=7&q=%20%00x%20&tag=a&tag=");
        assert_eq!(query.get::<i64>("page"), None);
        assert_eq!(query.id("id"), None);
        assert_eq!(query.text("q"), "x");
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["a"]);
    }
}
