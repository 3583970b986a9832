//! The gallery: pictures of every page in both languages, light and dark, wide and on a phone, under
//! `target/screenshots/`, and what must hold of each: nothing wider than the screen, no text without words, no icon
//! that is not drawn, no complaint of the browser. The demo shop shows every page; [`states`] shows them in the states
//! that matter. [`sheet`] makes one page of all to look through.

mod sheet;
mod shop;
mod states;

use crate::support::{App, Backend, Browser, View, Visitor, run};
use fantoccini::Locator;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use tidings_base::{
    db::{Id, sql::Sql},
    web::{Access, Lang, Role, Route, Verb},
};
use tidings_customers::channels::{self, ChannelKind, Connector, NewChannel};
use tidings_customers::consent::unsubscribe;
use tidings_sending::channels::connection;

const WIDTHS: [u32; 2] = [1440, 390];

/// GET addresses that are no pages: files to save, and parts of pages that change by themselves.
const FILES: &[&str] = &[
    "/broadcasts/export",
    "/broadcasts/{id}/live",
    "/broadcasts/{id}/people/export",
    "/contacts/export",
    "/contacts/import/{id}/bad-rows",
    "/contacts/import/{id}/live",
    "/orders/import/{id}/bad-rows",
    "/orders/import/{id}/live",
];

/// Pages that a form leads to: what was kept of a lost session, tags for chosen people, an import, a second version.
const BEHIND_FORMS: &[&str] =
    &["/kept/{id}", "/contacts/tagging", "/contacts/import/{id}", "/orders/import/{id}", "/journeys/{id}/discard"];

/// More journeys than this need not be opened to see one in each status.
const MOST_OF_A_KIND: usize = 12;

