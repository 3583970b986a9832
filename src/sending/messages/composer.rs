//! Writing a message in a form: numbered fields for the parts, and buttons that add, remove and
//! insert, which work without scripts.

use super::{Addressee, BadParameter, Content, Measure, Part, Problem, SmsLength, limits, parameters};
use tidings_base::web::{Form, Message};
use tidings_customers::channels::ChannelKind;

/// The field of a mail's subject line.
const SUBJECT: &str = "subject";
/// The field of the words that mail programs show beside it.
const PREHEADER: &str = "preheader";
/// Fields of the parts are called `text-1`, `image-2` with `alt-2`, `text-3`, …
const TEXT: &str = "text-";
const IMAGE: &str = "image-";
const ALT: &str = "alt-";
/// The name of the composer's buttons.
const BUTTON: &str = "compose";
/// What the button 聯絡人姓名 puts in.
const NAME_WITH_FALLBACK: &str = "{{name|貴賓}}";

/// The composer as it is drawn, for a channel of this kind.
#[derive(Debug)]
pub struct Composer<'a> {
    pub form: &'a Form,
    pub parts: Vec<PartField>,
    pub has_subject: bool,
    pub can_add: bool,
    pub can_remove: bool,
}

/// One part's field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartField {
    pub number: i64,
    /// The name and id of its field.
    pub name: String,
    pub part: Part,
    /// How long it is and may be, if it is a text.
    pub length: Option<Message>,
}

impl PartField {
    /// What was typed.
    pub fn text(&self) -> &str {
        match &self.part {
            Part::Text { text } => text,
            Part::Image { .. } => "",
        }
    }
}

impl<'a> Composer<'a> {
    /// What `form` holds, or one empty part.
    pub fn new(form: &'a Form, kind: ChannelKind) -> Self {
        let limits = limits(kind);
        let parts = parts_or_one(form);
        let count = parts.len();
        let parts = parts.into_iter().enumerate().map(|(n, part)| PartField {
            number: n as i64 + 1,
            name: field(&part, n),
            length: match &part {
                Part::Text { text } => Some(length(text, kind)),
                Part::Image { .. } => None,
            },
            part,
        });
        Self {
            form,
            parts: parts.collect(),
            has_subject: limits.subject.is_some(),
            can_add: count < limits.parts,
            can_remove: count > 1,
        }
    }
}

impl Content {
    /// What the composer's fields of `form` hold.
    pub fn from_form(form: &Form, kind: ChannelKind) -> Self {
        let mail = limits(kind).subject.is_some();
        let head = |name| form.value(name).trim().to_owned();
        Self {
            subject: mail.then(|| head(SUBJECT)),
            preheader: mail.then(|| head(PREHEADER)).filter(|text| !text.is_empty()),
            parts: parts(form),
        }
    }

    /// The composer's fields, filled with this.
    pub fn to_fields(&self) -> Vec<(String, String)> {
        let head = [(SUBJECT, &self.subject), (PREHEADER, &self.preheader)].into_iter();
        let head = head.filter_map(|(name, text)| Some((name.to_owned(), text.clone()?)));
        head.chain(self.parts.iter().enumerate().flat_map(|(n, part)| fields(part, n))).collect()
    }

    /// [`Content::from_form`], with everything that is wrong said beside its field.
    pub fn read(form: &mut Form, kind: ChannelKind) -> Self {
        let content = Self::from_form(form, kind);
        for problem in content.check(kind).err().unwrap_or_default() {
            let (field, message) = problem.said(&content);
            form.refuse(&field, message);
        }
        content
    }
}

/// Does what a button of the composer asks for, if one was pressed: the form then comes back and
/// nothing else happens.
pub fn pressed(form: &mut Form, kind: ChannelKind) -> bool {
    let button = form.value(BUTTON).to_owned();
    let mut parts = parts_or_one(form);
    let place = |number: &str| number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < parts.len());
    match button.split_once('-').unwrap_or((button.as_str(), "")) {
        ("add", _) if parts.len() < limits(kind).parts => parts.push(Part::Text { text: String::new() }),
        ("remove", number) if parts.len() > 1 => {
            if let Some(n) = place(number) {
                parts.remove(n);
            }
        }
        ("name", number) => {
            if let Some(Part::Text { text }) = place(number).map(|n| &mut parts[n]) {
                text.push_str(NAME_WITH_FALLBACK);
            }
        }
        ("", _) => return false,
        // A button that was drawn for another form of the page; the form comes back as it is.
        _ => {}
    }
    let others: Vec<(String, String)> = form
        .fields()
        .filter(|(name, _)| [TEXT, IMAGE, ALT].iter().all(|kind| number(name, kind).is_none()) && *name != BUTTON)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let parts = parts.iter().enumerate().flat_map(|(n, part)| fields(part, n));
    *form = Form::filled(others.into_iter().chain(parts));
    true
}

