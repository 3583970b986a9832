//! Files become rows, and every row that does not comes back with its reason.

mod contacts;
mod orders;

use crate::support::{App, Backend, Shown};
use chrono::TimeDelta;
use diesel::{connection::SimpleConnection, prelude::*};
use tidings_base::db::{Conn, schema::imports};

/// Presses the button that names the number, and waits for the end.
async fn start(app: &App, preview: &Shown) -> Shown {
    let running = preview.form(&preview.path).add("then", "start").submit().await;
    assert_eq!(running.status, 200, "{}", running.text());
    app.settle().await;
    running.follow(&running.path).await
}

/// Before it is started: created, updated, bad. Afterwards: rows, created, updated, left out.
fn figures(page: &Shown) -> Vec<String> {
    page.all(".stats b")
}

/// Waits until so many rows are worked through and the worker has let go.
async fn settle_until_done(app: &App, rows: i64) {
    loop {
        app.settle().await;
        let done: i64 = app.read(|conn| imports::table.select(imports::done).first(conn)).await;
        if done >= rows {
            return;
        }
    }
}

/// Lets the claim's lease run out.
async fn expire(app: &App) {
    let past = app.clock.machine() - TimeDelta::minutes(1);
    app.write(move |conn| diesel::update(imports::table).set(imports::lease_until.eq(past)).execute(conn)).await;
}

/// Makes the database refuse a new row.
async fn refuse(app: &App, table: &str, column: &str, value: &str) {
    let statement = match app.backend {
        Backend::Sqlite => format!(
            "create trigger refused before insert on {table} when new.{column} = '{value}' \
             begin select raise(abort, 'refused'); end"
        ),
        Backend::Postgres => format!("alter table {table} add constraint refused check ({column} <> '{value}')"),
    };
    app.write(move |conn: &mut Conn| conn.batch_execute(&statement)).await;
}

/// Takes it back.
async fn allow(app: &App, table: &str) {
    let statement = match app.backend {
        Backend::Sqlite => "drop trigger refused".to_owned(),
        Backend::Postgres => format!("alter table {table} drop constraint refused"),
    };
    app.write(move |conn: &mut Conn| conn.batch_execute(&statement)).await;
}
