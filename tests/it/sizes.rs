//! What pages weigh: those of a shop with full lists and long names, too.

use crate::support::{App, Backend, run};
use diesel::{QueryableByName, sql_types::Text};
use std::collections::BTreeMap;
use tidings_base::{
    db::{Conn, sql::Sql},
    web::Role,
};

/// Bytes of a page before it is compressed.
const MOST: usize = 60_000;
/// More rows than a page of a list has.
const MANY: i64 = 50;
/// As long as somebody who explains everything in a name makes it.
const LONG: &str =
    "週年慶與秋冬新品聯合檔期限量預購通知給住在台北與高雄門市附近而且去年買過兩次以上的老朋友們（含海外訂單）";

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

#[test]
fn no_page_is_heavy_though_the_lists_are_full_of_long_names() {
    run(Backend::Sqlite, |app| async move {
        let now = app.clock.now();
        app.db.write(move |conn| tidings::demo::load(conn, "nobody", now, chrono_tz::Asia::Taipei)).await.unwrap();
        app.write(fill).await;
        let weights = weights(&app).await;
        for list in
            ["/audiences", "/audit", "/broadcasts", "/contacts", "/journeys", "/people", "/sandbox", "/schedules"]
        {
            assert!(weights[list].1, "{list} has one page only");
        }
        let heavy: Vec<_> = weights.iter().filter(|(_, (bytes, _))| *bytes >= MOST).collect();
        assert!(heavy.is_empty(), "{heavy:#?}");
    });
}

/// How many bytes a page of each kind has, and whether there is a next one.
async fn weights(app: &App) -> BTreeMap<String, (usize, bool)> {
    let visitor = app.as_(Role::Admin).await;
    let mut weights = BTreeMap::new();
    let mut ways = vec!["/".to_owned()];
    while let Some(way) = ways.pop() {
        let kind = kind(&way);
        if weights.contains_key(&kind) || way.contains("export") {
            continue;
        }
        let page = visitor.get(&way).await;
        let goes_on = !page.attributes("a[rel=next]", "href").is_empty();
        weights.insert(kind, (page.html.len(), goes_on));
        ways.extend(page.attributes("a[href^='/']", "href"));
    }
    weights
}

/// The path of a page without its ids and what is asked of it.
fn kind(way: &str) -> String {
    let path = way.split(['?', '#']).next().unwrap();
    path.split('/').map(|part| if part.len() == 36 { "{id}" } else { part }).collect::<Vec<_>>().join("/")
}

fn fill(conn: &mut Conn) -> diesel::QueryResult<()> {
    for table in ["audiences", "audit", "broadcasts", "contacts", "journeys", "people", "schedules"] {
        copies(conn, table)?;
    }
    for (table, column) in [
        ("audiences", "name"),
        ("audiences", "description"),
        ("audit", "object_name"),
        ("broadcasts", "name"),
        ("channels", "name"),
        ("contacts", "name"),
        ("dispatches", "name"),
        ("journeys", "name"),
        ("members", "name"),
        ("people", "name"),
        ("schedules", "name"),
    ] {
        let words = if column == "description" { LONG.repeat(10) } else { LONG.to_owned() };
        Sql::new(&format!("update {table} set {column} = ")).bind(words).execute(conn)?;
    }
    Sql::new("update tags set name = substr(name || ").bind(LONG).push(", 1, 50)").execute(conn)?;
    let all = "insert or ignore into contact_tags (contact_id, tag_id, at) select c.id, t.id, c.created_at from contacts c, tags t";
    Sql::new(all).execute(conn).map(drop)
}

/// Many copies of a row of the table.
fn copies(conn: &mut Conn, table: &str) -> diesel::QueryResult<()> {
    let columns: Vec<Column> = Sql::new(&format!("select name from pragma_table_info('{table}')")).load(conn)?;
    let shown = columns.iter().map(|column| match column.name.as_str() {
        "id" => "printf('01900000-0000-7000-8000-%012x', i)".to_owned(),
        "email" | "identity" => format!("i || c.{}", column.name),
        name => format!("c.{name}"),
    });
    let (shown, names): (Vec<_>, Vec<_>) =
        (shown.collect(), columns.iter().map(|column| column.name.as_str()).collect());
    Sql::new(&format!(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < {MANY}) \
         insert into {table} ({}) select {} from n, (select * from {table} order by id desc limit 1) c",
        names.join(", "),
        shown.join(", ")
    ))
    .execute(conn)
    .map(drop)
}
