use super::{Workspace, store};
use crate::{
    audit::{self, Action, Entry, Noun},
    db::DbError,
    retention::{self, Last},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageSettings, redirect_saying},
};
use askama::Template;
use chrono::TimeDelta;
use chrono_tz::Tz;

#[derive(Template)]
#[template(path = "settings/edit.html")]
struct SettingsPage {
    form: Form,
    /// When the program cleans up next; none before its first night.
    sweep: Option<Last>,
}

/// What `keep` offers, in days; 0 keeps for good.
const KEEP: [i64; 7] = [90, 180, 365, 730, 1095, 1825, 0];

impl SettingsPage {
    fn keeps(&self) -> [i64; 7] {
        KEEP
    }

    fn zones(&self) -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| name.contains('/') || *name == "UTC")
    }
}

/// GET `/settings`
pub(super) async fn edit(app: App, _who: May<ManageSettings>, page: Page) -> Answer {
    let (workspace, sweep) = loaded(&app).await?;
    page.render(&SettingsPage { form: filled(&workspace), sweep })
}

/// POST `/settings`
pub(super) async fn update(app: App, who: May<ManageSettings>, page: Page, mut form: Form) -> Answer {
    let (workspace, sweep) = loaded(&app).await?;
    // One form for one thing that seldom changes: who saves over another's change is told.
    if form.value("before") != fingerprint(&workspace) {
        form.set("before", fingerprint(&workspace));
        form.refuse("name", Message::new("settings.conflict"));
        return page.render_as(actix_web::http::StatusCode::CONFLICT, &SettingsPage { form, sweep });
    }
    let Some(wanted) = read(&mut form, &workspace) else { return page.render_invalid(&SettingsPage { form, sweep }) };
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

async fn loaded(app: &App) -> Result<(Workspace, Option<Last>), Error> {
    Ok(app.db.read(|conn| Ok::<_, DbError>((store::load(conn)?, retention::last(conn)?))).await?)
}

fn filled(workspace: &Workspace) -> Form {
    Form::filled([
        ("name", workspace.name.clone()),
        ("zone", workspace.zone.name().to_owned()),
        ("latest", workspace.latest.num_minutes().to_string()),
        ("keep", workspace.keep.map_or(0, |keep| keep.num_days()).to_string()),
        ("before", fingerprint(workspace)),
    ])
}

/// What the form started from.
fn fingerprint(workspace: &Workspace) -> String {
    use sha2::{Digest, Sha256};
    crate::secret::hex(&Sha256::digest(format!("{workspace:?}"))[..8])
}

/// What the form says, over what it does not ask.
fn read(form: &mut Form, before: &Workspace) -> Option<Workspace> {
    let name = form.required("name", 100);
    let zone = form.choice::<Tz>("zone");
    let latest = form.number("latest", 0..=1440);
    let keep = form.choice::<i64>("keep").filter(|days| KEEP.contains(days));
    if keep.is_none() {
        form.refuse("keep", Message::new("forms.choice"));
    }
    let keep = Some(keep?).filter(|days| *days > 0).map(TimeDelta::days);
    let workspace =
        Workspace { name, zone: zone?, latest: TimeDelta::minutes(latest?), keep, notify: before.notify.clone() };
    form.is_valid().then_some(workspace)
}
