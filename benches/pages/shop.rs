//! The demo shop with many more rows of the same shapes, written straight into its SQLite file.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use diesel::{
    QueryableByName,
    sql_types::{Nullable, Text},
};
use serde_json::{Map, Value, json};
use tidings_base::db::{Conn, Url, migrate, sql::Sql};

pub(crate) struct Shop {
    url: Url,
    rows: i64,
    channel: String,
    broadcast: String,
    journey: String,
    schedule: String,
    contact: String,
    audience: String,
    tag: String,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    #[diesel(sql_type = Text)]
    id: String,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Ids of made-up rows: the demo's are all later.
const ID: &str = "printf('01900000-%04x-7%03x-8000-%012x', i / 4096, i % 4096, i)";
/// The tag of the first fiftieth.
const FIRST: &str = "01900000-0000-7000-8000-0000000000f1";
/// A time in the last years for row `i`, a few rows to the second.
const AT: &str = "strftime('%Y-%m-%d %H:%M:%f', '2025-01-01', '+' || (i * 17 % 50000000) || ' seconds')";

impl Shop {
    /// Adds `rows` contacts of one account, their events, a delivery of one broadcast and a way through one
    /// journey to each, a tenth as many lines of the audit trail, and thousands of all the rest.
    pub(crate) fn fill(url: &Url, rows: i64) -> Self {
        let mut conn = migrate::open(url).expect("the demo shop's database");
        let channel =
            id(&mut conn, "select channel_id as name from contacts group by channel_id order by count(*) desc");
        let one = |conn: &mut Conn, text: &str| id(conn, &text.replace("$channel", &channel));
        let broadcast = one(
            &mut conn,
            "select b.id as name from broadcasts b join dispatches d on d.id = b.dispatch_id \
             where b.channel_id = '$channel' and d.status = 'done' order by b.id",
        );
        let dispatch = id(&mut conn, &format!("select dispatch_id as name from broadcasts where id = '{broadcast}'"));
        let journey = one(
            &mut conn,
            "select j.id as name from journeys j join journey_cohorts k on k.journey_id = j.id \
             where j.channel_id = '$channel' group by j.id order by count(*) desc",
        );
        let shop = Self {
            rows,
            broadcast,
            schedule: id(&mut conn, "select id as name from schedules order by id"),
            contact: one(&mut conn, "select id as name from contacts where channel_id = '$channel' order by id"),
            audience: id(&mut conn, "select id as name from audiences order by length(rule), id"),
            tag: id(&mut conn, "select tag_id as name from contact_tags group by tag_id order by count(*) desc"),
            url: url.clone(),
            channel,
            journey,
        };
        shop.people();
        shop.deliveries(&dispatch);
        shop.travellers();
        shop.lists();
        shop
    }

    fn people(&self) {
        let (channel, tag) = (&self.channel, &self.tag);
        self.run(&[
            "create temp table names as select row_number() over (order by id) as at, name from contacts",
            "create unique index temp.names_at on names (at)",
            &format!(
                "insert into members (id, number, name, order_count, total_spent, created_at, version, salesperson_id) \
                 select {ID}, printf('B%09d', i), '會員', i % 7, i % 7 * 1000, {AT}, 1, case when i % 3 = 0 then \
                 (select person_id from people_roles where role = 'salesperson' limit 1) end from n where i % 2 = 0"
            ),
            &format!(
                "insert into contacts (id, channel_id, identity, member_id, name, consent, subscribed_at, \
                 last_interaction_at, source, created_at, version) \
                 select {ID}, '{channel}', 'U' || lower(hex(randomblob(16))), case when i % 2 = 0 then {ID} end, \
                 (select name from names where at = 1 + i * 7 % (select count(*) from names)), \
                 case when i % 20 = 0 then 'withdrawn' else 'granted' end, {AT}, case when i % 4 > 0 then {AT} end, \
                 'import', {AT}, 1 from n"
            ),
            &format!(
                "insert into contact_tags (contact_id, tag_id, at) select {ID}, '{tag}', {AT} from n where i % 3 = 0"
            ),
            // As a list that was imported once: they stand together, far from where the list begins.
            &format!("insert into tags (id, name, created_at) values ('{FIRST}', '首批', '2025-01-01 00:00:00')"),
            &format!(
                "insert into contact_tags (contact_id, tag_id, at) select {ID}, '{FIRST}', {AT} from n \
                 where i <= {} / 50",
                self.rows
            ),
            &format!(
                "insert into events (id, at, kind, contact_id, member_id, data) \
                 select {ID}, {AT}, 'followed', {ID}, case when i % 2 = 0 then {ID} end, '{{}}' from n"
            ),
        ]);
    }

