//! What connects a mail sender: the server that takes the mails, a sign-in there, and who they come
//! from.

use super::vendor::{Field, Input, Values, Vendor};
use crate::channels::{
    Stop, StopReason, Trouble,
    mail::{Mail, Secrets, Security, Settings},
};
use serde_json::json;
use std::{net::IpAddr, sync::Arc};
use tidings_base::web::{Form, Message};
use tidings_customers::{channels::ChannelKind, contacts::identity};

/// The form of a mail sender.
pub(super) const VENDOR: Vendor = Vendor {
    kind: ChannelKind::Email,
    label: "channels.mail.label",
    about: "channels.mail.about",
    fields: &[
        text(SENDER_NAME, "channels.mail.sender_name", "channels.mail.sender_name_help"),
        text(SENDER_ADDRESS, "channels.mail.sender_address", "channels.mail.sender_address_help"),
        text(POSTAL_ADDRESS, "channels.mail.postal_address", "channels.mail.postal_address_help"),
        text(HOST, "channels.mail.host", "channels.mail.host_help"),
        Field {
            name: SECURITY,
            label: "channels.mail.security",
            help: "channels.mail.security_help",
            input: Input::Choice(&[
                (Security::StartTls.word(), "channels.mail.starttls"),
                (Security::Tls.word(), "channels.mail.tls"),
                (Security::None.word(), "channels.mail.none"),
            ]),
        },
        Field { name: PORT, label: "channels.mail.port", help: "channels.mail.port_help", input: Input::Number },
        text(USER, "channels.mail.user", "channels.mail.user_help"),
        Field {
            name: PASSWORD,
            label: "channels.mail.password",
            help: "channels.mail.password_help",
            input: Input::Secret,
        },
    ],
    rate: 10,
    has_webhook: false,
    read,
    channel: |values, work| {
        let (settings, secrets) = stored(values).expect("values are what `read` made, now or when they were stored");
        Arc::new(Mail::trial(settings, secrets, work))
    },
    blames,
    is_loopback: |settings, _| is_loopback(settings[HOST].as_str().unwrap_or_default()),
};

const SENDER_NAME: &str = "sender_name";
const SENDER_ADDRESS: &str = "sender_address";
const POSTAL_ADDRESS: &str = "postal_address";
const HOST: &str = "host";
const SECURITY: &str = "security";
const PORT: &str = "port";
const USER: &str = "user";
const PASSWORD: &str = "password";

const fn text(name: &'static str, label: &'static str, help: &'static str) -> Field {
    Field { name, label, help, input: Input::Text }
}

fn read(form: &mut Form) -> Option<Values> {
    let sender_name = one_line(form, SENDER_NAME, 100);
    let sender_address = form.required(SENDER_ADDRESS, 254);
    let address = identity::email(&ascii(&sender_address));
    if address.is_none() {
        form.refuse(SENDER_ADDRESS, Message::new("channels.mail.no_address"));
    }
    let postal_address = one_line(form, POSTAL_ADDRESS, 200);
    let host = ascii(&form.required(HOST, 253)).to_ascii_lowercase();
    if !is_host(&host) {
        form.refuse(HOST, Message::new("channels.mail.no_host"));
    }
    let security = form.choice::<Security>(SECURITY);
    if form.value(PORT).trim().is_empty() {
        form.set(PORT, usual_port(security).to_string());
    }
    let port = form.number(PORT, 1..=65_535).and_then(|port| u16::try_from(port).ok());
    let user = form.text(USER, 254);
    let password = form.value(PASSWORD).to_owned();
    if !user.is_empty() && password.is_empty() {
        form.refuse(PASSWORD, Message::new("channels.mail.no_password"));
    }
    let (Some(security), Some(port), Some(sender_address), true) = (security, port, address, form.is_valid()) else {
        return None;
    };
    let settings = Settings { host, port, security, user, sender_name, sender_address, postal_address };
    Some(Values {
        settings: serde_json::to_value(settings).expect("texts and a number can always be written as JSON"),
        secrets: json!({ PASSWORD: password }),
    })
}

/// What [`read`] made, as the connector takes it.
fn stored(values: &Values) -> Option<(Settings, Secrets)> {
    let settings = serde_json::from_value(values.settings.clone()).ok()?;
    Some((settings, serde_json::from_value(values.secrets.clone()).ok()?))
}

