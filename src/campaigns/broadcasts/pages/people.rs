//! `/broadcasts/{id}/people`: what became of whom, to look through and to take along.

use crate::{broadcasts::store::Broadcast, rates};
use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Path},
};
use askama::Template;
use chrono::NaiveDateTime;
use futures_util::stream;
use tidings_base::{
    audit::Action,
    db::{Db, DbError, Id},
    web::{
        Answer, App, Error, May, Message, Page, Query, dates, filters,
        paging::{Listing, cursor},
        permit::ManageBroadcasts,
        redirect_warning,
    },
};
use tidings_customers::{
    channels::{ChannelAccount, ChannelKind},
    sheets,
};
use tidings_sending::dispatch::{self, AskedPeople, DeliveryState, Figures, Person};

#[derive(Template)]
#[template(path = "broadcasts/people.html")]
struct PeoplePage {
    broadcast: Broadcast,
    /// What it went over.
    kind: ChannelKind,
    asked: AskedPeople,
    list: Listing<Person>,
    figures: Figures,
    /// Who has no row here yet.
    packed: i64,
    /// When the list was removed, as the workspace's settings say.
    archived_at: Option<NaiveDateTime>,
    /// The query of the list, for the file of it.
    query: String,
}

/// The tabs: what they are called in the address and on the page, and what they show.
const TABS: &[(&str, &str, &[DeliveryState])] = &[
    ("", "broadcasts.people.all", &[]),
    ("sent", "dispatch.state.sent", &[DeliveryState::Sent]),
    ("failed", "dispatch.state.failed", &[DeliveryState::Failed]),
    ("left_out", "dispatch.state.left_out", &[DeliveryState::LeftOut]),
    ("unknown", "dispatch.state.unknown", &[DeliveryState::Unknown]),
    ("waiting", "broadcasts.people.waiting", &[DeliveryState::Pending]),
    ("cancelled", "dispatch.state.cancelled", &[DeliveryState::Cancelled]),
];

fn asked(query: &Query) -> AskedPeople {
    let tab = TABS.iter().find(|(name, ..)| *name == query.text("outcome"));
    let states = tab.map(|(.., states)| states.to_vec()).unwrap_or_default();
    AskedPeople {
        search: query.text("q").to_owned(),
        // Of all together, a reason says nothing: the same one may leave out and fail.
        reason: query.get("reason").filter(|_| !states.is_empty()),
        states,
        cursor: cursor(query),
    }
}

/// GET `/broadcasts/{id}/people`; `?outcome=`, `?reason=` within it and `?q=` narrow it.
pub(crate) async fn index(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>, query: Query) -> Answer {
    let (broadcast, account) = super::find(&app, &id).await?;
    let dispatch = broadcast.dispatch_id.clone().ok_or(Error::NotFound)?;
    let (asked, channel) = (asked(&query), account.id.clone());
    let wanted = asked.clone();
    let (list, figures, packed, archived_at) = app
        .db
        .read(move |conn| {
            let list = dispatch::people(conn, &dispatch, &channel, &wanted)?;
            let figures = dispatch::figures(conn, &dispatch)?.unwrap_or_default();
            let packed = dispatch::packed_in(conn, &dispatch)?;
            Ok::<_, DbError>((list, figures, packed, dispatch::archived_at(conn, &dispatch)?))
        })
        .await?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query.pairs()).finish();
    page.render(&PeoplePage { broadcast, kind: account.kind, asked, list, figures, packed, archived_at, query })
}

impl PeoplePage {
    /// The tabs that hold anybody, and the current one: address, label, whether it is current, number.
    fn tabs(&self) -> Vec<(String, &'static str, bool, i64)> {
        let tab = |(name, label, states): &(&str, &'static str, &[DeliveryState])| {
            let href = match *name {
                "" => format!("/broadcasts/{}/people", self.broadcast.id),
                name => format!("/broadcasts/{}/people?outcome={name}", self.broadcast.id),
            };
            (href, *label, self.asked.states == *states, self.figures.of(states))
        };
        TABS.iter().map(tab).filter(|(_, _, current, n)| *current || *n > 0).collect()
    }

