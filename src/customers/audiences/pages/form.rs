use super::{
    super::{
        Audience,
        builder::RuleForm,
        store::{self, Use},
    },
    draft::{Draft, Wish},
    kind_word,
    preview::Preview,
};
use crate::{
    channels::ChannelKind,
    tags::{self, Tag},
};
use actix_web::HttpResponse;
use askama::Template;
use tidings_base::{
    db::DbError,
    web::{App, Error, Form, Page, filters},
};

/// The form of a new audience and of a saved one.
#[derive(Template)]
#[template(path = "audiences/form.html")]
pub(super) struct FormPage {
    pub form: Form,
    pub rule: RuleForm,
    pub tags: Vec<Tag>,
    /// The one that is being changed.
    pub saved: Option<Audience>,
    /// The schedules that a change concerns.
    pub uses: Vec<Use>,
    pub preview: Preview,
    /// Whether somebody else changed it meanwhile.
    pub conflict: bool,
}

impl FormPage {
    /// The form of a new audience with first values.
    pub(super) async fn new(app: &App, form: Form, rule: RuleForm) -> Result<Self, Error> {
        let tags = app.db.read(|conn| tags::all(conn).map_err(DbError::from)).await?;
        Ok(Self { form, rule, tags, saved: None, uses: Vec::new(), preview: Preview::Unasked, conflict: false })
    }

    /// The form of a saved audience as it is.
    pub(super) async fn of(app: &App, saved: Audience) -> Result<Self, Error> {
        let form = Form::filled([
            ("name", saved.name.as_str()),
            ("description", &saved.description),
            ("kind", kind_word(saved.kind)),
            ("version", &saved.version.to_string()),
        ]);
        let rule = RuleForm::from(&saved.rule);
        Self::new(app, form, rule).await?.about(app, saved).await
    }

    /// The same form, about a saved audience.
    pub(super) async fn about(self, app: &App, saved: Audience) -> Result<Self, Error> {
        let id = saved.id.clone();
        let uses = app.db.read(move |conn| store::uses(conn, &id).map_err(DbError::from)).await?;
        Ok(Self { saved: Some(saved), uses, ..self })
    }

    /// Answers a draft that is not to be saved, or cannot be.
    pub(super) async fn draw(self, app: &App, page: &Page, mut draft: Draft) -> Result<HttpResponse, Error> {
        let mut fine = draft.wish == Wish::Draw;
        let mut preview = Preview::Unasked;
        if draft.wish == Wish::Count
            && let Some((kind, rule)) = draft.chooses(&self.tags)
        {
            preview = Preview::of(app, page, kind, rule).await?;
            fine = true;
        }
        let shown = Self { form: draft.form, rule: draft.rule, preview, ..self };
        if fine { page.render(&shown) } else { page.render_invalid(&shown) }
    }

    fn action(&self) -> String {
        self.saved.as_ref().map_or_else(|| "/audiences".to_owned(), |saved| format!("/audiences/{}", saved.id))
    }

    fn title(&self) -> &'static str {
        if self.saved.is_some() { "audiences.edit_title" } else { "audiences.new" }
    }

    fn kinds(&self) -> &'static [ChannelKind] {
        ChannelKind::ALL
    }

    /// What a program posted as JSON, where it is no rule.
    fn json(&self) -> Option<&str> {
        Some(self.form.value("rule")).filter(|json| !json.is_empty())
    }
}
