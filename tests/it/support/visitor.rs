//! A browser without scripts: it reads pages, fills in the forms as they are served, and sends them.

use reqwest::{Client, Method, Response};
use scraper::{ElementRef, Html, Selector};

/// Somebody with a browser.
#[derive(Clone)]
pub(crate) struct Visitor {
    http: Client,
    address: String,
}

/// What came back.
pub(crate) struct Shown {
    pub(crate) status: u16,
    /// The path and query where the redirects ended.
    pub(crate) path: String,
    pub(crate) html: String,
    visitor: Visitor,
}

/// A form of a page, filled in as it was served.
#[derive(Clone)]
pub(crate) struct Filled {
    action: String,
    method: Method,
    multipart: bool,
    pub(crate) fields: Vec<(String, String)>,
    /// Every control there is, checked or not.
    names: Vec<String>,
    /// The names of the controls that a file can be chosen in.
    choosers: Vec<String>,
    files: Vec<(String, String, Vec<u8>)>,
    visitor: Visitor,
}

impl Visitor {
    pub(crate) fn new(address: &str) -> Self {
        tidings_base::outside::tls();
        // Less than the server keeps a connection that is not used: who sends over one that it just closed
        // gets no answer.
        let unused = std::time::Duration::from_secs(1);
        let http = Client::builder().cookie_store(true).no_proxy().pool_idle_timeout(unused).build().unwrap();
        Self { http, address: address.to_owned() }
    }

    /// GET, following redirects.
    pub(crate) async fn get(&self, path: &str) -> Shown {
        self.get_in(path, "zh-TW").await
    }

    /// GET with this `Accept-Language`.
    pub(crate) async fn get_in(&self, path: &str, language: &str) -> Shown {
        let request = self.http.get(format!("{}{path}", self.address)).header("accept-language", language);
        self.shown(request.send().await.unwrap()).await
    }

    /// POST of these fields and nothing else: no token that a form would carry.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let request = self.http.post(format!("{}{path}", self.address)).form(fields);
        self.shown(request.send().await.unwrap()).await
    }

    /// The raw answer to a GET, without following redirects to other pages.
    pub(crate) async fn raw(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.address)).send().await.unwrap()
    }

    async fn shown(&self, answer: Response) -> Shown {
        let status = answer.status().as_u16();
        let url = answer.url();
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let shown = Shown { status, path, html: answer.text().await.unwrap(), visitor: self.clone() };
        shown.names_nothing_twice();
        if status == 422 {
            shown.names_what_is_wrong();
        }
        shown
    }
}

impl Shown {
    /// Whether the page's text, without markup, holds `words`.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// The page's text, without markup and with single spaces.
    pub(crate) fn text(&self) -> String {
        let page = Html::parse_document(&self.html);
        let text: String = page.root_element().text().collect::<Vec<_>>().join(" ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What a label, a link or a script names by its id is one thing.
    fn names_nothing_twice(&self) {
        let mut ids = self.attributes("[id]", "id");
        ids.sort();
        let twice: Vec<_> = ids.windows(2).filter(|two| two[0] == two[1]).map(|two| &two[0]).collect();
        assert!(twice.is_empty(), "{}: {twice:?}", self.path);
    }

    /// The summary of errors leads to each field that it is about and says what that is called.
    fn names_what_is_wrong(&self) {
        for (link, said) in self.attributes("#errors a", "href").iter().zip(self.all("#errors a")) {
            let field = format!("[id='{}']", link.trim_start_matches('#'));
            assert_eq!(self.attributes(&field, "id").len(), 1, "{}: {link} leads nowhere: {said}", self.path);
            // The conditions of a rule have numbers for names.
            let named = said.contains('：') || said.contains(": ") || link.starts_with("#rule");
            assert!(named, "{}: {link} has no name: {said}", self.path);
        }
    }

    /// The texts of the elements that `selector` finds.
    pub(crate) fn all(&self, selector: &str) -> Vec<String> {
        let page = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).unwrap();
        let found = page.select(&selector);
        found.map(|e| e.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// The values of an attribute of the elements that `selector` finds.
    pub(crate) fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let page = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).unwrap();
        let found = page.select(&selector);
        found.filter_map(|e| e.value().attr(name).map(str::to_owned)).collect()
    }

    /// The form that goes to `action`, filled in as it was served.
    pub(crate) fn form(&self, action: &str) -> Filled {
        let page = Html::parse_document(&self.html);
        let forms = Selector::parse("form").unwrap();
        let here = self.path.split('?').next().unwrap().to_owned();
        let goes = |form: &ElementRef| form.value().attr("action").map_or_else(|| here.clone(), str::to_owned);
        let form = page.select(&forms).find(|form| goes(form) == action);
        let form = form.unwrap_or_else(|| panic!("no form goes to {action} on {}: {}", self.path, self.text()));
        Filled {
            action: goes(&form),
            method: if form.value().attr("method") == Some("post") { Method::POST } else { Method::GET },
            multipart: form.value().attr("enctype") == Some("multipart/form-data"),
            fields: served(form),
            names: names(form),
            choosers: choosers(form),
            files: Vec::new(),
            visitor: self.visitor.clone(),
        }
    }

    /// GET of another page by the same person.
    pub(crate) async fn follow(&self, path: &str) -> Shown {
        self.visitor.get(path).await
    }
}

impl Filled {
    /// Types `value` into `name`, or picks it.
    ///
    /// # Panics
    /// The form has no such control: a person could not fill it in either.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        assert!(self.names.iter().any(|n| n == name), "the form to {} has no {name}: {:?}", self.action, self.names);
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Checks a box, or presses a button that has a name.
    pub(crate) fn add(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends it to another address instead, as somebody who forges a request would.
    pub(crate) fn to(mut self, action: &str) -> Self {
        action.clone_into(&mut self.action);
        self.method = Method::POST;
        self
    }

    /// Takes every value of `name` out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self
    }

