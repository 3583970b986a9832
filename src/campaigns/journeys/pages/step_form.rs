//! The form of one step: what its kind asks for, read, drawn again, or saved into the draft version.

use super::load;
use crate::journeys::{
    model::{Action, Flow, Spot, StepKind, Unit, Wait, length_fits},
    store::{self, Journey, Version},
};
use askama::Template;
use chrono::NaiveDateTime;
use tidings_base::{
    db::{Conn, Id},
    web::{App, Error, Form, Message, filters},
};
use tidings_customers::{
    audiences::{
        Rule,
        builder::{self, RuleForm},
    },
    channels::{self, ChannelAccount},
    tags::{self, Tag, TagName},
};
use tidings_sending::{
    images,
    messages::{self, Addressee, Bubble, Composer, Content, Heading},
};

/// How times stand in the fields of browsers.
const MOMENT: &str = "%Y-%m-%dT%H:%M";

/// The form as it is drawn.
#[derive(Template)]
#[template(path = "journeys/step.html")]
pub(super) struct StepPage {
    pub journey: Journey,
    /// The draft version that it goes into.
    pub draft: Version,
    pub kind: StepKind,
    /// The step that is changed; none is a new one.
    pub step: Option<Id>,
    pub form: Form,
    pub rule: RuleForm,
    pub tags: Vec<Tag>,
    /// What somebody else did meanwhile: the key of the sentence.
    pub conflict: Option<&'static str>,
    /// What will keep pictures from arriving.
    warning: Option<Message>,
}

/// The draft version of a journey that may be edited, and what its steps name.
pub(super) struct Editing {
    pub journey: Journey,
    pub draft: Version,
    pub flow: Flow,
    pub tags: Vec<Tag>,
    account: ChannelAccount,
    warning: Option<Message>,
}

impl Editing {
    /// None where the journey is live or has no draft version.
    pub(super) fn load(conn: &mut Conn, id: &Id, now: NaiveDateTime) -> Result<Option<Self>, Error> {
        let journey = load(conn, id)?;
        let draft = store::versions(conn, id)?.into_iter().find(|version| version.published_at.is_none());
        let Some(draft) = draft.filter(|_| journey.status(now).can_edit()) else { return Ok(None) };
        let flow = store::flow(conn, &draft.id)?;
        let account = channels::find(conn, &journey.channel_id)?.ok_or(Error::NotFound)?;
        Ok(Some(Self { flow, tags: tags::all(conn)?, journey, draft, account, warning: None }))
    }

    pub(super) async fn read(app: &App, id: &Id, now: NaiveDateTime) -> Result<Option<Self>, Error> {
        let id = id.clone();
        let mut editing = app.db.read(move |conn| Self::load(conn, &id, now)).await?;
        if let Some(editing) = &mut editing {
            editing.warning = images::warning(&app.outside, editing.account.kind, editing.account.connector);
        }
        Ok(editing)
    }

    /// The form of a new step of this kind, or of the step that is changed.
    pub(super) fn page(self, kind: StepKind, step: Option<Id>, form: Form, rule: RuleForm) -> StepPage {
        let Self { journey, draft, tags, warning, .. } = self;
        StepPage { journey, draft, kind, step, form, rule, tags, conflict: None, warning }
    }

    /// Where a step is put whose own place is gone: at the end.
    pub(super) fn end(&self) -> Spot {
        self.flow.steps().last().map_or(Spot::First, |step| Spot::After(step.id.clone()))
    }
}

/// What a form that is right asks for.
#[derive(Clone)]
pub(super) enum Wanted {
    Action(Action),
    /// A tag step with a tag that is yet to be made.
    NewTag(TagName),
}

impl Wanted {
    /// What the step is to do.
    pub(super) fn action(self, conn: &mut Conn, now: NaiveDateTime) -> Result<Action, Error> {
        match self {
            Self::Action(action) => Ok(action),
            Self::NewTag(name) => Ok(Action::AddTag { tag_id: tags::get_or_create(conn, &name, now)?.id }),
        }
    }
}

/// Reads a posted form. None where it is to be drawn again: a button of the form was pressed, and
/// nothing is wrong, or something is, and is said beside its field.
pub(super) fn read(shown: &mut StepPage) -> Option<Wanted> {
    match shown.kind {
        StepKind::Send => send(shown),
        StepKind::Wait => wait(&mut shown.form).map(Action::Wait).map(Wanted::Action),
        StepKind::Condition => condition(shown),
        StepKind::AddTag => add_tag(shown),
        StepKind::RemoveTag => tag(shown).map(|tag_id| Wanted::Action(Action::RemoveTag { tag_id })),
        StepKind::End => Some(Wanted::Action(Action::End)),
    }
}

fn send(shown: &mut StepPage) -> Option<Wanted> {
    let kind = shown.journey.kind;
    if messages::pressed(&mut shown.form, kind) || shown.form.value("action") == "preview" {
        return None;
    }
    let content = Content::read(&mut shown.form, kind);
    shown.form.is_valid().then_some(Wanted::Action(Action::Send { content }))
}

