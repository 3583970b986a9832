//! What templates may do with a value. A page's file says `use tidings_base::web::filters;`.

use super::{Message, dates, page::Page, texts};
use askama::{Result, Values};
use chrono::{NaiveDate, NaiveDateTime};
use std::fmt::Display;

fn the_page(values: &dyn Values) -> Result<&Page> {
    askama::get_value::<Page>(values, "page")
}

/// The text of a key: `{{ "schedules.title"|t }}`, `{{ "schedules.people"|t(n = total) }}`.
#[askama::filter_fn]
pub fn t(
    key: impl Display,
    values: &dyn Values,
    #[optional(&i64::MIN)] n: &i64,
    #[optional(&i64::MIN)] m: &i64,
    #[optional("")] name: &str,
    #[optional("")] x: &str,
    #[optional("")] y: &str,
) -> Result<String> {
    let (n, m) = (n.to_string(), m.to_string());
    let args = [("n", n.as_str()), ("m", m.as_str()), ("name", name), ("x", x), ("y", y)];
    Ok(texts::say(the_page(values)?.language(), &key.to_string(), &args))
}

/// The sentence of a [`Message`].
#[askama::filter_fn]
pub fn say(message: &Message, values: &dyn Values) -> Result<String> {
    Ok(the_page(values)?.say(message))
}

/// The frame of the page, from whatever it is applied to: `{% let p = ""|page %}`.
#[askama::filter_fn]
pub fn page(_: impl Display, values: &dyn Values) -> Result<Page> {
    Ok(the_page(values)?.clone())
}

/// The text itself, remembered as what the field of this id is called: `{{ "people.name"|t|label_of("name") }}`.
#[askama::filter_fn]
pub fn label_of(text: impl Display, values: &dyn Values, id: &str) -> Result<String> {
    let text = text.to_string();
    the_page(values)?.call(id, &text);
    Ok(text)
}

/// `2026/11/23（一）10:00` in the workspace's zone.
#[askama::filter_fn]
pub fn when(at: &NaiveDateTime, values: &dyn Values) -> Result<String> {
    let page = the_page(values)?;
    Ok(dates::when(*at, page.tz(), page.language()))
}

/// `2026/11/23` in the workspace's zone.
#[askama::filter_fn]
pub fn date(at: &NaiveDateTime, values: &dyn Values) -> Result<String> {
    let page = the_page(values)?;
    Ok(dates::date(*at, page.tz(), page.language()))
}

/// `2026/11/23（一）` of a date that has no zone.
#[askama::filter_fn]
pub fn day(date: &NaiveDate, values: &dyn Values) -> Result<String> {
    Ok(dates::day(*date, the_page(values)?.language()))
}

/// `一`, `Mo`: the day of the week of a date.
#[askama::filter_fn]
pub fn weekday(date: &NaiveDate, values: &dyn Values) -> Result<String> {
    Ok(dates::weekday(*date, the_page(values)?.language()))
}

/// `11月`, `Nov`: the month of a date.
#[askama::filter_fn]
pub fn month(date: &NaiveDate, values: &dyn Values) -> Result<String> {
    Ok(dates::month(*date, the_page(values)?.language()))
}

/// `2 天後`, `12 minutes ago`.
#[askama::filter_fn]
pub fn ago(at: &NaiveDateTime, values: &dyn Values) -> Result<String> {
    let page = the_page(values)?;
    Ok(dates::ago(*at, page.now(), page.language()))
}

/// RFC 3339, for `<time datetime>`.
#[askama::filter_fn]
pub fn iso(at: &NaiveDateTime, _: &dyn Values) -> Result<String> {
    Ok(at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

/// `1,284`.
#[askama::filter_fn]
pub fn num(n: &i64, _: &dyn Values) -> Result<String> {
    Ok(texts::number(*n))
}

/// Minor units of New Taiwan dollars (cents), as whole dollars: `NT$1,284`.
#[askama::filter_fn]
pub fn money(cents: &i64, _: &dyn Values) -> Result<String> {
    Ok(format!("NT${}", texts::number(cents / 100)))
}

/// The address of a file of `static/`.
#[askama::filter_fn]
pub fn asset(path: impl Display, _: &dyn Values) -> Result<String> {
    Ok(super::assets::address(&path.to_string()))
}
