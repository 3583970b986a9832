//! What a channel takes. The figures are the vendors' (see each), those marked "ours" are not
//! documented by them.

use super::{Addressee, BadParameter, Content, Part, Rendered, SmsLength, Words, parameters::pieces};
use tidings_customers::channels::ChannelKind;

/// How a channel counts a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// LINE counts UTF-16 code units; Messenger does not say and is taken to.
    Utf16,
    /// Instagram counts bytes of UTF-8: about a third of that in Chinese.
    Bytes,
    /// Characters.
    Characters,
    /// Messages that are charged for.
    SmsParts,
}

/// What one message on a kind of channel may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bubbles one below the other.
    pub parts: usize,
    /// The longest text of a part, in units of `measure`.
    pub text: usize,
    pub measure: Measure,
    /// The longest subject line in characters, where there is one; it must be given then. The words
    /// beside it may be as long, and may be missing.
    pub subject: Option<usize>,
    /// Whether a part may be a picture.
    pub images: bool,
}

/// What keeps a content from being sent on a channel; `part` counts from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    NoParts,
    TooManyParts {
        most: usize,
        found: usize,
    },
    Empty {
        part: usize,
    },
    TooLong {
        part: usize,
        measure: Measure,
        most: usize,
        found: usize,
    },
    Parameter {
        part: usize,
        bad: BadParameter,
    },
    NoSubject,
    SubjectTooLong {
        most: usize,
        found: usize,
    },
    SubjectParameter {
        bad: BadParameter,
    },
    SubjectOfManyLines,
    PreheaderTooLong {
        most: usize,
        found: usize,
    },
    PreheaderParameter {
        bad: BadParameter,
    },
    /// A picture where the channel takes none.
    NoImages {
        part: usize,
    },
    AltTooLong {
        part: usize,
        most: usize,
        found: usize,
    },
}

/// The longest words for a picture, in characters. Ours: readers of the screen hear them in one go.
const LONGEST_ALT: usize = 500;

/// What `kind` takes.
pub const fn limits(kind: ChannelKind) -> Limits {
    let chat = Limits { parts: 5, text: 0, measure: Measure::Characters, subject: None, images: true };
    match kind {
        // Messaging API reference: 5 message objects a request, a text of 5,000 UTF-16 units.
        ChannelKind::Line => Limits { parts: 5, text: 5_000, measure: Measure::Utf16, ..chat },
        // Send API reference: 2,000 characters, one message a call; five in a row are ours.
        ChannelKind::Messenger => Limits { parts: 5, text: 2_000, measure: Measure::Utf16, ..chat },
        // Instagram messaging: 1,000 bytes of UTF-8.
        ChannelKind::Instagram => Limits { parts: 5, text: 1_000, measure: Measure::Bytes, ..chat },
        // Cloud API: a body of 4,096 characters.
        ChannelKind::WhatsApp => Limits { parts: 5, text: 4_096, measure: Measure::Characters, ..chat },
        // Ours: ten messages to pay for are a mistake.
        ChannelKind::Sms => Limits { parts: 1, text: 10, measure: Measure::SmsParts, images: false, ..chat },
        // Ours: RFC 5322 folds a subject of any length, mail programs show about 78 characters.
        ChannelKind::Email => {
            Limits { parts: 5, text: 100_000, measure: Measure::Characters, subject: Some(200), ..chat }
        }
    }
}

impl Measure {
    /// The length of `text` in these units.
    pub fn of(self, text: &str) -> usize {
        match self {
            Self::Utf16 => text.encode_utf16().count(),
            Self::Bytes => text.len(),
            Self::Characters => text.chars().count(),
            Self::SmsParts => SmsLength::of(text).parts,
        }
    }
}

