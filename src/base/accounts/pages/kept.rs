use crate::{
    db::Id,
    web::{Answer, App, Error, Form, May, Page, filters, kept, permit::UseWorkspace},
};
use actix_web::{HttpRequest, web};
use askama::Template;

#[derive(Template)]
#[template(path = "accounts/kept.html")]
struct KeptPage {
    /// Where it was to be sent.
    path: String,
    form: Form,
}

impl KeptPage {
    /// What the person typed; the tokens of the old form are replaced by new ones.
    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.form.fields().filter(|(name, _)| !matches!(*name, "csrf" | "once"))
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
    let (path, form) = kept::take(&app, &req, &who.id, id.into_inner()).await?.ok_or(Error::NotFound)?;
    page.render(&KeptPage { path, form })
}
