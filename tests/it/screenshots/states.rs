//! The pages in the states that matter: a new shop, one row, the longest names, refused forms, what is under way,
//! what went wrong, and the answers to those who may not or who lost their way.

use super::{
    Look, folder, look, sheet,
    shop::{Shop, fine, longest},
};
use crate::support::{App, Backend, Browser, PASSWORD, Someone, run};
use chrono::TimeDelta;
use fantoccini::Locator;
use std::path::PathBuf;
use tidings_base::{
    db::{Id, sql::Sql},
    web::{Role, end_sessions},
};
use tidings_customers::{
    channels::{self, ChannelKind, Connector, NewChannel},
    consent::Consent,
};
use tidings_sending::{dispatch::Origin, messages::Content};

#[test]
#[ignore = "minutes with a browser: tests/gallery"]
fn every_state_that_matters_has_its_picture() {
    run(Backend::Sqlite, |app| async move {
        let browser = Browser::start(&app).await;
        browser.sign_in(&app, Role::Admin).await;
        let mut gallery = Gallery { shop: Shop::open(&app).await, browser, folder: folder(), wrong: Vec::new() };
        gallery.empty().await;
        let channel = app.channel(ChannelKind::Line, "本店官方帳號").await;
        let journey = gallery.one(&channel).await;
        gallery.refused(&channel, &journey).await;
        gallery.longest(&channel).await;
        gallery.gone_wrong(&channel).await;
        gallery.under_way().await;
        gallery.turned_away(&app).await;
        sheet::write(&gallery.folder);
        assert!(gallery.wrong.is_empty(), "{:#?}", gallery.wrong);
    });
}

struct Gallery {
    shop: Shop,
    browser: Browser,
    folder: PathBuf,
    wrong: Vec<String>,
}

/// Sends the form of the page as it is, whatever the browser would say.
const SEND: &str = "const button = document.querySelector('main form[method=post] .foot .primary'); \
    button.form.noValidate = true; button.form.requestSubmit(button);";

impl Gallery {
    async fn take(&mut self, page: &str, state: &'static str, address: &str) {
        self.answered(page, state, 200, address, None).await;
    }

    async fn refuse(&mut self, page: &str, address: &str, act: &str) {
        self.answered(page, "refused", 422, address, Some(act)).await;
    }

    async fn answered(&mut self, page: &str, state: &'static str, status: u64, address: &str, act: Option<&str>) {
        let of = Look { page, state, status };
        self.wrong.extend(look(&self.browser, &self.folder, &of, address, act).await);
    }

    /// A shop in which nobody has done anything yet.
    async fn empty(&mut self) {
        let pages = [
            "/",
            "/contacts",
            "/audiences",
            "/broadcasts",
            "/broadcasts/new",
            "/journeys",
            "/journeys/new",
            "/schedules",
            "/schedules/new",
            "/channels",
            "/channels/new",
            "/sandbox",
            "/jobs",
            "/audit",
            "/contacts/import",
            "/orders/import",
        ];
        for page in pages {
            self.take(page, "empty", page).await;
        }
        self.take("/find", "empty", "/find?q=沒有這個").await;
    }

    /// One of everything; the address of the journey.
    async fn one(&mut self, channel: &Id) -> String {
        let contact = Someone::called("王怡君").who(Consent::Granted).tagged("VIP");
        let contact = self.shop.app.contact(channel, contact).await;
        let audience = self.shop.audience("所有顧客").await;
        let journey = self.shop.draft("新品通知", channel, "{{name|貴賓}}您好，新品到了").await;
        self.shop.press(&journey, "publish").await;
        let schedule = self.shop.schedule("每日新品通知", &journey, &audience).await;
        self.shop.send_tomorrow("週年慶", channel).await;
        for page in ["/", "/contacts", "/audiences", "/broadcasts", "/journeys", "/schedules", "/channels", "/people"] {
            self.take(page, "one", page).await;
        }
        self.take("/audiences/{id}", "one", &audience).await;
        self.take("/journeys/{id}", "one", &journey).await;
        self.take("/schedules/{id}/tasks", "one", &schedule).await;
        self.take("/contacts/{id}", "one", &format!("/contacts/{contact}")).await;
        self.take(
            "/contacts/tagging",
            "one",
            &format!("/contacts/tagging?channel={channel}&which=picked&contact={contact}&change=add"),
        )
        .await;
        let file = "LINE ID,姓名,標籤\nU0123456789abcdef0123456789abcdef,林美玲,VIP\n壞掉的識別碼,陳建宏,\n";
        let import = self.shop.upload("/contacts/import", file).await;
        self.take("/contacts/import/{id}", "one", &import).await;
        let orders =
            self.shop.upload("/orders/import", "訂單編號,訂購時間,金額,電話\nA-1,昨天,一千,0912345678\n").await;
        self.take("/orders/import/{id}", "one", &orders).await;
        fine(self.shop.admin.get(&import).await.form(&import).add("do", "start").submit().await);
        self.shop.app.settle().await;
        self.take("/contacts/import/{id}-finished", "one", &import).await;
        journey
    }

