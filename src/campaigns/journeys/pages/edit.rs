use super::{
    change::Change,
    load,
    settings::{self, Settings},
};
use crate::journeys::store::{self, Journey};
use actix_web::{http::StatusCode, web};
use askama::Template;
use chrono::NaiveDateTime;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, filters, permit::ManageJourneys, redirect_saying,
        redirect_warning,
    },
};
use tidings_customers::channels::{self, ChannelAccount};

#[derive(Template)]
#[template(path = "journeys/edit.html")]
struct EditPage {
    journey: Journey,
    form: Form,
    accounts: Vec<ChannelAccount>,
    /// Whether somebody else changed it meanwhile.
    conflict: bool,
    now: NaiveDateTime,
}

impl EditPage {
    /// Whether it may still be edited: somebody may have let it go on.
    fn editable(&self) -> bool {
        self.journey.status(self.now).can_edit()
    }

    /// The account stays once people have entered.
    fn fixed(&self) -> bool {
        self.journey.live_version_id.is_some()
    }
}

async fn read(app: &App, id: &Id) -> Result<(Journey, Vec<ChannelAccount>), Error> {
    let id = id.clone();
    app.db.read(move |conn: &mut Conn| Ok((load(conn, &id)?, channels::connected(conn)?))).await
}

/// GET `/journeys/{id}/edit`: name, account, trigger, period and re-entry.
pub(in super::super) async fn edit(app: App, _who: May<ManageJourneys>, page: Page, id: web::Path<Id>) -> Answer {
    let (journey, accounts) = read(&app, &id).await?;
    if !journey.status(page.now()).can_edit() {
        return Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.live")));
    }
    let form = settings::filled(&journey, page.tz());
    page.render(&EditPage { journey, form, accounts, conflict: false, now: page.now() })
}

/// POST `/journeys/{id}`
pub(in super::super) async fn update(
    app: App,
    who: May<ManageJourneys>,
    page: Page,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let (journey, accounts) = read(&app, &id).await?;
    let fixed = journey.live_version_id.is_some().then_some(&journey.channel_id);
    let Some(settings) = Settings::read(&mut form, &accounts, fixed, page.now(), page.tz()) else {
        return page.render_invalid(&EditPage { journey, form, accounts, conflict: false, now: page.now() });
    };
    let said = Message::new("journeys.changed").with("name", &settings.name);
    let change = Change::new(&app, &who, id.clone(), form.clone());
    let effect = move |conn: &mut Conn, journey: &Journey, now| {
        Ok(journey.status(now).can_edit() && store::update(conn, journey, &settings.new_journey(), now)?)
    };
    let at = format!("/journeys/{id}");
    match change.make(&app, Action::Changed, effect, move |_| at).await {
        Ok(location) => Ok(redirect_saying(&location, said)),
        Err(Error::Conflict(_)) => {
            // What was typed stays; sent again, it stands over what the other one saved.
            let (journey, accounts) = read(&app, &id).await?;
            form.set("version", journey.version.to_string());
            page.render_as(StatusCode::CONFLICT, &EditPage { journey, form, accounts, conflict: true, now: page.now() })
        }
        Err(e) => Err(e),
    }
}
