//! `/broadcasts` (推播紀錄): every broadcast with what came of it.

use crate::{
    broadcasts::{
        model::BroadcastStatus,
        store::{self, Asked, Listed, Sort},
    },
    rates,
};
use askama::Template;
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use tidings_base::{
    db::DbError,
    web::{
        Answer, App, May, Message, Page, Query, dates, filters,
        paging::{Listing, cursor},
        permit::ManageBroadcasts,
    },
    zones,
};
use tidings_customers::channels::ChannelKind;

/// A search for more than this is a search for nothing.
const LONGEST_SEARCH: usize = 200;

#[derive(Template)]
#[template(path = "broadcasts/list.html")]
struct ListPage {
    list: Listing<Listed>,
    wanted: Wanted,
    /// Whether there is no broadcast at all, whatever is asked for.
    none: bool,
    chips: Vec<Chip>,
    export: Export,
}

/// What the address asks for, as it is written there.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    search: String,
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
    statuses: Vec<BroadcastStatus>,
    pub(super) channels: Vec<ChannelKind>,
    sort: Sort,
}

/// A filter that is set, in words, and the list without it.
struct Chip {
    text: String,
    href: String,
}

/// Whether the report can be taken along, or what is missing for it.
enum Export {
    Ready(String),
    Lacks(&'static str),
}

impl Wanted {
    pub(super) fn read(query: &Query) -> Self {
        Self {
            search: query.text("q").chars().take(LONGEST_SEARCH).collect(),
            from: query.get("from"),
            to: query.get("to"),
            statuses: query.all("status").filter_map(|word| word.parse().ok()).collect(),
            channels: query.all("channel").filter_map(|word| word.parse().ok()).collect(),
            sort: match query.text("sort") {
                "time" => Sort::OldFirst,
                "-time" => Sort::NewFirst,
                _ => Sort::Made,
            },
        }
    }

    /// For the database; days are of `zone`.
    pub(super) fn asked(&self, zone: Tz) -> Asked {
        let start = |day: NaiveDate| -> Option<NaiveDateTime> { zones::instant(zone, day.and_time(NaiveTime::MIN)) };
        Asked {
            search: self.search.clone(),
            statuses: self.statuses.clone(),
            channels: self.channels.clone(),
            from: self.from.and_then(start),
            to: self.to.and_then(|day| day.checked_add_days(Days::new(1))).and_then(start),
            sort: self.sort,
            cursor: None,
        }
    }

    /// What the report lacks: it is of a time and of one channel.
    pub(super) fn lacks(&self) -> Option<&'static str> {
        match (self.from.is_some() && self.to.is_some(), self.channels.len()) {
            (true, 1) => None,
            (false, 1) => Some("broadcasts.export_lacks_time"),
            (true, _) => Some("broadcasts.export_lacks_channel"),
            (false, _) => Some("broadcasts.export_lacks_both"),
        }
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        pairs.extend(self.from.map(|day| ("from", day.to_string())));
        pairs.extend(self.to.map(|day| ("to", day.to_string())));
        pairs.extend(self.statuses.iter().map(|status| ("status", status.word().to_owned())));
        pairs.extend(self.channels.iter().map(|kind| ("channel", kind.word().to_owned())));
        match self.sort {
            Sort::Made => {}
            Sort::OldFirst => pairs.push(("sort", "time".to_owned())),
            Sort::NewFirst => pairs.push(("sort", "-time".to_owned())),
        }
        pairs
    }

    fn at(&self, path: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs()).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    fn chips(&self, page: &Page) -> Vec<Chip> {
        let mut chips = Vec::new();
        let mut chip = |text: String, without: Self| chips.push(Chip { text, href: without.at("/broadcasts") });
        if !self.search.is_empty() {
            chip(self.search.clone(), Self { search: String::new(), ..self.clone() });
        }
        let day = |day: NaiveDate| dates::day(day, page.language());
        let time = match (self.from, self.to) {
            (Some(from), Some(to)) => Some(Message::new("broadcasts.between").with("x", day(from)).with("y", day(to))),
            (Some(from), None) => Some(Message::new("broadcasts.since").with("x", day(from))),
            (None, Some(to)) => Some(Message::new("broadcasts.until").with("y", day(to))),
            (None, None) => None,
        };
        if let Some(time) = time {
            chip(page.say(&time), Self { from: None, to: None, ..self.clone() });
        }
        for status in &self.statuses {
            let statuses = self.statuses.iter().filter(|other| *other != status).copied().collect();
            chip(page.text(status.label()), Self { statuses, ..self.clone() });
        }
        for kind in &self.channels {
            let channels = self.channels.iter().filter(|other| *other != kind).copied().collect();
            chip(page.text(kind.label()), Self { channels, ..self.clone() });
        }
        chips
    }
}

/// GET `/broadcasts`
pub(crate) async fn index(app: App, _user: May<ManageBroadcasts>, page: Page, query: Query) -> Answer {
    let wanted = Wanted::read(&query);
    let asked = Asked { cursor: cursor(&query), ..wanted.asked(page.tz()) };
    let (list, none) = app
        .db
        .read(move |conn| {
            let list = store::list(conn, &asked)?;
            let none = list.is_empty() && store::is_empty(conn)?;
            Ok::<_, DbError>((list, none))
        })
        .await?;
    let export = match wanted.lacks() {
        None => Export::Ready(wanted.at("/broadcasts/export")),
        Some(key) => Export::Lacks(key),
    };
    let chips = wanted.chips(&page);
    page.render(&ListPage { list, wanted, none, chips, export })
}

impl ListPage {
    /// How the list is sorted by its time now: for `aria-sort`.
    fn sorted(&self) -> &'static str {
        match self.wanted.sort {
            Sort::Made => "",
            Sort::OldFirst => "ascending",
            Sort::NewFirst => "descending",
        }
    }

    /// What a press on the head leads to: old to new, then new to old, then back.
    fn sort(&self) -> String {
        let sort = match self.wanted.sort {
            Sort::Made => Sort::OldFirst,
            Sort::OldFirst => Sort::NewFirst,
            Sort::NewFirst => Sort::Made,
        };
        Wanted { sort, ..self.wanted.clone() }.at("/broadcasts")
    }

    fn success(&self, row: &Listed) -> Option<String> {
        rates::success(row.kind, &row.figures).map(|share| share.to_string())
    }

    fn read(&self, row: &Listed) -> Option<String> {
        rates::read(row.kind, &row.figures).map(|share| share.to_string())
    }

    /// Everybody who is settled.
    fn settled(&self, row: &Listed) -> i64 {
        row.figures.people - row.figures.open
    }

    fn date(&self, day: &Option<NaiveDate>) -> String {
        day.map(|day| day.to_string()).unwrap_or_default()
    }
}
