use crate::{
    channels,
    contacts::{
        address::Address,
        chosen::{self, Selection},
        store,
    },
    tags::{self, Tag, TagName},
};
use askama::Template;
use chrono::NaiveDateTime;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id, Scope, sql::Sql},
    text_enum,
    web::{
        Answer, App, CurrentUser, Error, Form, May, Message, Page, Query, filters, permit::WriteContacts, redirect,
        redirect_saying, redirect_warning,
    },
};

text_enum! {
    /// What is done to the chosen contacts.
    enum Change {
        Add = "add",
        Remove = "remove",
    }
}

/// What is asked for: whom it concerns and what is to be done, but not yet with which tag.
struct Asked {
    address: Address,
    change: Change,
    selection: Selection,
}

#[derive(Template)]
#[template(path = "contacts/tagging.html")]
struct TaggingPage {
    asked: Asked,
    account: String,
    people: i64,
    tags: Vec<Tag>,
    form: Form,
}

/// GET `/contacts/tagging`: whom it concerns, before anything is done.
pub(in super::super) async fn new(app: App, who: May<WriteContacts>, page: Page, query: Query) -> Answer {
    let asked = Asked::read(&query).ok_or(Error::NotFound)?;
    if asked.selection == Selection::Picked(Vec::new()) {
        return Ok(redirect_warning(&asked.address.list(), Message::new("contacts.none_chosen")));
    }
    let form = Form::filled([("asked", asked.query())]);
    page.render(&load(&app, &who, &page, asked, form).await?)
}

/// POST `/contacts/tagging`
pub(in super::super) async fn create(app: App, who: May<WriteContacts>, page: Page, mut form: Form) -> Answer {
    let asked = Asked::read(&Query::parse(form.value("asked"))).ok_or(Error::NotFound)?;
    let Some(wanted) = wanted(&mut form, asked.change) else {
        return page.render_invalid(&load(&app, &who, &page, asked, form).await?);
    };
    let (user, scope, now, zone) = (who.clone(), who.scope(), app.clock.now(), page.tz());
    let (once, back) = (form.once(), asked.address.list());
    let (location, said) = app
        .db
        .write(move |conn| {
            let mut said = None;
            let location = once.spend(conn, |conn| {
                let channel_id = asked.address.channel_id.as_ref().ok_or(Error::NotFound)?;
                let contacts = store::selected(&scope, channel_id, &asked.selection, (now, zone));
                said = Some(tag_all(conn, &user, &wanted, asked.change, contacts, now)?);
                Ok::<_, Error>(back)
            })?;
            Ok::<_, Error>((location, said))
        })
        .await?;
    Ok(match said {
        Some(said) => redirect_saying(&location, said),
        None => redirect(&location),
    })
}

/// A tag that there is, or the name of one that there will be.
enum Wanted {
    Known(Id),
    New(TagName),
}

fn wanted(form: &mut Form, change: Change) -> Option<Wanted> {
    let (tag, name) = (form.value("tag").to_owned(), form.value("new_tag").trim().to_owned());
    match (tag.is_empty(), name.is_empty(), change) {
        (false, true, _) => form.id("tag").map(Wanted::Known),
        (true, false, Change::Add) => match TagName::new(&name) {
            Ok(name) => Some(Wanted::New(name)),
            Err(problem) => {
                form.refuse("new_tag", Message::new(problem.label()));
                None
            }
        },
        (false, false, _) => {
            form.refuse("new_tag", Message::new("contacts.tagging.one_of_both"));
            None
        }
        (true, _, _) => {
            form.refuse("tag", Message::new("contacts.tagging.no_tag"));
            None
        }
    }
}

fn tag_all(
    conn: &mut Conn,
    user: &CurrentUser,
    wanted: &Wanted,
    change: Change,
    contacts: Sql,
    now: NaiveDateTime,
) -> Result<Message, Error> {
    let tag = match wanted {
        Wanted::Known(id) => tags::find(conn, std::slice::from_ref(id))?.pop().ok_or(Error::NotFound)?,
        Wanted::New(name) => tags::get_or_create(conn, name, now)?,
    };
    let people = store::count(conn, contacts.clone())?;
    let by = Some(user.name.as_str());
    let (changed, action, key) = match change {
        Change::Add => (tags::add_to_all(conn, &tag, contacts, by, now)?, Action::Tagged, "contacts.tagging.added"),
        Change::Remove => {
            (tags::remove_from_all(conn, &tag, contacts, by, now)?, Action::Untagged, "contacts.tagging.removed")
        }
    };
    let said = Message::new(key).with("name", &tag.name).with("n", changed).with("m", people - changed as i64);
    let entry = Entry { action, noun: Noun::Tag, id: tag.id.as_str(), name: &tag.name, detail: Some(said.clone()) };
    audit::record(conn, user, now, &entry)?;
    Ok(said)
}

async fn load(app: &App, who: &CurrentUser, page: &Page, asked: Asked, form: Form) -> Result<TaggingPage, Error> {
    let (scope, time): (Scope, store::Time) = (who.scope(), (page.now(), page.tz()));
    let read = move |conn: &mut Conn| {
        let channel_id = asked.address.channel_id.as_ref().ok_or(Error::NotFound)?;
        let account = channels::find(conn, channel_id).map_err(DbError::from)?.ok_or(Error::NotFound)?.name;
        let people = store::count(conn, store::selected(&scope, channel_id, &asked.selection, time))?;
        let tags = tags::all(conn)?;
        Ok::<_, Error>(TaggingPage { asked, account, people, tags, form })
    };
    app.db.read(read).await
}

impl TaggingPage {
    fn adds(&self) -> bool {
        self.asked.change == Change::Add
    }
}

impl Asked {
    fn read(query: &Query) -> Option<Self> {
        let (address, selection) = chosen::read(query)?;
        Some(Self { address, change: query.get("change")?, selection })
    }

    /// What [`Asked::read`] reads.
    fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(chosen::pairs(&self.address, &self.selection))
            .append_pair("change", self.change.word())
            .finish()
    }
}
