use super::super::{
    mapping::Mapping,
    store::{self, Import},
};
use crate::{
    channels::{self, ChannelAccount},
    sheets::{Encoding, Sheet},
};
use askama::Template;
use tidings_base::{
    db::{Conn, DbError},
    web::{
        Answer, App, Error, Form, May, Message, Page, filters,
        permit::WriteContacts,
        redirect,
        upload::{File, Upload},
    },
};

/// Imports shown under the form.
const RECENT: i64 = 10;
/// In characters; what is longer is cut.
const LONGEST_FILE_NAME: usize = 200;

#[derive(Template)]
#[template(path = "imports/new.html")]
struct NewPage {
    accounts: Vec<ChannelAccount>,
    recent: Vec<Import>,
    form: Form,
}

/// GET `/contacts/import`
pub(in super::super) async fn new(app: App, _who: May<WriteContacts>, page: Page) -> Answer {
    page.render(&load(&app, Form::default()).await?)
}

/// POST `/contacts/import`: keeps the file and shows how it would be read.
pub(in super::super) async fn create(app: App, who: May<WriteContacts>, page: Page, upload: Upload) -> Answer {
    let Upload { mut form, file } = upload;
    let channel_id = form.id("channel");
    if file.is_none() {
        form.refuse("file", Message::new("imports.no_file"));
    }
    if let (Some(channel_id), Some(file)) = (channel_id, file) {
        let (person_id, now, once) = (who.id.clone(), app.clock.now(), form.once());
        let keep = move |conn: &mut Conn| {
            let Some(account) = channels::find(conn, &channel_id).map_err(DbError::from)? else {
                return Ok::<_, Error>(Err(("channel", Message::new("forms.choice"))));
            };
            let (encoding, mapping) = match guess(&account, &file) {
                Ok(guess) => guess,
                Err(why) => return Ok(Err(("file", why))),
            };
            let name: String = file.name.chars().take(LONGEST_FILE_NAME).collect();
            let location = once.spend(conn, |conn| {
                let (of, file) = ((&channel_id, &person_id), (name.as_str(), file.content.as_slice(), encoding));
                store::create(conn, of, file, &mapping, now).map(|id| format!("/contacts/import/{id}"))
            });
            Ok(Ok(location.map_err(DbError::from)?))
        };
        match app.db.write(keep).await? {
            Ok(location) => return Ok(redirect(&location)),
            Err((field, why)) => form.refuse(field, why),
        }
    }
    page.render_invalid(&load(&app, form).await?)
}

fn guess(account: &ChannelAccount, file: &File) -> Result<(Encoding, Mapping), Message> {
    let encoding = Encoding::guess(&file.content);
    match Sheet::read(&file.content, encoding) {
        Ok(sheet) => Ok((encoding, Mapping::guess(account.kind, &sheet))),
        Err(problem) => Err(Message::new(problem.label())),
    }
}

async fn load(app: &App, form: Form) -> Result<NewPage, Error> {
    let read = |conn: &mut Conn| Ok::<_, DbError>((channels::all(conn)?, store::recent(conn, RECENT)?));
    let (accounts, recent) = app.db.read(read).await?;
    Ok(NewPage { accounts, recent, form })
}