/// A part of a preview.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bubble {
    Words(Vec<Stretch>),
    Image { image: String, alt: String },
}

impl Bubble {
    /// Whether nothing would be seen.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Words(stretches) => stretches.is_empty(),
            Self::Image { image, .. } => image.is_empty(),
        }
    }
}

/// A stretch of a preview.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    pub text: String,
    /// Whether it stands where a parameter stood.
    pub is_name: bool,
}

impl Content {
    /// The bubbles as `person` would see them, a name marked as such. What cannot be replaced shows
    /// as it was written.
    pub fn preview(&self, person: &Addressee<'_>) -> Vec<Bubble> {
        let bubble = |part: &Part| match part {
            Part::Text { text } => Bubble::Words(stretches(text, person)),
            Part::Image { image, alt } => Bubble::Image { image: image.clone(), alt: alt.clone() },
        };
        self.parts.iter().map(bubble).collect()
    }
}

fn stretches(text: &str, person: &Addressee<'_>) -> Vec<Stretch> {
    let stretch = |piece| match piece {
        Ok(parameters::Piece::Words(words)) => Stretch { text: str::to_owned(words), is_name: false },
        Ok(parameters::Piece::Name { fallback }) => {
            Stretch { text: person.called().unwrap_or(fallback).to_owned(), is_name: true }
        }
        Err(
            BadParameter::Open { written } | BadParameter::Unknown { written } | BadParameter::NoFallback { written },
        ) => Stretch { text: written, is_name: false },
    };
    parameters::pieces(text).into_iter().map(stretch).collect()
}

/// The parts, in the order of their numbers.
fn parts(form: &Form) -> Vec<Part> {
    let part = |(name, value): (&str, &str)| {
        if let Some(number) = number(name, TEXT) {
            return Some((number, Part::Text { text: value.to_owned() }));
        }
        let number = number(name, IMAGE)?;
        let alt = form.value(&format!("{ALT}{number}")).trim().to_owned();
        Some((number, Part::Image { image: value.to_owned(), alt }))
    };
    let mut parts: Vec<(u32, Part)> = form.fields().filter_map(part).collect();
    parts.sort_by_key(|(number, _)| *number);
    parts.into_iter().map(|(_, part)| part).collect()
}

/// [`parts`], or an empty one to begin with.
fn parts_or_one(form: &Form) -> Vec<Part> {
    let mut parts = parts(form);
    if parts.is_empty() {
        parts.push(Part::Text { text: String::new() });
    }
    parts
}

fn number(name: &str, kind: &str) -> Option<u32> {
    name.strip_prefix(kind)?.parse().ok()
}

/// The field that a problem of this part stands beside.
fn field(part: &Part, place: usize) -> String {
    let kind = match part {
        Part::Text { .. } => TEXT,
        Part::Image { .. } => IMAGE,
    };
    format!("{kind}{}", place + 1)
}

/// The fields that hold this part.
fn fields(part: &Part, place: usize) -> Vec<(String, String)> {
    let name = field(part, place);
    match part {
        Part::Text { text } => vec![(name, text.clone())],
        Part::Image { image, alt } => vec![(name, image.clone()), (format!("{ALT}{}", place + 1), alt.clone())],
    }
}

/// How long a text is with its fallbacks in place.
fn length(text: &str, kind: ChannelKind) -> Message {
    let limits = limits(kind);
    let rendered = stretches(text, &Addressee::NOBODY).into_iter().map(|stretch| stretch.text).collect::<String>();
    match limits.measure {
        Measure::SmsParts => {
            let length = SmsLength::of(&rendered);
            Message::new("messages.sms_length").with("n", length.units).with("m", length.parts)
        }
        Measure::Utf16 | Measure::Characters => {
            Message::new("messages.length").with("n", limits.measure.of(&rendered)).with("m", limits.text)
        }
        Measure::Bytes => {
            Message::new("messages.length_bytes").with("n", limits.measure.of(&rendered)).with("m", limits.text)
        }
    }
}

