use super::{Workspace, store};
use crate::{
    audit::{self, Action, Entry, Noun},
    db::DbError,
    web::{Answer, App, Form, May, Message, Page, filters, permit::ManageSettings, redirect_saying},
};
use askama::Template;
use chrono::TimeDelta;
use chrono_tz::Tz;

#[derive(Template)]
#[template(path = "settings/edit.html")]
struct SettingsPage {
    form: Form,
}

impl SettingsPage {
    fn zones(&self) -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| name.contains('/') || *name == "UTC")
    }
}

/// GET `/settings`
pub(super) async fn edit(app: App, _who: May<ManageSettings>, page: Page) -> Answer {
    let workspace = app.db.read(|conn| store::load(conn).map_err(DbError::from)).await?;
    page.render(&SettingsPage { form: filled(&workspace) })
}

/// POST `/settings`
pub(super) async fn update(app: App, who: May<ManageSettings>, page: Page, mut form: Form) -> Answer {
    let workspace = app.db.read(|conn| store::load(conn).map_err(DbError::from)).await?;
    // One form for one thing that seldom changes: who saves over another's change is told.
    if form.value("before") != fingerprint(&workspace) {
        form.set("before", fingerprint(&workspace));
        form.refuse("name", Message::new("settings.conflict"));
        return page.render_as(actix_web::http::StatusCode::CONFLICT, &SettingsPage { form });
    }
    let Some(wanted) = read(&mut form) else { return page.render_invalid(&SettingsPage { form }) };
    let (user, now) = ((*who).clone(), app.clock.now());
    app.db
        .write(move |conn| {
            store::save(conn, &wanted, now)?;
            let name = wanted.name.as_str();
            let entry = Entry { action: Action::Changed, noun: Noun::Workspace, id: "", name, detail: None };
            audit::record(conn, &user, now, &entry).map_err(DbError::from)
        })
        .await?;
    Ok(redirect_saying("/settings", Message::new("settings.saved")))
}

fn filled(workspace: &Workspace) -> Form {
    Form::filled([
        ("name", workspace.name.clone()),
        ("zone", workspace.zone.name().to_owned()),
        ("latest", workspace.latest.num_minutes().to_string()),
        ("notify", workspace.notify.join("\n")),
        ("before", fingerprint(workspace)),
    ])
}

/// What the form started from.
fn fingerprint(workspace: &Workspace) -> String {
    use sha2::{Digest, Sha256};
    crate::secret::hex(&Sha256::digest(format!("{workspace:?}"))[..8])
}

fn read(form: &mut Form) -> Option<Workspace> {
    let name = form.required("name", 100);
    let zone = form.choice::<Tz>("zone");
    let latest = form.number("latest", 0..=1440);
    let notify: Vec<String> = form.text("notify", 2000).split_whitespace().map(str::to_owned).collect();
    if notify.iter().any(|address| !address.contains('@')) {
        form.refuse("notify", Message::new("forms.email"));
    }
    let workspace = Workspace { name, zone: zone?, latest: TimeDelta::minutes(latest?), notify };
    form.is_valid().then_some(workspace)
}
