//! One person's mail, as it goes over the wire: MIME with a plain text and an HTML twin.

use super::{
    links::{Stretch, stretches},
    refused,
};
use crate::{
    channels::{Answer, RefusalReason, Stop, StopReason},
    messages::{Rendered, Words},
};
use askama::Template;
use chrono::NaiveDateTime;
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use tidings_base::{
    db::Id,
    web::{self, Lang},
};

/// In which language a mail speaks of itself: that of the shop's customers, whatever that of the
/// person who wrote it.
const LANGUAGE: Lang = Lang::Zh;

/// Who the mails come from.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) name: &'a str,
    pub(super) address: &'a str,
    pub(super) postal_address: &'a str,
}

/// Everything that goes into a mail.
pub(super) struct Letter<'a> {
    pub(super) sender: Sender<'a>,
    pub(super) to: &'a str,
    /// The delivery: what bounces and replies quote.
    pub(super) id: Id,
    /// The account, by which mail programs sort (RFC 2919).
    pub(super) list: Option<&'a Id>,
    /// When it is sent; UTC.
    pub(super) date: NaiveDateTime,
    pub(super) words: &'a Words,
    /// Under which pictures are fetched, without a slash at the end.
    pub(super) public_url: &'a str,
    /// Where this person unsubscribes; none for somebody who tries a message out.
    pub(super) unsubscribe: Option<String>,
}

/// A mail that is ready to go.
#[derive(Clone, Debug)]
pub(super) struct Composed {
    /// Without the angle brackets.
    pub(super) message_id: String,
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

impl Composed {
    /// Whether the address of its reader can be said only to servers that know SMTPUTF8 (RFC 6531).
    pub(super) fn needs_utf8(&self) -> bool {
        !self.to.user().is_ascii()
    }
}

impl Letter<'_> {
    /// Writes the mail.
    ///
    /// # Errors
    /// What to answer for this person: the address is none, or a value that goes into a header holds
    /// a line break.
    pub(super) fn compose(&self) -> Result<Composed, Answer> {
        let subject = self.words.subject.as_deref().unwrap_or_default();
        if subject.chars().any(char::is_control) {
            return Err(person("a line break in the subject"));
        }
        let from = address(self.sender.address).ok_or_else(|| {
            let detail = format!("{:?} is no address to send from", self.sender.address);
            Answer::Stop(Stop { reason: StopReason::Permission, detail })
        })?;
        let to = address(self.to).ok_or_else(|| person("not an address"))?;
        let message_id = format!("{}@{}", self.id, from.domain());
        let envelope = Envelope::new(Some(from.clone()), vec![to.clone()]).map_err(|e| person(&e.to_string()))?;
        let mut mail = Message::builder()
            .envelope(envelope)
            .from(Mailbox::new(Some(single_spaced(self.sender.name)), from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(single_spaced(subject))
            .date(self.date.and_utc().into())
            .message_id(Some(format!("<{message_id}>")));
        if let Some(list) = self.list {
            mail = mail.raw_header(line("List-Id", format!("<{list}.{}>", from.domain())));
        }
        if let Some(address) = &self.unsubscribe {
            // RFC 2369, and RFC 8058 for the button that mail programs make of it.
            mail = mail.raw_header(line("List-Unsubscribe", format!("<{address}>")));
            mail = mail.raw_header(line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        let body = MultiPart::alternative_plain_html(self.plain(), self.html().map_err(|e| person(&e.to_string()))?);
        let mail = mail.multipart(body).map_err(|e| person(&e.to_string()))?;
        Ok(Composed { message_id, from, to, bytes: mail.formatted() })
    }

    /// The twin for programs and people that read no HTML.
    fn plain(&self) -> String {
        let mut text = String::new();
        for part in &self.words.parts {
            match part {
                Rendered::Text { text: words } => text.push_str(words.trim_end()),
                Rendered::Image { image, alt } if alt.is_empty() => text.push_str(&self.media(image)),
                Rendered::Image { image, alt } => {
                    text.push_str(alt);
                    text.push('\n');
                    text.push_str(&self.media(image));
                }
            }
            text.push_str("\n\n");
        }
        text.push_str("—\n");
        for line in [self.sender.name, self.sender.postal_address, &self.why()] {
            text.push_str(line);
            text.push('\n');
        }
        if let Some(address) = &self.unsubscribe {
            text.push_str(&say("mail.unsubscribe_at"));
            text.push_str(address);
            text.push('\n');
        }
        text
    }

    fn block<'b>(&'b self, part: &'b Rendered) -> Block<'b> {
        match part {
            Rendered::Text { text } => Block::Text(paragraphs(text)),
            Rendered::Image { image, alt } => Block::Image { address: self.media(image), alt },
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a mail is no page: nobody looks at it in a language of theirs")]
    fn html(&self) -> Result<String, askama::Error> {
        let page = Html {
            lang: LANGUAGE.code(),
            subject: self.words.subject.as_deref().unwrap_or_default(),
            preheader: self.words.preheader.as_deref(),
            blocks: self.words.parts.iter().map(|part| self.block(part)).collect(),
            sender: self.sender,
            why: self.why(),
            unsubscribe: self.unsubscribe.as_deref(),
            label: say("mail.unsubscribe"),
        };
        page.render()
    }

    fn media(&self, image: &str) -> String {
        format!("{}/media/{image}", self.public_url)
    }

    /// Why the reader has this mail.
    fn why(&self) -> String {
        say(if self.unsubscribe.is_some() { "mail.why" } else { "mail.trial" })
    }
}

#[derive(Template)]
#[template(path = "mail/message.html")]
struct Html<'a> {
    lang: &'static str,
    subject: &'a str,
    preheader: Option<&'a str>,
    blocks: Vec<Block<'a>>,
    sender: Sender<'a>,
    why: String,
    unsubscribe: Option<&'a str>,
    label: String,
}

enum Block<'a> {
    Text(Vec<Paragraph<'a>>),
    Image { address: String, alt: &'a str },
}

/// Lines, each cut into words and links.
type Paragraph<'a> = Vec<Vec<Stretch<'a>>>;

fn paragraphs(text: &str) -> Vec<Paragraph<'_>> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    paragraphs.map(|lines| lines.iter().map(|line| stretches(line)).collect()).collect()
}

/// Spaces in a row as one: between encoded words lettre writes a row as it stands, where readers take
/// it for folding (RFC 2047, section 6.2) and show none.
fn single_spaced(words: &str) -> String {
    words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The address with its domain as DNS knows it.
fn address(written: &str) -> Option<Address> {
    let (local, domain) = written.rsplit_once('@')?;
    Address::new(local, idna::domain_to_ascii(domain).ok()?).ok()
}

/// A header in ASCII that stays on its one line: what reads these is simpler than what reads a subject.
fn line(name: &'static str, value: String) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value)
    } else {
        HeaderValue::new(name, value)
    }
}

fn person(detail: &str) -> Answer {
    Answer::Taken { request_id: None, people: vec![Err(refused(RefusalReason::Refused, detail))] }
}

fn say(key: &str) -> String {
    web::Message::new(key).say(LANGUAGE)
}

#[cfg(test)]
mod test;
