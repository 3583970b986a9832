//! One conversation with a mail server, step by step, so that it is known how far it got.

use super::{Connected, Security, compose::Composed};
use lettre::transport::smtp::{
    self,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Noop, Quit, Rcpt, Rset},
    extension::{ClientId, Extension, MailParameter},
};
use std::{error::Error, fmt, io, net::SocketAddr, time::Duration};
use tidings_base::outside::{self, Outside};
use tokio::time::{Instant, timeout, timeout_at};

/// How long one of the addresses of a server may take to take the call.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// How much of a message is handed over at once, in bytes.
const CHUNK: usize = 64 << 10;

/// How far a conversation had got. Up to [`Step::Data`] the server has certainly not accepted the
/// message; at [`Step::Handed`] it had all of it, and nobody knows but the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Step {
    Connect,
    SignIn,
    From,
    To,
    Data,
    Handed,
}

/// Why a conversation did not end well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    pub(super) step: Step,
    pub(super) cause: Cause,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Cause {
    /// The server said no.
    Said {
        code: u16,
        text: String,
    },
    /// Nobody is there, the connection broke, or no answer came in time.
    Broken(String),
    /// The server is where it may not be called.
    Private(String),
    /// The server cannot do what the account is set to.
    NoStartTls,
    NoSignIn,
    /// Not encrypted, to a server on the internet.
    InTheOpen,
    /// The reader's address needs SMTPUTF8, which the server does not have.
    NoUtf8,
}

/// See the module.
pub(super) struct Conversation {
    smtp: AsyncSmtpConnection,
    messages: usize,
    broken: bool,
    pub(super) last_used: Instant,
}

impl Conversation {
    /// Connects, encrypts with `tls` and signs in.
    pub(super) async fn open(
        connected: &Connected,
        outside: &Outside,
        tls: Option<TlsParameters>,
        before: Instant,
    ) -> Result<Self, Fault> {
        let settings = &connected.settings;
        let at = |cause| Fault { step: Step::Connect, cause };
        let addresses = timeout_at(before, outside.resolve(&settings.host, settings.port)).await;
        let addresses: Vec<SocketAddr> = addresses.map_err(|_| at(slow()))?.map_err(|e| at(unresolved(&e)))?;
        if tls.is_none() && addresses.iter().any(|address| outside::is_public(address.ip())) {
            return Err(at(Cause::InTheOpen));
        }
        let (implicit, starttls) = match settings.security {
            Security::Tls => (tls, None),
            Security::StartTls => (None, tls),
            Security::None => (None, None),
        };
        let hello = hello(outside.public_url());
        let connecting = AsyncSmtpConnection::connect_tokio1(&addresses[..], Some(CONNECT), &hello, implicit, None);
        let mut smtp = by(before, Step::Connect, connecting).await?;
        if let Some(tls) = starttls {
            if !smtp.can_starttls() {
                return Err(at(Cause::NoStartTls));
            }
            by(before, Step::Connect, smtp.starttls(tls, &hello)).await?;
        }
        let mut conversation = Self { smtp, messages: 0, broken: false, last_used: Instant::now() };
        conversation.sign_in(connected, before).await?;
        Ok(conversation)
    }

    async fn sign_in(&mut self, connected: &Connected, before: Instant) -> Result<(), Fault> {
        const WAYS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];
        let user = &connected.settings.user;
        if user.is_empty() {
            return Ok(());
        }
        if self.smtp.server_info().get_auth_mechanism(WAYS).is_none() {
            return Err(Fault { step: Step::SignIn, cause: Cause::NoSignIn });
        }
        let credentials = Credentials::new(user.clone(), connected.secrets.password.clone());
        by(before, Step::SignIn, self.smtp.auth(WAYS, &credentials)).await.map(drop)
    }

    /// Hands one mail over. `before` is when it must have begun, `whole` when the answer must be there.
    pub(super) async fn send(&mut self, mail: &Composed, before: Instant, whole: Instant) -> Result<(), Fault> {
        self.messages += 1;
        let sent = self.hand_over(mail, before, whole).await;
        self.last_used = Instant::now();
        if let Err(fault) = &sent {
            self.broken = fault.is_the_end();
            // A message that was not handed over is still open on the server's side.
            if !self.broken && fault.step < Step::Handed {
                self.broken = by(self.last_used + GOODBYE, fault.step, self.smtp.command(Rset)).await.is_err();
            }
        }
        sent
    }

    async fn hand_over(&mut self, mail: &Composed, before: Instant, whole: Instant) -> Result<(), Fault> {
        let mut options = Vec::new();
        if mail.needs_utf8() {
            if !self.smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Fault { step: Step::To, cause: Cause::NoUtf8 });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        by(before, Step::From, self.smtp.command(Mail::new(Some(mail.from.clone()), options))).await?;
        by(before, Step::To, self.smtp.command(Rcpt::new(mail.to.clone(), Vec::new()))).await?;
        let go_on = by(before, Step::Data, self.smtp.command(Data)).await?;
        if !go_on.has_code(354) {
            let cause = Cause::Broken(format!("{} instead of 354", go_on.code()));
            return Err(Fault { step: Step::Data, cause });
        }
        // The end of the message is written after its last chunk was asked for: what breaks before
        // that leaves the server without an end, and the message is not accepted.
        let mut step = Step::Data;
        let mut chunks = mail.bytes.chunks(CHUNK);
        let bytes = std::iter::from_fn(|| {
            let next = chunks.next();
            if next.is_none() {
                step = Step::Handed;
            }
            next
        });
        let answer = timeout_at(whole, self.smtp.message_iter(bytes)).await;
        match answer {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(e)) => Err(Fault::of(step, &e)),
            Err(_) => Err(Fault { step, cause: slow() }),
        }
    }

    /// Asks whether the server is still there.
    pub(super) async fn noop(&mut self, before: Instant) -> Result<(), Fault> {
        by(before, Step::SignIn, self.smtp.command(Noop)).await.map(drop)
    }

    /// How many mails were handed over in it, if another one may be.
    pub(super) fn messages(&self) -> Option<usize> {
        (!self.broken && !self.smtp.has_broken()).then_some(self.messages)
    }

    /// Says goodbye, as one does.
    pub(super) async fn close(mut self) {
        if self.messages().is_some() {
            // Whether it is heard does not matter.
            let _ = timeout(GOODBYE, self.smtp.command(Quit)).await;
        }
    }
}

