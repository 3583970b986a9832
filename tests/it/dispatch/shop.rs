//! A shop with one account, people who follow it, and a vendor that does as it is told.

use crate::support::bench::Bench;
use chrono::{NaiveDateTime, TimeDelta};
use futures_util::{
    FutureExt,
    future::{self, BoxFuture},
};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tidings_base::{
    db::{Conn, DbError, Id, sql::Sql},
    jobs::{Kind, Slice, Work},
};
use tidings_customers::channels::{self, ChannelKind, Connector, NewChannel};
use tidings_sending::{
    channels::{
        Answer, Call, Capabilities, Channel, Checked, Connect, InboundEvent, NotUnderstood, Trouble, capabilities,
    },
    dispatch::{self, Added, Begins, NewDispatch, Origin},
    messages::{Content, Rendered},
};
use tokio::sync::Notify;

/// What the vendor says to a call, and when.
type Script = Box<dyn Fn(&Call) -> BoxFuture<'static, Answer> + Send>;

/// A vendor that keeps its own record, and misbehaves on command.
pub(crate) struct Vendor {
    can: Capabilities,
    script: Mutex<VecDeque<Script>>,
    calls: Mutex<Vec<Call>>,
    keys: Mutex<HashSet<String>>,
    /// How often each person got each part.
    got: Mutex<BTreeMap<(String, String), usize>>,
}

impl Vendor {
    /// Says `script` to the next calls, then takes everything.
    pub(crate) fn next(&self, script: impl Fn(&Call) -> Answer + Send + 'static) {
        let script = move |call: &Call| future::ready(script(call)).boxed();
        self.script.lock().unwrap().push_back(Box::new(script));
    }

    /// Takes the next call, of which `taken` is told, and answers when it may.
    pub(crate) fn next_late(self: &Arc<Self>, taken: Arc<Notify>, may: Arc<Notify>) {
        let vendor = self.clone();
        let script = move |call: &Call| {
            let (answer, may) = (vendor.take(call), may.clone());
            taken.notify_one();
            async move {
                may.notified().await;
                answer
            }
            .boxed()
        };
        self.script.lock().unwrap().push_back(Box::new(script));
    }

    /// Takes the call for its people, as a vendor does that honours keys.
    pub(crate) fn take(&self, call: &Call) -> Answer {
        let fresh = call.retry_key.as_ref().is_none_or(|key| self.keys.lock().unwrap().insert(key.clone()));
        if fresh {
            for person in &call.people {
                for part in &call.words.parts {
                    let text = match part {
                        Rendered::Text { text } => text,
                        Rendered::Image { image, .. } => image,
                    };
                    *self.got.lock().unwrap().entry((person.identity.clone(), text.clone())).or_default() += 1;
                }
            }
        }
        let id =
            |person: &tidings_sending::channels::Recipient| Ok(person.reference.as_ref().map(|id| format!("v-{id}")));
        Answer::Taken { request_id: Some("request".to_owned()), people: call.people.iter().map(id).collect() }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Everybody who got something, with the words; nobody may be in it twice with the same.
    pub(crate) fn got(&self) -> Vec<(String, String)> {
        let got = self.got.lock().unwrap();
        assert!(got.values().all(|times| *times == 1), "somebody got it twice: {got:?}");
        got.keys().cloned().collect()
    }
}

struct Line(Arc<Vendor>);

impl Channel for Line {
    fn check(&self) -> BoxFuture<'_, Result<Checked, Trouble>> {
        Box::pin(async { Err(Trouble::Later { detail: "nobody asks a fake".to_owned() }) })
    }

    fn capabilities(&self) -> Capabilities {
        self.0.can
    }

    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Answer> {
        self.0.calls.lock().unwrap().push(call.clone());
        let script = self.0.script.lock().unwrap().pop_front();
        script.map_or_else(|| future::ready(self.0.take(call)).boxed(), |script| script(call))
    }

