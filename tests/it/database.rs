//! The two databases are the same database: tables, columns, keys, indexes, and what stands between.

use crate::support::{App, Backend, both, database};
use chrono::{NaiveDate, TimeDelta};
use diesel::{
    QueryableByName,
    connection::SimpleConnection,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use std::{collections::BTreeMap, time::Duration};
use tidings_base::{
    db::{
        Conn, DbError, Id, Url, migrate,
        sql::{Keep, Sql},
    },
    jobs::{self, Claim},
};

/// Table → lines that describe it, in a form that both databases give.
type Shape = BTreeMap<String, Vec<String>>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    required: i64,
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    definition: String,
}

fn columns(conn: &mut Conn) -> Vec<Column> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "select m.name as table_name, c.name as name, c.type as kind, c.\"notnull\" as required \
             from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' order by m.name, c.cid"
        }
        Conn::Pg(_) => {
            "select table_name::text, column_name::text as name, data_type::text as kind, \
             (case is_nullable when 'NO' then 1 else 0 end)::bigint as required from information_schema.columns \
             where table_schema = 'public' order by table_name, ordinal_position"
        }
    };
    let rows: Vec<Column> = Sql::new(sql).load(conn).unwrap();
    rows.into_iter().filter(|row| !row.table_name.starts_with("__") && !row.table_name.starts_with("sqlite_")).collect()
}

fn indexes(conn: &mut Conn) -> Vec<Index> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "select tbl_name as table_name, sql as definition from sqlite_master where type = 'index' and sql is not null"
        }
        Conn::Pg(_) => {
            "select tablename::text as table_name, indexdef as definition from pg_indexes \
             where schemaname = 'public' and indexname not like '%\\_pkey' and indexname not like '%\\_key'"
        }
    };
    Sql::new(sql).load(conn).unwrap()
}

fn kind(word: &str) -> &'static str {
    match word.to_lowercase().as_str() {
        "text" => "Text",
        "bigint" => "BigInt",
        "boolean" => "Bool",
        "timestamp" | "timestamp without time zone" => "Timestamp",
        "double precision" => "Double",
        "blob" | "bytea" => "Binary",
        other => panic!("no column may be of type {other}"),
    }
}

fn shape(conn: &mut Conn) -> Shape {
    let mut shape = Shape::new();
    for column in columns(conn) {
        let kind = kind(&column.kind);
        let kind = if column.required == 1 { kind.to_owned() } else { format!("Nullable<{kind}>") };
        shape.entry(column.table_name).or_default().push(format!("{} -> {kind}", column.name));
    }
    shape
}

/// `schema/*.rs`, read as text: what diesel believes.
fn believed() -> Shape {
    let mut shape = Shape::new();
    for file in std::fs::read_dir("src/base/db/schema").unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let mut table = String::new();
        for line in text.lines().map(str::trim) {
            if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
                table = name.to_owned();
            } else if line.contains(" -> ") {
                shape.entry(table.clone()).or_default().push(line.trim_end_matches(',').to_owned());
            }
        }
    }
    shape
}

