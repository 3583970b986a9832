//! `/sandbox`: the people of the sandbox accounts, and what they received last.

use crate::sandbox::store::{self, Asked, Listed};
use askama::Template;
use tidings_base::{
    db::DbError,
    web::{
        Answer, App, May, Page, Query, filters,
        paging::{Listing, cursor},
        permit::UseWorkspace,
    },
};
use tidings_customers::channels::ChannelAccount;

#[derive(Template)]
#[template(path = "sandbox/list.html")]
struct ListPage {
    list: Listing<Listed>,
    accounts: Vec<ChannelAccount>,
    asked: Asked,
}

impl ListPage {
    fn account(&self) -> Option<&ChannelAccount> {
        self.accounts.iter().find(|account| Some(&account.id) == self.asked.channel.as_ref())
    }

    fn is_filtered(&self) -> bool {
        !self.asked.search.is_empty() || self.account().is_some()
    }
}

/// GET `/sandbox`
pub(crate) async fn index(app: App, user: May<UseWorkspace>, page: Page, query: Query) -> Answer {
    let asked = Asked {
        search: query.text("q").to_owned(),
        channel: query.id("channel"),
        all: query.text("who") == "all",
        cursor: cursor(&query),
    };
    let (scope, wanted) = (user.scope(), asked.clone());
    let (list, accounts) = app
        .db
        .read(move |conn| Ok::<_, DbError>((store::list(conn, &scope, &wanted)?, store::accounts(conn)?)))
        .await?;
    page.render(&ListPage { list, accounts, asked })
}
