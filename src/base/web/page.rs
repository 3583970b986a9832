//! What every page needs and no page struct holds: language, zone, person, menu, flash.

use super::{
    App,
    current_user::{CurrentUser, Known, known},
    error::Error,
    flash::{self, Flash},
    state::MenuPlace,
    texts::{Lang, Message, say},
};
use crate::secret::{Secret, hex};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    dev::Payload,
    http::{Method, StatusCode, header},
};
use askama::{Template, Values};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::HashMap,
    future::Future,
    pin::Pin,
    rc::Rc,
};
use uuid::Uuid;

/// The cookie that forms are bound to, signed in or not.
pub(super) const FORM_COOKIE: &str = "tidings_form";

/// What a script says with that looks at a form while it is being filled in.
const PREVIEW: &str = "x-preview";

/// The frame of a page. Templates reach it by the filter `""|page`.
#[derive(Clone)]
pub struct Page(Rc<Inner>);

struct Inner {
    lang: Lang,
    zone: Tz,
    now: NaiveDateTime,
    theme: String,
    path: String,
    query: String,
    /// Whether it answers a form that was sent.
    posted: bool,
    /// Whether the form is still being filled in: what is missing is no mistake yet.
    previews: bool,
    user: Option<Rc<CurrentUser>>,
    workspace: String,
    menu: &'static [MenuPlace],
    /// Where in the menu the page is, if its address does not say so.
    place: Cell<Option<&'static str>>,
    form_key: String,
    new_form_key: bool,
    csrf: String,
    secure: bool,
    demo: bool,
    moved: bool,
    flash: Option<Flash>,
    /// The labels of the fields drawn so far, by their ids.
    labels: RefCell<HashMap<String, String>>,
    /// Whether a label was asked for before its field was drawn.
    lacks_labels: Cell<bool>,
}

/// One heading of the menu with what stands under it.
pub struct MenuGroup {
    pub label: Option<&'static str>,
    pub items: Vec<MenuItem>,
}

/// One place in the menu.
pub struct MenuItem {
    pub href: &'static str,
    pub label: &'static str,
    pub icon: &'static str,
    pub current: bool,
    /// Whether it is among the first places on a phone.
    pub tab: bool,
}

impl Page {
    /// Draws `template` with 200.
    pub fn render(&self, template: &impl Template) -> Result<HttpResponse, Error> {
        self.render_as(StatusCode::OK, template)
    }

    /// Draws a form that came back: 422.
    pub fn render_invalid(&self, template: &impl Template) -> Result<HttpResponse, Error> {
        self.render_as(StatusCode::UNPROCESSABLE_ENTITY, template)
    }