    fn events(&self, body: &str) -> Result<Vec<InboundEvent>, NotUnderstood> {
        serde_json::from_str(body).map(|event| vec![event]).map_err(|e| NotUnderstood(e.to_string()))
    }
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) bench: Bench,
    pub(crate) vendor: Arc<Vendor>,
    pub(crate) channel: Id,
    pub(crate) send: Kind,
    pub(crate) inbound: Kind,
}

impl Shop {
    pub(crate) async fn open(bench: Bench, kind: ChannelKind) -> Self {
        let now = bench.now();
        let channel = bench
            .write(move |conn| {
                let new = NewChannel {
                    kind,
                    connector: Connector::Live,
                    name: "本店",
                    rate_per_second: 500,
                    failure_share: 0.0,
                };
                channels::add(conn, &new, now)
            })
            .await;
        let vendor = Arc::new(Vendor {
            can: capabilities(kind),
            script: Mutex::default(),
            calls: Mutex::default(),
            keys: Mutex::default(),
            got: Mutex::default(),
        });
        let line = vendor.clone();
        let connect: Connect = Arc::new(move |_, _| Some(Arc::new(Line(line.clone()))));
        let (send, inbound) = (dispatch::send(connect.clone()), dispatch::inbound(connect));
        Self { bench, vendor, channel, send, inbound }
    }

    /// People with these names, who wrote an hour ago and agreed to everything.
    pub(crate) async fn people(&self, names: &[&str]) -> Vec<Id> {
        let (channel, now, names) =
            (self.channel.clone(), self.bench.now(), names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        self.bench.write(move |conn| names.iter().map(|name| contact(conn, &channel, name, now)).collect()).await
    }

    /// `n` people called 王 1, 王 2, …
    pub(crate) async fn crowd(&self, n: usize) -> Vec<Id> {
        let names: Vec<String> = (1..=n).map(|n| format!("王 {n}")).collect();
        self.people(&names.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    /// A dispatch of this content, open for people.
    pub(crate) async fn dispatch(&self, content: &Content) -> Id {
        let (channel, content, now) = (self.channel.clone(), content.clone(), self.bench.now());
        self.bench
            .write(move |conn| {
                let (origin_id, step) = (Id::new(), Id::new());
                let new = NewDispatch {
                    channel_id: &channel,
                    name: "週年慶",
                    origin: Origin::Journey,
                    origin_id: &origin_id,
                    origin_step: &step,
                    cohort: "一",
                    content: &content,
                    begins: Begins::AtOnce,
                };
                dispatch::open(conn, &new, now)
            })
            .await
    }

    /// Adds people, each with an entry of its own; the entries.
    pub(crate) async fn add(&self, dispatch: &Id, people: &[Id]) -> (Added, Vec<Id>) {
        let entries: Vec<Id> = people.iter().map(|_| Id::new()).collect();
        let added = self.add_entries(dispatch, people, &entries).await.unwrap();
        (added, entries)
    }

    pub(crate) async fn add_entries(&self, dispatch: &Id, people: &[Id], entries: &[Id]) -> Result<Added, DbError> {
        let (dispatch, now) = (dispatch.clone(), self.bench.now());
        let pairs: Vec<(Id, Id)> = people.iter().cloned().zip(entries.iter().cloned()).collect();
        let db = &self.bench.work.db;
        db.write(move |conn| {
            let mut sql = Sql::new("select column1 as contact_id, column2 as entry_id from (values ");
            for (n, (contact, entry)) in pairs.iter().enumerate() {
                sql.push(if n == 0 { "(" } else { ", (" }).bind(contact).push(", ").bind(entry).push(")");
            }
            sql.push(") chosen");
            Ok(dispatch::add(conn, &dispatch, dispatch::People::Entries(sql), now)?)
        })
        .await
    }

    /// A dispatch of `text` to these people, closed.
    pub(crate) async fn to(&self, people: &[Id], text: &str) -> Id {
        let dispatch = self.dispatch(&Content::text(text)).await;
        self.add(&dispatch, people).await;
        self.close(&dispatch).await;
        dispatch
    }

    pub(crate) async fn close(&self, dispatch: &Id) {
        let (dispatch, now) = (dispatch.clone(), self.bench.now());
        self.bench.write(move |conn| dispatch::close(conn, &dispatch, now)).await;
    }

    /// Sends what is due `later` from now.
    pub(crate) async fn drain(&self, later: TimeDelta) -> usize {
        self.bench.drain(&self.send, later).await
    }

    /// Sends one slice that is due `later` from now.
    pub(crate) async fn once(&self, later: TimeDelta) {
        self.bench.once(&self.send, later).await;
    }

    /// A worker that dies in its call: the vendor took it, nothing was recorded.
    pub(crate) async fn dies_in_its_call(&self, slice: Slice) {
        let taken = Arc::new(Notify::new());
        self.vendor.next_late(taken.clone(), Arc::default());
        let run = (self.send.run)(self.bench.work.clone(), slice);
        tokio::select! {
            () = taken.notified() => {}
            _ = run => panic!("it was to die first"),
        }
    }

    /// A worker whose call takes longer than the lease: the vendor answers when the lease has been renewed.
    pub(crate) async fn waits_for_its_call(&self, slice: Slice) {
        let (taken, may) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        self.vendor.next_late(taken.clone(), may.clone());
        let work = Work { lease: TimeDelta::milliseconds(300), ..self.bench.work.clone() };
        let renewed = async {
            taken.notified().await;
            let first = self.lease().await;
            while self.lease().await <= first + work.lease {}
            may.notify_one();
        };
        let renewed = tokio::time::timeout(Duration::from_secs(20), renewed);
        let (ran, renewed) = tokio::join!((self.send.run)(work.clone(), slice), renewed);
        ran.unwrap();
        renewed.expect("it says that it is still there");
    }

    /// Until when what is in hand is, in machine time.
    async fn lease(&self) -> NaiveDateTime {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Timestamp)]
            until: NaiveDateTime,
        }
        let hands = "select max(lease_until) as until from (select lease_until from slices union all select lease_until from packs) h";
        let Row { until } = self.bench.write(move |conn| Sql::new(hands).first(conn)).await;
        until
    }

