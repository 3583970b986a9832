//! The shop that broadcasts are tested in.

use crate::support::{App, Filled, Shown, Someone, Visitor};
use diesel::prelude::*;
use tidings_base::db::{
    Id,
    schema::{broadcasts, deliveries, dispatches, sandbox_messages},
};
use tidings_customers::{
    audiences::{self, NewAudience, Rule},
    channels::ChannelKind,
    consent::Consent,
};

/// An account with people: five who get it, one who opted out.
pub(super) struct Shop {
    pub(super) channel: Id,
    pub(super) people: Vec<Id>,
}

impl Shop {
    pub(super) async fn open(app: &App, kind: ChannelKind) -> Self {
        let channel = app.channel(kind, "本店官方帳號").await;
        let mut people: Vec<Someone> = ["王怡君", "陳建宏", "林美玲", "張志豪", "黃雅婷"]
            .map(|name| Someone::called(name).who(Consent::Granted))
            .to_vec();
        people.push(Someone::called("李不要").who(Consent::Withdrawn));
        let people = app.contacts(&channel, people).await;
        Self { channel, people }
    }
}

/// An audience of everybody on this kind of channel.
pub(super) async fn audience(app: &App, kind: ChannelKind) -> Id {
    let now = app.clock.now();
    app.write(move |conn| {
        let new = NewAudience {
            name: "所有顧客".into(),
            description: String::new(),
            kind: Some(kind),
            rule: Rule::everybody(),
        };
        audiences::add(conn, &new, None, now)
    })
    .await
}

/// The form of a new broadcast, filled in.
pub(super) async fn form(who: &Visitor) -> Filled {
    let page = who.get("/broadcasts/new").await;
    assert_eq!(page.status, 200, "{}", page.html);
    page.form("/broadcasts").set("name", "週年慶").set("text-1", "{{name|貴賓}}，週年慶開跑")
}

/// The confirmation that the form leads to.
pub(super) async fn confirmation(form: Filled) -> Shown {
    let shown = form.add("do", "next").submit().await;
    assert!(shown.path.ends_with("/confirm"), "{} {}: {}", shown.status, shown.path, shown.text());
    shown
}

/// The broadcast of a confirmation or of a page under it.
pub(super) fn id(shown: &Shown) -> Id {
    shown.path.split('/').nth(2).unwrap().parse().unwrap()
}

/// Presses the button of a confirmation.
pub(super) async fn confirm(shown: &Shown) -> Shown {
    shown.form(&shown.path.clone()).submit().await
}

/// A form with everything that lets it wait until this many minutes from now.
pub(super) fn later(app: &App, form: Filled, minutes: i64) -> Filled {
    let at = (app.clock.now() + chrono::TimeDelta::minutes(minutes)).and_utc().with_timezone(&chrono_tz::Asia::Taipei);
    form.set("when", "later")
        .set("date", &at.format("%Y-%m-%d").to_string())
        .set("time", &at.format("%H:%M").to_string())
}

impl Shop {
    /// What each phone of the account shows, sorted.
    pub(super) async fn phones(&self, app: &App) -> Vec<String> {
        let channel = self.channel.clone();
        let mut said: Vec<String> = app
            .read(move |conn| {
                sandbox_messages::table
                    .filter(sandbox_messages::channel_id.eq(channel))
                    .select(sandbox_messages::body)
                    .load(conn)
            })
            .await;
        said.sort();
        said
    }
}

/// The states of a broadcast's deliveries with how many are in each, and its dispatch's status.
pub(super) async fn outcome(app: &App, broadcast: &Id) -> (String, Vec<(String, i64)>) {
    let broadcast = broadcast.clone();
    app.read(move |conn| {
        let dispatch: Id =
            broadcasts::table.find(broadcast).select(broadcasts::dispatch_id.assume_not_null()).first(conn)?;
        let status = dispatches::table.find(&dispatch).select(dispatches::status).first(conn)?;
        let mut states: Vec<(String, i64)> = deliveries::table
            .filter(deliveries::dispatch_id.eq(&dispatch))
            .group_by(deliveries::state)
            .select((deliveries::state, diesel::dsl::count_star()))
            .load(conn)?;
        states.sort();
        Ok((status, states))
    })
    .await
}
