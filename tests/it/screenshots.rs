//! Every page as an admin sees it, in both languages, light and dark, wide and on a phone: pictures under
//! `target/screenshots/`, and what must hold of each: nothing wider than the screen, no text without words, no
//! complaint of the browser.

use crate::support::{App, Backend, Browser, View, Visitor, run};
use std::{collections::BTreeMap, fs, path::Path};
use tidings_base::web::{Access, Lang, Role, Route, Verb};

const WIDTHS: [u32; 2] = [1440, 390];

/// GET addresses that are no pages: files to save.
const FILES: &[&str] = &[];

#[test]
fn every_page_fits_its_screen_and_has_its_picture() {
    run(Backend::Sqlite, |app| async move {
        let pages = pages(&app).await;
        let browser = Browser::start(&app).await;
        browser.sign_in(&app, Role::Admin).await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        let mut wrong = Vec::new();
        for (pattern, address) in &pages {
            for view in views() {
                browser.look(view).await;
                browser.open(address).await;
                wrong.extend(
                    complaints(&browser, view).await.into_iter().map(|why| format!("{pattern} {view:?}: {why}")),
                );
                fs::write(folder.join(file_name(pattern, view)), browser.picture(view.width).await).unwrap();
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

fn views() -> impl Iterator<Item = View> {
    Lang::ALL
        .into_iter()
        .flat_map(|lang| [false, true].into_iter().flat_map(move |dark| WIDTHS.map(|width| View { lang, dark, width })))
}

async fn complaints(browser: &Browser, view: View) -> Vec<String> {
    let mut wrong = browser.complaints().await;
    let wide = browser.ask("return document.documentElement.scrollWidth").await.as_u64().unwrap();
    if wide > u64::from(view.width) {
        wrong.push(format!("is {wide} pixels wide"));
    }
    if browser.ask("return document.documentElement.lang").await != view.lang.code() {
        wrong.push("is in another language".to_owned());
    }
    // A key shows itself where its text is missing.
    let raw = browser.ask(r"return document.body.innerText.match(/\b[a-z_]+\.[a-z_]+(\.[a-z_]+)+\b/g)").await;
    if !raw.is_null() {
        wrong.push(format!("shows {raw}"));
    }
    wrong
}

fn file_name(pattern: &str, view: View) -> String {
    let page = pattern.trim_matches('/').replace('/', "-").replace(['{', '}'], "");
    let page = if page.is_empty() { "today" } else { &page };
    let scheme = if view.dark { "dark" } else { "light" };
    format!("{page}.{}.{scheme}.{}.png", view.lang.code(), view.width)
}

/// An address for each page of the route tables, found by following links from the menu.
///
/// # Panics
/// A page that no link leads to: nobody would find it.
async fn pages(app: &App) -> BTreeMap<&'static str, String> {
    let routes: Vec<Route> = tidings::routes();
    let visitor = app.as_(Role::Admin).await;
    let mut found = BTreeMap::from([("/signin", "/signin".to_owned())]);
    let mut links = links(&visitor, "/account").await;
    while let Some(link) = links.pop() {
        let Some(pattern) = pattern(&routes, &link) else { continue };
        if !found.contains_key(pattern) {
            found.insert(pattern, link.clone());
            links.extend(self::links(&visitor, &link).await);
        }
    }
    let lost: Vec<_> =
        routes.iter().filter(|route| is_page(route) && !found.contains_key(route.path)).map(|r| r.path).collect();
    assert!(lost.is_empty(), "no link leads to {lost:?}");
    found
}

async fn links(visitor: &Visitor, path: &str) -> Vec<String> {
    let page = visitor.get(path).await;
    page.attributes("a[href^='/']", "href")
}

fn is_page(route: &Route) -> bool {
    route.verb == Verb::Get && matches!(route.access, Access::To(_)) && !FILES.contains(&route.path)
}

/// The route that answers `address`: a literal segment before a parameter.
fn pattern(routes: &[Route], address: &str) -> Option<&'static str> {
    let path = address.split(['?', '#']).next().unwrap();
    let fits = |pattern: &str| {
        let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
                (_, _) => return false,
            }
        }
    };
    let mut fitting: Vec<_> =
        routes.iter().filter(|route| is_page(route) && fits(route.path)).map(|r| r.path).collect();
    fitting.sort_by_key(|path| path.matches('{').count());
    fitting.first().copied()
}
