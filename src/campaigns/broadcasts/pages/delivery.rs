//! `/broadcasts/{id}/people/{delivery}`: why did this person (not) get this message?

use super::people::tone;
use crate::broadcasts::store::Broadcast;
use actix_web::web::Path;
use askama::Template;
use chrono::NaiveDateTime;
use tidings_base::{
    db::{DbError, Id},
    web::{Answer, App, Error, May, Message, Page, filters, permit::ManageBroadcasts},
};
use tidings_customers::channels::ChannelAccount;
use tidings_sending::dispatch::{self, DeliveryState, Person, SharedCall};

#[derive(Template)]
#[template(path = "broadcasts/delivery.html")]
struct DeliveryPage {
    broadcast: Broadcast,
    account: ChannelAccount,
    person: Person,
    tone: &'static str,
    steps: Vec<Step>,
}

/// Something that happened to the delivery.
#[derive(Clone, Debug)]
struct Step {
    at: Option<NaiveDateTime>,
    says: Message,
    /// The vendor's words.
    detail: Option<String>,
}

/// GET `/broadcasts/{id}/people/{delivery}`
pub(crate) async fn show(app: App, _user: May<ManageBroadcasts>, page: Page, path: Path<(Id, Id)>) -> Answer {
    let (id, delivery) = path.into_inner();
    let (broadcast, account) = super::find(&app, &id).await?;
    let dispatch = broadcast.dispatch_id.clone().ok_or(Error::NotFound)?;
    let found = app.db.read(move |conn| dispatch::person(conn, &dispatch, &delivery).map_err(DbError::from)).await?;
    let (person, call) = found.ok_or(Error::NotFound)?;
    let steps = steps(&person, call.as_ref());
    page.render(&DeliveryPage { broadcast, account, tone: tone(person.state), person, steps })
}

/// What happened, in the order it happened.
fn steps(person: &Person, call: Option<&SharedCall>) -> Vec<Step> {
    let step = |at, key, detail: Option<&String>| Step { at, says: Message::new(key), detail: detail.cloned() };
    let mut steps = vec![step(Some(person.created_at), "broadcasts.delivery.frozen", None)];
    if let Some(call) = call {
        let says = Message::new("broadcasts.delivery.called").with("n", call.calls).with("m", call.people);
        steps.push(Step { at: None, says, detail: call.answer_detail.clone() });
    } else if person.attempts > 0 {
        let says = Message::new("broadcasts.delivery.tried").with("n", person.attempts);
        steps.push(Step { at: None, says, detail: None });
    }
    let reason = person.reason.map(|reason| reason.label());
    match person.state {
        DeliveryState::Pending => steps.push(step(None, "broadcasts.delivery.waiting", person.detail.as_ref())),
        DeliveryState::Sent => {
            let accepted = call.and_then(|call| call.vendor_request_id.as_ref()).or(person.receipt.as_ref());
            steps.push(step(person.sent_at, "broadcasts.delivery.accepted", accepted));
        }
        DeliveryState::Failed | DeliveryState::LeftOut | DeliveryState::Cancelled | DeliveryState::Unknown => {
            let key = reason.unwrap_or(person.state.label());
            steps.push(step(person.settled_at, key, person.detail.as_ref()));
        }
    }
    let later = [
        (person.delivered_at, "broadcasts.delivery.delivered"),
        (person.read_at, "broadcasts.delivery.read"),
        (person.bounced_at, "broadcasts.delivery.bounced"),
    ];
    for (at, key) in later {
        if at.is_some() {
            steps.push(step(at, key, None));
        }
    }
    steps
}