/// The names of an index and its columns, and its condition, without what each database adds.
fn plain(definition: &str) -> String {
    let text = definition.to_lowercase().replace("public.", "").replace("using btree ", "");
    let text = text.replace(['(', ')', '"'], " ").replace("::text", "").replace("<> ", "<>").replace(" <>", "<>");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn describe(conn: &mut Conn) -> (Shape, Vec<String>) {
    let mut indexes: Vec<_> =
        indexes(conn).into_iter().map(|i| format!("{}: {}", i.table_name, plain(&i.definition))).collect();
    indexes.sort();
    (shape(conn), indexes)
}

async fn described(app: &App) -> (Shape, Vec<String>) {
    app.read(|conn| Ok(describe(conn))).await
}

/// Where nobody else is at work: tables are taken away under nobody.
fn back_and_again(backend: Backend) {
    let (url, _place) = database::fresh(backend);
    let mut conn = migrate::open(&url).unwrap();
    let before = describe(&mut conn);
    migrate::down(&mut conn).unwrap();
    assert!(columns(&mut conn).is_empty());
    migrate::up(&mut conn).unwrap();
    assert_eq!(describe(&mut conn), before);
    assert!(migrate::run(&url).unwrap().is_empty());
}

#[test]
fn every_migration_can_be_taken_back_and_made_again_on_sqlite() {
    back_and_again(Backend::Sqlite);
}

#[test]
fn every_migration_can_be_taken_back_and_made_again_on_postgres() {
    back_and_again(Backend::Postgres);
}

both! {
    async fn the_tables_are_those_that_diesel_believes_in(app: App) {
        assert_eq!(described(&app).await.0, believed());
    }

    async fn a_statement_that_takes_too_long_ends_at_its_deadline(app: App) {
        let forever = "with recursive s(n) as (select cast(1 as bigint) union all select n + 1 from s where n < 10000000000) \
            select count(*) as n from s";
        let limit = Duration::from_millis(50);
        let ended = app.db.read_within(limit, move |conn| Sql::new(forever).count(conn).map_err(DbError::from)).await;
        assert!(ended.unwrap_err().is_busy());
        let fine = app.db.read(|conn| Sql::new("select cast(1 as bigint) as n").count(conn).map_err(DbError::from)).await;
        assert_eq!(fine.unwrap(), 1, "the deadline does not stay on the thread");
    }

    async fn what_fails_is_taken_back_and_leaves_its_neighbours_alone(app: App) {
        let count = || app.read(|conn| Sql::new("select count(*) as n from settings").count(conn));
        let before = count().await;
        let set = |name: &'static str, fails: bool| {
            let db = app.db.clone();
            async move {
                db.write(move |conn| {
                    tidings_base::workspace::set(conn, name, "x", start())?;
                    if fails { Err(DbError::Gone) } else { Ok(()) }
                })
                .await
            }
        };
        let (a, b, c) = tokio::join!(set("a", false), set("b", true), set("c", false));
        assert!(a.is_ok() && b.is_err() && c.is_ok());
        assert_eq!(count().await, before + 2);
        let panicked: Result<(), DbError> = app.db.write(|_| panic!("a handler's fault")).await;
        assert!(panicked.is_err());
        assert!(set("d", false).await.is_ok(), "writing goes on after a panic");
        assert!(app.db.write_durable(|conn| { tidings_base::workspace::set(conn, "e", "x", start()).map_err(DbError::from) }).await.is_ok());
        assert_eq!(count().await, before + 4);
    }

    async fn values_of_every_kind_are_bound_and_come_back_as_they_were(app: App) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            text: String,
            #[diesel(sql_type = Timestamp)]
            at: chrono::NaiveDateTime,
            #[diesel(sql_type = Nullable<Text>)]
            absent: Option<String>,
        }
        let at = start() + TimeDelta::microseconds(123_456);
        let row: Row = app
            .write(move |conn| {
                tidings_base::workspace::set(conn, "it's", "';drop table settings;--", at)?;
                let mut sql = Sql::new("select value as text, changed_at as at, case when value = ");
                sql.bind("x").push(" then name end as absent from settings where changed_at = ").bind(at);
                sql.first(conn)
            })
            .await;
        assert_eq!(row.text, "';drop table settings;--");
        assert_eq!(row.at, at);
        assert_eq!(row.absent, None);
    }

    /// Often enough for PostgreSQL to make a plan for all values.
    async fn a_statement_that_is_kept_says_what_it_says_otherwise(app: App) {
        for n in 0..8_i64 {
            let answers: Vec<i64> = app
                .write(move |conn| {
                    let kept = |keep| {
                        let pairs = (0..n).map(|n| [Some(n.to_string()), (n % 2 == 0).then(|| "even".to_owned())]);
                        let mut sql = Sql::new("select count(*) as n from (select value ->> 0 as name, value ->> 1 as even from ");
                        sql.bind_rows(pairs).push(") pairs where even is not null and name in (");
                        sql.bind_all((0..20).map(|n| n.to_string())).push(") and name <> ").bind("2");
                        sql.push(" and ").bind(n > 4).push(" and ").bind(n).push(" < 7 and ").bind(0.5).push(" < 1 and ");
                        sql.bind(start()).push(" < ").bind(start() + TimeDelta::microseconds(n)).push(" and ");
                        sql.bind(None::<String>).push(" is null and ").bind(None::<chrono::NaiveDateTime>).push(" is null");
                        sql.keep(keep).count(conn)
                    };
                    [Keep::Nowhere, Keep::OnSqlite, Keep::Everywhere].into_iter().map(kept).collect()
                })
                .await;
            let wanted = if n == 5 || n == 6 { 2 } else { 0 };
            assert_eq!(answers, [wanted; 3], "{n}");
        }
    }

    async fn text_is_sorted_by_code_point_and_an_id_is_its_text(app: App) {
        #[derive(QueryableByName)]
        struct Name {
            #[diesel(sql_type = Text)]
            name: String,
        }
        let sorted: Vec<Name> = app
            .write(|conn| {
                for name in ["b", "B", "王", "a", "Ä"] {
                    tidings_base::workspace::set(conn, name, "x", start())?;
                }
                Sql::new("select name from settings where value = 'x' order by name").load(conn)
            })
            .await;
        assert_eq!(sorted.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["B", "a", "b", "Ä", "王"]);
        let id = Id::new();
        assert_eq!(id.as_str().parse::<Id>().unwrap(), id);
        assert!(Id::new() > id, "ids sort in the order they were made");
    }

    async fn two_claims_never_take_the_same_row(app: App) {
        app.write(|conn| {
            conn.batch_execute(
                "create table work (id text not null primary key, due_at timestamp not null, owner text, \
                 epoch bigint not null, lease_until timestamp, begun bigint not null)",
            )?;
            for _ in 0..100 {
                let mut row = Sql::new("insert into work (id, due_at, epoch, begun) values (");
                row.bind(Id::new()).push(", ").bind(start()).push(", 0, 0)");
                row.execute(conn)?;
            }
            Ok(())
        })
        .await;
        let claim = |owner: &str, after: TimeDelta| {
            let (db, owner) = (app.db.clone(), owner.to_owned());
            async move {
                let machine = start() + after;
                let terms = Claim { owner, now: machine, machine, until: machine + TimeDelta::seconds(30), limit: 60 };
                db.write(move |conn| jobs::claim(conn, "work", "1 = 1", &terms).map_err(DbError::from)).await.unwrap()
            }
        };
        let (a, b) = tokio::join!(claim("a", TimeDelta::zero()), claim("b", TimeDelta::zero()));
        assert_eq!(a.len() + b.len(), 100);
        assert!(a.iter().all(|row| !b.contains(row)));
        assert!(claim("c", TimeDelta::seconds(30)).await.is_empty(), "the leases still hold");
        let again = claim("c", TimeDelta::seconds(31)).await;
        assert_eq!(again.len(), 60);
        assert!(again.iter().all(|row| row.epoch == 2));
    }
}

