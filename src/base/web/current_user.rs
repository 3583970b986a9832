//! Who is asking, and whether they may.

use super::{
    App,
    error::Error,
    permissions::{Permission, Permit, Role},
    session::PERSON,
    texts::Lang,
};
use crate::{
    db::{
        Conn, DbError, Id, Scope,
        schema::{people, people_roles, sessions},
    },
    workspace::{self, Workspace},
};
use actix_session::SessionExt;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use std::{future::Future, marker::PhantomData, ops::Deref, pin::Pin, rc::Rc};

/// The person who signed in, as they are at this request: a role taken away is gone at once.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    pub id: Id,
    pub email: String,
    pub name: String,
    pub roles: Vec<Role>,
    /// None follows the browser.
    pub lang: Option<Lang>,
    /// `system`, `light` or `dark`.
    pub theme: String,
}

impl CurrentUser {
    /// Whether any of their roles has this permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| permission.roles().contains(role))
    }

    /// What stands in for a picture: the last letter of a Chinese name's given part, the first
    /// letters of the words of another.
    pub fn initials(&self) -> String {
        initials(&self.name)
    }

    /// The names of their roles: text keys.
    pub fn roles_label_keys(&self) -> Vec<&'static str> {
        self.roles.iter().map(|role| role.label()).collect()
    }

    /// To which rows their permissions reach.
    ///
    /// A sales manager reads everything until there are teams.
    pub fn scope(&self) -> Scope {
        let all = [Role::Admin, Role::Marketer, Role::SalesManager];
        if self.roles.iter().any(|role| all.contains(role)) { Scope::All } else { Scope::Own(self.id.clone()) }
    }
}

/// A person who has the permission `P`: taking it as an argument is what guards a handler. Everybody
/// else gets 403, and who is not signed in goes to the sign-in page; what they posted is kept.
pub struct May<P> {
    user: Rc<CurrentUser>,
    permit: PhantomData<P>,
}

impl<P> Deref for May<P> {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.user
    }
}

impl<P: Permit> FromRequest for May<P> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            match known(&req).await?.user {
                Some(user) if user.may(P::PERMISSION) => Ok(Self { user, permit: PhantomData }),
                Some(_) => Err(Error::Forbidden),
                None => Err(Error::SignIn { kept: None }),
            }
        })
    }
}

/// What is known of a request before its handler runs, read once.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) user: Option<Rc<CurrentUser>>,
    pub(super) workspace: Rc<Workspace>,
}

/// Who is asking and the workspace's settings: one read a request, however often it is asked for.
pub(super) async fn known(req: &HttpRequest) -> Result<Known, Error> {
    if let Some(known) = req.extensions().get::<Known>() {
        return Ok(known.clone());
    }
    let app = req.app_data::<App>().ok_or_else(|| Error::internal("the application has no state"))?.clone();
    let session = req.get_session();
    let id: Option<Id> = session.get::<String>(PERSON)?.and_then(|id| id.parse().ok());
    let (user, workspace) = app
        .db
        .read(move |conn| {
            let user = match id {
                Some(id) => find(conn, &id)?,
                None => None,
            };
            Ok::<_, DbError>((user, workspace::load(conn)?))
        })
        .await?;
    if let Some(user) = &user {
        seen(&app, user);
    }
    let known = Known { user: user.map(|(user, _)| Rc::new(user)), workspace: Rc::new(workspace) };
    req.extensions_mut().insert(known.clone());
    Ok(known)
}

type Seen = Option<NaiveDateTime>;

fn find(conn: &mut Conn, id: &Id) -> QueryResult<Option<(CurrentUser, Seen)>> {
    type Row = (Id, String, String, Option<String>, String, Seen);
    let person: Option<Row> = people::table
        .find(id)
        .filter(people::active)
        .select((people::id, people::email, people::name, people::language, people::theme, people::last_seen_at))
        .first(conn)
        .optional()?;
    let Some((id, email, name, language, theme, seen)) = person else { return Ok(None) };
    let roles = people_roles::table.filter(people_roles::person_id.eq(&id)).select(people_roles::role);
    let roles = roles.order(people_roles::role).load(conn)?;
    let lang = language.and_then(|tag| tag.parse().ok());
    Ok(Some((CurrentUser { id, email, name, roles, lang, theme }, seen)))
}

/// Notes, at most hourly, that this person was here. Nobody waits for it.
fn seen(app: &App, (user, last): &(CurrentUser, Seen)) {
    let now = app.clock.now();
    if last.is_some_and(|last| now - last < TimeDelta::hours(1)) {
        return;
    }
    let (db, id) = (app.db.clone(), user.id.clone());
    tokio::spawn(async move {
        let noted = db
            .write(move |conn| {
                let row = diesel::update(people::table.find(id));
                row.set(people::last_seen_at.eq(now)).execute(conn).map_err(DbError::from)
            })
            .await;
        if let Err(e) = noted {
            tracing::debug!(error = %e, "last seen was not noted");
        }
    });
}

/// Ends every session of a person, save the one with this key.
pub fn end_sessions(conn: &mut Conn, person: &Id, but: Option<&str>) -> QueryResult<usize> {
    let theirs = sessions::table.filter(sessions::person_id.eq(person));
    match but {
        Some(key) => diesel::delete(theirs.filter(sessions::id.ne(super::session::row_name(key)))).execute(conn),
        None => diesel::delete(theirs).execute(conn),
    }
}

/// See [`CurrentUser::initials`].
pub fn initials(name: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let name = name.trim();
    if name.is_ascii() {
        let letters = name.split_whitespace().filter_map(|word| word.chars().next());
        return letters.take(2).collect::<String>().to_uppercase();
    }
    name.graphemes(true).next_back().unwrap_or_default().to_owned()
}
