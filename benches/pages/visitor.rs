//! A browser without scripts, signed in to the demo shop.

use reqwest::Client;
use scraper::{Html, Selector};
use std::time::{Duration, Instant};

pub(crate) struct Visitor {
    http: Client,
    address: String,
}

impl Visitor {
    pub(crate) async fn sign_in(address: &str) -> Self {
        tidings_base::outside::tls();
        let http = Client::builder().cookie_store(true).no_proxy().build().expect("a client");
        let page = http.get(format!("{address}/signin")).send().await.expect("an answer");
        let token = token(&page.text().await.expect("a page"));
        let form = [("email", "admin@demo.test"), ("password", "tidings-demo"), ("csrf", token.as_str())];
        let answer = http.post(format!("{address}/signin")).form(&form).send().await.expect("an answer");
        assert!(answer.status().is_success(), "signed in: {}", answer.status());
        Self { http, address: address.to_owned() }
    }

    /// How long a page took, and how many bytes it has.
    #[expect(clippy::disallowed_methods, reason = "a monotonic time that is never shown")]
    pub(crate) async fn get(&self, path: &str) -> (Duration, usize) {
        let began = Instant::now();
        let answer = self.http.get(format!("{}{path}", self.address)).send().await.expect("an answer");
        let status = answer.status();
        let page = answer.bytes().await.expect("a whole page");
        let took = began.elapsed();
        assert!(status.is_success(), "{path}: {status}");
        (took, page.len())
    }
}

fn token(html: &str) -> String {
    let field = Selector::parse("form[method=post] input[name=csrf]").expect("a selector");
    let page = Html::parse_document(html);
    let found = page.select(&field).next().and_then(|input| input.value().attr("value"));
    found.expect("a form with a token").to_owned()
}
