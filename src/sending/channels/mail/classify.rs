//! What a mail server's no means. The enhanced code (RFC 3463) counts before the basic one (RFC
//! 5321), and both before the words.

use super::{
    conversation::{Cause, Fault, Step},
    refused,
};
use crate::channels::{Answer, RefusalReason, Stop, StopReason};
use chrono::TimeDelta;

/// How long a server that asks for patience is left alone, by how often it was asked: nearly two
/// days in all. A server that greylists takes nothing before its few minutes are over.
const PATIENCE: &[TimeDelta] = &[
    TimeDelta::minutes(5),
    TimeDelta::minutes(15),
    TimeDelta::minutes(60),
    TimeDelta::hours(4),
    TimeDelta::hours(8),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
];

/// The same where nobody answers at all: it may be a moment, or a night.
const NOBODY: &[TimeDelta] = &[
    TimeDelta::seconds(10),
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(6),
    TimeDelta::hours(12),
];

/// The answer to a call that came to this fault after `tried` calls that came to later.
pub(super) fn answer(fault: &Fault, tried: i64) -> Answer {
    let detail = fault.to_string();
    let later = |waits: &[TimeDelta]| {
        let place = usize::try_from(tried).unwrap_or_default().min(waits.len() - 1);
        Answer::Later { retry_after: Some(waits[place]), detail: detail.clone() }
    };
    let stop = |reason| Answer::Stop(Stop { reason, detail: detail.clone() });
    let person = |reason| Answer::Taken { request_id: None, people: vec![Err(refused(reason, detail.clone()))] };
    match &fault.cause {
        Cause::Said { code, text } => match verdict(fault.step, *code, text) {
            Verdict::Later => later(PATIENCE),
            Verdict::Stop(reason) => stop(reason),
            Verdict::Person(reason) => person(reason),
        },
        Cause::Broken(_) if fault.step == Step::Handed => Answer::Unknown { detail },
        Cause::Broken(_) => later(NOBODY),
        Cause::Private(_) | Cause::NoStartTls | Cause::InTheOpen => stop(StopReason::Permission),
        Cause::NoSignIn => stop(StopReason::Token),
        Cause::NoUtf8 => person(RefusalReason::Refused),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Later,
    Stop(StopReason),
    Person(RefusalReason),
}

fn verdict(step: Step, code: u16, text: &str) -> Verdict {
    use RefusalReason::{Gone, Refused};
    let enhanced = enhanced(code, text);
    match (code, enhanced) {
        // 454 4.7.0 is a sign-in that fails for now; 530, 534 and 535 fail for good (RFC 4954).
        (400..500, _) => return Verdict::Later,
        (530 | 534 | 535 | 538, _) | (_, Some((7, 8 | 9 | 14))) => return Verdict::Stop(StopReason::Token),
        _ => {}
    }
    match (step, enhanced) {
        (_, Some((6, 7))) => Verdict::Person(Refused),
        (Step::Connect, _) => Verdict::Stop(StopReason::Policy),
        (Step::SignIn, _) => Verdict::Stop(StopReason::Token),
        (Step::From, _) => Verdict::Stop(StopReason::Permission),
        (_, Some((1, 1 | 2 | 3 | 6 | 10))) => Verdict::Person(Gone),
        (_, Some((2, _) | (4, _) | (1, _))) => Verdict::Person(Refused),
        (_, Some((3, 4))) => Verdict::Stop(StopReason::Content),
        (_, Some((5, _))) => Verdict::Stop(StopReason::Content),
        (_, Some((6, _))) => Verdict::Stop(StopReason::Content),
        // Not authenticated (Gmail's 20 to 40), or a sender in bulk who keeps not to the rules
        // (Microsoft's 515): nobody will get it.
        (_, Some((7, 20..=40 | 500..=599))) => Verdict::Stop(StopReason::Policy),
        (_, Some((7, _)) | None) if is_about_the_sender(text) => Verdict::Stop(StopReason::Policy),
        (_, Some(_)) => Verdict::Person(Refused),
        (_, None) => match code {
            550 if is_about_nobody(text) => Verdict::Person(Gone),
            552 => Verdict::Stop(StopReason::Content),
            500..=504 | 555 => Verdict::Stop(StopReason::Content),
            _ => Verdict::Person(Refused),
        },
    }
}

/// Subject and detail of the enhanced code that the text begins with; a class that is not the basic
/// code's is none (RFC 2034).
fn enhanced(code: u16, text: &str) -> Option<(u16, u16)> {
    let mut numbers = text.split_whitespace().next()?.splitn(3, '.').map(str::parse::<u16>);
    let (class, subject, detail) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    (class == code / 100).then_some((subject, detail))
}

/// Whether a refusal speaks of who sends, and not of who reads.
fn is_about_the_sender(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let words = || text.split(|c: char| !c.is_ascii_alphanumeric());
    words().any(|word| {
        [
            "SPF",
            "DKIM",
            "DMARC",
            "IP",
            "REPUTATION",
            "BLACKLISTED",
            "BLOCKLIST",
            "BLOCKLISTED",
            "DNSBL",
            "RBL",
            "SPAMHAUS",
        ]
        .contains(&word)
    })
}

/// Whether a refusal without an enhanced code says that there is no such mailbox.
fn is_about_nobody(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "user unknown",
        "unknown user",
        "no such user",
        "no such recipient",
        "does not exist",
        "doesn't exist",
        "mailbox not found",
        "unknown recipient",
        "recipient unknown",
        "no mailbox",
    ]
    .iter()
    .any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RefusalReason::{Gone, Refused};
    use StopReason::{Content, Permission, Policy, Token};

    #[test]
    fn what_a_server_says_is_one_of_the_classes() {
        let (later, stop, person) = (Verdict::Later, Verdict::Stop, Verdict::Person);
        for (step, reply, wanted) in [
            (Step::Connect, "421 4.3.2 Try again later", later),
            (Step::Connect, "554 No SMTP service here", stop(Policy)),
            (Step::Connect, "530 5.7.0 Must issue a STARTTLS command first", stop(Token)),
            (Step::SignIn, "454 4.7.0 Temporary authentication failure", later),
            (Step::SignIn, "534 5.7.9 Application-specific password required", stop(Token)),
            (Step::SignIn, "535 5.7.8 Username and password not accepted", stop(Token)),
            (Step::SignIn, "500 What?", stop(Token)),
            (Step::From, "550 5.7.1 Not allowed to send as this", stop(Permission)),
            (Step::From, "553 Sender address rejected", stop(Permission)),
            (Step::From, "451 4.3.0 Queue is full", later),
            (Step::From, "530 5.7.0 Authentication required", stop(Token)),
            (Step::From, "550 5.6.7 SMTPUTF8 required", person(Refused)),
            (Step::To, "450 4.2.0 Greylisted, come back in five minutes", later),
            (Step::To, "451 4.7.1 Please try again later", later),
            (Step::To, "452 4.5.3 Too many recipients", later),
            (Step::To, "452 4.2.2 Mailbox is full", later),
            (Step::To, "550 5.1.1 User unknown", person(Gone)),
            (Step::To, "550 5.1.2 Host unknown", person(Gone)),
            (Step::To, "550 5.1.10 Null MX", person(Gone)),
            (Step::To, "550 No such user here", person(Gone)),
            (Step::To, "550 Requested action not taken", person(Refused)),
            (Step::To, "550 5.4.1 Recipient address rejected: Access denied", person(Refused)),
            (Step::To, "552 5.2.2 Mailbox is full", person(Refused)),
            (Step::To, "550 5.2.1 Mailbox is disabled", person(Refused)),
            (Step::To, "501 5.5.4 Syntax error in parameters", stop(Content)),
            (Step::To, "555 Parameters not recognized", stop(Content)),
            (Step::To, "550 5.7.1 Message refused by this person", person(Refused)),
            (Step::To, "554 5.7.1 Service unavailable; client host [1.2.3.4] blocked using Spamhaus", stop(Policy)),
            (Step::To, "550 5.1.1.1 not a code", person(Refused)),
            (Step::To, "550 4.1.1 The classes disagree", person(Refused)),
            (Step::Data, "552 5.3.4 Message too big", stop(Content)),
            (Step::Data, "552 Too much mail data", stop(Content)),
            (Step::Handed, "552 5.3.4 Message too big", stop(Content)),
            (Step::Handed, "550 5.7.26 This mail is unauthenticated", stop(Policy)),
            (Step::Handed, "550 5.7.515 Access denied, sending domain does not meet the required level", stop(Policy)),
            (Step::Handed, "550 5.7.1 Our system has detected that this message does not pass DMARC", stop(Policy)),
            (Step::Handed, "554 5.7.1 Spam", person(Refused)),
            (Step::Handed, "554 Your IP has a poor reputation", stop(Policy)),
            (Step::Handed, "554 Transaction failed", person(Refused)),
            (Step::Handed, "451 4.3.0 Local error", later),
            (Step::Handed, "421 Closing", later),
        ] {
            let (code, text) = reply.split_once(' ').unwrap();
            assert_eq!(verdict(step, code.parse().unwrap(), text), wanted, "{step:?}: {reply}");
        }
    }

    #[test]
    fn what_broke_off_is_unknown_only_after_the_message_was_handed_over() {
        let broken = |step| Fault { step, cause: Cause::Broken("gone".to_owned()) };
        for step in [Step::Connect, Step::SignIn, Step::From, Step::To, Step::Data] {
            assert!(matches!(answer(&broken(step), 0), Answer::Later { .. }), "{step:?}");
        }
        assert!(matches!(answer(&broken(Step::Handed), 0), Answer::Unknown { .. }));
    }

    #[test]
    fn a_server_that_greylists_is_left_alone_longer_each_time() {
        let fault = Fault { step: Step::To, cause: Cause::Said { code: 450, text: "4.2.0 Greylisted".to_owned() } };
        let wait = |tried| match answer(&fault, tried) {
            Answer::Later { retry_after: Some(wait), .. } => wait,
            other => panic!("{other:?}"),
        };
        assert_eq!([0, 1, 2, 3, 99].map(|tried| wait(tried).num_minutes()), [5, 15, 60, 240, 1_200]);
        let all: TimeDelta = (0..7).map(wait).sum();
        assert!(all > TimeDelta::hours(40) && all < TimeDelta::hours(48), "{all}");
    }
}
