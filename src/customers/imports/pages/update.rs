use super::{
    super::{
        ImportStatus,
        jobs::NAME,
        kind::ImportKind,
        mapping::{Column, Mapping},
        store::{self, Import},
        target::Target,
    },
    show::{PreviewPage, find},
};
use crate::sheets::{COLUMNS, Encoding, Sheet};
use actix_web::web;
use tidings_base::{
    audit::{self, Action, Entry},
    db::{Conn, DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, permit::WriteContacts, redirect, redirect_saying,
        redirect_warning,
    },
};

/// POST `/contacts/import/{id}`, `/orders/import/{id}`: reads the file another way, or takes it over as it was shown.
pub(in super::super) async fn update(
    app: App,
    who: May<WriteContacts>,
    page: Page,
    kind: ImportKind,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let location = format!("{}/{id}", kind.address());
    let import = find(&app, kind, &id).await?;
    if import.status != ImportStatus::Draft {
        return Ok(redirect(&location));
    }
    let (encoding, mapping) = (form.choice::<Encoding>("encoding"), mapping(&mut form, &import));
    let (Some(encoding), Some(mapping)) = (encoding, mapping) else {
        let mut shown = PreviewPage::load(&app, &page, import).await?;
        shown.form = form;
        return page.render_invalid(&shown);
    };
    let as_shown = encoding == import.encoding && mapping == import.mapping();
    if form.value("then") != "start" || !as_shown {
        let starts = form.value("then") == "start";
        app.db.write(move |conn| read_anew(conn, &import, encoding, mapping)).await?;
        let shown = "imports.shown_again";
        return Ok(if starts { redirect_warning(&location, Message::new(shown)) } else { redirect(&location) });
    }
    if let Err(problem) = mapping.check(kind) {
        form.refuse("columns", Message::new(problem.label()));
        let mut shown = PreviewPage::load(&app, &page, import).await?;
        shown.form = form;
        return page.render_invalid(&shown);
    }
    let (user, now) = (who.clone(), app.clock.now());
    let start = move |conn: &mut Conn| {
        let content = store::content(conn, &id).map_err(DbError::from)?;
        let rows =
            Sheet::read(&content, encoding).map_err(|problem| Error::Conflict(Message::new(problem.label())))?.rows;
        let total = rows.len() as i64;
        // A second click finds it running.
        if store::start(conn, &id, total, now)? {
            let detail = Some(noted(&import, total));
            let (noun, name) = (kind.noun(), import.file_name.as_str());
            let entry = Entry { action: Action::Imported, noun, id: id.as_str(), name, detail };
            audit::record(conn, &user, now, &entry)?;
        }
        Ok::<_, Error>(())
    };
    app.db.write(start).await?;
    app.wake.kind(NAME);
    Ok(redirect(&location))
}

/// POST `/contacts/import/{id}/delete`, `/orders/import/{id}/delete`: throws the file away.
pub(in super::super) async fn destroy(
    app: App,
    _who: May<WriteContacts>,
    kind: ImportKind,
    id: web::Path<Id>,
    _: Form,
) -> Answer {
    let id = id.into_inner();
    find(&app, kind, &id).await?;
    let deleted = app.db.write(move |conn| store::delete(conn, &id).map_err(DbError::from)).await?;
    let said = if deleted { "imports.deleted" } else { "imports.too_late" };
    Ok(redirect_saying(kind.address(), Message::new(said)))
}

/// What the audit trail says of it.
fn noted(import: &Import, total: i64) -> Message {
    match import.target() {
        Target::Contacts(account) => Message::new("imports.contacts.noted").with("name", account.name),
        Target::Orders => Message::new("imports.orders.noted"),
    }
    .with("n", total)
}

/// Keeps another reading. In another encoding the titles are other words, and are guessed at anew.
fn read_anew(conn: &mut Conn, import: &Import, encoding: Encoding, mut mapping: Mapping) -> Result<bool, DbError> {
    if encoding != import.encoding {
        let content = store::content(conn, &import.id)?;
        mapping = Sheet::read(&content, encoding).map_or(mapping, |sheet| import.target().guess(&sheet));
    }
    Ok(store::remap(conn, &import.id, encoding, &mapping)?)
}

/// What the columns hold: `column_0`, `column_1`, …
fn mapping(form: &mut Form, import: &Import) -> Option<Mapping> {
    let count = (0..COLUMNS).take_while(|index| !form.value(&format!("column_{index}")).is_empty()).count();
    let columns: Vec<Option<Column>> = (0..count).map(|index| form.choice(&format!("column_{index}"))).collect();
    let offered = |column: &Column| import.kind.columns().contains(column);
    let columns: Option<Vec<Column>> = columns.into_iter().map(|column| column.filter(offered)).collect();
    let titles = import.mapping().titles().to_vec();
    match columns.filter(|columns| columns.len() == titles.len()) {
        Some(columns) => Some(Mapping::new(titles, columns)),
        None => {
            form.refuse("columns", Message::new("forms.choice"));
            None
        }
    }
}
