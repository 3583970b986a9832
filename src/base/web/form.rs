//! A posted form: what was typed, which files were chosen, and what is wrong with it.
//!
//! The raw texts stay whatever the readers make of them, so that a form that comes back is filled in.

use super::{
    App, Message,
    control::control,
    current_user::known,
    error::Error,
    once::Once,
    page::{FORM_COOKIE, csrf},
    upload::{self, Attached, File},
};
use crate::db::Id;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Bytes};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use futures_util::StreamExt;
use std::{future::Future, ops::RangeInclusive, pin::Pin, str::FromStr};

/// The largest body of a form, in bytes.
pub(super) const LIMIT: usize = 1 << 20;
/// More fields than any form here has.
pub(super) const MOST_FIELDS: usize = 5_000;

/// Texts by name, in the order of the form, files and errors by name. A file may stand beside a text
/// of the same name.
#[derive(Clone, Default, Debug)]
pub struct Form {
    fields: Vec<(String, String)>,
    files: Vec<(String, Attached)>,
    errors: Vec<(String, Message)>,
    person: Option<Id>,
}

impl Form {
    /// A form filled from something stored, or with first values.
    pub fn filled<N: Into<String>, V: Into<String>>(fields: impl IntoIterator<Item = (N, V)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { fields, ..Self::default() }
    }

    /// What was typed for `name`, or nothing.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// Every value of `name`: checked boxes, chosen options.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether `name` has `value` among its values.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|v| v == value)
    }

    /// Names and values as they were typed.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Replaces every value of `name` by one.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.into()));
    }

    /// Takes out every field whose name is `gone`, with what was wrong with it.
    pub fn remove(&mut self, gone: impl Fn(&str) -> bool) {
        self.fields.retain(|(name, _)| !gone(name));
        self.errors.retain(|(name, _)| !gone(name));
    }

    /// Takes the file that was chosen for `name`. One that is too large is refused.
    pub fn take_file(&mut self, name: &str) -> Option<File> {
        let place = self.files.iter().position(|(n, _)| n == name)?;
        let (_, Attached { name: file, content }) = self.files.remove(place);
        if content.is_none() {
            self.refuse(name, Message::new("forms.file_too_large").with("n", upload::LARGEST >> 20));
        }
        content.map(|content| File { name: file, content })
    }

    /// The form's token that makes a double click one click.
    pub fn once(&self) -> Once {
        Once::new(self.value("once"), self.person.as_ref())
    }

    /// Says what is wrong with `name`. The first complaint stands.
    pub fn refuse(&mut self, name: &str, why: Message) {
        if self.error(name).is_none() {
            self.errors.push((name.to_owned(), why));
        }
    }

    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// What is wrong with `name`.
    pub fn error(&self, name: &str) -> Option<&Message> {
        self.errors.iter().find(|(n, _)| n == name).map(|(_, why)| why)
    }

    /// The type of control that shows what was typed for `name`, `kind` if it can.
    pub fn control<'a>(&self, name: &str, kind: &'a str) -> &'a str {
        control(kind, self.value(name))
    }

    /// Everything that is wrong, for the summary above the form.
    pub fn errors(&self) -> Vec<(&str, &Message)> {
        self.errors.iter().map(|(name, why)| (name.as_str(), why)).collect()
    }

    /// A text of at most `most` characters, without space around it.
    pub fn text(&mut self, name: &str, most: usize) -> String {
        let text = self.value(name).trim().to_owned();
        let found = text.chars().count();
        if found > most {
            self.refuse(name, Message::new("forms.too_long").with("n", most).with("m", found));
        }
        text
    }

    /// [`Form::text`] that may not be empty.
    pub fn required(&mut self, name: &str, most: usize) -> String {
        let text = self.text(name, most);
        if text.is_empty() {
            self.refuse(name, Message::new("forms.required"));
        }
        text
    }

    /// A whole number within `range`.
    pub fn number(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let read = self.value(name).trim().parse().ok().filter(|n| range.contains(n));
        if read.is_none() {
            let why = Message::new("forms.number").with("n", range.start()).with("m", range.end());
            self.refuse(name, why);
        }
        read
    }

    /// One of the words of an enum.
    pub fn choice<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.read(name, "forms.choice", |text| text.parse().ok())
    }

    /// The id of something that was picked.
    pub fn id(&mut self, name: &str) -> Option<Id> {
        self.read(name, "forms.choice", |text| text.parse().ok())
    }

    /// A day: `2026-11-23`, or with slashes.
    pub fn date(&mut self, name: &str) -> Option<NaiveDate> {
        self.read(name, "forms.date", date)
    }

    /// A time of day: `10:00`.
    pub fn time(&mut self, name: &str) -> Option<NaiveTime> {
        self.read(name, "forms.time", time)
    }

    /// A day and a time as browsers send them: `2026-11-23T10:00`.
    pub fn date_time(&mut self, name: &str) -> Option<NaiveDateTime> {
        self.read(name, "forms.date_time", |text| {
            let (day, at) = text.split_once(['T', ' '])?;
            Some(date(day)?.and_time(time(at)?))
        })
    }

    fn read<T>(&mut self, name: &str, otherwise: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.value(name).trim();
        let why = if text.is_empty() { "forms.required" } else { otherwise };
        let value = read(text);
        if value.is_none() {
            self.refuse(name, Message::new(why));
        }
        value
    }

    pub(super) fn of_parts(fields: Vec<(String, String)>, files: Vec<(String, Attached)>) -> Self {
        Self { fields, files, ..Self::default() }
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &Attached)> {
        self.files.iter().map(|(name, file)| (name.as_str(), file))
    }

    pub(super) fn from_body(body: &[u8]) -> Result<Self, Error> {
        let fields: Vec<_> = form_urlencoded::parse(body)
            .take(MOST_FIELDS + 1)
            .map(|(name, value)| (clean(&name), clean(&value)))
            .collect();
        if fields.len() > MOST_FIELDS {
            return Err(Error::TooLarge);
        }
        Ok(Self { fields, ..Self::default() })
    }

    /// Refuses a form that this browser and this person were not given.
    pub(super) async fn checked(mut self, req: &HttpRequest) -> Result<Self, Error> {
        let app = req.app_data::<App>().ok_or_else(|| Error::internal("the application has no state"))?;
        let user = known(req).await?.user;
        let key = req.cookie(FORM_COOKIE).ok_or(Error::Expired)?;
        if self.value("csrf") != csrf(&app.secret, key.value(), user.as_deref()) {
            return Err(Error::Expired);
        }
        self.person = user.map(|user| user.id.clone());
        Ok(self)
    }
}