fn start() -> chrono::NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 21).unwrap().and_hms_opt(10, 0, 0).unwrap()
}

#[test]
fn both_databases_have_the_same_tables_and_indexes() {
    use crate::support::{Backend, run};
    use std::sync::Mutex;
    static SEEN: Mutex<Vec<(Shape, Vec<String>)>> = Mutex::new(Vec::new());
    for backend in [Backend::Sqlite, Backend::Postgres] {
        run(backend, |app| async move {
            let described = described(&app).await;
            SEEN.lock().unwrap().push(described);
        });
    }
    let seen = SEEN.lock().unwrap();
    assert_eq!(seen[0].0, seen[1].0);
    assert_eq!(seen[0].1, seen[1].1);
}

/// SQLite is a file: it is never started again.
#[test]
fn a_database_that_was_started_again_is_found_again() {
    crate::support::run(Backend::Postgres, found_again);
}

async fn found_again(app: App) {
    let slowly = |seconds: &'static str| {
        let sql = format!("select count(*) as n from (select pg_sleep({seconds})) as pause");
        app.db.read(move |conn: &mut Conn| Sql::new(&sql).count(conn).map_err(DbError::from))
    };
    // Several connections, so that several are broken.
    let (a, b, c) = tokio::join!(slowly("0.1"), slowly("0.1"), slowly("0.1"));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    let mut conn = migrate::open(&app.url).unwrap();
    let all = "select count(pg_terminate_backend(pid)) as n from pg_stat_activity \
               where datname = current_database() and pid <> pg_backend_pid()";
    assert!(Sql::new(all).count(&mut conn).unwrap() >= 3);
    // Whoever comes first may meet a broken one; then all of them are known to be.
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(slowly("0").await.is_ok());
    }
    assert!(answers[1..].iter().all(|answered| *answered), "{answers:?}");
}

#[test]
fn a_database_that_is_down_says_so_itself() {
    let url: Url = "postgres://nobody@127.0.0.1:1/none?connect_timeout=1".parse().unwrap();
    let said = migrate::run(&url).unwrap_err().to_string();
    assert!(said.contains("127.0.0.1"), "{said}");
}