    fn deliveries(&self, dispatch: &str) {
        let channel = &self.channel;
        self.run(&[
            &format!(
                "insert into deliveries (id, dispatch_id, channel_id, contact_id, state, missed, reason, parts_sent, \
                 attempts, begun, due_at, created_at, sent_at, settled_at, waits) \
                 select {ID}, '{dispatch}', '{channel}', {ID}, coalesce(nullif(missed, ''), 'sent'), missed, \
                 case missed when 'failed' then 'blocked' when 'left_out' then 'withdrawn' end, \
                 1, 1, 0, {AT}, {AT}, {AT}, {AT}, false from (select i, \
                 case when i % 50 = 0 then 'failed' when i % 20 = 0 then 'left_out' else '' end as missed from n)"
            ),
            &format!(
                "update dispatches set people = x.people, sent = x.sent, failed = x.failed, left_out = x.left_out from \
                 (select count(*) as people, sum(state = 'sent') as sent, sum(state = 'failed') as failed, \
                 sum(state = 'left_out') as left_out from deliveries where dispatch_id = '{dispatch}') as x \
                 where id = '{dispatch}'"
            ),
        ]);
    }

    fn travellers(&self) {
        let journey = &self.journey;
        let cohort =
            format!("select id as name from journey_cohorts where journey_id = '{journey}' order by id limit 1");
        let step = format!(
            "select id as name from journey_steps where parent_id is null and version_id = \
             (select version_id from journey_cohorts where id = ({cohort})) order by position limit 1"
        );
        self.run(&[
            &format!(
                "insert into journey_entries (id, journey_id, cohort_id, contact_id, entered_at, state, step_id, due_at, \
                 ended_at) select {ID}, '{journey}', ({cohort}), {ID}, {AT}, \
                 case when i % 2 = 0 then 'waiting' else 'done' end, ({step}), \
                 case when i % 2 = 0 then '2099-01-01 00:00:00' end, case when i % 2 = 1 then {AT} end from n"
            ),
            &format!(
                "insert into journey_passages (entry_id, step_id, at, outcome) select {ID}, ({step}), {AT}, \
                 case when i % 2 = 0 then 'passed' else 'left' end from n"
            ),
            &format!(
                "update journey_cohorts set entered = x.entered, finished = x.finished from (select cohort_id, \
                 count(*) as entered, sum(ended_at is not null) as finished from journey_entries \
                 where journey_id = '{journey}' group by cohort_id) as x where x.cohort_id = journey_cohorts.id"
            ),
        ]);
    }

    fn lists(&self) {
        let few = (self.rows / 200).max(10);
        self.copies("audit", "", "", self.rows / 10);
        let (broadcast, journey) = (self.broadcast.clone(), self.journey.clone());
        self.copies("broadcasts", &broadcast, "status = 'draft', dispatch_id = null, started_at = null", few);
        self.copies("journeys", &journey, "status = 'draft', live_version_id = null", few);
        let (schedule, audience) = (self.schedule.clone(), self.audience.clone());
        self.copies("audiences", &audience, "", few);
        self.copies("schedules", &schedule, "status = 'ended', next_at = null", few);
        self.run(&[&format!(
            "insert into schedule_tasks (id, schedule_id, due_at, zone, journey_id, audience_id, status, entered, left_out, \
             epoch, begun, started_at, finished_at) select {ID}, s.id, {AT}, s.zone, s.journey_id, s.audience_id, 'done', \
             i, 0, 1, 1, {AT}, {AT} from n, schedules s where s.id = '{schedule}' and i < {few}"
        )]);
    }

