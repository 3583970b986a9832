use super::{
    super::store::{self, Listed, Sort, Wanted},
    kind_of, kind_word,
};
use crate::channels::ChannelKind;
use askama::Template;
use tidings_base::{
    db::DbError,
    web::{
        Answer, App, May, Page, Permission, Query, filters,
        paging::{self, Listing},
        permit::ReadAudiences,
    },
};

#[derive(Template)]
#[template(path = "audiences/list.html")]
struct ListPage {
    list: Listing<Listed>,
    wanted: Wanted,
}

/// GET `/audiences`
pub(in super::super) async fn index(app: App, _who: May<ReadAudiences>, page: Page, query: Query) -> Answer {
    let sorted = query.text("sort");
    let wanted = Wanted {
        search: query.text("q").to_owned(),
        kind: kind_of(query.text("kind")),
        sort: sorted.trim_start_matches('-').parse().ok(),
        descending: sorted.starts_with('-'),
    };
    let (asked, cursor) = (wanted.clone(), paging::cursor(&query));
    let list = app.db.read(move |conn| store::list(conn, &asked, cursor.as_ref()).map_err(DbError::from)).await?;
    page.render(&ListPage { list, wanted })
}

impl ListPage {
    fn kinds(&self) -> &'static [ChannelKind] {
        ChannelKind::ALL
    }

    /// The word of the kind the list is narrowed to.
    fn kind(&self) -> &'static str {
        self.wanted.kind.map_or("", kind_word)
    }

    fn is_narrowed(&self) -> bool {
        self.wanted.kind.is_some() || !self.wanted.search.is_empty()
    }

    /// How the list is sorted by this: as `aria-sort` says it, or empty.
    fn direction(&self, sort: &str) -> &'static str {
        match self.wanted.sort {
            Some(sorted) if sorted.word() == sort && self.wanted.descending => "descending",
            Some(sorted) if sorted.word() == sort => "ascending",
            None if sort == Sort::Updated.word() => "descending",
            Some(_) | None => "",
        }
    }

    /// What `?sort=` is to be for the list sorted by this, the other way when it is already.
    fn next_sort(&self, sort: &str) -> String {
        if self.direction(sort) == "ascending" { format!("-{sort}") } else { sort.to_owned() }
    }
}
