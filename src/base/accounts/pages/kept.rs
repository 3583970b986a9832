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
