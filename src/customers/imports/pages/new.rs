use super::super::{
    kind::ImportKind,
    mapping::Mapping,
    store::{self, Account, Import},
    target::Target,
};
use crate::{
    channels::{self, ChannelAccount},
    sheets::{Encoding, Sheet},
};
use askama::Template;
use tidings_base::{
    db::{Conn, DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, Permission, filters, permit::WriteContacts, redirect,
        upload::File,
    },
};

/// Imports shown under the form.
const RECENT: i64 = 10;
/// In characters; what is longer is cut.
const LONGEST_FILE_NAME: usize = 200;

#[derive(Template)]
#[template(path = "imports/new.html")]
struct NewPage {
    kind: ImportKind,
    accounts: Vec<ChannelAccount>,
    recent: Vec<Import>,
    form: Form,
}

/// GET `/contacts/import`, `/orders/import`
pub(in super::super) async fn new(app: App, _who: May<WriteContacts>, page: Page, kind: ImportKind) -> Answer {
    let mut shown = load(&app, kind, Form::default()).await?;
    if let [only] = shown.accounts.as_slice() {
        shown.form.set("channel", only.id.as_str());
    }
    page.render(&shown)
}

/// POST `/contacts/import`, `/orders/import`: keeps the file and shows how it would be read.
pub(in super::super) async fn create(
    app: App,
    who: May<WriteContacts>,
    page: Page,
    kind: ImportKind,
    mut form: Form,
) -> Answer {
    let channel_id = match kind {
        ImportKind::Contacts => form.id("channel"),
        ImportKind::Orders => None,
    };
    let file = form.take_file("file");
    if file.is_none() {
        form.refuse("file", Message::new("imports.no_file"));
    }
    if let Some(file) = file.filter(|_| form.is_valid()) {
        let (person_id, now, once) = (who.id.clone(), app.clock.now(), form.once());
        let keep = move |conn: &mut Conn| {
            let Some(target) = target(conn, kind, channel_id.as_ref())? else {
                return Ok::<_, Error>(Err(("channel", Message::new("forms.choice"))));
            };
            let (encoding, mapping) = match guess(&target, &file) {
                Ok(guess) => guess,
                Err(why) => return Ok(Err(("file", why))),
            };
            let name: String = file.name.chars().take(LONGEST_FILE_NAME).collect();
            let location = once.spend(conn, |conn| {
                let (of, file) = ((&target, &person_id), (name.as_str(), file.content.as_slice(), encoding));
                store::create(conn, of, file, &mapping, now).map(|id| format!("{}/{id}", kind.address()))
            });
            Ok(Ok(location.map_err(DbError::from)?))
        };
        match app.db.write(keep).await? {
            Ok(location) => return Ok(redirect(&location)),
            Err((field, why)) => form.refuse(field, why),
        }
    }
    page.render_invalid(&load(&app, kind, form).await?)
}

/// What the rows become; nothing where the account is gone.
fn target(conn: &mut Conn, kind: ImportKind, channel_id: Option<&Id>) -> Result<Option<Target>, DbError> {
    Ok(match (kind, channel_id) {
        (ImportKind::Orders, _) => Some(Target::Orders),
        (ImportKind::Contacts, None) => None,
        (ImportKind::Contacts, Some(id)) => channels::find(conn, id)?
            .map(|account| Target::Contacts(Account { id: account.id, kind: account.kind, name: account.name })),
    })
}

fn guess(target: &Target, file: &File) -> Result<(Encoding, Mapping), Message> {
    let encoding = Encoding::guess(&file.content);
    match Sheet::read(&file.content, encoding) {
        Ok(sheet) => Ok((encoding, target.guess(&sheet))),
        Err(problem) => Err(Message::new(problem.label())),
    }
}

async fn load(app: &App, kind: ImportKind, form: Form) -> Result<NewPage, Error> {
    let read = move |conn: &mut Conn| Ok::<_, DbError>((channels::all(conn)?, store::recent(conn, kind, RECENT)?));
    let (accounts, recent) = app.db.read(read).await?;
    Ok(NewPage { kind, accounts, recent, form })
}