impl Problem {
    /// The field it stands beside, and the sentence.
    pub fn said(&self, content: &Content) -> (String, Message) {
        let first = || format!("{TEXT}1");
        let field = |place: &usize| content.parts.get(*place).map_or_else(first, |part| field(part, *place));
        match self {
            Self::NoParts => (first(), Message::new("forms.required")),
            Self::TooManyParts { most, found } => {
                (field(most), Message::new("messages.too_many_parts").with("n", most).with("m", found))
            }
            Self::Empty { part } => {
                let key = match content.parts.get(*part) {
                    Some(Part::Image { .. }) => "messages.no_image",
                    Some(Part::Text { .. }) | None => "messages.empty",
                };
                (field(part), Message::new(key))
            }
            Self::NoImages { part } => (field(part), Message::new("messages.no_images")),
            Self::TooLong { part, measure, most, found } => {
                let key = match measure {
                    Measure::Utf16 | Measure::Characters => "messages.too_long",
                    Measure::Bytes => "messages.too_long_bytes",
                    Measure::SmsParts => "messages.too_long_sms",
                };
                (field(part), Message::new(key).with("n", most).with("m", found))
            }
            Self::Parameter { part, bad } => (field(part), bad.said()),
            Self::NoSubject => (SUBJECT.to_owned(), Message::new("forms.required")),
            Self::SubjectTooLong { most, found } => {
                (SUBJECT.to_owned(), Message::new("messages.too_long").with("n", most).with("m", found))
            }
            Self::SubjectParameter { bad } => (SUBJECT.to_owned(), bad.said()),
            Self::PreheaderTooLong { most, found } => {
                (PREHEADER.to_owned(), Message::new("messages.too_long").with("n", most).with("m", found))
            }
            Self::PreheaderParameter { bad } => (PREHEADER.to_owned(), bad.said()),
            Self::SubjectOfManyLines => (SUBJECT.to_owned(), Message::new("messages.subject_of_many_lines")),
        }
    }
}

impl BadParameter {
    fn said(&self) -> Message {
        match self {
            Self::Open { written } => Message::new("messages.parameter_open").with("written", written),
            Self::Unknown { written } => Message::new("messages.parameter_unknown").with("written", written),
            Self::NoFallback { written } => Message::new("messages.parameter_no_fallback").with("written", written),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChannelKind::{Email, Line, Sms};

    fn form(fields: &[(&str, &str)]) -> Form {
        Form::filled(fields.iter().copied())
    }

    #[test]
    fn fields_are_read_in_the_order_of_their_numbers_and_written_back() {
        let form =
            form(&[("text-10", "三"), ("text-2", "二"), ("text-1", "一"), ("title", "x"), ("subject", " 主旨 ")]);
        let content = Content::from_form(&form, Email);
        assert_eq!(content.subject.as_deref(), Some("主旨"));
        assert_eq!(content.parts.len(), 3);
        assert_eq!(Content::from_form(&Form::filled(content.to_fields()), Email), content);
        assert_eq!(Content::from_form(&form, Line).subject, None);
    }

    #[test]
    fn buttons_add_remove_and_insert() {
        let mut one = form(&[("title", "x"), ("text-1", "一"), ("compose", "add")]);
        assert!(pressed(&mut one, Line));
        assert_eq!(Composer::new(&one, Line).parts.len(), 2);
        assert_eq!(one.value("title"), "x");
        assert!(!pressed(&mut one, Line), "a button acts once");

        let mut two = form(&[("text-1", "一"), ("text-2", "二"), ("compose", "remove-1")]);
        assert!(pressed(&mut two, Line));
        assert_eq!(Content::from_form(&two, Line), Content::text("二"));

        let mut name = form(&[("text-1", "嗨 "), ("compose", "name-1")]);
        assert!(pressed(&mut name, Line));
        assert_eq!(name.value("text-1"), "嗨 {{name|貴賓}}");

        for button in ["add", "remove-1", "remove-7", "remove-", "name-x", "other"] {
            let mut single = form(&[("text-1", "一"), ("compose", button)]);
            assert!(pressed(&mut single, Sms), "{button}");
            assert_eq!(Content::from_form(&single, Sms), Content::text("一"), "{button}");
        }
        assert!(!pressed(&mut form(&[("text-1", "一")]), Line));
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let mut form = form(&[("text-1", "好"), ("text-2", "{{nick|x}}"), ("text-3", " ")]);
        Content::read(&mut form, Line);
        assert_eq!(form.error("text-1"), None);
        assert_eq!(form.error("text-2").unwrap().key, "messages.parameter_unknown");
        assert_eq!(form.error("text-3").unwrap().key, "messages.empty");
        let mut mail = Form::filled([("text-1", "好")]);
        Content::read(&mut mail, Email);
        assert_eq!(mail.error("subject").unwrap().key, "forms.required");
    }

    #[test]
    fn a_preview_marks_the_name() {
        let content = Content::text("嗨 {{name|貴賓}}，{{x");
        let bubbles = content.preview(&Addressee { name: "怡君", last_known_name: None });
        let [Bubble::Words(words)] = &bubbles[..] else { panic!("one text, {bubbles:?}") };
        let marked: Vec<_> = words.iter().map(|s| (s.text.as_str(), s.is_name)).collect();
        assert_eq!(marked, [("嗨 ", false), ("怡君", true), ("，", false), ("{{x", false)]);
    }
}
