use super::{
    load,
    settings::{self, LONGEST_NAME, Settings},
};
use crate::journeys::{
    model::Flow,
    store::{self, Journey},
};
use actix_web::web;
use askama::Template;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id},
    web::{Answer, App, Error, Form, May, Message, Page, Permission, filters, permit::ManageJourneys, redirect_saying},
};
use tidings_customers::channels::{self, ChannelAccount};

#[derive(Template)]
#[template(path = "journeys/new.html")]
struct NewPage {
    form: Form,
    accounts: Vec<ChannelAccount>,
    /// The journey whose steps it begins with.
    from: Option<Journey>,
}

/// GET `/journeys/new`
pub(in super::super) async fn new(app: App, _who: May<ManageJourneys>, page: Page) -> Answer {
    let accounts = app.db.read(|conn| channels::connected(conn).map_err(DbError::from)).await?;
    let mut form = settings::empty();
    if let [only] = accounts.as_slice() {
        form.set("channel", only.id.as_str());
    }
    page.render(&NewPage { form, accounts, from: None })
}

/// GET `/journeys/{id}/copy`: the form of a new journey, filled from another.
pub(in super::super) async fn copy(app: App, _who: May<ManageJourneys>, page: Page, id: web::Path<Id>) -> Answer {
    let (from, accounts) =
        app.db.read(move |conn| Ok::<_, Error>((load(conn, &id)?, channels::connected(conn)?))).await?;
    let suffix = page.text("journeys.copy_suffix");
    let room = LONGEST_NAME.saturating_sub(suffix.chars().count());
    let mut form = settings::filled(&from, page.tz());
    form.set("name", from.name.chars().take(room).collect::<String>() + &suffix);
    // A period that is over is not copied.
    if from.period.ends_at.is_some_and(|end| end <= page.now()) {
        form.set("starts_at", "");
        form.set("ends_at", "");
    }
    page.render(&NewPage { form, accounts, from: Some(from) })
}

/// POST `/journeys`
pub(in super::super) async fn create(app: App, who: May<ManageJourneys>, page: Page, mut form: Form) -> Answer {
    let wanted: Option<Id> = form.value("from").parse().ok();
    let (accounts, from) = app
        .db
        .read(move |conn| {
            let from = wanted.map(|id| load(conn, &id)).transpose()?;
            Ok::<_, Error>((channels::connected(conn)?, from))
        })
        .await?;
    let (now, zone) = (page.now(), page.tz());
    let Some(settings) = Settings::read(&mut form, &accounts, None, now, zone) else {
        return page.render_invalid(&NewPage { form, accounts, from });
    };
    let said = Message::new("journeys.created").with("name", &settings.name);
    let (user, once) = ((*who).clone(), form.once());
    let create = move |conn: &mut Conn| {
        let id = store::create(conn, &settings.new_journey(), zone, Some(&user.id), now)?;
        if let Some(from) = &from {
            let draft = store::draft(conn, &id, zone)?;
            let steps = steps_of(conn, from)?.renewed();
            store::save_flow(conn, &draft.id, &steps)?;
        }
        let name = &settings.name;
        let entry = Entry { action: Action::Created, noun: Noun::Journey, id: id.as_str(), name, detail: None };
        audit::record(conn, &user, now, &entry)?;
        Ok::<_, Error>(format!("/journeys/{id}"))
    };
    let location = app.db.write(move |conn| once.spend(conn, create)).await?;
    Ok(redirect_saying(&location, said))
}

/// The steps that people enter, or those of the draft where nobody can yet.
fn steps_of(conn: &mut Conn, journey: &Journey) -> Result<Flow, Error> {
    let newest = store::versions(conn, &journey.id)?.into_iter().next().map(|version| version.id);
    match journey.live_version_id.clone().or(newest) {
        Some(version) => Ok(store::flow(conn, &version)?),
        None => Ok(Flow::default()),
    }
}