fn wait(form: &mut Form) -> Option<Wait> {
    match form.value("wait") {
        "for" => {
            let unit = form.choice::<Unit>("unit")?;
            let amount = u32::try_from(form.number("amount", 1..=unit.most().into())?).ok()?;
            length_fits(amount, unit).then_some(Wait::For { amount, unit })
        }
        "until_time" => form.time("time").map(|time| Wait::UntilTime { time }),
        "until" => form.date_time("at_date").map(|at| Wait::Until { at }),
        _ => {
            form.refuse("wait", Message::new("forms.choice"));
            None
        }
    }
}

fn condition(shown: &mut StepPage) -> Option<Wanted> {
    if let Ok(button) = shown.form.value("action").parse::<builder::Action>() {
        shown.rule.apply(&button);
        return None;
    }
    let rule = shown.rule.rule(&shown.tags);
    for (id, why) in shown.rule.errors() {
        shown.form.refuse(&id, why);
    }
    let rule = rule.filter(|_| shown.form.is_valid())?;
    if rule.conditions().is_empty() {
        shown.form.refuse("rule", Message::new("journeys.form.no_condition"));
        return None;
    }
    Some(Wanted::Action(Action::Condition { rule }))
}

fn add_tag(shown: &mut StepPage) -> Option<Wanted> {
    let new = shown.form.value("new_tag").trim().to_owned();
    if new.is_empty() {
        return tag(shown).map(|tag_id| Wanted::Action(Action::AddTag { tag_id }));
    }
    match TagName::new(&new) {
        Ok(name) => Some(Wanted::NewTag(name)),
        Err(problem) => {
            shown.form.refuse("new_tag", Message::new(problem.label()));
            None
        }
    }
}

fn tag(shown: &mut StepPage) -> Option<Id> {
    let id = shown.form.id("tag")?;
    if shown.tags.iter().any(|tag| tag.id == id) {
        return Some(id);
    }
    shown.form.refuse("tag", Message::new("forms.choice"));
    None
}

/// The form's fields for a new step of this kind.
pub(super) fn empty(kind: StepKind) -> (Vec<(String, String)>, RuleForm) {
    let first = match kind {
        StepKind::Wait => fields([("wait", "for"), ("amount", "1"), ("unit", Unit::Days.word()), ("time", "10:00")]),
        StepKind::Send | StepKind::Condition | StepKind::AddTag | StepKind::RemoveTag | StepKind::End => Vec::new(),
    };
    (first, RuleForm::default())
}

/// The form's fields for what a step does.
pub(super) fn filled(action: &Action) -> (Vec<(String, String)>, RuleForm) {
    let filled = match action {
        Action::Send { content } => content.to_fields(),
        Action::Wait(Wait::For { amount, unit }) => {
            fields([("wait", "for"), ("amount", &amount.to_string()), ("unit", unit.word())])
        }
        Action::Wait(Wait::UntilTime { time }) => {
            fields([("wait", "until_time"), ("time", &time.format("%H:%M").to_string())])
        }
        Action::Wait(Wait::Until { at }) => fields([("wait", "until"), ("at_date", &at.format(MOMENT).to_string())]),
        Action::AddTag { tag_id } | Action::RemoveTag { tag_id } => fields([("tag", tag_id.as_str())]),
        Action::Condition { .. } | Action::End => Vec::new(),
    };
    let rule = match action {
        Action::Condition { rule } => RuleForm::from(rule),
        Action::Send { .. } | Action::Wait(_) | Action::AddTag { .. } | Action::RemoveTag { .. } | Action::End => {
            RuleForm::from(&Rule::everybody())
        }
    };
    (filled, rule)
}

fn fields<const N: usize>(fields: [(&str, &str); N]) -> Vec<(String, String)> {
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

impl StepPage {
    /// Where the form is sent.
    fn action(&self) -> String {
        match &self.step {
            Some(step) => format!("/journeys/{}/steps/{step}", self.journey.id),
            None => format!("/journeys/{}/steps", self.journey.id),
        }
    }

    /// The page that it came from.
    fn back(&self) -> String {
        let at = format!("/journeys/{}?version={}", self.journey.id, self.draft.number);
        self.step.as_ref().map_or(at.clone(), |step| format!("{at}#step-{step}"))
    }

    fn composer(&self) -> Composer<'_> {
        Composer::new(&self.form, self.journey.kind).warned(self.warning.clone())
    }

    /// The message as somebody of the shop would see it.
    fn bubbles(&self, name: &str) -> Vec<Bubble> {
        let person = Addressee { name, last_known_name: None };
        let content = Content::from_form(&self.form, self.journey.kind);
        content.preview(&person).into_iter().filter(|bubble| !bubble.is_empty()).collect()
    }

    fn heading(&self, name: &str) -> Option<Heading> {
        Content::from_form(&self.form, self.journey.kind).heading(&Addressee { name, last_known_name: None })
    }

    fn units(&self) -> &'static [Unit] {
        Unit::ALL
    }
}
