//! The program as an operator meets it: commands, settings, signals, backup and restore.

use crate::support::child::{Running, finished, said};
use std::{path::Path, time::Instant};

const ADMIN: &[(&str, &str)] =
    &[("TIDINGS_ADMIN_EMAIL", "boss@shop.test"), ("TIDINGS_ADMIN_PASSWORD", "a long password")];

fn block_on<T>(f: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(f)
}

async fn signed_in(server: &Running) -> crate::support::Visitor {
    let visitor = server.visitor();
    let page = visitor.get("/signin?back=/account").await;
    let form = page.form("/signin").set("email", "boss@shop.test").set("password", "a long password");
    assert_eq!(form.submit().await.path, "/account");
    visitor
}

#[test]
fn an_empty_workspace_starts_with_its_first_admin_and_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &["serve", "--empty"], ADMIN);
    block_on(async {
        let visitor = server.visitor();
        assert_eq!(visitor.get("/healthz").await.html, "alive\n");
        assert_eq!(visitor.get("/readyz").await.html, "ready\n");
        let admin = signed_in(&server).await;
        assert!(admin.get("/people").await.says("boss@shop.test"));
    });
    let asked = Instant::now();
    assert!(server.terminate());
    assert!(asked.elapsed().as_secs() < 10);
    let key = std::fs::metadata(folder.path().join("secret.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
}

#[test]
fn the_demo_shop_is_loaded_once_and_its_password_follows_the_setting() {
    let folder = tempfile::tempdir().unwrap();
    let sign_in = |server: &Running, password: &'static str| {
        let visitor = server.visitor();
        async move {
            let page = visitor.get("/signin?back=/account").await;
            assert!(page.says("marketer@demo.test"));
            page.form("/signin").set("email", "marketer@demo.test").set("password", password).submit().await.status
        }
    };
    let server = Running::start(folder.path(), &[], &[]);
    block_on(async { assert_eq!(sign_in(&server, "tidings-demo").await, 200) });
    server.terminate();
    let server = Running::start(folder.path(), &[], &[("TIDINGS_DEMO_PASSWORD", "another password")]);
    block_on(async {
        assert_eq!(sign_in(&server, "tidings-demo").await, 422);
        assert_eq!(sign_in(&server, "another password").await, 200);
    });
}

#[test]
fn what_streams_does_not_hold_a_stop_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[], &[]);
    let stream = block_on(async {
        let admin = server.visitor();
        let page = admin.get("/signin?back=/account").await;
        page.form("/signin").set("email", "admin@demo.test").set("password", "tidings-demo").submit().await;
        // A slow account, so that it goes on for longer than this test.
        let accounts = admin.get("/channels").await;
        let sms = accounts.all("td.title a").iter().position(|name| name == "ISLA 簡訊").unwrap();
        let sms = accounts.attributes("td.title a", "href")[sms].clone();
        let saved = admin.get(&sms).await.form(&sms).set("rate", "1").submit().await;
        assert_eq!(saved.status, 200, "{}", saved.text());
        let form = admin.get("/broadcasts/new").await.form("/broadcasts").set("name", "慢慢發");
        let form = form.set("account", sms.split('/').nth(2).unwrap()).set("text-1", "您好");
        let confirm = form.add("do", "next").submit().await;
        let shown = confirm.form(&confirm.path.clone()).submit().await;
        let mut stream = admin.raw(&format!("{}/live", shown.path)).await;
        assert_eq!(stream.status(), 200, "{}", shown.text());
        let first = stream.chunk().await.unwrap().unwrap();
        assert!(first.starts_with(b"data: "), "it goes on");
        stream
    });
    let asked = Instant::now();
    assert!(server.terminate());
    assert!(asked.elapsed().as_millis() < 4_000, "it waited for {:?}", asked.elapsed());
    drop(stream);
}

#[cfg(target_os = "linux")]
#[test]
fn an_idle_server_holds_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    // It loads the demo shop, which takes more.
    let server = Running::start(folder.path(), &[], &[]);
    block_on(async {
        for who in ["admin", "marketer", "manager", "sales"] {
            let visitor = server.visitor();
            let page = visitor.get("/signin?back=/contacts").await;
            let form = page.form("/signin").set("email", &format!("{who}@demo.test")).set("password", "tidings-demo");
            assert_eq!(form.submit().await.path, "/contacts");
        }
        let visitor = server.visitor();
        let since = Instant::now();
        while server.memory() > 30 {
            assert!(since.elapsed().as_secs() < 60, "{} MB", server.memory());
            assert_eq!(visitor.get("/healthz").await.status, 200);
        }
    });
}

#[test]
fn the_demo_does_not_load_into_a_workspace_that_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    Running::start(folder.path(), &["serve", "--empty"], ADMIN).terminate();
    let server = Running::start(folder.path(), &[], &[]);
    block_on(async { assert!(!server.visitor().get("/signin").await.says("demo.test")) });
}

