//! `/channels`: the accounts, by vendor.

use super::edit;
use crate::channels::store::{self, Listed};
use askama::Template;
use tidings_base::{
    db::DbError,
    web::{Answer, App, May, Page, filters, permit::ManageChannels},
};
use tidings_customers::channels::{ChannelKind, ChannelStatus};

#[derive(Template)]
#[template(path = "channels/list.html")]
struct ListPage {
    total: i64,
    /// Kinds that have accounts, with them.
    groups: Vec<(ChannelKind, Vec<Listed>)>,
}

impl ListPage {
    fn tone(&self, status: &ChannelStatus) -> &'static str {
        edit::tone(*status)
    }

    fn percent(&self, share: &f64) -> String {
        edit::percent(*share)
    }
}

/// GET `/channels`
pub(crate) async fn index(app: App, _user: May<ManageChannels>, page: Page) -> Answer {
    let accounts = app.db.read(move |conn| store::list(conn).map_err(DbError::from)).await?;
    let total = accounts.len() as i64;
    let of = |kind: &ChannelKind| accounts.iter().filter(|listed| listed.account.kind == *kind).cloned().collect();
    let groups = ChannelKind::ALL.iter().map(|kind| (*kind, of(kind))).filter(|(_, of): &(_, Vec<_>)| !of.is_empty());
    page.render(&ListPage { total, groups: groups.collect() })
}
