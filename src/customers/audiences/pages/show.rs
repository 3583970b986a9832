use super::{
    super::{
        Audience,
        builder::{Line, words},
        store::{self, Use},
    },
    load,
    preview::Preview,
};
use crate::tags;
use actix_web::web;
use askama::Template;
use tidings_base::{
    db::Id,
    web::{Answer, App, Error, May, Page, Permission, Query, filters, permit::ReadAudiences},
};

#[derive(Template)]
#[template(path = "audiences/show.html")]
struct ShowPage {
    audience: Audience,
    /// The rule in words.
    lines: Vec<Line>,
    uses: Vec<Use>,
    preview: Preview,
}

/// GET `/audiences/{id}`; with `?people=count`, who is in it now.
pub(in super::super) async fn show(
    app: App,
    _who: May<ReadAudiences>,
    page: Page,
    id: web::Path<Id>,
    query: Query,
) -> Answer {
    let id = id.into_inner();
    let (audience, tags, uses) =
        app.db.read(move |conn| Ok::<_, Error>((load(conn, &id)?, tags::all(conn)?, store::uses(conn, &id)?))).await?;
    let preview = match query.text("people") {
        "count" => Preview::of(&app, &page, audience.kind, audience.rule.clone()).await?,
        _ => Preview::Unasked,
    };
    let lines = words(&audience.rule, &tags, page.language());
    page.render(&ShowPage { audience, lines, uses, preview })
}

impl ShowPage {
    /// Whether a condition includes people for whom nothing is known, which the page says.
    fn is_negative(&self) -> bool {
        self.audience.rule.conditions().iter().any(|condition| condition.test().operator().is_negative())
    }
}