#[test]
#[ignore = "minutes with a browser: a step of its own in tests/run"]
fn every_page_fits_its_screen_and_has_its_picture() {
    run(Backend::Sqlite, |app| async move {
        let now = app.clock.now();
        app.db.write(move |conn| tidings::demo::load(conn, "nobody", now, chrono_tz::Asia::Taipei)).await.unwrap();
        connect_a_live_account(&app).await;
        let pages = pages(&app).await;
        let browser = Browser::start(&app).await;
        let folder = folder();
        let usual = |page| Look { page, state: sheet::USUAL, status: 200 };
        let mut wrong = look(&browser, &folder, &usual("/signin"), "/signin", None).await;
        wrong.extend(look(&browser, &folder, &usual("/u/{token}"), &unsubscribe_path(&app).await, None).await);
        browser.sign_in(&app, Role::Admin).await;
        for (pattern, address) in &pages {
            wrong.extend(look(&browser, &folder, &usual(pattern), address, None).await);
        }
        sheet::write(&folder);
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// The demo shop has sandboxes only, and nothing needs anybody; what can be done with a real account, and
/// about what went wrong, has its pages, too.
async fn connect_a_live_account(app: &App) {
    let (now, secret) = (app.clock.now(), app.work.outside.secret().clone());
    let connect = move |conn: &mut _| {
        let new = NewChannel {
            kind: ChannelKind::Line,
            connector: Connector::Live,
            name: "小島選物官方帳號",
            rate_per_second: 1_000,
            failure_share: 0.0,
        };
        let id = channels::add(conn, &new, now)?;
        let secrets = serde_json::json!({"access_token": "token", "channel_secret": "secret"});
        connection::save(conn, &secret, &id, &serde_json::json!({}), &secrets, now).unwrap();
        let mut sql = Sql::new(
            "insert into inbound_events (id, channel_id, vendor_event_id, body, status, problem, received_at, due_at, epoch, begun) \
             values (",
        );
        sql.bind(Id::new()).push(", ").bind(&id).push(", 'one', '', 'failed', 'expected value at line 1 column 1', ");
        sql.bind(now).push(", ").bind(now).push(", 0, 0)");
        sql.execute(conn).map(drop)
    };
    app.write(connect).await;
}

/// Where somebody of the demo shop unsubscribes.
async fn unsubscribe_path(app: &App) -> String {
    let contact: Option<Id> = app
        .read(|conn| {
            use diesel::prelude::*;
            use tidings_base::db::schema::contacts::dsl as c;
            c::contacts.filter(c::consent.eq("granted")).select(c::id).first(conn).optional()
        })
        .await;
    unsubscribe::path(app.work.outside.secret(), &contact.unwrap())
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What is shown in a set of pictures.
#[derive(Clone, Copy)]
struct Look<'a> {
    page: &'a str,
    /// A word of [`sheet::STATES`].
    state: &'static str,
    status: u64,
}

/// Takes the pictures of a page, after `act` was done on it, and says what is wrong with it.
async fn look(browser: &Browser, folder: &Path, look: &Look<'_>, address: &str, act: Option<&str>) -> Vec<String> {
    let mut wrong = Vec::new();
    for lang in Lang::ALL {
        browser.look(View { lang, dark: false, width: WIDTHS[0] }).await;
        browser.open(address).await;
        if let Some(act) = act {
            browser.ask(act).await;
            if let Err(e) = browser.client.wait().for_element(ANSWERED).await {
                wrong.push(format!("{} {} was not refused: {e}", look.page, look.state));
            }
        }
        for (dark, width) in [(false, WIDTHS[0]), (true, WIDTHS[0]), (false, WIDTHS[1]), (true, WIDTHS[1])] {
            let view = View { lang, dark, width };
            browser.look(view).await;
            let said = complaints(browser, view, look.status).await;
            wrong.extend(said.into_iter().map(|why| format!("{} {} {view:?}: {why}", look.page, look.state)));
            fs::write(folder.join(sheet::file_name(look.page, look.state, view)), browser.picture(width).await)
                .unwrap();
        }
    }
    wrong
}

/// What a page has that says why a form was not taken.
const ANSWERED: Locator<'static> = Locator::Css("[role=alert], [aria-invalid=true], .error-page");

async fn complaints(browser: &Browser, view: View, status: u64) -> Vec<String> {
    let mut wrong = browser.complaints().await;
    // The browser complains about every answer to something wrong, and that nobody was there who could be asked
    // whether to leave a form half written.
    let answer = format!("status of {status}");
    wrong.retain(|line| !line.contains("'beforeunload'") && (status < 400 || !line.contains(&answer)));
    let answered = browser.ask("return performance.getEntriesByType('navigation')[0].responseStatus").await;
    if answered != status {
        wrong.push(format!("answered {answered} instead of {status}"));
    }
    let wide = browser.ask("return document.documentElement.scrollWidth").await.as_u64().unwrap();
    if wide > u64::from(view.width) {
        wrong.push(format!("is {wide} pixels wide"));
    }
    if browser.ask("return document.documentElement.lang").await != view.lang.code() {
        wrong.push("is in another language".to_owned());
    }
    // A key shows itself where its text is missing.
    let raw = browser.ask(r"return document.body.innerText.match(/\b[a-z_]+\.[a-z_]+\.[a-z_.]+\b/)").await;
    if !raw.is_null() && raw[0] != "smtp.example.com" {
        wrong.push(format!("shows {raw}"));
    }
    let undrawn = browser.ask(UNDRAWN).await;
    if undrawn.as_array().is_some_and(|names| !names.is_empty()) {
        wrong.push(format!("has no picture for the icons {undrawn}"));
    }
    wrong
}

const UNDRAWN: &str = r##"
    const request = new XMLHttpRequest();
    const named = [...document.querySelectorAll("use")].map((use) => use.getAttribute("href").split("#"));
    if (named.length === 0) return [];
    request.open("GET", named[0][0], false);
    request.send();
    return named.map(([, name]) => name).filter((name) => !request.responseText.includes(`id="${name}"`));
"##;

/// An address for each page of the route tables, found by following links from the menu.
///
/// # Panics
/// A page that no link leads to: nobody would find it.
async fn pages(app: &App) -> BTreeMap<&'static str, String> {
    let routes = tidings::routes();
    let visitor = app.as_(Role::Admin).await;
    let mut found: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let mut links = links(&visitor, "/").await;
    while let Some(link) = links.pop() {
        let Some(pattern) = pattern(&routes, &link) else { continue };
        let seen = found.entry(pattern).or_default();
        if seen.len() < MOST_OF_A_KIND && seen.insert(link.clone()) {
            links.extend(self::links(&visitor, &link).await);
        }
    }
    let missing = |route: &&Route| is_page(route) && !found.contains_key(route.path);
    let lost: Vec<_> = routes.iter().filter(missing).map(|route| route.path).collect();
    assert!(lost.is_empty(), "no link leads to {lost:?}");
    found.into_iter().map(|(pattern, seen)| (pattern, seen.into_iter().next().unwrap())).collect()
}

async fn links(visitor: &Visitor, path: &str) -> Vec<String> {
    visitor.get(path).await.attributes("a[href^='/']", "href")
}

fn is_page(route: &Route) -> bool {
    route.verb == Verb::Get
        && matches!(route.access, Access::To(_))
        && !FILES.contains(&route.path)
        && !BEHIND_FORMS.contains(&route.path)
}

/// The page that answers `address`: a literal segment stands before a parameter.
fn pattern(routes: &[Route], address: &str) -> Option<&'static str> {
    let path = address.split(['?', '#']).next().unwrap();
    let fits = |pattern: &str| {
        let (wanted, given): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        let same = |(wanted, given): (&&str, &&str)| wanted == given || (wanted.starts_with('{') && !given.is_empty());
        wanted.len() == given.len() && wanted.iter().zip(&given).all(same)
    };
    let answers = routes.iter().filter(|route| route.verb == Verb::Get && fits(route.path));
    let nearest = answers.min_by_key(|route| route.path.matches('{').count())?;
    is_page(nearest).then_some(nearest.path)
}