    /// Adds `many` copies of a row (an empty id means any), changed like this and each with a name of its own.
    fn copies(&self, table: &str, id: &str, change: &str, many: i64) {
        let mut conn = migrate::open(&self.url).expect("the shop's database");
        let columns: Vec<Named> = Sql::new(&format!("select name from pragma_table_info('{table}')"))
            .load(&mut conn)
            .expect("the table's columns");
        let shown: Vec<String> = columns
            .iter()
            .map(|column| match column.name.as_str() {
                "id" => ID.to_owned(),
                "name" => "c.name || ' ' || i".to_owned(),
                column => format!("c.{column}"),
            })
            .collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let one = if id.is_empty() { "true".to_owned() } else { format!("id = '{id}'") };
        let changed = if change.is_empty() { "id = id" } else { change };
        self.run(&[
            &format!("create temp table copied as select * from {table} where {one} limit 1"),
            &format!("update copied set {changed}"),
            &format!(
                "insert into {table} ({}) select {} from n, copied c where i <= {many}",
                names.join(", "),
                shown.join(", ")
            ),
            "drop table copied",
        ]);
    }

    /// Runs statements in which `n` is a table of the numbers from 1 to the number of rows.
    fn run(&self, statements: &[&str]) {
        let mut conn = migrate::open(&self.url).expect("the shop's database");
        let numbers =
            format!("with recursive n(i) as (select 1 union all select i + 1 from n where i < {}) ", self.rows);
        for text in statements {
            let text = if text.starts_with("insert") { format!("{numbers}{text}") } else { (*text).to_owned() };
            Sql::new(&text).execute(&mut conn).unwrap_or_else(|e| panic!("{e}: {text}"));
        }
    }

