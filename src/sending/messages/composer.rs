//! Writing a message in a form: numbered fields for the parts, and buttons that add, remove, move and
//! insert, which work without scripts. A picture's field holds the key of what was uploaded; the file
//! itself comes beside it under the same name.

use super::{Addressee, Content, Measure, Part, SmsLength, limits, preview::stretches};
use tidings_base::web::{Form, Message};
use tidings_customers::channels::ChannelKind;

/// The field of a mail's subject line.
pub(super) const SUBJECT: &str = "subject";
/// The field of the words that mail programs show beside it.
pub(super) const PREHEADER: &str = "preheader";
/// Fields of the parts are called `text-1`, `image-2` with `alt-2`, `text-3`, …
pub(super) const TEXT: &str = "text-";
const IMAGE: &str = "image-";
pub(super) const ALT: &str = "alt-";
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
    /// Whether a part may be a picture.
    pub takes_images: bool,
    /// What will keep its pictures from arriving.
    pub warning: Option<Message>,
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

    /// The key of its picture, empty before there is one; none where it is a text.
    pub fn image(&self) -> Option<&str> {
        match &self.part {
            Part::Text { .. } => None,
            Part::Image { image, .. } => Some(image),
        }
    }

    /// What its picture shows, in words.
    pub fn alt(&self) -> &str {
        match &self.part {
            Part::Text { .. } => "",
            Part::Image { alt, .. } => alt,
        }
    }

    /// The name and id of the field of these words.
    pub fn alt_name(&self) -> String {
        format!("{ALT}{}", self.number)
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
            takes_images: limits.images,
            warning: None,
        }
    }

    /// What stands for the person's name in a text.
    pub fn name(&self) -> &'static str {
        NAME_WITH_FALLBACK
    }

    /// With what will keep pictures from arriving, if anything does.
    pub fn warned(self, warning: Option<Message>) -> Self {
        Self { warning: warning.filter(|_| self.takes_images), ..self }
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
/// nothing else happens. What is wrong with a part stays beside it, wherever it goes.
pub fn pressed(form: &mut Form, kind: ChannelKind) -> bool {
    let button = form.value(BUTTON).to_owned();
    let mut parts: Vec<(Part, Option<Message>)> = parts_or_one(form)
        .into_iter()
        .enumerate()
        .map(|(n, part)| {
            let wrong = form.error(&field(&part, n)).cloned();
            (part, wrong)
        })
        .collect();
    let limits = limits(kind);
    let room = parts.len() < limits.parts;
    let place = |number: &str| number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < parts.len());
    match button.split_once('-').unwrap_or((button.as_str(), "")) {
        ("", _) => return false,
        ("add", "image") if room && limits.images => {
            parts.push((Part::Image { image: String::new(), alt: String::new() }, None));
        }
        ("add", "") if room => parts.push((Part::Text { text: String::new() }, None)),
        ("remove", number) if parts.len() > 1 => {
            if let Some(n) = place(number) {
                parts.remove(n);
            }
        }
        ("up", number) => {
            if let Some(n) = place(number).filter(|n| *n > 0) {
                parts.swap(n - 1, n);
            }
        }
        ("down", number) => {
            if let Some(n) = place(number).filter(|n| n + 1 < parts.len()) {
                parts.swap(n, n + 1);
            }
        }
        ("name", number) => {
            if let Some((Part::Text { text }, _)) = place(number).map(|n| &mut parts[n]) {
                text.push_str(NAME_WITH_FALLBACK);
            }
        }
        // To upload what was chosen, or drawn for another form of the page; the form comes back.
        _ => {}
    }
    form.remove(|name| name == BUTTON || [TEXT, IMAGE, ALT].iter().any(|kind| number(name, kind).is_some()));
    for (n, (part, wrong)) in parts.iter().enumerate() {
        for (name, value) in fields(part, n) {
            form.set(&name, value);
        }
        if let Some(wrong) = wrong {
            form.refuse(&field(part, n), wrong.clone());
        }
    }
    true
}

/// The fields that hold the keys of pictures, each of which a file may come beside.
pub fn image_fields(form: &Form) -> Vec<String> {
    form.fields().map(|(name, _)| name).filter(|name| number(name, IMAGE).is_some()).map(str::to_owned).collect()
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
pub(super) fn field(part: &Part, place: usize) -> String {
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

        for button in ["add", "add-image", "remove-1", "remove-7", "remove-", "up-1", "down-1", "name-x", "other"] {
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
    fn a_picture_goes_where_its_part_goes_and_so_does_what_is_wrong_with_it() {
        let mut form = form(&[("text-1", "一"), ("compose", "add-image")]);
        assert!(pressed(&mut form, Line));
        assert_eq!(image_fields(&form), ["image-2"]);

        form.set("image-2", "abc");
        form.set("alt-2", "大衣");
        form.refuse("image-2", Message::new("images.broken"));
        form.set("compose", "up-2");
        assert!(pressed(&mut form, Line));
        let image = Part::Image { image: "abc".to_owned(), alt: "大衣".to_owned() };
        assert_eq!(Content::from_form(&form, Line).parts, [image.clone(), Part::Text { text: "一".to_owned() }]);
        assert_eq!(form.errors().len(), 1);
        assert_eq!(form.error("image-1").unwrap().key, "images.broken");

        form.set("compose", "down-1");
        assert!(pressed(&mut form, Line));
        assert!(form.error("image-2").is_some() && form.value("alt-2") == "大衣");

        form.set("compose", "remove-1");
        assert!(pressed(&mut form, Line));
        assert_eq!(Content::from_form(&form, Line).parts, [image]);
        assert!(form.error("image-1").is_some());

        form.set("compose", "add");
        assert!(pressed(&mut form, Line));
        form.set("compose", "remove-1");
        assert!(pressed(&mut form, Line));
        assert!(form.is_valid(), "what is gone is no longer wrong");
    }
}
