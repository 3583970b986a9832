use crate::journeys::{
    model::JourneyStatus,
    store::{self, Listed, Sort, Wanted},
};
use askama::Template;
use tidings_base::{
    db::{DbError, Id},
    web::{
        Answer, App, May, Page, Query, filters,
        paging::{self, Listing},
        permit::ManageJourneys,
    },
};
use tidings_customers::channels::{self, ChannelAccount};

#[derive(Template)]
#[template(path = "journeys/list.html")]
struct ListPage {
    list: Listing<Listed>,
    wanted: Wanted,
    accounts: Vec<ChannelAccount>,
}

/// GET `/journeys`
pub(in super::super) async fn index(app: App, _who: May<ManageJourneys>, page: Page, query: Query) -> Answer {
    let sorted = query.text("sort");
    let wanted = Wanted {
        search: query.text("q").to_owned(),
        status: query.get("status"),
        channel: query.id("channel"),
        sort: sorted.trim_start_matches('-').parse().ok(),
        descending: sorted.starts_with('-'),
    };
    let (asked, cursor, now) = (wanted.clone(), paging::cursor(&query), page.now());
    let (list, accounts) = app
        .db
        .read(move |conn| Ok::<_, DbError>((store::list(conn, &asked, cursor.as_ref(), now)?, channels::all(conn)?)))
        .await?;
    page.render(&ListPage { list, wanted, accounts })
}

impl ListPage {
    fn statuses(&self) -> &'static [JourneyStatus] {
        JourneyStatus::ALL
    }

    fn is_narrowed(&self) -> bool {
        !self.wanted.search.is_empty() || self.wanted.status.is_some() || self.wanted.channel.is_some()
    }

    fn is_of(&self, channel: &Id) -> bool {
        self.wanted.channel.as_ref() == Some(channel)
    }

    /// How the list is sorted by this: as `aria-sort` says it, or empty.
    fn direction(&self, sort: &str) -> &'static str {
        match self.wanted.sort {
            Some(sorted) if sorted.word() == sort && self.wanted.descending => "descending",
            Some(sorted) if sorted.word() == sort => "ascending",
            None if sort == Sort::Created.word() => "descending",
            Some(_) | None => "",
        }
    }

    /// What `?sort=` is to be for the list sorted by this, the other way when it is already.
    fn next_sort(&self, sort: &str) -> String {
        if self.direction(sort) == "ascending" { format!("-{sort}") } else { sort.to_owned() }
    }
}
