//! Signing in and out, the own account.

use crate::support::{PASSWORD, both};
use diesel::prelude::*;
use tidings_base::{db::schema::kept_forms, web::Role};

both! {
    async fn somebody_signs_in_by_the_page_and_out_again(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        let account = marketer.get("/account").await;
        assert_eq!(account.status, 200);
        assert!(account.says("行銷人員"), "{}", account.text());
        let out = account.form("/signout").submit().await;
        assert_eq!(out.path, "/signin");
        assert_eq!(marketer.get("/account").await.path, "/signin?back=%2Faccount");
    }

    async fn the_way_back_leads_to_the_page_that_was_asked_for(app: App) {
        let (email, _) = app.person(&[Role::Admin]).await;
        let visitor = app.anonymous();
        let page = visitor.get("/people?q=x").await;
        let there = page.form("/signin").set("email", &email).set("password", PASSWORD).submit().await;
        assert_eq!(there.path, "/people?q=x");
    }

    async fn a_wrong_password_is_refused_and_the_fifth_makes_one_wait(app: App) {
        let (email, _) = app.person(&[Role::Admin]).await;
        let page = app.anonymous().get("/signin").await;
        for _ in 0..5 {
            let again = page.form("/signin").set("email", &email).set("password", "wrong").submit().await;
            assert_eq!(again.status, 422);
            assert_eq!(again.form("/signin").value("email"), email, "nothing typed is lost");
        }
        let wait = page.form("/signin").set("email", &email).set("password", PASSWORD).submit().await;
        assert_eq!(wait.status, 429);
        assert!(wait.says("請在 15 分鐘後再試"), "{}", wait.text());
    }

    async fn a_form_without_its_token_is_refused(app: App) {
        let admin = app.as_(Role::Admin).await;
        let forged = admin.post("/account", &[("theme", "dark"), ("language", "")]).await;
        assert_eq!(forged.status, 403);
        let page = admin.get("/account").await;
        let wrong = page.form("/account").set("csrf", "0123456789abcdef0123456789abcdef").submit().await;
        assert_eq!(wrong.status, 403);
        let good = page.form("/account").set("theme", "dark").submit().await;
        assert_eq!(good.status, 200);
        assert_eq!(good.attributes("html", "data-theme"), ["dark"]);
    }

    async fn a_new_password_ends_the_other_sessions_and_keeps_this_one(app: App) {
        let (email, _) = app.person(&[Role::Salesperson]).await;
        let (here, there) = (app.sign_in(&email).await, app.sign_in(&email).await);
        let page = here.get("/account").await;
        let wrong = page.form("/account/password").set("current", "no").set("new", "short").set("again", "x");
        let back = wrong.submit().await;
        assert_eq!(back.status, 422);
        assert_eq!(back.all(".field .error").len(), 3);
        let form = page.form("/account/password").set("current", PASSWORD);
        let done = form.set("new", "a longer one, this").set("again", "a longer one, this").submit().await;
        assert_eq!((done.status, done.path.as_str()), (200, "/account"));
        assert_eq!(here.get("/account").await.path, "/account");
        assert_eq!(there.get("/account").await.path, "/signin?back=%2Faccount");
    }

    async fn what_was_posted_after_the_session_ended_is_kept_for_the_same_person(app: App) {
        let (email, id) = app.person(&[Role::Admin]).await;
        let admin = app.sign_in(&email).await;
        let page = admin.get("/people/new").await;
        app.write(move |conn| tidings_base::web::end_sessions(conn, &id, None)).await;
        let form = page.form("/people").set("name", "新同事").set("email", "new@shop.test");
        let lost = form.set("new", "a first password").add("role", "marketer").submit().await;
        assert!(lost.path.starts_with("/signin?kept="), "{}", lost.path);
        let bodies: Vec<String> = app.read(|conn| kept_forms::table.select(kept_forms::body).load(conn)).await;
        assert_eq!(bodies.len(), 1);
        assert!(!bodies[0].contains("password") && !bodies[0].contains("new@"), "it lies sealed");
        let kept = lost.form("/signin").set("email", &email).set("password", PASSWORD).submit().await;
        assert!(kept.says("新同事") && !kept.says("a first password"), "{}", kept.text());
        let sent = kept.form("/people").submit().await;
        assert_eq!(sent.path, "/people");
        assert!(sent.says("新同事"));
    }

    async fn what_was_posted_is_not_shown_to_somebody_else(app: App) {
        let (email, id) = app.person(&[Role::Admin]).await;
        let (other, _) = app.person(&[Role::Admin]).await;
        let page = app.sign_in(&email).await.get("/people/new").await;
        app.write(move |conn| tidings_base::web::end_sessions(conn, &id, None)).await;
        let lost = page.form("/people").set("name", "祕密").submit().await;
        let theirs = lost.form("/signin").set("email", &other).set("password", PASSWORD).submit().await;
        assert_eq!(theirs.status, 404);
        assert!(!theirs.says("祕密"));
    }
}