impl Content {
    /// Whether it can be sent on `kind`: its parameters are known and, with every fallback in place,
    /// it keeps to the limits.
    ///
    /// # Errors
    /// Everything that is wrong, in the order it is written.
    pub fn check(&self, kind: ChannelKind) -> Result<(), Vec<Problem>> {
        let mut problems = self.bad_parameters();
        let mut broken: Vec<usize> = Vec::new();
        for problem in &problems {
            if let Problem::Parameter { part, .. } = problem {
                broken.push(*part);
            }
        }
        // A text with a parameter that cannot be replaced has no length yet.
        let whole = Content {
            subject: self.subject.clone().filter(|text| pieces(text).iter().all(Result::is_ok)),
            preheader: self.preheader.clone().filter(|text| pieces(text).iter().all(Result::is_ok)),
            parts: self.parts.iter().map(|part| if is_whole(part) { part.clone() } else { placeholder() }).collect(),
        };
        if let Ok(words) = whole.render(&Addressee::NOBODY) {
            let subject_is_broken = self.subject.is_some() && whole.subject.is_none();
            problems.extend(words.check(kind).err().into_iter().flatten().filter(|problem| match problem {
                Problem::Empty { part } | Problem::TooLong { part, .. } => !broken.contains(part),
                Problem::NoSubject => !subject_is_broken,
                Problem::NoParts
                | Problem::TooManyParts { .. }
                | Problem::Parameter { .. }
                | Problem::SubjectTooLong { .. }
                | Problem::SubjectParameter { .. }
                | Problem::SubjectOfManyLines
                | Problem::PreheaderTooLong { .. }
                | Problem::PreheaderParameter { .. }
                | Problem::NoImages { .. }
                | Problem::AltTooLong { .. } => true,
            }));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn bad_parameters(&self) -> Vec<Problem> {
        let bad = |text: &str| pieces(text).into_iter().filter_map(Result::err).collect::<Vec<_>>();
        let subject = self.subject.as_deref().map(bad).unwrap_or_default();
        let subject = subject.into_iter().map(|bad| Problem::SubjectParameter { bad });
        let preheader = self.preheader.as_deref().map(bad).unwrap_or_default();
        let preheader = preheader.into_iter().map(|bad| Problem::PreheaderParameter { bad });
        let parts = self.parts.iter().enumerate().flat_map(|(n, part)| {
            let bad = match part {
                Part::Text { text } => bad(text),
                Part::Image { .. } => Vec::new(),
            };
            bad.into_iter().map(move |bad| Problem::Parameter { part: n, bad })
        });
        subject.chain(preheader).chain(parts).collect()
    }
}

impl Words {
    /// Whether one person's message keeps to the limits: a long name can make it too long.
    ///
    /// # Errors
    /// Everything that is wrong, in the order it is written.
    pub fn check(&self, kind: ChannelKind) -> Result<(), Vec<Problem>> {
        let limits = limits(kind);
        let mut problems = Vec::new();
        if let Some(most) = limits.subject {
            let subject = self.subject.as_deref().unwrap_or_default();
            let found = subject.chars().count();
            if subject.trim().is_empty() {
                problems.push(Problem::NoSubject);
            } else if subject.contains(['\n', '\r']) {
                problems.push(Problem::SubjectOfManyLines);
            } else if found > most {
                problems.push(Problem::SubjectTooLong { most, found });
            }
            let found = self.preheader.as_deref().unwrap_or_default().chars().count();
            if found > most {
                problems.push(Problem::PreheaderTooLong { most, found });
            }
        }
        if self.parts.is_empty() {
            problems.push(Problem::NoParts);
        }
        if self.parts.len() > limits.parts {
            problems.push(Problem::TooManyParts { most: limits.parts, found: self.parts.len() });
        }
        for (part, rendered) in self.parts.iter().enumerate() {
            match rendered {
                Rendered::Text { text } if text.trim().is_empty() => problems.push(Problem::Empty { part }),
                Rendered::Text { text } => {
                    let found = limits.measure.of(text);
                    if found > limits.text {
                        problems.push(Problem::TooLong { part, measure: limits.measure, most: limits.text, found });
                    }
                }
                Rendered::Image { .. } if !limits.images => problems.push(Problem::NoImages { part }),
                Rendered::Image { image, .. } if image.is_empty() => problems.push(Problem::Empty { part }),
                Rendered::Image { alt, .. } => {
                    let found = alt.chars().count();
                    if found > LONGEST_ALT {
                        problems.push(Problem::AltTooLong { part, most: LONGEST_ALT, found });
                    }
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

fn is_whole(part: &Part) -> bool {
    match part {
        Part::Text { text } => pieces(text).iter().all(Result::is_ok),
        Part::Image { .. } => true,
    }
}

fn placeholder() -> Part {
    Part::Text { text: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChannelKind::{Email, Instagram, Line, Messenger, Sms, WhatsApp};
    use proptest::prelude::*;

    fn fits(kind: ChannelKind, text: &str) -> bool {
        let mut content = Content::text(text);
        if kind == Email {
            content.subject = Some("週年慶".to_owned());
        }
        content.check(kind).is_ok()
    }

    #[test]
    fn the_longest_text_of_each_channel() {
        for (kind, one, most) in [
            (Line, "王", 5_000),
            (Line, "🧥", 2_500),
            (Messenger, "王", 2_000),
            (Messenger, "🧥", 1_000),
            (Instagram, "a", 1_000),
            (Instagram, "王", 333),
            (WhatsApp, "🧥", 4_096),
            (Sms, "王", 670),
            (Sms, "a", 1_530),
            (Email, "王", 100_000),
        ] {
            assert!(fits(kind, &one.repeat(most)), "{kind} {one}");
            assert!(!fits(kind, &one.repeat(most + 1)), "{kind} {one}");
        }
    }

    #[test]
    fn parts() {
        let parts = |n| Content { parts: vec![Part::Text { text: "好".to_owned() }; n], ..Content::default() };
        for kind in [Line, Messenger, Instagram, WhatsApp] {
            assert_eq!(parts(0).check(kind), Err(vec![Problem::NoParts]));
            assert_eq!(parts(5).check(kind), Ok(()));
            assert_eq!(parts(6).check(kind), Err(vec![Problem::TooManyParts { most: 5, found: 6 }]));
        }
        assert_eq!(parts(2).check(Sms), Err(vec![Problem::TooManyParts { most: 1, found: 2 }]));
    }

    #[test]
    fn pictures() {
        let image = |image: &str, alt: String| {
            let parts = vec![Part::Image { image: image.to_owned(), alt }];
            Content { subject: Some("週年慶".to_owned()), parts, ..Content::default() }
        };
        for kind in [Line, Messenger, Instagram, WhatsApp, Email] {
            assert_eq!(image("key", "字".repeat(500)).check(kind), Ok(()), "{kind}");
            assert_eq!(image("", String::new()).check(kind), Err(vec![Problem::Empty { part: 0 }]), "{kind}");
            let long = Problem::AltTooLong { part: 0, most: 500, found: 501 };
            assert_eq!(image("key", "字".repeat(501)).check(kind), Err(vec![long]), "{kind}");
        }
        assert_eq!(image("key", String::new()).check(Sms), Err(vec![Problem::NoImages { part: 0 }]));
    }

    #[test]
    fn the_fallback_is_counted() {
        let text = format!("{}{{{{name|{}}}}}", "王".repeat(4_998), "貴賓");
        assert!(fits(Line, &text));
        assert!(!fits(Line, &format!("{text}！")));
    }

    #[test]
    fn everything_that_is_wrong_is_said() {
        let content = Content {
            subject: Some("兩行\n主旨".to_owned()),
            parts: vec![Part::Text { text: "{{nick|x}}{{name}}".to_owned() }, Part::Text { text: "  ".to_owned() }],
            ..Content::default()
        };
        let problems = content.check(Email).unwrap_err();
        assert!(matches!(
            problems[..],
            [
                Problem::Parameter { part: 0, bad: BadParameter::Unknown { .. } },
                Problem::Parameter { part: 0, bad: BadParameter::NoFallback { .. } },
                Problem::SubjectOfManyLines,
                Problem::Empty { part: 1 },
            ]
        ));
        assert_eq!(Content::text("好").check(Email), Err(vec![Problem::NoSubject]));
        let long = Content { subject: Some("主".repeat(201)), ..Content::text("好") };
        assert_eq!(long.check(Email), Err(vec![Problem::SubjectTooLong { most: 200, found: 201 }]));
        let broken = Content { subject: Some("{{name".to_owned()), ..Content::text("好") };
        assert!(matches!(broken.check(Email).unwrap_err()[..], [Problem::SubjectParameter { .. }]));
    }

    proptest! {
        #[test]
        fn what_passes_the_check_can_be_rendered_and_keeps_to_the_limits(
            text in "([^{]{0,30}|\\{\\{name\\|[a-z王]{0,3}\\}\\}|\\{\\{){0,4}", kind in proptest::sample::select(ChannelKind::ALL),
        ) {
            let content = Content { subject: Some("主旨".to_owned()), ..Content::text(text) };
            if content.check(kind).is_ok() {
                let words = content.render(&Addressee::NOBODY).unwrap();
                prop_assert_eq!(words.check(kind), Ok(()));
            }
        }
    }
}
