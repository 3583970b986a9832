//! One exchange with LINE: what came back, as far as it can be relied on.

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use reqwest::{
    RequestBuilder, Response,
    header::{HeaderMap, RETRY_AFTER},
};
use std::error::Error;

/// An answer whose head came.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// How long LINE, or whoever stands before it, asks to be left alone.
    pub(super) retry_after: Option<TimeDelta>,
    pub(super) request_id: Option<String>,
    /// Of the call that was accepted with the same retry key before.
    pub(super) accepted_request_id: Option<String>,
    /// None where it broke off or was longer than anything LINE says.
    pub(super) body: Option<Vec<u8>>,
}

/// Why there is no answer.
pub(super) enum NoReply {
    /// No byte of the request left.
    NotSent(String),
    /// It may have been accepted.
    Lost(String),
}

/// LINE's answers are a few hundred bytes; more is not LINE's.
const LONGEST: usize = 64 << 10;

/// The longest wait that anybody may ask for.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(12);

/// Makes a request and reads the answer. `machine` is machine time.
pub(super) async fn exchange(request: RequestBuilder, machine: NaiveDateTime) -> Result<Reply, NoReply> {
    let response = request.send().await.map_err(|e| {
        let detail = told(&e);
        if e.is_connect() || e.is_builder() { NoReply::NotSent(detail) } else { NoReply::Lost(detail) }
    })?;
    let headers = response.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Reply {
        status: response.status().as_u16(),
        retry_after: retry_after(headers, machine),
        request_id: text("x-line-request-id"),
        accepted_request_id: text("x-line-accepted-request-id"),
        body: body(response).await,
    })
}

async fn body(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > LONGEST {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

/// Seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, machine: NaiveDateTime) -> Option<TimeDelta> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u32>() {
        Ok(seconds) => TimeDelta::seconds(i64::from(seconds)),
        Err(_) => DateTime::parse_from_rfc2822(text).ok()?.naive_utc() - machine,
    };
    Some(wait.clamp(TimeDelta::zero(), LONGEST_WAIT))
}

/// An error with what is behind it; the address in it says nothing new.
fn told(e: &reqwest::Error) -> String {
    let mut told = if e.is_timeout() { "no answer in time".to_owned() } else { "no answer".to_owned() };
    let mut source = e.source();
    while let Some(e) = source {
        told.push_str(": ");
        told.push_str(&e.to_string());
        source = e.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_come_back_is_seconds_or_a_date() {
        let machine = "2026-11-23T02:00:00".parse().unwrap();
        for (text, wanted) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("Mon, 23 Nov 2026 02:01:30 GMT", Some(90)),
            ("Mon, 23 Nov 2026 01:00:00 GMT", Some(0)),
            ("999999999", Some(12 * 3600)),
            ("-1", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after(&headers, machine), wanted.map(TimeDelta::seconds), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), machine), None);
    }
}