    /// What each form says when it is sent as it is served.
    async fn refused(&mut self, channel: &Id, journey: &str) {
        let forms = [
            "/audiences/new",
            "/broadcasts/new",
            "/journeys/new",
            "/schedules/new",
            "/people/new",
            "/contacts/import",
            "/channels/new?kind=line",
            "/channels/new?kind=email",
        ];
        for form in forms {
            self.refuse(form, form, SEND).await;
        }
        let settings = "document.querySelector('#name').value = ''; document.querySelector('#latest').value = '99999';";
        self.refuse("/settings", "/settings", &format!("{settings}{SEND}")).await;
        let password = "const form = document.querySelector('form[action=\"/account/password\"]'); \
            form.querySelector('[name=current]').value = 'x'; form.querySelector('[name=new]').value = 'short'; \
            form.noValidate = true; form.requestSubmit();";
        self.refuse("/account", "/account", password).await;
        let account = "document.querySelector('#rate').value = '';";
        self.refuse("/channels/{id}", &format!("/channels/{channel}"), &format!("{account}{SEND}")).await;
        let draft = self.shop.draft("還沒寫好的旅程", channel, "您好").await;
        for kind in ["send", "wait", "condition", "add_tag"] {
            let step = self.shop.new_step(&draft, kind).await;
            // A wait comes with a length.
            let act =
                format!("const amount = document.querySelector('#amount'); if (amount) amount.value = ''; {SEND}");
            self.refuse(&format!("/journeys/{{id}}/steps/new-{kind}"), &step, &act).await;
        }
        let form = self.shop.admin.get("/journeys/new").await.form("/journeys").set("name", "一步也沒有的旅程");
        let bare = fine(form.set("channel", channel.as_str()).submit().await).path;
        self.take("/journeys/{id}/publish", "refused", &format!("{bare}/publish")).await;
        self.shop.press(journey, "pause").await;
        self.shop.at_once(journey, "draft").await;
        self.take("/journeys/{id}/discard", "one", &format!("{journey}/discard")).await;
        self.shop.press(journey, "discard").await;
        self.shop.press(journey, "resume").await;
    }

    /// As long as names may be.
    async fn longest(&mut self, channel: &Id) {
        for name in longest() {
            let person =
                Someone::called(&name).who(Consent::Granted).tagged(&name.chars().take(50).collect::<String>());
            let contact = self.shop.app.contact(channel, person).await;
            let audience = self.shop.audience(&name).await;
            let text = name.repeat(3);
            let journey = self.shop.draft(&name, channel, &text).await;
            self.shop.press(&journey, "publish").await;
            let schedule = self.shop.schedule(&name, &journey, &audience).await;
            let broadcast = self.shop.send_tomorrow(&name, channel).await;
            self.shop.app.channel(ChannelKind::Line, &name).await;
            if name.starts_with('W') {
                for page in ["/", "/contacts", "/audiences", "/broadcasts", "/journeys", "/schedules", "/channels"] {
                    self.take(page, "long", page).await;
                }
                self.take("/contacts/{id}", "long", &format!("/contacts/{contact}")).await;
                self.take("/audiences/{id}", "long", &audience).await;
                self.take("/journeys/{id}", "long", &journey).await;
                self.take("/schedules/{id}/tasks", "long", &schedule).await;
                self.take("/broadcasts/{id}", "long", &broadcast).await;
                self.take("/broadcasts/{id}/cancel", "long", &format!("{broadcast}/cancel")).await;
                self.take("/broadcasts/{id}/copy", "long", &format!("{broadcast}/copy")).await;
            }
        }
    }

    /// What was left out, skipped, failed and set aside.
    async fn gone_wrong(&mut self, channel: &Id) {
        let (app, shop) = (&self.shop.app, &self.shop);
        let people = ["李不要", "張志豪"].map(|name| Someone::called(name).who(Consent::Withdrawn)).to_vec();
        app.contacts(channel, people).await;
        let left_out = shop.send("週年慶正式開跑", channel).await;
        let disconnected = app.channel(ChannelKind::Line, "永康門市").await;
        app.contact(&disconnected, Someone::called("黃雅婷").who(Consent::Granted)).await;
        let failed = shop.send_tomorrow("門市公告", &disconnected).await;
        shop.at_once(&format!("/channels/{disconnected}"), "pause").await;
        let audience = shop.audience("門市常客").await;
        let journey = shop.draft("門市回訪", channel, "好久不見").await;
        shop.press(&journey, "publish").await;
        let schedule = shop.schedule("門市回訪提醒", &journey, &audience).await;
        shop.press(&journey, "pause").await;
        never_connected(app).await;
        app.advance(TimeDelta::days(1)).await;
        self.take("/broadcasts/{id}", "left-out", &left_out).await;
        self.take("/broadcasts/{id}/people", "left-out", &format!("{left_out}/people?outcome=left_out")).await;
        self.take("/broadcasts/{id}", "failed", &failed).await;
        self.take("/schedules/{id}/tasks", "failed", &schedule).await;
        self.take("/schedules", "failed", "/schedules").await;
        self.take("/journeys/{id}", "paused", &journey).await;
        for page in ["/", "/broadcasts", "/jobs", "/channels"] {
            self.take(page, "failed", page).await;
        }
    }

