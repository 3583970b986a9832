//! `/find`: pages, people and things by a few letters.

use crate::find::store;
use askama::Template;
use tidings_base::{
    db::DbError,
    web::{Answer, App, May, Page, Permission, Query, filters, permit::UseWorkspace},
};
use tidings_customers::contacts::{self, LookedUp};

/// A search for more than this is a search for nothing.
const LONGEST: usize = 100;
/// People and things of a kind: who needs more goes to their list.
const EACH: usize = 6;

#[derive(Template)]
#[template(path = "find/show.html")]
struct FindPage {
    search: String,
    places: Vec<Place>,
    people: Vec<LookedUp>,
    groups: Vec<Group>,
}

/// A page of the menu.
struct Place {
    href: &'static str,
    label: &'static str,
    icon: &'static str,
}

/// Things of a kind.
struct Group {
    kind: store::Kind,
    things: Vec<store::Thing>,
}

/// GET `/find`; `?q=` is what is looked for. Without it, the pages there are.
pub(crate) async fn show(app: App, user: May<UseWorkspace>, page: Page, query: Query) -> Answer {
    let search: String = query.text("q").chars().take(LONGEST).collect();
    let places = places(&page, &search);
    let (mut people, mut groups) = (Vec::new(), Vec::new());
    if !search.is_empty() {
        let (scope, sees_people, text) = (user.scope(), page.may(Permission::ReadContacts), search.clone());
        let kinds: Vec<_> = store::Kind::ALL.iter().copied().filter(|kind| page.may(kind.permission())).collect();
        (people, groups) = app
            .db
            .read(move |conn| {
                let people = if sees_people { contacts::look_up(conn, &scope, &text, EACH)? } else { Vec::new() };
                let mut groups = Vec::new();
                for kind in kinds {
                    groups.push(Group { kind, things: store::things(conn, kind, &text, EACH as i64)? });
                }
                Ok::<_, DbError>((people, groups))
            })
            .await?;
        groups.retain(|group| !group.things.is_empty());
    }
    page.render(&FindPage { search, places, people, groups })
}

/// The places whose name holds the text, in either case.
fn places(page: &Page, search: &str) -> Vec<Place> {
    let wanted = search.to_lowercase();
    let items = page.menu().into_iter().flat_map(|group| group.items);
    items
        .filter(|item| page.text(item.label).to_lowercase().contains(&wanted))
        .map(|item| Place { href: item.href, label: item.label, icon: item.icon })
        .collect()
}

impl FindPage {
    fn found_nothing(&self) -> bool {
        self.places.is_empty() && self.people.is_empty() && self.groups.is_empty()
    }
}
