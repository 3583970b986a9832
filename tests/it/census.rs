//! Every address × every role × ids that are nobody's and ids that are somebody's.

use crate::support::{App, Shown, Visitor, both};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use std::collections::BTreeMap;
use tidings_base::{
    db::{Id, sql::Sql},
    web::{Access, Permission, Role, Route, Verb},
};

/// `/contacts/{id}/tags` with every parameter filled in.
fn filled(path: &str, id: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn permission(route: &Route) -> Option<Permission> {
    match route.access {
        Access::To(permission) => Some(permission),
        Access::Anyone | Access::Outside => None,
    }
}

async fn ask(visitor: &Visitor, route: &Route, id: &str, csrf: &str) -> Shown {
    let path = filled(route.path, id);
    match route.verb {
        Verb::Get => visitor.get(&path).await,
        Verb::Post => visitor.post(&path, &[("csrf", csrf), ("version", "1")]).await,
    }
}

async fn csrf(visitor: &Visitor) -> String {
    visitor.get("/account").await.form("/account").value("csrf").to_owned()
}

both! {
    async fn every_address_answers_each_role_as_the_matrix_says(app: App) {
        let nobodys = Id::new();
        for role in Role::ALL {
            let visitor = app.as_(*role).await;
            let csrf = csrf(&visitor).await;
            for route in tidings::routes().iter().filter(|route| route.path != "/signout") {
                let Some(permission) = permission(route) else { continue };
                let shown = ask(&visitor, route, nobodys.as_str(), &csrf).await;
                let what = format!("{} {:?} {} answered {}: {}", role.word(), route.verb, route.path, shown.status, shown.text());
                if permission.roles().contains(role) {
                    assert!(shown.status != 403 && shown.status < 500, "{what}");
                    let names_a_row = route.path.contains('{') && !route.path.starts_with("/static");
                    assert!(!names_a_row || matches!(shown.status, 404 | 413 | 400), "{what}");
                } else {
                    assert_eq!(shown.status, 403, "{what}");
                    assert!(shown.says("可以請這些管理員協助") || *role == Role::Admin, "{what}");
                }
            }
        }
    }

    async fn who_is_not_signed_in_is_led_to_the_sign_in_page(app: App) {
        let anonymous = app.anonymous();
        for route in tidings::routes() {
            let shown = ask(&anonymous, &route, Id::new().as_str(), "").await;
            let what = format!("{:?} {} answered {} at {}", route.verb, route.path, shown.status, shown.path);
            match permission(&route) {
                Some(_) => assert!(shown.status == 200 && shown.path.starts_with("/signin"), "{what}"),
                None => assert!(shown.status < 500, "{what}"),
            }
        }
    }

    async fn what_is_no_id_is_not_found(app: App) {
        let admin = app.as_(Role::Admin).await;
        let csrf = csrf(&admin).await;
        for route in tidings::routes().iter().filter(|route| permission(route).is_some() && route.path.contains('{')) {
            for id in ["1", "%00", "..%2f..", "' or 1=1 --", "🙂"] {
                let shown = ask(&admin, route, id, &csrf).await;
                assert!(matches!(shown.status, 400 | 404 | 413), "{:?} {} with {id}: {}", route.verb, route.path, shown.status);
            }
        }
        for path in ["/nowhere", "/flows", "/reports", "/people/", "//", "/%00"] {
            let status = admin.get(path).await.status;
            assert_eq!(status, 404, "{path}");
        }
    }

    async fn pages_forbid_what_they_do_not_bring_along(app: App) {
        let answer = app.as_(Role::Admin).await.raw("/people").await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").contains("default-src 'none'"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        assert!(!header("content-security-policy").contains("unsafe"));
    }

    async fn every_page_of_the_demo_shop_opens_for_whom_it_is_for(app: App) {
        let ids = demo(&app).await;
        for role in Role::ALL {
            let email = match role {
                Role::Admin => "admin@demo.test",
                Role::Marketer => "marketer@demo.test",
                Role::SalesManager => "manager@demo.test",
                Role::Salesperson => "sales@demo.test",
            };
            let visitor = app.sign_in(email).await;
            for route in tidings::routes() {
                let Some(permission) = permission(&route) else { continue };
                if route.verb == Verb::Post || !permission.roles().contains(role) {
                    continue;
                }
                let noun = route.path.split('/').nth(1).unwrap();
                let id = ids.get(noun).map_or("", Id::as_str);
                let shown = visitor.get(&filled(route.path, id)).await;
                let what = format!("{} {} answered {}", role.word(), filled(route.path, id), shown.status);
                // The contact of the census is bound to nobody.
                let others = *role == Role::Salesperson && matches!(noun, "contacts" | "sandbox") && route.path.contains('{');
                if others {
                    assert_eq!(shown.status, 404, "{what}");
                } else if always_there(route.path) {
                    assert_eq!(shown.status, 200, "{what}: {}", shown.text());
                } else {
                    assert!(shown.status != 403 && shown.status < 500, "{what}");
                }
            }
        }
    }

    async fn a_list_opens_at_its_start_with_the_cursor_of_another(app: App) {
        let ids = demo(&app).await;
        let admin = app.sign_in("admin@demo.test").await;
        let people = format!("/journeys/{}/people?", ids["journeys"]);
        let lists = [
            "/contacts?sort=name&", "/contacts?sort=-interacted&", "/contacts?sort=subscribed&", "/audiences?",
            "/audiences?sort=name&", "/journeys?", "/journeys?sort=name&", "/journeys?sort=-entered&",
            "/journeys?sort=start&", "/schedules?", "/schedules?sort=name&", "/schedules?sort=-next&", "/sandbox?",
            "/audit?", "/people?", &people,
        ];
        let keys = [r#"{"Text":"王"}"#, r#"{"Number":7}"#, r#"{"Time":"2027-01-31T09:00:00"}"#, r#""None""#];
        for list in lists {
            for (key, name) in keys.iter().flat_map(|key| [(key, "after"), (key, "before")]) {
                for ordinal in [1, i64::MAX] {
                    let place = format!(r#"{{"key":{key},"id":"{}","ordinal":{ordinal}}}"#, Id::new());
                    let path = format!("{list}{name}={}", BASE64_URL_SAFE_NO_PAD.encode(place));
                    let shown = admin.get(&path).await;
                    assert_eq!(shown.status, 200, "{list}{name}= {key} {ordinal}: {}", shown.text());
                }
            }
        }
    }
}

/// Lists, forms and the page of one thing open whatever state it is in. What else has an address
/// depends on the thing: only a draft is published, only what waits is cancelled.
fn always_there(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').skip(2).collect();
    let needs_a_query = ["/contacts/export", "/contacts/tagging"].contains(&path);
    !needs_a_query
        && matches!(parts[..], [] | ["new" | "import"] | ["{id}"] | ["{id}", "tasks" | "people"])
        && !path.starts_with("/kept")
        && path != "/people/{id}"
}

/// Loads the demo shop; one id a noun, the contact's being bound to no salesperson.
async fn demo(app: &App) -> BTreeMap<&'static str, Id> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: Id,
    }
    let (hash, now) = (tidings_base::passwords::Hasher::cheapest().hash(crate::support::PASSWORD), app.clock.now());
    app.db.write(move |conn| tidings::demo::load(conn, &hash, now, chrono_tz::Asia::Taipei)).await.unwrap();
    let unbound =
        "select c.id from contacts c join members m on m.id = c.member_id where m.salesperson_id is null limit 1";
    let mut ids = BTreeMap::new();
    for (noun, sql) in [
        ("contacts", unbound),
        ("sandbox", unbound),
        ("people", "select id from people limit 1"),
        ("audiences", "select id from audiences limit 1"),
        ("journeys", "select id from journeys limit 1"),
        ("schedules", "select id from schedules limit 1"),
        ("broadcasts", "select id from broadcasts where status = 'started' limit 1"),
        ("channels", "select id from channels limit 1"),
    ] {
        let found: Vec<Row> = app.read(move |conn| Sql::new(sql).load(conn)).await;
        if let Some(row) = found.into_iter().next() {
            ids.insert(noun, row.id);
        }
    }
    ids
}
