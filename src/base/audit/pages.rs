use super::{Noun, store};
use crate::{
    db::DbError,
    web::{
        Answer, App, May, Page, Query, filters,
        paging::{Listing, cursor},
        permit::ReadAudit,
    },
};
use askama::Template;

#[derive(Template)]
#[template(path = "audit/list.html")]
struct ListPage {
    list: Listing<store::Row>,
    search: String,
    noun: Option<Noun>,
}

/// GET `/audit`
pub(super) async fn index(app: App, _who: May<ReadAudit>, page: Page, query: Query) -> Answer {
    let (search, noun, at) = (query.text("q").to_owned(), query.get("noun"), cursor(&query));
    let wanted = search.clone();
    let list = app.db.read(move |conn| store::list(conn, &wanted, noun, at.as_ref()).map_err(DbError::from)).await?;
    page.render(&ListPage { list, search, noun })
}
