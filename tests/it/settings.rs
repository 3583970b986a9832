//! What an operator and an admin set.

use crate::support::both;
use tidings_base::web::Role;

both! {
    async fn the_zone_of_the_workspace_is_the_zone_of_its_pages(app: App) {
        let admin = app.as_(Role::Admin).await;
        let page = admin.get("/settings").await;
        let saved = page.form("/settings").set("zone", "America/New_York").set("name", "<b>店</b>").submit().await;
        assert_eq!(saved.status, 200, "{}", saved.text());
        assert!(saved.says("已儲存設定"));
        let trail = admin.get("/audit").await;
        assert_eq!(trail.attributes("html", "data-zone")[0], "America/New_York");
        assert!(trail.says("<b>店</b>") && !trail.html.contains("<b>店</b>"));
    }

    async fn what_cannot_be_taken_comes_back_with_the_reason(app: App) {
        let admin = app.as_(Role::Admin).await;
        let page = admin.get("/settings").await;
        let form = page.form("/settings").set("name", "").set("zone", "Mars/Olympus").set("latest", "-5");
        let back = form.submit().await;
        assert_eq!(back.status, 422);
        assert_eq!(back.all(".field .error").len(), 3, "{}", back.text());
        assert_eq!(back.form("/settings").value("latest"), "-5", "nothing typed is lost");
    }

    async fn the_second_of_two_admins_is_told_and_loses_nothing(app: App) {
        let (first, second) = (app.as_(Role::Admin).await, app.as_(Role::Admin).await);
        let (a, b) = (first.get("/settings").await, second.get("/settings").await);
        a.form("/settings").set("name", "一號店").submit().await;
        let told = b.form("/settings").set("name", "二號店").submit().await;
        assert_eq!(told.status, 409);
        assert!(told.says("剛剛被其他人更新"), "{}", told.text());
        assert_eq!(told.form("/settings").value("name"), "二號店");
        assert_eq!(told.form("/settings").submit().await.status, 200, "sent again, it stands");
    }

    async fn people_are_added_changed_and_never_left_without_an_admin(app: App) {
        let (email, id) = app.person(&[Role::Admin]).await;
        let admin = app.sign_in(&email).await;
        let page = admin.get("/people/new").await;
        let form = page.form("/people").set("name", "王小明").set("email", "Ming@Shop.test").set("new", "a first password");
        let empty = form.submit().await;
        assert_eq!(empty.status, 422, "without a role");
        let form = form.add("role", "salesperson");
        let (one, two) = tokio::join!(form.submit(), form.submit());
        assert_eq!((one.path.as_str(), two.path.as_str()), ("/people", "/people"), "a double click: {}", two.text());
        let list = admin.get("/people?q=ming").await;
        assert_eq!(list.all("tbody tr").len(), 1, "{}", list.text());
        let taken = page.form("/people").set("name", "二").set("email", "ming@shop.test").set("new", "a first password").add("role", "admin");
        let fresh = admin.get("/people/new").await.form("/people");
        let taken = taken.without("once").add("once", fresh.value("once")).submit().await;
        assert!(taken.status == 422 && taken.says("已經有人使用"), "{}", taken.text());
        let own = admin.get(&format!("/people/{id}/edit")).await;
        let demoted = own.form(&format!("/people/{id}")).without("role").add("role", "marketer").submit().await;
        assert!(demoted.status == 422 && demoted.says("最後一位管理員"), "{}", demoted.text());
        let trail = admin.get("/audit").await;
        assert!(trail.says("王小明"));
    }

    async fn people_and_what_they_did_are_found_in_either_case(app: App) {
        let admin = app.as_(Role::Admin).await;
        let form = admin.get("/people/new").await.form("/people");
        form.set("name", "Ada").set("email", "ada@shop.test").set("new", "a first password").add("role", "marketer").submit().await;
        for (path, rows) in [("/people?q=aDA", 1), ("/people?q=ADA@SHOP.TEST", 1), ("/audit?q=aDA", 1), ("/audit?q=aDAm", 0)] {
            let list = admin.get(path).await;
            assert_eq!(list.all("tbody tr").len(), rows, "{path}: {}", list.text());
        }
    }

    async fn a_role_that_is_taken_away_ends_the_sessions(app: App) {
        let admin = app.as_(Role::Admin).await;
        let (email, id) = app.person(&[Role::Marketer]).await;
        let marketer = app.sign_in(&email).await;
        assert_eq!(marketer.get("/account").await.path, "/account");
        let page = admin.get(&format!("/people/{id}/edit")).await;
        let done = page.form(&format!("/people/{id}")).without("role").add("role", "salesperson").submit().await;
        assert_eq!(done.path, "/people", "{}", done.text());
        assert_eq!(marketer.get("/account").await.path, "/signin?back=%2Faccount");
    }
}
