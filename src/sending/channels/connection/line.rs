//! What connects a LINE official account: a channel access token and the channel secret, both from
//! the LINE Developers console.

use super::vendor::{Field, Input, Values, Vendor};
use crate::channels::{Trouble, line::Line};
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc};
use tidings_base::web::{Form, Message};
use tidings_customers::channels::ChannelKind;

/// The form of a LINE official account.
pub(super) const VENDOR: Vendor = Vendor {
    kind: ChannelKind::Line,
    label: "channels.line.label",
    about: "channels.line.about",
    fields: &[
        Field {
            name: ACCESS_TOKEN,
            label: "channels.line.access_token",
            help: "channels.line.access_token_help",
            input: Input::Secret,
        },
        Field {
            name: CHANNEL_SECRET,
            label: "channels.line.channel_secret",
            help: "channels.line.channel_secret_help",
            input: Input::Secret,
        },
    ],
    // Half of what LINE takes in pushes; a shared call counts for more, see `Capabilities`.
    rate: 1_000,
    has_webhook: true,
    read,
    channel: |values, work| Arc::new(Line::trial(&values.secrets, work)),
    blames,
    is_loopback: |_, reach| is_loopback(&reach.line_api),
};

const ACCESS_TOKEN: &str = "access_token";
const CHANNEL_SECRET: &str = "channel_secret";

/// Longer than any token that LINE gives.
const LONGEST: usize = 1_000;

fn read(form: &mut Form) -> Option<Values> {
    let token = one_word(form, ACCESS_TOKEN);
    let secret = one_word(form, CHANNEL_SECRET);
    form.is_valid().then(|| Values {
        settings: Value::Object(serde_json::Map::new()),
        secrets: json!({ ACCESS_TOKEN: token, CHANNEL_SECRET: secret }),
    })
}

/// A value that was copied from LINE's console: visible ASCII without spaces.
fn one_word(form: &mut Form, name: &str) -> String {
    let word = form.required(name, LONGEST);
    if !word.bytes().all(|byte| byte.is_ascii_graphic()) {
        form.refuse(name, Message::new("channels.line.not_a_word"));
    }
    word
}

fn blames(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Stop(_) | Trouble::Later { .. } => ACCESS_TOKEN,
    }
}

/// Whether an address is on this machine: a loopback address in digits, or `localhost`.
fn is_loopback(address: &str) -> bool {
    let host = address.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_copied_with_something_else_is_refused() {
        let mut form = Form::filled([(ACCESS_TOKEN, " abc+/= "), (CHANNEL_SECRET, "0123abcd")]);
        let values = read(&mut form).unwrap();
        assert_eq!(values.secrets[ACCESS_TOKEN], "abc+/=");
        for (token, secret) in [("", "a"), ("a b", "a"), ("存取權杖", "a"), ("a", ""), ("a\u{7f}", "a")] {
            let mut form = Form::filled([(ACCESS_TOKEN, token), (CHANNEL_SECRET, secret)]);
            assert!(read(&mut form).is_none(), "{token:?} {secret:?}");
            assert_eq!(form.errors().len(), 1);
        }
    }

    #[test]
    fn what_is_on_this_machine() {
        for (address, here) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost/x", true),
            ("http://[::1]:80", true),
            ("https://api.line.me", false),
            ("https://127.0.0.1.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(address), here, "{address}");
        }
    }
}
