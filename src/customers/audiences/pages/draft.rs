use super::super::{
    NewAudience, Rule,
    builder::{Action, RuleForm},
};
use super::kind_of;
use crate::{channels::ChannelKind, tags::Tag};
use tidings_base::web::{Form, Message};

/// The longest name, in characters.
pub(super) const LONGEST_NAME: usize = 100;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 1_000;

/// What the button asks that was pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// To draw the form as it is now.
    Draw,
    /// To count who it would choose.
    Count,
    /// To save it.
    Save,
    /// To save it as another audience.
    SaveAsNew,
}

/// A posted audience.
pub(super) struct Draft {
    pub form: Form,
    pub rule: RuleForm,
    pub wish: Wish,
}

impl Draft {
    /// Reads what was posted and does what a button of the builder says. A rule that a program posts as JSON in `rule`
    /// stands for the fields; one that is none stays in the form as it came.
    pub(super) fn read(mut form: Form) -> Self {
        let mut rule = RuleForm::read(form.fields());
        let json = form.value("rule").to_owned();
        if !json.trim().is_empty() {
            match Rule::from_json(&json) {
                Ok(read) => {
                    rule = RuleForm::from(&read);
                    form.set("rule", "");
                }
                Err(why) => form.refuse("rule", why.message("")),
            }
        }
        let wish = match form.value("action") {
            "" | "save" => Wish::Save,
            "save_new" => Wish::SaveAsNew,
            "count" => Wish::Count,
            button => {
                if let Ok(action) = button.parse::<Action>() {
                    rule.apply(&action);
                }
                Wish::Draw
            }
        };
        Self { form, rule, wish }
    }

    /// Whom it chooses, if that much is right. `tags` are all there are.
    pub(super) fn chooses(&mut self, tags: &[Tag]) -> Option<(Option<ChannelKind>, Rule)> {
        let kind = kind_of(self.form.value("kind"));
        if kind.is_none() {
            self.form.refuse("kind", Message::new("forms.choice"));
        }
        let rule = self.rule.rule(tags);
        for (id, why) in self.rule.errors() {
            self.form.refuse(&id, why);
        }
        if self.form.error("rule").is_some() { None } else { kind.zip(rule) }
    }

    /// The audience, if all of it is right.
    pub(super) fn audience(&mut self, tags: &[Tag]) -> Option<NewAudience> {
        let name = self.form.required("name", LONGEST_NAME);
        let description = self.form.text("description", LONGEST_DESCRIPTION);
        let (kind, rule) = self.chooses(tags)?;
        self.form.is_valid().then_some(NewAudience { name, description, kind, rule })
    }
}
