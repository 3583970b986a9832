//! The vendors whose accounts are connected by form: one description a vendor, in a file of its own,
//! which the pages of `/channels` draw and read.

use super::{line, mail};
use crate::channels::{Channel, Stop, StopReason, Trouble};
use serde_json::Value;
use std::sync::Arc;
use tidings_base::{
    jobs::Work,
    outside::Reach,
    web::{Form, Message},
};
use tidings_customers::channels::ChannelKind;

/// How accounts of one kind are connected by form.
pub struct Vendor {
    pub kind: ChannelKind,
    /// A text key: what is connected.
    pub label: &'static str,
    /// A text key: what one needs before one begins.
    pub about: &'static str,
    /// In the order of the form, under the account's name.
    pub fields: &'static [Field],
    /// How many calls a second a new account makes.
    pub rate: i64,
    /// Whether the vendor calls `/hooks/{kind}/{account}`.
    pub has_webhook: bool,
    /// Reads the fields; what is wrong is said beside each.
    pub read: fn(&mut Form) -> Option<Values>,
    /// An account's way to its vendor, made of values that are not stored yet.
    pub channel: fn(&Values, &Work) -> Arc<dyn Channel>,
    /// Beside which field it is said that the vendor gave no good answer.
    pub blames: fn(&Trouble) -> &'static str,
    /// Whether calls of an account with these settings stay on this machine.
    pub is_loopback: fn(&Value, &Reach) -> bool,
}

/// A field of the form. Its name is the name of the value in the stored JSON.
pub struct Field {
    pub name: &'static str,
    /// A text key.
    pub label: &'static str,
    /// A text key: where the value is found.
    pub help: &'static str,
    pub input: Input,
}

/// How a field is filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Text,
    Number,
    /// Never shown again; left empty, it stays as it is.
    Secret,
    /// One of these: the word and the text key of each.
    Choice(&'static [(&'static str, &'static str)]),
}

/// What was typed, as it is stored: two JSON objects. No `Debug`, so that no log shows it.
#[derive(Clone)]
pub struct Values {
    pub settings: Value,
    pub secrets: Value,
}

/// Every vendor, in the order in which they are offered.
pub const VENDORS: &[&Vendor] = &[&line::VENDOR, &mail::VENDOR];

/// The vendor of this kind, if its accounts can be connected.
pub fn vendor(kind: ChannelKind) -> Option<&'static Vendor> {
    VENDORS.iter().copied().find(|vendor| vendor.kind == kind)
}

impl Vendor {
    /// The form of an account that is connected: settings as they are, secrets empty.
    pub fn fill(&self, form: &mut Form, settings: &Value) {
        for field in self.fields.iter().filter(|field| field.input != Input::Secret) {
            form.set(field.name, text(settings, field.name));
        }
    }

    /// Reads the fields as [`Vendor::read`] does, an empty secret being the one that is `kept`.
    pub fn read_again(&self, form: &mut Form, kept: &Value) -> Option<Values> {
        // In a copy: a secret that was not typed is never in a form that is drawn.
        let mut full = form.clone();
        for field in self.fields.iter().filter(|field| field.input == Input::Secret) {
            if full.value(field.name).trim().is_empty() {
                full.set(field.name, text(kept, field.name));
            }
        }
        let values = (self.read)(&mut full);
        for (name, why) in full.errors() {
            form.refuse(name, why.clone());
        }
        values
    }
}

/// A value as it stands in a field.
fn text(object: &Value, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
    }
}

/// Why a vendor gave no good answer, in words that say what to do.
pub fn words(trouble: &Trouble) -> Message {
    match trouble {
        Trouble::Later { detail } => Message::new("channels.check.later").with("x", detail),
        Trouble::Stop(Stop { reason, detail }) => {
            let key = match reason {
                StopReason::Token => "channels.check.token",
                StopReason::Permission => "channels.check.permission",
                StopReason::Quota => "channels.check.quota",
                StopReason::Money => "channels.check.money",
                StopReason::Policy | StopReason::Content => "channels.check.policy",
            };
            Message::new(key).with("x", detail)
        }
    }
}