    /// Draws `template` with `status`.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn render_as(&self, status: StatusCode, template: &impl Template) -> Result<HttpResponse, Error> {
        let mut body = template.render_with_values(self)?;
        // The summary of errors stands before the fields that it names.
        if self.0.lacks_labels.get() {
            body = template.render_with_values(self)?;
        }
        let unfinished = self.0.previews && status == StatusCode::UNPROCESSABLE_ENTITY;
        let status = if unfinished { StatusCode::OK } else { status };
        let mut answer = HttpResponse::build(status);
        answer.content_type(header::ContentType::html());
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        if self.0.new_form_key {
            let cookie = Cookie::build(FORM_COOKIE, self.0.form_key.clone());
            let cookie = cookie.path("/").http_only(true).same_site(SameSite::Lax).secure(self.0.secure);
            answer.cookie(cookie.finish());
        }
        if self.0.flash.is_some() {
            answer.cookie(flash::gone());
        }
        Ok(answer.body(body))
    }

    /// Remembers what the field of this id is called.
    pub(super) fn call(&self, id: &str, label: &str) {
        self.0.labels.borrow_mut().insert(id.to_owned(), label.to_owned());
    }

    /// What the field of this id is called. Where it is drawn only later, the page is drawn once more.
    pub fn label(&self, id: &str) -> Option<String> {
        let label = self.0.labels.borrow().get(id).cloned();
        self.0.lacks_labels.set(self.0.lacks_labels.get() || label.is_none());
        label
    }

    /// `template` as a part of a page that is there already.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn part(&self, template: &impl Template) -> Result<String, Error> {
        Ok(template.render_with_values(self)?)
    }

    pub fn language(&self) -> Lang {
        self.0.lang
    }

    /// The language's tag, for `<html lang>`.
    pub fn lang(&self) -> &'static str {
        self.0.lang.code()
    }

    /// The workspace's zone.
    pub fn tz(&self) -> Tz {
        self.0.zone
    }

    /// The name of the workspace's zone.
    pub fn zone(&self) -> &'static str {
        self.0.zone.name()
    }

    /// Product time when the page was asked for.
    pub fn now(&self) -> NaiveDateTime {
        self.0.now
    }

    pub fn theme(&self) -> &str {
        &self.0.theme
    }

    pub fn csrf(&self) -> &str {
        &self.0.csrf
    }

    /// A new once-only token, for a form that creates or sends.
    pub fn once(&self) -> String {
        Uuid::new_v4().simple().to_string()
    }

    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The path with its query, to come back to.
    pub fn here(&self) -> String {
        if self.0.query.is_empty() { self.0.path.clone() } else { format!("{}?{}", self.0.path, self.0.query) }
    }

    /// This address with `name` set to `value`, or taken away when it is empty; the cursor goes, as
    /// a changed list begins at its beginning.
    pub fn with_query(&self, name: &str, value: &str) -> String {
        super::query::changed(&self.0.path, &self.0.query, name, value)
    }

    /// The address of the neighbouring page before this one, or nothing.
    pub fn previous(&self, before: &Option<String>) -> String {
        before.as_ref().map(|cursor| self.with_query("before", cursor)).unwrap_or_default()
    }

    /// The address of the neighbouring page after this one, or nothing.
    pub fn next(&self, after: &Option<String>) -> String {
        after.as_ref().map(|cursor| self.with_query("after", cursor)).unwrap_or_default()
    }

    pub fn user(&self) -> Option<&CurrentUser> {
        self.0.user.as_deref()
    }

    /// Whether the person has the permission of this name; for what a template shows or leaves out.
    pub fn may(&self, permission: super::Permission) -> bool {
        self.user().is_some_and(|user| user.may(permission))
    }

    pub fn workspace(&self) -> &str {
        &self.0.workspace
    }

    pub fn flash(&self) -> Option<&Flash> {
        self.0.flash.as_ref()
    }

    pub fn is_demo(&self) -> bool {
        self.0.demo
    }

    /// What a moved clock shows, for the banner on every page.
    pub fn clock_banner(&self) -> Option<String> {
        self.0.moved.then(|| super::dates::when(self.0.now, self.0.zone, self.0.lang))
    }

    /// The places that this person may open.
    pub fn menu(&self) -> Vec<MenuGroup> {
        let mut groups: Vec<MenuGroup> = Vec::new();
        for place in self.0.menu.iter().filter(|place| self.may(place.permission)) {
            let item = MenuItem {
                href: place.href,
                label: place.label,
                icon: place.icon,
                current: self.is_at(place.href) && !self.is_nearer(place.href),
                tab: place.tab,
            };
            match groups.last_mut() {
                Some(group) if group.label == place.group => group.items.push(item),
                Some(_) | None => groups.push(MenuGroup { label: place.group, items: vec![item] }),
            }
        }
        groups
    }

    /// Marks the place of the menu with this address, whatever the address of the page is.
    pub fn belongs_to(&self, place: &'static str) {
        self.0.place.set(Some(place));
    }

    /// The first places of the menu, for the bar at the foot of a phone's page.
    pub fn tabs(&self) -> Vec<MenuItem> {
        self.menu().into_iter().flat_map(|group| group.items).filter(|item| item.tab).take(4).collect()
    }

    /// The sentence of `message` in the reader's language.
    pub fn say(&self, message: &Message) -> String {
        message.say(self.0.lang)
    }

    /// The text of `key` in the reader's language.
    pub fn text(&self, key: &str) -> String {
        say(self.0.lang, key, &[])
    }

    /// Whether another place of the menu is at this page and says more exactly where it is.
    fn is_nearer(&self, href: &str) -> bool {
        self.0.menu.iter().any(|other| other.href.len() > href.len() && self.is_at(other.href))
    }

    /// What answers a form sent to a list's address is the form of something new.
    fn is_at(&self, href: &str) -> bool {
        let path = self.0.place.get().unwrap_or(&self.0.path);
        let is_its_new = self.0.posted && href.strip_suffix("/new") == Some(path);
        is_its_new
            || path == href
            || (href != "/" && path.starts_with(href) && path.as_bytes().get(href.len()) == Some(&b'/'))
    }
}