    /// Chooses a file.
    ///
    /// # Panics
    /// The form has no such control, or would not send a file.
    pub(crate) fn file(mut self, name: &str, file_name: &str, content: &[u8]) -> Self {
        assert!(self.multipart && self.choosers.iter().any(|n| n == name), "no file can be chosen for {name}");
        self.files.push((name.to_owned(), file_name.to_owned(), content.to_vec()));
        self
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// Looks what it would do, as a page's script does while the form is filled in: as fields without files, with the
    /// button that looks.
    pub(crate) async fn look(&self, button: (&str, &str)) -> Shown {
        let url = format!("{}{}", self.visitor.address, self.action);
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = self.visitor.http.post(url).header("accept-language", "zh-TW").header("x-preview", "yes");
        self.visitor.shown(request.form(&[fields, vec![button]].concat()).send().await.unwrap()).await
    }

    /// Sends it, and follows where it leads.
    pub(crate) async fn submit(&self) -> Shown {
        let url = format!("{}{}", self.visitor.address, self.action);
        let request = self.visitor.http.request(self.method.clone(), url).header("accept-language", "zh-TW");
        let request = if self.method == Method::GET {
            request.query(&self.fields)
        } else if self.multipart {
            let mut form = reqwest::multipart::Form::new();
            for (name, value) in &self.fields {
                form = form.text(name.clone(), value.clone());
            }
            for (name, file, content) in &self.files {
                let part = reqwest::multipart::Part::bytes(content.clone()).file_name(file.clone());
                form = form.part(name.clone(), part);
            }
            // A browser sends those where nothing was chosen, too.
            for name in self.choosers.iter().filter(|name| self.files.iter().all(|(n, _, _)| n != *name)) {
                form = form.part(name.clone(), reqwest::multipart::Part::bytes(Vec::new()).file_name(""));
            }
            request.multipart(form)
        } else {
            request.form(&self.fields)
        };
        self.visitor.shown(request.send().await.unwrap()).await
    }
}

fn choosers(form: ElementRef) -> Vec<String> {
    let choosers = Selector::parse("input[type=file]").unwrap();
    form.select(&choosers).filter_map(|control| control.value().attr("name")).map(str::to_owned).collect()
}

fn names(form: ElementRef) -> Vec<String> {
    let controls = Selector::parse("input, select, textarea").unwrap();
    form.select(&controls).filter_map(|control| control.value().attr("name")).map(str::to_owned).collect()
}

/// What a browser would send if nothing were changed.
fn served(form: ElementRef) -> Vec<(String, String)> {
    let controls = Selector::parse("input, select, textarea").unwrap();
    let options = Selector::parse("option").unwrap();
    let mut fields = Vec::new();
    for control in form.select(&controls) {
        let element = control.value();
        let Some(name) = element.attr("name") else { continue };
        if element.attr("disabled").is_some() {
            continue;
        }
        match (element.name(), element.attr("type").unwrap_or("text")) {
            ("input", "checkbox" | "radio") => {
                if element.attr("checked").is_some() {
                    fields.push((name.to_owned(), element.attr("value").unwrap_or("on").to_owned()));
                }
            }
            ("input", "file" | "submit" | "button") => {}
            ("input", _) => fields.push((name.to_owned(), element.attr("value").unwrap_or("").to_owned())),
            ("select", _) => {
                let all: Vec<_> = control.select(&options).collect();
                let chosen = all.iter().find(|o| o.value().attr("selected").is_some());
                let first = all.iter().find(|o| o.value().attr("disabled").is_none());
                if let Some(option) = chosen.or(if element.attr("multiple").is_some() { None } else { first }) {
                    let text: String = option.text().collect();
                    fields.push((name.to_owned(), option.value().attr("value").map_or(text, str::to_owned)));
                }
            }
            (_, _) => {
                let text: String = control.text().collect();
                fields.push((name.to_owned(), text.strip_prefix('\n').unwrap_or(&text).to_owned()));
            }
        }
    }
    fields
}