    /// What is measured: a name, and an address.
    pub(crate) fn pages(&self) -> Vec<(&'static str, String)> {
        let Self { channel, broadcast, journey, schedule, contact, audience, tag, .. } = self;
        let contacts = format!("/contacts?channel={channel}");
        let people = format!("/broadcasts/{broadcast}/people");
        let travellers = format!("/journeys/{journey}/people");
        let half = self.rows / 2;
        let place = |text: &str, kind: &str| self.cursor(text, kind, half);
        let of_channel = format!("from contacts where channel_id = '{channel}' order by");
        vec![
            ("home", "/".to_owned()),
            ("contacts", contacts.clone()),
            ("contacts, searched, many", format!("{contacts}&q=%E6%80%A1")),
            ("contacts, searched, one", format!("{contacts}&q=U0000000000000000000000009e3779b1")),
            ("contacts, searched, none", format!("{contacts}&q=nobody")),
            ("contacts, a tag of a third", format!("{contacts}&tag={tag}")),
            ("contacts, a tag of the oldest", format!("{contacts}&tag={FIRST}")),
            ("contacts by name, a tag of the oldest", format!("{contacts}&sort=name&tag={FIRST}")),
            ("contacts, a letter that every identity has", format!("{contacts}&q=u")),
            ("contacts, a consent of a twentieth", format!("{contacts}&consent=withdrawn")),
            ("contacts, interacted lately", format!("{contacts}&interacted=30")),
            (
                "contacts, deep",
                format!(
                    "{contacts}&after={}",
                    place(&format!("select subscribed_at as key, id {of_channel} 1, 2"), "Time")
                ),
            ),
            ("contacts by name", format!("{contacts}&sort=name")),
            (
                "contacts by name, deep",
                format!(
                    "{contacts}&sort=name&after={}",
                    place(&format!("select name as key, id {of_channel} 1, 2"), "Text")
                ),
            ),
            ("contacts by interaction", format!("{contacts}&sort=-interacted")),
            (
                "contacts by interaction, deep",
                format!(
                    "{contacts}&sort=-interacted&after={}",
                    place(
                        &format!("select last_interaction_at as key, id {of_channel} 1 desc nulls last, 2 desc"),
                        "Time"
                    )
                ),
            ),
            ("one contact", format!("/contacts/{contact}")),
            ("audiences", "/audiences".to_owned()),
            ("audiences, searched", "/audiences?q=77".to_owned()),
            ("one audience", format!("/audiences/{audience}")),
            ("broadcasts", "/broadcasts".to_owned()),
            ("broadcasts, searched", "/broadcasts?q=77".to_owned()),
            (
                "broadcasts, deep",
                format!(
                    "/broadcasts?after={}",
                    self.cursor("select id as key, id from broadcasts order by id desc", "Text", self.rows / 400)
                ),
            ),
            ("one broadcast", format!("/broadcasts/{broadcast}")),
            ("its people", people.clone()),
            ("its people, searched, many", format!("{people}?q=%E6%80%A1")),
            ("its people, searched, none", format!("{people}?q=nobody")),
            ("its people, failed", format!("{people}?state=failed")),
            (
                "its people, deep",
                format!(
                    "{people}?after={}",
                    place("select missed as key, id from deliveries where id < '01910000' order by 1, 2", "Text")
                ),
            ),
            ("journeys", "/journeys".to_owned()),
            ("journeys, searched", "/journeys?q=77".to_owned()),
            ("one journey", format!("/journeys/{journey}")),
            ("its travellers", travellers.clone()),
            ("its travellers, searched, many", format!("{travellers}?q=%E6%80%A1")),
            ("its travellers, searched, none", format!("{travellers}?q=nobody")),
            (
                "its travellers, deep",
                format!(
                    "{travellers}?after={}",
                    place("select entered_at as key, id from journey_entries order by 1 desc, 2 desc", "Time")
                ),
            ),
            ("its travellers who left", format!("{travellers}?whose=left")),
            ("schedules", "/schedules".to_owned()),
            ("schedules, searched", "/schedules?q=77".to_owned()),
            ("tasks of a schedule", format!("/schedules/{schedule}/tasks")),
            ("audit trail", "/audit".to_owned()),
            ("audit trail, searched, none", "/audit?q=nobody".to_owned()),
            (
                "audit trail, deep",
                format!(
                    "/audit?after={}",
                    self.cursor("select id as key, id from audit order by id desc", "Text", self.rows / 20)
                ),
            ),
            ("jobs", "/jobs".to_owned()),
            ("channels", "/channels".to_owned()),
        ]
    }

    /// The place after the row number `nth` of these, as an address names it.
    fn cursor(&self, text: &str, kind: &str, nth: i64) -> String {
        let mut conn = migrate::open(&self.url).expect("the shop's database");
        let found: Found =
            Sql::new(&format!("{text} limit 1 offset {nth}")).first(&mut conn).expect("a row in the middle");
        let key = found.key.unwrap_or_default();
        let key = if kind == "Time" { key.replace(' ', "T") } else { key };
        let mut keyed = Map::new();
        keyed.insert(kind.to_owned(), Value::String(key));
        BASE64_URL_SAFE_NO_PAD.encode(json!({"key": keyed, "id": found.id, "ordinal": nth}).to_string())
    }
}

fn id(conn: &mut Conn, text: &str) -> String {
    let sql = Sql::new(&format!("{text} limit 1"));
    let found: Named = sql.first(conn).unwrap_or_else(|e| panic!("{e}: {text}"));
    found.name
}
