//! `/channels/new/trial`: a sandbox account with a few people who are made up, to try everything before
//! a vendor is connected.

use crate::channels::sandbox;
use askama::Template;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::Conn,
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageChannels, redirect_saying},
};
use tidings_customers::channels::{self, ChannelKind, Connector, NewChannel};

/// Who follows the account.
const PEOPLE: [&str; 6] = ["王怡君", "陳家豪", "林雅婷", "張志明", "李佳穎", "Amy Chen"];

/// As many as the rules give a sandbox.
const CALLS_PER_SECOND: i64 = 500;

#[derive(Template)]
#[template(path = "channels/trial.html")]
struct TrialPage {
    form: Form,
}

/// GET `/channels/new/trial`
pub(crate) async fn new(_user: May<ManageChannels>, page: Page) -> Answer {
    let mut form = Form::default();
    form.set("name", page.text("channels.trial.usual_name"));
    page.render(&TrialPage { form })
}

/// POST `/channels/trial`
pub(crate) async fn create(app: App, user: May<ManageChannels>, page: Page, mut form: Form) -> Answer {
    let name = form.required("name", 100);
    if !form.is_valid() {
        return page.render_invalid(&TrialPage { form });
    }
    let said = Message::new("channels.trial.made").with("name", &name).with("n", PEOPLE.len());
    let (by, now, once) = ((*user).clone(), page.now(), form.once());
    let make = move |conn: &mut Conn| {
        let new = NewChannel {
            kind: ChannelKind::Line,
            connector: Connector::Sandbox,
            name: &name,
            rate_per_second: CALLS_PER_SECOND,
            failure_share: 0.0,
        };
        let id = channels::add(conn, &new, now)?;
        sandbox::make_up(conn, &id, &PEOPLE, now)?;
        let entry = Entry { action: Action::Created, noun: Noun::Channel, id: id.as_str(), name: &name, detail: None };
        audit::record(conn, &by, now, &entry)?;
        Ok::<_, Error>(format!("/contacts?channel={id}"))
    };
    let location = app.db.write(move |conn| once.spend(conn, make)).await?;
    Ok(redirect_saying(&location, said))
}
