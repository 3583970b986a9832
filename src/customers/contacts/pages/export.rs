use super::list::tags_by_contact;
use crate::{
    channels::{self, ChannelAccount},
    contacts::{
        address::Address,
        filter::Filter,
        store::{self, Listed},
    },
    sheets,
    tags::Tag,
};
use actix_web::{HttpResponse, http::header, web::Bytes};
use chrono::NaiveDateTime;
use futures_util::stream;
use std::collections::HashMap;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Db, DbError, Id, Scope},
    web::{Answer, App, Error, May, Message, Page, Query, dates, permit::ReadContacts},
};

/// Rows read at a time: no transaction stays open, and memory does not grow with the list.
const BATCH: i64 = 1_000;

/// GET `/contacts/export`: what the list shows, on all its pages, as CSV.
pub(in super::super) async fn index(app: App, who: May<ReadContacts>, page: Page, query: Query) -> Answer {
    let Address { channel_id, filter, .. } = Address::from_query(&query);
    let (scope, now) = (who.scope(), app.clock.now());
    let user = who.clone();
    let account = app
        .db
        .write(move |conn| {
            let id = channel_id.ok_or(Error::NotFound)?;
            let account = channels::find(conn, &id).map_err(DbError::from)?.ok_or(Error::NotFound)?;
            let detail = Some(Message::new("contacts.exported"));
            let entry =
                Entry { action: Action::Exported, noun: Noun::Channel, id: id.as_str(), name: &account.name, detail };
            audit::record(conn, &user, now, &entry).map_err(DbError::from)?;
            Ok::<_, Error>(account)
        })
        .await?;
    let export = Export { db: app.db.clone(), scope, account, filter, page, after: None, begun: false };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(Box::pin(stream::try_unfold(Some(export), next))))
}

struct Export {
    db: Db,
    scope: Scope,
    account: ChannelAccount,
    filter: Filter,
    page: Page,
    after: Option<Id>,
    begun: bool,
}

/// The next rows of the file, and what makes those after them; nothing after the last.
async fn next(export: Option<Export>) -> Result<Option<(Bytes, Option<Export>)>, Error> {
    let Some(mut export) = export else { return Ok(None) };
    let time = (export.page.now(), export.page.tz());
    let (scope, channel_id) = (export.scope.clone(), export.account.id.clone());
    let (filter, after) = (export.filter.clone(), export.after.take());
    let (rows, tags) = export
        .db
        .read(move |conn| {
            let rows = store::batch(conn, &scope, &channel_id, &filter, after.as_ref(), BATCH, time)?;
            let ids: Vec<Id> = rows.iter().map(|row| row.id.clone()).collect();
            let tags = tags_by_contact(conn, &ids)?;
            Ok::<_, Error>((rows, tags))
        })
        .await?;
    let mut file = if export.begun { sheets::Writer::going_on() } else { sheets::Writer::new() };
    if !export.begun {
        file.row(titles(&export.account).map(|key| export.page.text(key)));
        export.begun = true;
    }
    for row in &rows {
        file.row(cells(row, &tags, &export.page));
    }
    export.after = rows.last().map(|row| row.id.clone());
    let more = rows.len() as i64 == BATCH;
    Ok(Some((file.finish().into(), more.then_some(export))))
}

/// Titles that an import understands.
fn titles(account: &ChannelAccount) -> [&'static str; 8] {
    [
        account.kind.identity_label(),
        "contacts.name",
        "contacts.tags",
        "contacts.consent",
        "contacts.subscribed_at",
        "contacts.last_interaction_at",
        "contacts.member_number",
        "contacts.salesperson",
    ]
}

fn cells(row: &Listed, tags: &HashMap<Id, Vec<Tag>>, page: &Page) -> [String; 8] {
    let names: Vec<&str> = tags.get(&row.id).into_iter().flatten().map(|tag| tag.name.as_str()).collect();
    let local = |at: NaiveDateTime| dates::stamp(at, page.tz());
    [
        row.identity.clone(),
        row.shown_name().to_owned(),
        names.join("、"),
        page.text(row.consent.label()),
        local(row.subscribed_at),
        row.last_interaction_at.map(local).unwrap_or_default(),
        row.member_number.clone().unwrap_or_default(),
        row.salesperson.clone().unwrap_or_default(),
    ]
}
