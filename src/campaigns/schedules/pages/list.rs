//! `/schedules`: every schedule, with what it does next.

use crate::schedules::{
    model::ScheduleStatus,
    store::{self, Asked, Listed, Sort},
};
use askama::Template;
use tidings_base::{
    db::DbError,
    web::{
        Answer, App, May, Page, Query, dates, filters,
        paging::{Listing, cursor},
        permit::ManageSchedules,
    },
};
use tidings_customers::channels::ChannelKind;

#[derive(Template)]
#[template(path = "schedules/list.html")]
struct ListPage {
    list: Listing<Listed>,
    asked: Asked,
    /// Whether there is no schedule at all, whatever is asked for.
    none: bool,
    /// Whether there is no audience, or no journey, to make one of.
    no_audience: bool,
    no_journey: bool,
    page: Page,
}

impl ListPage {
    /// A time of a schedule, in the zone that it keeps.
    fn when(&self, schedule: &Listed, at: &chrono::NaiveDateTime) -> String {
        dates::when(*at, schedule.zone, self.page.language())
    }

    /// How the list is sorted by this column now: for `aria-sort`.
    fn sorted(&self, by: &str) -> &'static str {
        if sort_name(self.asked.sort) != by {
            ""
        } else if self.asked.descending {
            "descending"
        } else {
            "ascending"
        }
    }

    /// The address of the list sorted by this column, or the other way round when it is already.
    fn sort(&self, by: &str) -> String {
        let turned = if self.sorted(by) == "ascending" { format!("-{by}") } else { by.to_owned() };
        self.page.with_query("sort", &turned)
    }

    fn is_filtered(&self) -> bool {
        !self.asked.search.is_empty() || self.asked.status.is_some() || self.asked.channel.is_some()
    }
}

/// GET `/schedules`
pub(crate) async fn index(app: App, _user: May<ManageSchedules>, page: Page, query: Query) -> Answer {
    let asked = asked(&query);
    let (wanted, now) = (asked.clone(), page.now());
    let (list, none, no_audience, no_journey) = app
        .db
        .read(move |conn| {
            let list = store::list(conn, &wanted, now)?;
            let none = list.total.is_none() && store::is_empty(conn)?;
            let (no_audience, no_journey) = if none { store::missing(conn)? } else { (false, false) };
            Ok::<_, DbError>((list, none, no_audience, no_journey))
        })
        .await?;
    page.render(&ListPage { list, asked, none, no_audience, no_journey, page: page.clone() })
}

fn asked(query: &Query) -> Asked {
    let sort = query.text("sort");
    let (sort, descending) = match sort.strip_prefix('-') {
        Some(sort) => (sort, true),
        None => (sort, false),
    };
    let (sort, descending) = match sort {
        "name" => (Sort::Name, descending),
        "next" => (Sort::Next, descending),
        _ => (Sort::Made, true),
    };
    Asked {
        search: query.text("q").to_owned(),
        status: query.get("status"),
        channel: query.get("channel"),
        sort,
        descending,
        cursor: cursor(query),
    }
}

fn sort_name(sort: Sort) -> &'static str {
    match sort {
        Sort::Made => "made",
        Sort::Name => "name",
        Sort::Next => "next",
    }
}
