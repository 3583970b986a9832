use super::super::store;
use crate::{
    db::DbError,
    web::{
        Answer, App, May, Page, Query, Role, filters,
        paging::{Listing, cursor},
        permit::ManagePeople,
    },
};
use askama::Template;

#[derive(Template)]
#[template(path = "people/list.html")]
struct ListPage {
    list: Listing<store::Row>,
    search: String,
    role: Option<Role>,
}

/// GET `/people`
pub(in super::super) async fn index(app: App, _who: May<ManagePeople>, page: Page, query: Query) -> Answer {
    let (search, role, at) = (query.text("q").to_owned(), query.get("role"), cursor(&query));
    let wanted = search.clone();
    let list = app.db.read(move |conn| store::list(conn, &wanted, role, at.as_ref()).map_err(DbError::from)).await?;
    page.render(&ListPage { list, search, role })
}
