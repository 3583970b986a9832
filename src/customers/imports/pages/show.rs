use super::super::{
    ImportStatus,
    bad::Bad,
    kind::ImportKind,
    mapping::{Column, Mapping, MappingProblem},
    rows::{Calendar, Outcome},
    store::{self, Import},
    target::Target,
};
use crate::sheets::{Encoding, NotASheet, Sheet};
use actix_web::web;
use askama::Template;
use diesel::QueryResult;
use std::time::Duration;
use tidings_base::{
    db::{Conn, DbError, Id},
    web::{Answer, App, Error, Form, May, Page, filters, permit::WriteContacts},
};

/// Rows shown of each column, and bad rows shown.
const SAMPLE: usize = 3;
const BAD: usize = 5;

/// The largest file takes longer to work out than a page may.
const PREVIEW: Duration = Duration::from_secs(60);

/// How a file would be read, before anything is done.
#[derive(Template)]
#[template(path = "imports/preview.html")]
pub(super) struct PreviewPage {
    import: Import,
    target: Target,
    columns: Vec<Shown>,
    /// Why nothing can be read as it is.
    problem: Option<&'static str>,
    outcome: Outcome,
    pub(super) form: Form,
}

/// A column of the file.
struct Shown {
    title: String,
    sample: Vec<String>,
    holds: Column,
}

/// What came of it, or how far it is.
#[derive(Template)]
#[template(path = "imports/show.html")]
struct ShowPage {
    import: Import,
    bad_rows: Vec<Bad>,
}

/// GET `/contacts/import/{id}`, `/orders/import/{id}`
pub(in super::super) async fn show(
    app: App,
    _who: May<WriteContacts>,
    page: Page,
    kind: ImportKind,
    id: web::Path<Id>,
) -> Answer {
    let id = id.into_inner();
    let import = find(&app, kind, &id).await?;
    match import.status {
        ImportStatus::Draft => page.render(&PreviewPage::load(&app, &page, import).await?),
        ImportStatus::Running | ImportStatus::Finished | ImportStatus::Failed => {
            let read = move |conn: &mut Conn| store::bad_rows(conn, &id, 0, BAD as i64).map_err(DbError::from);
            let bad_rows = app.db.read(read).await?;
            page.render(&ShowPage { import, bad_rows })
        }
    }
}

/// The import of this id, if it is of the kind that the address is about.
pub(super) async fn find(app: &App, kind: ImportKind, id: &Id) -> Result<Import, Error> {
    let id = id.clone();
    let import = app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?;
    import.filter(|import| import.kind == kind).ok_or(Error::NotFound)
}

impl ShowPage {
    /// Whether it changes by itself.
    fn is_running(&self) -> bool {
        self.import.status == ImportStatus::Running
    }

    fn list(&self) -> String {
        match self.import.target() {
            Target::Contacts(account) => format!("/contacts?channel={}", account.id),
            Target::Orders => "/contacts".to_owned(),
        }
    }

    fn bad_rows_file(&self) -> String {
        format!("{}/{}/bad-rows", self.import.kind.address(), self.import.id)
    }
}

impl PreviewPage {
    /// Works the whole file out as it is mapped now.
    pub(super) async fn load(app: &App, page: &Page, import: Import) -> Result<Self, Error> {
        let calendar = Calendar { zone: page.tz(), now: page.now() };
        app.db.read_within(PREVIEW, move |conn| Ok(Self::of(conn, import, calendar).map_err(DbError::from)?)).await
    }

    fn of(conn: &mut Conn, import: Import, calendar: Calendar) -> QueryResult<Self> {
        let (target, mapping) = (import.target(), import.mapping());
        let (sheet, unreadable) = match Sheet::read(&store::content(conn, &import.id)?, import.encoding) {
            Ok(sheet) => (sheet, None),
            Err(problem) => (Sheet { titles: Vec::new(), rows: Vec::new() }, Some(NotASheet::label(problem))),
        };
        let problem = unreadable.or(mapping.check(import.kind).err().map(MappingProblem::label));
        let outcome = match problem {
            None => target.preview(conn, &sheet.rows, &mapping, calendar)?,
            Some(_) => Outcome::default(),
        };
        Ok(Self { columns: shown(&sheet, &mapping), form: Form::default(), import, target, problem, outcome })
    }

    fn bad(&self) -> i64 {
        self.outcome.bad.len() as i64
    }

    /// The first bad rows.
    fn bad_rows(&self) -> &[Bad] {
        &self.outcome.bad[..self.outcome.bad.len().min(BAD)]
    }

    fn encodings(&self) -> &'static [Encoding] {
        Encoding::ALL
    }

    fn choices(&self) -> &'static [Column] {
        self.import.kind.columns()
    }
}

fn shown(sheet: &Sheet, mapping: &Mapping) -> Vec<Shown> {
    let holds = mapping.columns().iter().copied().chain(std::iter::repeat(Column::Ignored));
    let sample = |index: usize| {
        let cells = sheet.rows.iter().filter_map(|row| row.cells.get(index));
        cells.filter(|cell| !cell.trim().is_empty()).take(SAMPLE).cloned().collect()
    };
    let titles = sheet.titles.iter().enumerate().zip(holds);
    titles.map(|((index, title), holds)| Shown { title: title.clone(), sample: sample(index), holds }).collect()
}
