use super::super::store;
use crate::{
    db::DbError,
    web::{Answer, App, CurrentUser, Form, Lang, May, Message, Page, filters, permit::UseWorkspace, redirect_saying},
};
use askama::Template;

#[derive(Template)]
#[template(path = "accounts/show.html")]
pub(super) struct AccountPage {
    pub(super) user: CurrentUser,
    /// Language and theme.
    pub(super) taste: Form,
    pub(super) password: Form,
}

impl AccountPage {
    pub(super) fn of(user: &CurrentUser) -> Self {
        let language = user.lang.map_or("", Lang::code);
        let taste = Form::filled([("language", language), ("theme", user.theme.as_str())]);
        Self { user: user.clone(), taste, password: Form::default() }
    }
}

/// GET `/account`
pub(in super::super) async fn show(who: May<UseWorkspace>, page: Page) -> Answer {
    page.render(&AccountPage::of(&who))
}

/// POST `/account`
pub(in super::super) async fn update(app: App, who: May<UseWorkspace>, page: Page, mut form: Form) -> Answer {
    let language: Option<Lang> = if form.value("language").is_empty() { None } else { form.choice("language") };
    let theme = form.value("theme").to_owned();
    if !["system", "light", "dark"].contains(&theme.as_str()) {
        form.refuse("theme", Message::new("forms.choice"));
    }
    if !form.is_valid() {
        return page.render_invalid(&AccountPage { taste: form, ..AccountPage::of(&who) });
    }
    let id = who.id.clone();
    let write =
        move |conn: &mut _| store::set_taste(conn, &id, language.map(Lang::code), &theme).map_err(DbError::from);
    app.db.write(write).await?;
    Ok(redirect_saying("/account", Message::new("accounts.saved")))
}