impl FromRequest for Form {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let payload = payload.take();
        Box::pin(async move {
            let form = if upload::has_files(&req) {
                // What nobody answers for takes no memory.
                let keep = known(&req).await?.user.is_some();
                upload::read(&req, payload, keep).await?
            } else {
                Self::from_body(&body(payload, LIMIT).await?)?
            };
            form.checked(&req).await
        })
    }
}

/// The whole of a body of at most `limit` bytes; no more is ever held.
///
/// # Errors
/// It is longer, or ended early.
pub async fn body(mut payload: Payload, limit: usize) -> Result<Bytes, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::BadRequest("the body ended early"))?;
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

/// Without what PostgreSQL cannot keep, and with line ends as everywhere but in forms.
pub(super) fn clean(text: &str) -> String {
    text.replace('\0', "").replace("\r\n", "\n")
}

fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim().replace('/', "-");
    // `%Y` alone would take years of any length, which no calendar here goes to.
    NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().filter(|date| {
        use chrono::Datelike;
        (1900..=9999).contains(&date.year())
    })
}

fn time(text: &str) -> Option<NaiveTime> {
    let text = text.trim();
    NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_say_what_is_wrong_and_keep_what_was_typed() {
        let mut form =
            Form::from_body("name=%20&n=0&day=2026-02-30&at=25:00&who=x&long=12345&bad=%00a".as_bytes()).unwrap();
        assert_eq!(form.required("name", 10), "");
        assert_eq!(form.number("n", 1..=9), None);
        assert_eq!(form.date("day"), None);
        assert_eq!(form.time("at"), None);
        assert_eq!(form.id("who"), None);
        form.text("long", 4);
        assert_eq!(form.value("bad"), "a");
        assert_eq!(form.errors().len(), 6);
        assert_eq!(form.error("name").unwrap().key, "forms.required");
        assert_eq!(form.error("day").unwrap().key, "forms.date");
        assert_eq!(form.value("day"), "2026-02-30");
    }

    #[test]
    fn days_and_times_are_read_as_browsers_send_them() {
        let mut form = Form::filled([("at", "2026-11-23T10:00"), ("day", "2026/11/23"), ("far", "12026-01-01")]);
        assert_eq!(form.date_time("at").unwrap().to_string(), "2026-11-23 10:00:00");
        assert_eq!(form.date("day").unwrap().to_string(), "2026-11-23");
        assert_eq!(form.date("far"), None);
    }
}