    /// A broadcast while it is sent, and held.
    async fn under_way(&mut self) {
        let channel = self.shop.slow_account("門市簡訊", 300).await;
        let broadcast = self.shop.send("冬季特賣最後三天", &channel).await;
        for (state, act) in [("sending", None), ("paused", Some("pause"))] {
            if let Some(act) = act {
                self.shop.at_once(&broadcast, act).await;
            }
            self.take("/broadcasts/{id}", state, &broadcast).await;
            self.take("/broadcasts", state, "/broadcasts").await;
            self.take("/", state, "/").await;
            self.take("/broadcasts/{id}/cancel", state, &format!("{broadcast}/cancel")).await;
        }
        self.take("/broadcasts/{id}/people", "paused", &format!("{broadcast}/people")).await;
    }

    /// The answers to those who may not, who lost their way or their session, and to everybody when all is broken.
    async fn turned_away(&mut self, app: &App) {
        self.answered("/schedules/{id}/tasks", "missing", 404, "/schedules/none/tasks", None).await;
        let forge = format!("document.querySelector('main [name=csrf]').value = 'x'; {SEND}");
        self.answered("/settings", "forbidden", 403, "/settings", Some(&forge)).await;
        let (email, salesperson) = app.person(&[Role::Salesperson]).await;
        let member = app.member("蔡佩珊", Some(&salesperson)).await;
        let channel = app.channel(ChannelKind::Line, "業務 LINE").await;
        app.contact(&channel, Someone::called("蔡佩珊").of(&member)).await;
        self.browser.sign_in_as(&email).await;
        self.take("/today-of-a-salesperson", "one", "/").await;
        self.answered("/schedules", "forbidden", 403, "/schedules", None).await;
        self.sign_in(app).await;
        self.browser.sign_in(app, Role::Admin).await;
        app.write(|conn| Sql::new("alter table audit rename to audit_elsewhere").execute(conn)).await;
        self.answered("/audit", "broken", 500, "/audit", None).await;
    }

    /// A password that is wrong, and a form that was sent after the session had ended.
    async fn sign_in(&mut self, app: &App) {
        self.browser.client.delete_all_cookies().await.unwrap();
        let wrong = "document.querySelector('#email').value = 'mei@shop.test'; \
            document.querySelector('#password').value = 'not this one'; document.querySelector('main form').requestSubmit();";
        self.refuse("/signin", "/signin", wrong).await;
        let (email, id) = app.person(&[Role::Admin]).await;
        self.browser.sign_in_as(&email).await;
        self.browser.open("/people/new").await;
        app.write(move |conn| end_sessions(conn, &id, None)).await;
        self.browser.ask(&format!("document.querySelector('#name').value = '新同事'; {SEND}")).await;
        self.browser.client.wait().for_element(Locator::Id("password")).await.unwrap();
        let lost = self.path().await;
        self.take("/signin", "lost", &lost).await;
        self.browser.client.find(Locator::Id("email")).await.unwrap().send_keys(&email).await.unwrap();
        self.browser.client.find(Locator::Id("password")).await.unwrap().send_keys(PASSWORD).await.unwrap();
        self.browser.client.find(Locator::Css("main form button")).await.unwrap().click().await.unwrap();
        self.browser.client.wait().for_element(Locator::Css("form[action='/people']")).await.unwrap();
        let kept = self.path().await;
        self.take("/kept/{id}", "lost", &kept).await;
    }

    /// Where the browser is.
    async fn path(&self) -> String {
        let url = self.browser.client.current_url().await.unwrap();
        format!("{}?{}", url.path(), url.query().unwrap_or_default())
    }
}

/// An account of the real LINE without its keys: what is sent over it stops and needs somebody.
async fn never_connected(app: &App) {
    let now = app.clock.now();
    let add = move |conn: &mut _| {
        let (kind, connector) = (ChannelKind::Line, Connector::Live);
        channels::add(
            conn,
            &NewChannel { kind, connector, name: "舊的官方帳號", rate_per_second: 100, failure_share: 0.0 },
            now,
        )
    };
    let channel = app.write(add).await;
    app.contact(&channel, Someone::called("吳淑芬").who(Consent::Granted)).await;
    app.send_to_all(&channel, Origin::Broadcast, Content::text("全館八折")).await;
    app.settle().await;
}
