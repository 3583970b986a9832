use super::{
    super::{ImportStatus, kind::ImportKind, store::Import},
    show::find,
};
use actix_web::web;
use askama::Template;
use tidings_base::{
    db::Id,
    web::{
        Answer, App, Error, May, Page, filters,
        live::{self, Part},
        permit::WriteContacts,
    },
};

/// The part of the page of an import that changes by itself.
#[derive(Template)]
#[template(path = "imports/progress.html")]
struct ProgressPart {
    import: Import,
}

/// GET `/contacts/import/{id}/live`, `/orders/import/{id}/live`: how far it is, anew each second.
pub(in super::super) async fn show(
    app: App,
    who: May<WriteContacts>,
    page: Page,
    kind: ImportKind,
    id: web::Path<Id>,
) -> Answer {
    let id = id.into_inner();
    find(&app, kind, &id).await?;
    let asked = app.clone();
    live::stream(&app, &who.id, move || draw(asked.clone(), page.clone(), kind, id.clone()))
}

async fn draw(app: App, page: Page, kind: ImportKind, id: Id) -> Result<Part, Error> {
    let import = find(&app, kind, &id).await?;
    let is_over = import.status != ImportStatus::Running;
    Ok(Part { html: page.part(&ProgressPart { import })?, is_over })
}
