//! `/broadcasts/{id}/test` (測試推播): the message on a few people, rendered for each of them. It goes
//! through the same corridor, and no report counts it.

use crate::broadcasts::store::{self, Broadcast, Somebody};
use actix_web::web::Path;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{Conn, DbError, Id, sql::Sql},
    web::{Answer, App, Error, Form, May, Message, Page, Query, filters, permit::ManageBroadcasts, redirect_saying},
};
use tidings_customers::channels::ChannelAccount;
use tidings_sending::dispatch::{self, Begins, NewDispatch, Origin, People};

/// More people than a message is tried on.
const MOST: usize = 10;

/// People that a search shows.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "broadcasts/test.html")]
struct TestPage {
    broadcast: Broadcast,
    account: ChannelAccount,
    search: String,
    people: Vec<Somebody>,
    form: Form,
}

/// GET `/broadcasts/{id}/test`; `?q=` finds people.
pub(crate) async fn new(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>, query: Query) -> Answer {
    let shown = load(&app, &page, &id, query.text("q"), Form::default()).await?;
    page.render(&shown)
}

/// POST `/broadcasts/{id}/test`
pub(crate) async fn create(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, mut form: Form) -> Answer {
    if form.has("do", "search") {
        let search = form.value("q").to_owned();
        let shown = load(&app, &page, &id, &search, form).await?;
        return page.render(&shown);
    }
    let (broadcast, account) = super::find(&app, &id).await?;
    let contacts: Vec<Id> = form.all("contact").filter_map(|id| id.parse().ok()).collect();
    if contacts.is_empty() {
        form.refuse("contact", Message::new("broadcasts.test_nobody"));
    } else if contacts.len() > MOST {
        form.refuse("contact", Message::new("broadcasts.test_too_many").with("n", MOST).with("m", contacts.len()));
    } else if broadcast.content.check(account.kind).is_err() {
        form.refuse("contact", Message::new("broadcasts.refused.content"));
    } else if !store::may_begin(&account) {
        form.refuse("contact", Message::new("broadcasts.refused.account").with("name", &account.name));
    }
    if !form.is_valid() {
        let search = form.value("q").to_owned();
        let shown = load(&app, &page, &id, &search, form).await?;
        return page.render_invalid(&shown);
    }
    let (once, by, now) = (form.once(), (*user).clone(), page.now());
    let name = page.say(&Message::new("broadcasts.test_name").with("name", &broadcast.name));
    let mut added = dispatch::Added::default();
    let (location, added) = app
        .db
        .write(move |conn| {
            let location = once.spend(conn, |conn| {
                added = send(conn, &broadcast, &name, &contacts, now)?;
                let detail = Message::new("broadcasts.audit_tested").with("n", added.pending);
                super::record(conn, &by, now, Action::Created, (&broadcast.id, &broadcast.name), Some(detail))?;
                Ok::<_, DbError>(format!("/broadcasts/{}/test", broadcast.id))
            })?;
            Ok::<_, DbError>((location, added))
        })
        .await?;
    app.wake.kind(dispatch::SEND);
    let said = Message::new("broadcasts.tested").with("n", added.pending).with("m", added.left_out);
    Ok(redirect_saying(&location, said))
}

fn send(
    conn: &mut Conn,
    broadcast: &Broadcast,
    name: &str,
    contacts: &[Id],
    now: chrono::NaiveDateTime,
) -> Result<dispatch::Added, DbError> {
    let new = NewDispatch {
        channel_id: &broadcast.channel_id,
        name,
        origin: Origin::Test,
        origin_id: &broadcast.id,
        origin_step: &Id::new(),
        cohort: "",
        content: &broadcast.content,
        begins: Begins::AtOnce,
    };
    let id = dispatch::open(conn, &new, now)?;
    let mut people = Sql::new(" from contacts c where c.id in (");
    people.bind_all(contacts).push(")");
    let added = dispatch::add(conn, &id, People::Contacts(people), now)?;
    dispatch::close(conn, &id, now)?;
    Ok(added)
}

async fn load(app: &App, page: &Page, id: &Id, search: &str, form: Form) -> Result<TestPage, Error> {
    let (broadcast, account) = super::find(app, id).await?;
    super::stand(page, &broadcast);
    let (search, channel, now) = (search.to_owned(), account.id.clone(), page.now());
    // Who is ticked stays, whatever is looked for next.
    let ticked: Vec<Id> = form.all("contact").filter_map(|id| id.parse().ok()).collect();
    let wanted = search.clone();
    let people = app
        .db
        .read(move |conn| store::people_like(conn, &channel, &wanted, &ticked, now, SHOWN).map_err(DbError::from))
        .await?;
    Ok(TestPage { broadcast, account, search, people, form })
}
