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

    /// What of it is shown: no password, nothing that was left empty, and no key of what was chosen, which
    /// tells nobody anything.
    fn shown(&self) -> impl Iterator<Item = &str> {
        let (form, empty) = (&self.kept.form, |value: &str| value.is_empty() || value.parse::<Id>().is_ok());
        let shown = move |name: &str, value: &str| !empty(value) && name != CONCEALED && !form.has(CONCEALED, name);
        self.fields().filter(move |(name, value)| shown(name, value)).map(|(_, value)| value)
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