#[cfg(test)]
impl Page {
    /// A frame without person and request, for tests of templates.
    pub(super) fn sample(lang: Lang) -> Self {
        Self(Rc::new(Inner {
            lang,
            zone: Tz::Asia__Taipei,
            now: NaiveDateTime::default(),
            theme: "system".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            posted: false,
            previews: false,
            user: None,
            workspace: String::new(),
            menu: &[],
            place: Cell::new(None),
            form_key: String::new(),
            new_form_key: false,
            csrf: "token".to_owned(),
            secure: false,
            demo: false,
            moved: false,
            flash: None,
            labels: RefCell::default(),
            lacks_labels: Cell::default(),
        }))
    }
}

impl Values for Page {
    fn get_value<'a>(&'a self, key: &str) -> Option<&'a dyn Any> {
        (key == "page").then_some(self as &dyn Any)
    }
}

impl FromRequest for Page {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { of(&req, known(&req).await?) })
    }
}

fn of(req: &HttpRequest, known: Known) -> Result<Page, Error> {
    let app = req.app_data::<App>().ok_or_else(|| Error::internal("the application has no state"))?;
    let accepts = req.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let lang = known.user.as_ref().and_then(|user| user.lang).unwrap_or_else(|| Lang::from_header(accepts));
    let held = req.cookie(FORM_COOKIE).map(|cookie| cookie.value().to_owned()).filter(|key| key.len() == 32);
    let new_form_key = held.is_none();
    let form_key = held.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
    let csrf = csrf(&app.secret, &form_key, known.user.as_deref());
    Ok(Page(Rc::new(Inner {
        lang,
        zone: known.workspace.zone,
        now: app.clock.now(),
        theme: known.user.as_ref().map_or_else(|| "system".to_owned(), |user| user.theme.clone()),
        path: req.path().to_owned(),
        query: req.query_string().to_owned(),
        posted: req.method() == Method::POST,
        previews: req.headers().contains_key(PREVIEW),
        user: known.user,
        workspace: known.workspace.name.clone(),
        menu: app.menu,
        place: Cell::new(None),
        form_key,
        new_form_key,
        csrf,
        secure: app.secure,
        demo: app.demo,
        moved: app.clock.anchor().is_some(),
        flash: flash::read(req),
        labels: RefCell::default(),
        lacks_labels: Cell::default(),
    })))
}

/// The token of the forms of this browser and this person.
pub(super) fn csrf(secret: &Secret, form_key: &str, user: Option<&CurrentUser>) -> String {
    csrf_of(secret, form_key, user.map(|user| user.id.as_str()))
}

pub(super) fn csrf_of(secret: &Secret, form_key: &str, person: Option<&str>) -> String {
    hex(&secret.mac(&[b"csrf", form_key.as_bytes(), person.unwrap_or("").as_bytes()])[..16])
}