impl Fault {
    fn of(step: Step, e: &smtp::Error) -> Self {
        let cause = match e.status() {
            Some(code) => {
                Cause::Said { code: code.into(), text: e.source().map(ToString::to_string).unwrap_or_default() }
            }
            None => Cause::Broken(words(e)),
        };
        Self { step, cause }
    }

    /// Whether the connection is of no more use: it broke, or the server said 421, "closing".
    pub(super) fn is_the_end(&self) -> bool {
        match &self.cause {
            Cause::Said { code, .. } => *code == 421,
            Cause::Broken(_) => true,
            Cause::Private(_) | Cause::NoStartTls | Cause::NoSignIn | Cause::InTheOpen | Cause::NoUtf8 => false,
        }
    }
}

/// As it stands beside a delivery: the server's own words, or what was missing.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 300;
        match &self.cause {
            Cause::Said { code, text } => {
                write!(f, "{code} {}", text.chars().filter(|c| !c.is_control()).take(MOST).collect::<String>())
            }
            Cause::Broken(words) | Cause::Private(words) => f.write_str(words),
            Cause::NoStartTls => f.write_str("the server does not offer STARTTLS"),
            Cause::NoSignIn => f.write_str("the server offers no sign-in by PLAIN or LOGIN"),
            Cause::InTheOpen => f.write_str("the server is on the internet, and the account is set to no encryption"),
            Cause::NoUtf8 => f.write_str("the server does not take addresses that are not in ASCII (SMTPUTF8)"),
        }
    }
}

/// One step, which must be done by `deadline`.
async fn by<T>(deadline: Instant, step: Step, doing: impl Future<Output = Result<T, smtp::Error>>) -> Result<T, Fault> {
    match timeout_at(deadline, doing).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(e)) => Err(Fault::of(step, &e)),
        Err(_) => Err(Fault { step, cause: slow() }),
    }
}

fn slow() -> Cause {
    Cause::Broken("the server did not answer in time".to_owned())
}

fn unresolved(e: &io::Error) -> Cause {
    match e.kind() {
        io::ErrorKind::PermissionDenied => Cause::Private(e.to_string()),
        _ => Cause::Broken(e.to_string()),
    }
}

/// An error with what lies behind it, once each.
fn words(e: &dyn Error) -> String {
    let mut words = e.to_string();
    let mut source = e.source();
    while let Some(e) = source {
        let more = e.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = e.source();
    }
    words
}

/// Who we say we are: the host under which the world reaches us.
fn hello(public_url: &str) -> ClientId {
    let authority = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = authority.split(['/', ':']).next().unwrap_or_default();
    let is_name = host.contains('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
        && host.bytes().any(|byte| byte.is_ascii_alphabetic());
    if is_name { ClientId::Domain(host.to_owned()) } else { ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_say_under_which_name_we_are_reached() {
        for (url, said) in [
            ("https://shop.example", "shop.example"),
            ("https://shop.example:8443/tidings", "shop.example"),
            ("http://127.0.0.1:8080", "[127.0.0.1]"),
            ("http://localhost:8080", "[127.0.0.1]"),
            ("http://[::1]:8080", "[127.0.0.1]"),
        ] {
            assert_eq!(hello(url).to_string(), said, "{url}");
        }
    }
}