    /// Changes one column of a row.
    pub(crate) async fn set(&self, sql: &'static str, id: &Id) {
        let id = id.clone();
        self.bench.write(move |conn| Sql::new(sql).push(" where id = ").bind(&id).execute(conn)).await;
    }

    /// How many deliveries are in which state for which reason, and the status of the dispatch; on
    /// the way it is checked that figures are rows and that every end has its reason.
    pub(crate) async fn state(&self, dispatch: &Id) -> (String, Vec<String>) {
        let dispatch = dispatch.clone();
        self.bench.write(move |conn| look(conn, &dispatch)).await
    }
}

fn contact(conn: &mut Conn, channel: &Id, name: &str, now: NaiveDateTime) -> diesel::QueryResult<Id> {
    let id = Id::new();
    let mut sql = Sql::new(
        "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, last_interaction_at, last_inbound_at, source, \
         created_at, version) values (",
    );
    sql.bind(&id)
        .push(", ")
        .bind(channel)
        .push(", ")
        .bind(format!("U-{name}"))
        .push(", ")
        .bind(name)
        .push(", 'granted', ");
    let hour_ago = now - TimeDelta::hours(1);
    sql.bind(now).push(", ").bind(hour_ago).push(", ").bind(hour_ago).push(", 'import', ").bind(now).push(", 1)");
    sql.execute(conn)?;
    Ok(id)
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    state: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    reason: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

#[derive(diesel::QueryableByName)]
struct Status {
    #[diesel(sql_type = diesel::sql_types::Text)]
    status: String,
}

pub(crate) fn look(conn: &mut Conn, dispatch: &Id) -> diesel::QueryResult<(String, Vec<String>)> {
    // The figures on the dispatch are its rows, counted.
    let columns = ["pending", "sent", "failed", "left_out", "cancelled", "unknown"];
    let mut sql = Sql::new(
        "select count(*) as n from dispatches d where d.people = (select count(*) from deliveries x where x.dispatch_id = d.id)",
    );
    for column in columns {
        sql.push(&format!(
            " and d.{column} = (select count(*) from deliveries x where x.dispatch_id = d.id and x.state = '{column}')"
        ));
    }
    for (column, time) in [("delivered", "delivered_at"), ("read", "read_at"), ("bounced", "bounced_at")] {
        sql.push(&format!(
            " and d.{column} = (select count(*) from deliveries x where x.dispatch_id = d.id and x.{time} is not null)"
        ));
    }
    sql.push(" and d.id = ").bind(dispatch);
    assert_eq!(sql.count(conn)?, 1, "the figures are not the rows");
    // Whoever is settled without having been sent to has a reason, and a time.
    let mut sql = Sql::new("select count(*) as n from deliveries where dispatch_id = ");
    sql.bind(dispatch).push(" and ((state in ('failed', 'left_out', 'cancelled', 'unknown') and reason is null) ");
    sql.push(
        "or (state = 'pending') <> (settled_at is null) or (state <> 'pending' and (slice_id is not null or waits)) ",
    );
    sql.push("or missed <> case when state in ('pending', 'sent') then '' else state end)");
    assert_eq!(sql.count(conn)?, 0, "a delivery does not fit together");
    // Whoever is pending is in exactly one place: a stretch, a slice of one, a slice that is named, or waiting.
    let among = |ranges: &str| {
        format!(
            "(select count(*) from {ranges} r where r.dispatch_id = d.dispatch_id and d.id > r.after_id and d.id <= r.last_id)"
        )
    };
    let places = format!(
        "case when d.waits then 1 else 0 end + case when d.slice_id is null then 0 else 1 end \
         + case when d.waits or d.slice_id is not null then 0 else {} + {} end",
        among("stretches"),
        among("slices")
    );
    let mut sql = Sql::new("select count(*) as n from deliveries d where state = 'pending' and dispatch_id = ");
    sql.bind(dispatch).push(&format!(" and {places} <> 1"));
    assert_eq!(sql.count(conn)?, 0, "a delivery is nowhere, or in two places");
    let mut sql = Sql::new(&format!(
        "select state, reason, count(*) as n from (select case when state = 'pending' and not waits and (slice_id is not null \
         or {} = 1) then 'in hand' else state end as state, coalesce(reason, '') as reason from deliveries d where dispatch_id = ",
        among("slices")
    ));
    sql.bind(dispatch).push(") x group by state, reason order by state, reason");
    let rows = sql.load::<Row>(conn)?;
    let shown = |row: Row| {
        format!(
            "{} {}{}",
            row.n,
            row.state,
            if row.reason.is_empty() { String::new() } else { format!(" {}", row.reason) }
        )
    };
    let mut sql = Sql::new("select status from dispatches where id = ");
    sql.bind(dispatch);
    Ok((sql.first::<Status>(conn)?.status, rows.into_iter().map(shown).collect()))
}

/// The entries that are told about, once or more often.
pub(crate) fn told(conn: &mut Conn) -> diesel::QueryResult<Vec<Id>> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        entry: Id,
    }
    let mut all = Vec::new();
    loop {
        let news = dispatch::news(conn, 10)?;
        if news.is_empty() {
            return Ok(all);
        }
        for news in news {
            let told = dispatch::hear(conn, news, 100)?;
            let mut sql = Sql::new("select entry_id as entry from deliveries where ");
            sql.append(told.is_about(conn, "entry_id"));
            all.extend(sql.load(conn)?.into_iter().map(|row: Row| row.entry));
        }
    }
}
