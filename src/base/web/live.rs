//! What changes by itself: a part of a page, drawn anew each second while it changes, as server-sent
//! events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).
//!
//! A stream lives for [`TURNS`] seconds; then the browser opens the next one by itself, as whoever is
//! signed in by then, so that a session that ended ends it too. The connection pulls: to somebody who
//! reads slowly fewer events are made, and none is kept.

use super::{Answer, App, error::Error};
use crate::db::Id;
use actix_web::{HttpResponse, http::header, web::Bytes};
use futures_util::stream;
use std::{
    collections::HashMap,
    fmt::Write,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// How often a part is drawn.
const EVERY: Duration = Duration::from_secs(1);
/// How often in one stream.
const TURNS: u32 = 20;
/// Streams that one person may have open: pages that are seen at the same time.
const MOST: usize = 6;

/// The streams that are open.
#[derive(Clone, Default)]
pub struct Streams(Arc<Inner>);

#[derive(Default)]
struct Inner {
    open: Mutex<HashMap<Id, usize>>,
    stopping: watch::Sender<bool>,
}

/// A part of a page as it is now.
pub struct Part {
    pub html: String,
    /// Whether it changes no more by itself.
    pub is_over: bool,
}

impl Streams {
    /// Ends every stream that is open or will be: a server that stops does not wait for them.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    fn take(&self, person: &Id) -> Option<Place> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = open.entry(person.clone()).or_default();
        (*theirs < MOST).then(|| {
            *theirs += 1;
            Place { streams: self.clone(), person: person.clone() }
        })
    }
}

/// One open stream; it is given back when the connection is gone.
struct Place {
    streams: Streams,
    person: Id,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(theirs) = open.get_mut(&self.person) {
            *theirs -= 1;
            if *theirs == 0 {
                open.remove(&self.person);
            }
        }
    }
}

/// Streams what `draw` gives, as messages, until it is over, which is an event `over`.
///
/// # Errors
/// [`Error::Busy`] where this person has too many streams open already.
pub fn stream<F>(app: &App, person: &Id, draw: impl Fn() -> F + 'static) -> Answer
where
    F: Future<Output = Result<Part, Error>> + 'static,
{
    let place = app.streams.take(person).ok_or(Error::Busy)?;
    let stopping = app.streams.0.stopping.subscribe();
    let state = State { _place: place, stopping, draw, turn: 0, last: None, is_over: false };
    let events = stream::unfold(state, |mut state| async move {
        let event = state.next().await?;
        Some((Ok::<_, Error>(Bytes::from(event)), state))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // What is compressed waits for more of it.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(events))
}

struct State<D> {
    _place: Place,
    stopping: watch::Receiver<bool>,
    draw: D,
    turn: u32,
    last: Option<String>,
    is_over: bool,
}

impl<D, F> State<D>
where
    D: Fn() -> F,
    F: Future<Output = Result<Part, Error>>,
{
    async fn next(&mut self) -> Option<String> {
        if self.is_over || self.turn == TURNS || *self.stopping.borrow() {
            return None;
        }
        if self.turn > 0 {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
        self.turn += 1;
        let part = match (self.draw)().await {
            Ok(part) => part,
            Err(e) => {
                tracing::debug!(error = %e, "a part of a page was not drawn anew");
                return None;
            }
        };
        self.is_over = part.is_over;
        // What is said again is said short; who has gone is noticed by it.
        if !part.is_over && self.last.as_ref() == Some(&part.html) {
            return Some(":\n\n".to_owned());
        }
        let event = event(&part);
        self.last = Some(part.html);
        Some(event)
    }
}

fn event(part: &Part) -> String {
    let mut event = if part.is_over { "event: over\n".to_owned() } else { String::new() };
    for line in part.html.lines() {
        let _ = writeln!(event, "data: {line}");
    }
    event.push('\n');
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_every_line_of_the_part() {
        let part = |html: &str, is_over| event(&Part { html: html.to_owned(), is_over });
        assert_eq!(part("<p>1</p>", false), "data: <p>1</p>\n\n");
        assert_eq!(part("<p>\n\n1</p>\n", true), "event: over\ndata: <p>\ndata: \ndata: 1</p>\n\n");
    }

    #[test]
    fn a_person_has_a_few_streams_and_gets_those_back_that_ended() {
        let (streams, one, other) = (Streams::default(), Id::new(), Id::new());
        let mut taken: Vec<_> = (0..MOST).map(|_| streams.take(&one).unwrap()).collect();
        assert!(streams.take(&one).is_none());
        assert!(streams.take(&other).is_some());
        taken.pop();
        assert!(streams.take(&one).is_some());
        taken.clear();
        assert!(streams.0.open.lock().unwrap().is_empty());
    }
}
