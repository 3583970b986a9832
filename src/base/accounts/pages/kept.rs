use crate::{
    db::Id,
    web::{
        Answer, App, Error, May, Page, filters,
        kept::{self, Kept},
        permit::UseWorkspace,
    },
};
use actix_web::{HttpRequest, web};
use askama::Template;

/// Under which name a form says which of its fields are not to be shown; `components/field.html` writes it.
const CONCEALED: &str = "concealed";

#[derive(Template)]
#[template(path = "accounts/kept.html")]
struct KeptPage {
    kept: Kept,
}

impl KeptPage {
    /// What the person typed; the tokens of the old form are replaced by new ones.
    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.kept.form.fields().filter(|(name, _)| !matches!(*name, "csrf" | "once"))
    }

    /// What of it is shown: no password, and nothing that was left empty.
    fn shown(&self) -> impl Iterator<Item = (&str, &str)> {
        let form = &self.kept.form;
        self.fields().filter(|(name, value)| !value.is_empty() && *name != CONCEALED && !form.has(CONCEALED, name))
    }
}

/// GET `/kept/{id}`: what was typed before the session ended, to be sent now.
pub(in super::super) async fn show(
    app: App,
    who: May<UseWorkspace>,
    req: HttpRequest,
    page: Page,
    id: web::Path<Id>,
) -> Answer {
    let kept = kept::take(&app, &req, &who.id, id.into_inner()).await?.ok_or(Error::NotFound)?;
    page.render(&KeptPage { kept })
}