#[test]
fn what_is_set_wrongly_is_named_and_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value, says) in [
        ("TIDINGS_LISTN", "127.0.0.1:0", "the nearest is TIDINGS_LISTEN"),
        ("TIDINGS_LISTEN", "here", "TIDINGS_LISTEN: expected an address"),
        ("TIDINGS_TIMEZONE", "Taipei", "TIDINGS_TIMEZONE"),
        ("TIDINGS_CLOCK", "yesterday", "TIDINGS_CLOCK"),
        ("TIDINGS_LISTEN", "0.0.0.0:0", "set TIDINGS_DEMO_PASSWORD"),
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/x", "TIDINGS_SECRET_KEY is required"),
    ] {
        let output = finished(folder.path(), &[], &[(name, value)]);
        assert!(!output.status.success());
        assert!(said(&output).contains(says), "{name}={value} said: {}", said(&output));
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tidings.toml"), "listen = \"here\"").unwrap();
    let output = finished(folder.path(), &["doctor"], &[("TIDINGS_LISTEN", "127.0.0.1:0")]);
    assert!(said(&output).contains("NOT WELL: there is no database yet"), "{}", said(&output));
}

#[test]
fn commands_add_people_and_bring_the_database_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let output = finished(folder.path(), &["migrate"], &[]);
    assert!(output.status.success(), "{}", said(&output));
    let add = |email: &str, role: &str, password: &str| {
        use std::io::Write;
        let arguments = [
            "user",
            "add",
            "--email",
            email,
            "--name",
            "王大明",
            "--role",
            role,
            "--role",
            "marketer",
            "--password-stdin",
        ];
        let mut command = crate::support::child::tidings(folder.path(), &arguments, &[]);
        command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        said(&child.wait_with_output().unwrap())
    };
    assert!(add("boss@shop.test", "admin", "a long password\n").contains("boss@shop.test can sign in"));
    assert!(add("boss@shop.test", "admin", "a long password").contains("somebody has the address"));
    assert!(add("b@shop.test", "king", "a long password").contains("expected one of admin"));
    assert!(add("b@shop.test", "sales-manager", "short").contains("at least 10 characters"));
    let server = Running::start(folder.path(), &["serve", "--empty"], &[]);
    block_on(signed_in(&server));
    let output = finished(folder.path(), &["doctor"], &[]);
    assert!(output.status.success() && said(&output).contains("up to date"), "{}", said(&output));
}

#[test]
fn a_backup_made_while_running_brings_back_what_was() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let copy = copy.to_str().unwrap();
    let name = |server: &Running, name: Option<&'static str>| {
        block_on(async {
            let admin = signed_in(server).await;
            let page = admin.get("/settings").await;
            if let Some(name) = name {
                page.form("/settings").set("name", name).submit().await;
            }
            page.form("/settings").value("name").to_owned()
        })
    };
    let server = Running::start(folder.path(), &["serve", "--empty"], ADMIN);
    name(&server, Some("昨天的店"));
    let output = finished(folder.path(), &["backup", copy], &[]);
    assert!(output.status.success(), "{}", said(&output));
    let again = finished(folder.path(), &["backup", copy], &[]);
    assert!(said(&again).contains("never writes over a file"));
    name(&server, Some("今天的店"));
    let refused = finished(folder.path(), &["restore", copy], &[]);
    assert!(!refused.status.success() && said(&refused).contains("stop the server first"), "{}", said(&refused));
    assert_eq!(name(&server, None), "今天的店", "a refused restore changes nothing");
    server.terminate();
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "no database").unwrap();
    let refused = finished(folder.path(), &["restore", garbage.to_str().unwrap()], &[]);
    assert!(!refused.status.success() && said(&refused).contains("no backup of Tidings"), "{}", said(&refused));
    let output = finished(folder.path(), &["restore", copy], &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(Path::new(&folder.path().join("tidings.db.before-restore")).exists());
    let server = Running::start(folder.path(), &["serve", "--empty"], &[]);
    assert_eq!(name(&server, None), "昨天的店");
}

#[test]
fn a_moved_clock_goes_on_after_a_restart_and_can_be_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let moved = ("TIDINGS_CLOCK", "2031-01-31T08:59:50+08:00@600x");
    let environment: Vec<_> = ADMIN.iter().copied().chain([moved]).collect();
    let year = |environment: &[(&str, &str)]| {
        let server = Running::start(folder.path(), &["serve", "--empty"], environment);
        block_on(async {
            let page = signed_in(&server).await.get("/people").await;
            page.all(".clock").first().cloned().unwrap_or_default()
        })
    };
    let first = year(&environment);
    assert!(first.contains("2031/01/31"), "a banner on every page: {first}");
    let second = year(&environment);
    assert!(second.contains("2031/") && second >= first, "it went on from {first} to {second}");
    assert!(year(ADMIN).contains("2031/"), "the database remembers");
    assert_eq!(year(&[("TIDINGS_CLOCK", "real")]), "");
}