/// A text that goes into headers and feet.
fn one_line(form: &mut Form, name: &str, most: usize) -> String {
    let text = form.required(name, most);
    if text.chars().any(char::is_control) {
        form.refuse(name, Message::new("channels.mail.one_line"));
    }
    text
}

/// The port that servers of this kind listen at (RFC 8314).
fn usual_port(security: Option<Security>) -> u16 {
    match security {
        Some(Security::Tls) => 465,
        Some(Security::StartTls) | None => 587,
        Some(Security::None) => 25,
    }
}

/// With its domain as DNS knows it, where that is written in other letters.
fn ascii(written: &str) -> String {
    let (local, domain) = match written.rsplit_once('@') {
        Some((local, domain)) => (format!("{local}@"), domain),
        None => (String::new(), written),
    };
    idna::domain_to_ascii(domain).map_or_else(|_| written.to_owned(), |domain| format!("{local}{domain}"))
}

/// Whether it is the name or the address of a machine, and not the address of a page.
fn is_host(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
        || host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn blames(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Stop(Stop { reason: StopReason::Token, .. }) => PASSWORD,
        Trouble::Stop(_) | Trouble::Later { .. } => HOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[(&str, &str)] = &[
        (SENDER_NAME, "樹屋選物"),
        (SENDER_ADDRESS, "News@Shop.example"),
        (POSTAL_ADDRESS, "106 台北市大安區和平東路一段 1 號"),
        (HOST, "smtp.shop.example"),
        (SECURITY, "starttls"),
        (PORT, ""),
        (USER, "shop"),
        (PASSWORD, " secret "),
    ];

    fn with(changes: &[(&str, &str)]) -> Form {
        let mut form = Form::filled(GOOD.iter().copied());
        for (name, value) in changes {
            form.set(name, *value);
        }
        form
    }

    #[test]
    fn what_was_typed_is_what_the_connector_takes() {
        let (settings, secrets) = stored(&read(&mut with(&[])).unwrap()).unwrap();
        assert_eq!((settings.port, settings.security), (587, Security::StartTls));
        assert_eq!(settings.sender_address, "news@shop.example");
        assert_eq!(secrets.password, " secret ", "a password is what was typed");
        for (security, port) in [("tls", 465), ("none", 25)] {
            let (settings, _) = stored(&read(&mut with(&[(SECURITY, security)])).unwrap()).unwrap();
            assert_eq!(settings.port, port);
        }
        let abroad = with(&[(SENDER_ADDRESS, "news@例子.台灣"), (HOST, "郵件.台灣"), (USER, ""), (PASSWORD, "")]);
        let (settings, _) = stored(&read(&mut { abroad }).unwrap()).unwrap();
        assert_eq!(settings.sender_address, "news@xn--fsqu00a.xn--kpry57d");
        assert!(settings.host.starts_with("xn--"), "{}", settings.host);
    }

    #[test]
    fn what_cannot_work_is_said_beside_its_field() {
        for (name, value) in [
            (SENDER_NAME, ""),
            (SENDER_NAME, "a\r\nBcc: b"),
            (SENDER_ADDRESS, ""),
            (SENDER_ADDRESS, "shop"),
            (SENDER_ADDRESS, "王@shop.example"),
            (POSTAL_ADDRESS, ""),
            (HOST, ""),
            (HOST, "https://smtp.shop.example"),
            (HOST, "smtp.shop.example:587"),
            (HOST, "smtp shop"),
            (SECURITY, "ssl"),
            (PORT, "0"),
            (PORT, "65536"),
            (PORT, "x"),
            (PASSWORD, ""),
        ] {
            let mut form = with(&[(name, value)]);
            assert!(read(&mut form).is_none(), "{name} {value:?}");
            assert_eq!(form.errors().into_iter().map(|(name, _)| name).collect::<Vec<_>>(), [name], "{value:?}");
        }
    }

    #[test]
    fn what_is_on_this_machine() {
        for (host, here) in
            [("127.0.0.1", true), ("::1", true), ("localhost", true), ("smtp.example", false), ("10.0.0.1", false)]
        {
            assert_eq!(is_loopback(host), here, "{host}");
        }
    }
}
