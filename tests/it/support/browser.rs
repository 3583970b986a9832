//! Chromium without a window, through its driver: for what only a real browser knows.

use super::{App, PASSWORD};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use tidings_base::web::{Lang, Role};

/// How a page is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct View {
    pub(crate) lang: Lang,
    pub(crate) dark: bool,
    /// In CSS pixels. Below 700 it is a phone.
    pub(crate) width: u32,
}

/// A browser with a profile of its own; it ends with this.
pub(crate) struct Browser {
    pub(crate) client: Client,
    address: String,
    commands: String,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends its browser too.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// A browser on `app`.
    ///
    /// # Panics
    /// Without `chromedriver` on the path (Debian: chromium-driver).
    pub(crate) async fn start(app: &App) -> Self {
        let mut driver = Command::new("chromedriver");
        let driver = driver.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = driver.expect("chromedriver is needed for this test (Debian: chromium-driver)");
        let said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = said
            .map_while(Result::ok)
            .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok())
            .expect("chromedriver says its port");
        let endpoint = format!("http://127.0.0.1:{port}");
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let capabilities =
            json!({ "goog:chromeOptions": { "args": arguments }, "goog:loggingPrefs": { "browser": "ALL" } });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities.as_object().unwrap().clone()).connect(&endpoint).await.unwrap();
        let session = client.session_id().await.unwrap().expect("a session was opened");
        let commands = format!("{endpoint}/session/{session}");
        Self { client, address: app.address.clone(), commands, driver, _profile: profile }
    }

    /// Opens a page of the app.
    pub(crate) async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.address)).await.unwrap();
    }

    /// Signs in by the page, as a new person of this role.
    pub(crate) async fn sign_in(&self, app: &App, role: Role) {
        let (email, _) = app.person(&[role]).await;
        self.sign_in_as(&email).await;
    }

    /// Signs in by the page, as a person of the tests; whoever was signed in here is out.
    pub(crate) async fn sign_in_as(&self, email: &str) {
        self.client.delete_all_cookies().await.unwrap();
        self.open("/signin?back=/account").await;
        self.client.find(Locator::Id("email")).await.unwrap().send_keys(email).await.unwrap();
        self.client.find(Locator::Id("password")).await.unwrap().send_keys(PASSWORD).await.unwrap();
        self.client.find(Locator::Css("main form button")).await.unwrap().click().await.unwrap();
        self.client.wait().for_element(Locator::Css("nav .me")).await.expect("the menu appears once signed in");
    }

    /// From the next page on.
    pub(crate) async fn look(&self, view: View) {
        let scheme = if view.dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.cdp("Network.enable", json!({})).await;
        self.cdp("Network.setExtraHTTPHeaders", json!({ "headers": { "Accept-Language": view.lang.code() } })).await;
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        self.size(view.width, if view.width < 700 { 844 } else { 900 }).await;
    }

    async fn size(&self, width: u32, height: u64) {
        let phone = width < 700;
        let scale = if phone { 2 } else { 1 };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// The whole page as a PNG, as tall as it is.
    pub(crate) async fn picture(&self, width: u32) -> Vec<u8> {
        let height = self.ask("return document.documentElement.scrollHeight").await.as_u64().unwrap();
        self.size(width, height.clamp(844, 6000)).await;
        self.client.screenshot().await.unwrap()
    }

    /// What a script on the page returns.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// What the browser complained about since it was last asked.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", json!({ "type": "browser" })).await;
        let lines = log.as_array().cloned().unwrap_or_default();
        let severe = lines.iter().filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING");
        severe.filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
    }

    /// Chrome DevTools Protocol: <https://chromedevtools.github.io/devtools-protocol/>.
    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn command(&self, path: &str, body: Value) -> Value {
        tidings_base::outside::tls();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(format!("{}/{path}", self.commands)).header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.unwrap().text().await.unwrap();
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].take()
    }
}
