use super::super::{
    ImportStatus,
    draft::Calendar,
    mapping::{Column, Mapping, MappingProblem},
    plan::{self, Bad},
    store::{self, Import},
};
use crate::sheets::{Encoding, NotASheet, Sheet};
use actix_web::{http::header, web};
use askama::Template;
use tidings_base::{
    db::{Conn, DbError, Id},
    web::{Answer, App, Error, Form, May, Page, filters, permit::WriteContacts},
};

/// Rows shown of each column, and bad rows shown.
const SAMPLE: usize = 3;
const BAD: usize = 5;

/// How a file would be read, before anything is done.
#[derive(Template)]
#[template(path = "imports/preview.html")]
pub(super) struct PreviewPage {
    import: Import,
    columns: Vec<Shown>,
    /// Why nothing can be read as it is.
    problem: Option<&'static str>,
    total: i64,
    bad: i64,
    bad_rows: Vec<Bad>,
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

/// GET `/contacts/import/{id}`
pub(in super::super) async fn show(app: App, _who: May<WriteContacts>, page: Page, id: web::Path<Id>) -> Answer {
    let id = id.into_inner();
    let import = find(&app, &id).await?;
    match import.status {
        ImportStatus::Draft => page.render(&PreviewPage::load(&app, &page, import).await?),
        ImportStatus::Running | ImportStatus::Finished | ImportStatus::Failed => {
            let running = import.status == ImportStatus::Running;
            let read = move |conn: &mut Conn| store::bad_rows(conn, &id, 0, BAD as i64).map_err(DbError::from);
            let bad_rows = app.db.read(read).await?;
            let mut answer = page.render(&ShowPage { import, bad_rows })?;
            if running {
                // Browsers ask again by themselves, with scripts or without.
                answer.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("2"));
            }
            Ok(answer)
        }
    }
}

pub(super) async fn find(app: &App, id: &Id) -> Result<Import, Error> {
    let id = id.clone();
    app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?.ok_or(Error::NotFound)
}

impl ShowPage {
    fn list(&self) -> String {
        format!("/contacts?channel={}", self.import.channel_id)
    }

    fn bad_rows_file(&self) -> String {
        format!("/contacts/import/{}/bad-rows", self.import.id)
    }
}

impl PreviewPage {
    /// Reads the whole file as it is mapped now.
    pub(super) async fn load(app: &App, page: &Page, import: Import) -> Result<Self, Error> {
        let calendar = Calendar { zone: page.tz(), now: page.now() };
        app.db
            .read(move |conn| {
                Ok(Self::of(import.clone(), &store::content(conn, &import.id).map_err(DbError::from)?, calendar))
            })
            .await
    }

    fn of(import: Import, content: &[u8], calendar: Calendar) -> Self {
        let mapping = import.mapping();
        let (sheet, unreadable) = match Sheet::read(content, import.encoding) {
            Ok(sheet) => (sheet, None),
            Err(problem) => (Sheet { titles: Vec::new(), rows: Vec::new() }, Some(NotASheet::label(problem))),
        };
        let problem = unreadable.or(mapping.check().err().map(MappingProblem::label));
        let bad: Vec<Bad> = match problem {
            None => {
                plan::read(import.kind, &mapping, &sheet.rows, calendar).into_iter().filter_map(Result::err).collect()
            }
            Some(_) => Vec::new(),
        };
        Self {
            columns: shown(&sheet, &mapping),
            problem,
            total: sheet.rows.len() as i64,
            bad: bad.len() as i64,
            bad_rows: bad.into_iter().take(BAD).collect(),
            form: Form::default(),
            import,
        }
    }

    fn good(&self) -> i64 {
        self.total - self.bad
    }

    fn encodings(&self) -> &'static [Encoding] {
        Encoding::ALL
    }

    fn choices(&self) -> &'static [Column] {
        Column::ALL
    }

    /// What a column may hold, in words: the identity is called by its name on the channel.
    fn label(&self, column: &Column) -> &'static str {
        match column {
            Column::Identity => self.import.kind.identity_label(),
            other => other.label(),
        }
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