    fn tone(&self, person: &Person) -> &'static str {
        tone(person.state)
    }

    fn tells_deliveries(&self) -> bool {
        rates::tells_receipts(self.kind)
    }

    fn tells_reads(&self) -> bool {
        rates::tells_reads(self.kind)
    }

    /// What the address says of the tab.
    fn outcome(&self) -> &'static str {
        TABS.iter().find(|(.., states)| self.asked.states == *states).map_or("", |(name, ..)| name)
    }

    fn here(&self) -> String {
        format!("/broadcasts/{}/people", self.broadcast.id)
    }
}

/// The tone of an outcome's pill.
pub(super) fn tone(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "",
        DeliveryState::Sent => "good",
        DeliveryState::Failed => "bad",
        DeliveryState::LeftOut | DeliveryState::Unknown => "warn",
        DeliveryState::Cancelled => "",
    }
}

/// Rows read at a time: no transaction stays open, and memory does not grow with the list.
const BATCH: i64 = 1_000;

/// GET `/broadcasts/{id}/people/export`: what the list shows, on all its pages, as CSV.
pub(crate) async fn export(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, query: Query) -> Answer {
    let (broadcast, account) = super::find(&app, &id).await?;
    let dispatch = broadcast.dispatch_id.clone().ok_or(Error::NotFound)?;
    let of = dispatch.clone();
    if app.db.read(move |conn| dispatch::packed_in(conn, &of).map_err(DbError::from)).await? > 0 {
        let here = format!("/broadcasts/{}/people", broadcast.id);
        return Ok(redirect_warning(&here, Message::new("dispatch.packed_export")));
    }
    let (by, now) = ((*user).clone(), page.now());
    app.db
        .write(move |conn| {
            let detail = Some(Message::new("broadcasts.audit_people_exported"));
            super::record(conn, &by, now, Action::Exported, (&broadcast.id, &broadcast.name), detail)
        })
        .await?;
    let export =
        Export { db: app.db.clone(), dispatch, account, asked: asked(&query), page, after: None, begun: false };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"broadcast-people.csv\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(Box::pin(stream::try_unfold(Some(export), next))))
}

struct Export {
    db: Db,
    dispatch: Id,
    account: ChannelAccount,
    asked: AskedPeople,
    page: Page,
    after: Option<Id>,
    begun: bool,
}

/// The next rows of the file, and what makes those after them; nothing after the last.
async fn next(export: Option<Export>) -> Result<Option<(Bytes, Option<Export>)>, Error> {
    let Some(mut export) = export else { return Ok(None) };
    let (dispatch, asked) = (export.dispatch.clone(), export.asked.clone());
    let after = export.after.take();
    let people = export
        .db
        .read(move |conn| dispatch::people_after(conn, &dispatch, &asked, after.as_ref(), BATCH).map_err(DbError::from))
        .await?;
    let mut file = if export.begun { sheets::Writer::going_on() } else { sheets::Writer::new() };
    if !export.begun {
        file.row(titles(&export.account).map(|key| export.page.text(key)));
        export.begun = true;
    }
    for person in &people {
        file.row(cells(person, &export.page));
    }
    export.after = people.last().map(|person| person.id.clone());
    let more = people.len() as i64 == BATCH;
    Ok(Some((file.finish().into(), more.then_some(export))))
}

fn titles(account: &ChannelAccount) -> [&'static str; 8] {
    [
        account.kind.identity_label(),
        "contacts.name",
        "broadcasts.people.outcome",
        "broadcasts.people.reason",
        "broadcasts.people.detail",
        "broadcasts.people.sent_at",
        "broadcasts.people.delivered_at",
        "broadcasts.people.read_at",
    ]
}

fn cells(person: &Person, page: &Page) -> [String; 8] {
    let local = |at: Option<chrono::NaiveDateTime>| at.map(|at| dates::stamp(at, page.tz())).unwrap_or_default();
    [
        person.identity.clone(),
        person.shown_name().to_owned(),
        page.text(person.state.label()),
        person.reason.map(|reason| page.text(reason.label())).unwrap_or_default(),
        person.detail.clone().unwrap_or_default(),
        local(person.sent_at),
        local(person.delivered_at),
        local(person.read_at),
    ]
}
