//! A LINE that is not there: an HTTP server that holds each request against LINE's OpenAPI file,
//! keeps its own record of who got what under which retry key, and misbehaves on command.

use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    Method, Request, Response,
    body::{Bytes, Frame, Incoming},
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    io,
    net::TcpListener,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

/// What it does to one request instead of taking it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// 429, with this `Retry-After`.
    RateLimited(Option<&'static str>),
    /// 500 in LINE's own words.
    Fails,
    /// 200 and a page that is no JSON, and nobody got anything.
    Malformed,
    /// Takes it and breaks off in the middle of the answer.
    Half,
    /// Takes it and never answers.
    Silent,
    ClosesBefore,
    /// Takes it and closes.
    ClosesAfter,
    /// 400 that names this place of `to`.
    Names(usize),
    /// 400 that names nobody.
    NamesNobody,
    /// 410 with a sentence that stands in no list.
    Unlisted,
    /// 400 about the content.
    Content,
}

/// Shares of requests that go wrong by themselves, drawn from a seed.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Chance {
    pub(crate) rate_limited: f64,
    pub(crate) fails: f64,
    pub(crate) closes_before: f64,
    pub(crate) closes_after: f64,
    pub(crate) malformed: f64,
    pub(crate) half: f64,
    pub(crate) silent: f64,
    /// How much longer each answer takes than the one before, up to five seconds.
    pub(crate) slower: Duration,
}

/// See the module.
pub(crate) struct FakeLine {
    pub(crate) token: Mutex<String>,
    script: Mutex<VecDeque<Fault>>,
    chance: Mutex<Option<(Chance, StdRng)>>,
    record: Mutex<Record>,
}

/// What it knows.
#[derive(Default)]
struct Record {
    /// By key, the request and what the accepted one was called.
    keys: HashMap<String, (Vec<u8>, String)>,
    got: BTreeMap<(String, String), usize>,
    requests: Vec<String>,
    wrong: Vec<String>,
    limit: Option<i64>,
    used: i64,
    names: HashMap<String, String>,
    gone: Vec<String>,
}

pub(crate) const TOKEN: &str = "the-channel-access-token+/=";
pub(crate) const SECRET: &str = "line-secret";
pub(crate) const BOT: &str = "U00000000000000000000000000000b07";

type Body = StreamBody<stream::Iter<std::vec::IntoIter<io::Result<Frame<Bytes>>>>>;

impl FakeLine {
    /// Answers at `listener` from now on.
    pub(crate) fn start(listener: TcpListener) -> Arc<Self> {
        let line = Arc::new(Self {
            token: Mutex::new(TOKEN.to_owned()),
            script: Mutex::default(),
            chance: Mutex::default(),
            record: Mutex::default(),
        });
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let answering = line.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let line = answering.clone();
                let service = service_fn(move |request| {
                    let line = line.clone();
                    async move { line.answer(request).await }
                });
                // A closed connection is an error here and what was asked for.
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        line
    }

    /// Does this to the next sends, one each, then takes everything.
    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script.lock().unwrap().extend(faults);
    }

    /// Does it by chance from now on.
    pub(crate) fn by_chance(&self, chance: Chance, seed: u64) {
        *self.chance.lock().unwrap() = Some((chance, StdRng::seed_from_u64(seed)));
    }

    /// How many messages this month; none is without limit.
    pub(crate) fn limit(&self, limit: Option<i64>) {
        self.record.lock().unwrap().limit = limit;
    }

    /// So many messages are left this month.
    pub(crate) fn left(&self, messages: i64) {
        let mut record = self.record.lock().unwrap();
        record.limit = Some(record.used + messages);
    }

    /// This many were sent from elsewhere.
    pub(crate) fn used(&self, messages: i64) {
        self.record.lock().unwrap().used += messages;
    }

    pub(crate) fn is_called(&self, identity: &str, name: &str) {
        self.record.lock().unwrap().names.insert(identity.to_owned(), name.to_owned());
    }

    /// Nobody has this id any more.
    pub(crate) fn is_gone(&self, identity: &str) {
        self.record.lock().unwrap().gone.push(identity.to_owned());
    }

    /// Everybody who got something and what; nobody twice the same, and every request was right.
    pub(crate) fn got(&self) -> Vec<(String, String)> {
        let record = self.record.lock().unwrap();
        assert!(record.wrong.is_empty(), "{:#?}", &record.wrong[..record.wrong.len().min(5)]);
        let twice: Vec<_> = record.got.iter().filter(|(_, times)| **times != 1).take(5).collect();
        assert!(twice.is_empty(), "somebody got it twice: {twice:?}");
        record.got.keys().cloned().collect()
    }

    /// Method and path of every request, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.record.lock().unwrap().requests.clone()
    }

    /// How many different keys it took.
    pub(crate) fn keys(&self) -> usize {
        self.record.lock().unwrap().keys.len()
    }

    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let path = head.uri.path().to_owned();
        self.record.lock().unwrap().requests.push(format!("{} {path}", head.method));
        let bearer = format!("Bearer {}", self.token.lock().unwrap());
        if head.headers.get(AUTHORIZATION).is_none_or(|given| given.as_bytes() != bearer.as_bytes()) {
            let why = "Authentication failed due to the following reason: invalid token. Confirm that the access token in the authorization header is valid.";
            return Ok(refusal(401, why));
        }
        match (&head.method, path.as_str()) {
            (&Method::POST, "/v2/bot/message/push" | "/v2/bot/message/multicast") => {
                let header =
                    |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
                if header(CONTENT_TYPE.as_str()).as_deref() != Some("application/json") {
                    self.record.lock().unwrap().wrong.push("no JSON".to_owned());
                }
                self.send(&path, header("x-line-retry-key"), &body).await
            }
            (&Method::GET, path) => Ok(self.tell(path)),
            _ => Ok(refusal(404, "Not found")),
        }
    }

    fn tell(&self, path: &str) -> Response<Body> {
        let record = self.record.lock().unwrap();
        match path {
            "/v2/bot/info" => told(
                "BotInfoResponse",
                json!({"userId": BOT, "basicId": "@shop", "displayName": "小島選物", "chatMode": "chat", "markAsReadMode": "auto"}),
            ),
            "/v2/bot/message/quota" => told(
                "MessageQuotaResponse",
                match record.limit {
                    Some(limit) => json!({"type": "limited", "value": limit}),
                    None => json!({"type": "none"}),
                },
            ),
            "/v2/bot/message/quota/consumption" => told("QuotaConsumptionResponse", json!({"totalUsage": record.used})),
            path => match path.strip_prefix("/v2/bot/profile/").and_then(|id| Some((id, record.names.get(id)?))) {
                Some((id, name)) => told("UserProfileResponse", json!({"userId": id, "displayName": name})),
                None => refusal(404, "Not found"),
            },
        }
    }

    async fn send(&self, path: &str, key: Option<String>, body: &[u8]) -> io::Result<Response<Body>> {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let wrong = problems(path, &value, key.as_deref());
        self.record.lock().unwrap().wrong.extend(wrong);
        let to: Vec<String> = match &value["to"] {
            Value::Array(all) => all.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect(),
            one => one.as_str().map(str::to_owned).into_iter().collect(),
        };
        tokio::time::sleep(self.slowness()).await;
        let fault = self.fault();
        match fault {
            Some(Fault::RateLimited(after)) => {
                let mut answer = refusal(429, "The API rate limit has been exceeded. Try again later.");
                if let Some(after) = after {
                    answer.headers_mut().insert("retry-after", after.parse().unwrap());
                }
                return Ok(answer);
            }
            Some(Fault::Fails) => return Ok(refusal(500, "Internal server error")),
            Some(Fault::Malformed) => return Ok(whole(200, "text/html", "<html>welcome to this hotel</html>".into())),
            Some(Fault::ClosesBefore) => return Err(closed()),
            Some(Fault::Names(n)) => {
                let why = format!("The property, to[{n}], in the request body is invalid (line: -, column: -)");
                return Ok(refusal(400, &why));
            }
            Some(Fault::NamesNobody) => return Ok(refusal(400, "Something about somebody")),
            Some(Fault::Unlisted) => return Ok(refusal(410, "No longer like this")),
            Some(Fault::Content) => {
                return Ok(whole(
                    400,
                    "application/json",
                    json!({
                        "message": "The request body has 1 error(s)",
                        "details": [{"message": "May not be empty", "property": "messages[0].text"}],
                    })
                    .to_string(),
                ));
            }
            Some(Fault::Half | Fault::Silent | Fault::ClosesAfter) | None => {}
        }
        let answer = self.take(path, key, body, &value, &to);
        match fault {
            Some(Fault::ClosesAfter) => Err(closed()),
            Some(Fault::Silent) => std::future::pending().await,
            Some(Fault::Half) => Ok(half()),
            _ => Ok(answer),
        }
    }

    fn slowness(&self) -> Duration {
        let slower = self.chance.lock().unwrap().as_ref().map_or(Duration::ZERO, |(chance, _)| chance.slower);
        let sends = u32::try_from(self.record.lock().unwrap().requests.len()).unwrap();
        (slower * sends).min(Duration::from_secs(5))
    }

    fn fault(&self) -> Option<Fault> {
        if let Some(fault) = self.script.lock().unwrap().pop_front() {
            return Some(fault);
        }
        let mut chance = self.chance.lock().unwrap();
        let (chance, random) = chance.as_mut()?;
        let mut drawn: f64 = random.random();
        let shares = [
            (chance.rate_limited / 2.0, Fault::RateLimited(None)),
            (chance.rate_limited / 2.0, Fault::RateLimited(Some("7"))),
            (chance.fails, Fault::Fails),
            (chance.closes_before, Fault::ClosesBefore),
            (chance.closes_after, Fault::ClosesAfter),
            (chance.malformed, Fault::Malformed),
            (chance.half, Fault::Half),
            (chance.silent, Fault::Silent),
        ];
        for (share, fault) in shares {
            if drawn < share {
                return Some(fault);
            }
            drawn -= share;
        }
        None
    }

    fn take(&self, path: &str, key: Option<String>, body: &[u8], value: &Value, to: &[String]) -> Response<Body> {
        let mut record = self.record.lock().unwrap();
        if let Some((before, request_id)) = key.as_ref().and_then(|key| record.keys.get(key)).cloned() {
            if before != body {
                record.wrong.push(format!("another request under the key {key:?}"));
            }
            let mut answer = refusal(409, "The retry key is already accepted");
            answer.headers_mut().insert("x-line-accepted-request-id", request_id.parse().unwrap());
            return answer;
        }
        if let Some(n) = to.iter().position(|id| record.gone.contains(id)) {
            let named = format!("The property, to[{n}], in the request body is invalid (line: -, column: -)");
            return refusal(400, if path.ends_with("push") { "Failed to send messages" } else { &named });
        }
        if record.limit.is_some_and(|limit| record.used + to.len() as i64 > limit) {
            return refusal(429, "You have reached your monthly limit.");
        }
        record.used += to.len() as i64;
        let request_id = uuid::Uuid::new_v4().to_string();
        if let Some(key) = key {
            record.keys.insert(key, (body.to_vec(), request_id.clone()));
        }
        let parts: Vec<String> = value["messages"].as_array().into_iter().flatten().map(said).collect();
        for id in to {
            for part in &parts {
                *record.got.entry((id.clone(), part.clone())).or_default() += 1;
            }
        }
        let mut answer = if path.ends_with("push") {
            let sent: Vec<_> =
                parts.iter().enumerate().map(|(n, _)| json!({"id": format!("{}{n}", record.used)})).collect();
            told("PushMessageResponse", json!({"sentMessages": sent}))
        } else {
            told("MulticastResponse", json!({}))
        };
        answer.headers_mut().insert("x-line-request-id", request_id.parse().unwrap());
        answer
    }
}

fn said(message: &Value) -> String {
    message["text"].as_str().or_else(|| message["originalContentUrl"].as_str()).unwrap_or_default().to_owned()
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "as it was told")
}

fn refusal(status: u16, message: &str) -> Response<Body> {
    told_as(status, "ErrorResponse", json!({"message": message}))
}

fn told(schema: &str, value: Value) -> Response<Body> {
    told_as(200, schema, value)
}

/// What it says is as LINE says it, too.
fn told_as(status: u16, schema: &str, value: Value) -> Response<Body> {
    assert!(API.check(schema, &value).is_empty(), "{schema}: {value}");
    whole(status, "application/json", value.to_string())
}

fn whole(status: u16, kind: &str, body: String) -> Response<Body> {
    let frames = vec![Ok(Frame::data(Bytes::from(body.clone())))];
    let answer = Response::builder().status(status).header(CONTENT_TYPE, kind).header(CONTENT_LENGTH, body.len());
    answer
        .header("x-line-request-id", uuid::Uuid::new_v4().to_string())
        .body(StreamBody::new(stream::iter(frames)))
        .unwrap()
}

fn half() -> Response<Body> {
    let frames = vec![Ok(Frame::data(Bytes::from_static(br#"{"sentMess"#))), Err(closed())];
    let answer = Response::builder().status(200).header(CONTENT_LENGTH, 500).header(CONTENT_TYPE, "application/json");
    answer.body(StreamBody::new(stream::iter(frames))).unwrap()
}

/// What LINE's own description says against a request.
fn problems(path: &str, value: &Value, key: Option<&str>) -> Vec<String> {
    let schema = if path.ends_with("push") { "PushMessageRequest" } else { "MulticastRequest" };
    let mut wrong = API.check(schema, value);
    for message in value["messages"].as_array().into_iter().flatten() {
        wrong.extend(API.check_message(message));
    }
    if key.is_none_or(|key| uuid::Uuid::parse_str(key).is_err()) {
        wrong.push(format!("the retry key {key:?}"));
    }
    wrong
}

/// LINE's OpenAPI file. OpenAPI 3.0's schemas are JSON Schemas but for the discriminator, which is
/// followed here by hand.
struct Api {
    document: Value,
    checks: Mutex<HashMap<String, Arc<jsonschema::Validator>>>,
}

static API: LazyLock<Api> = LazyLock::new(|| {
    let text = std::fs::read_to_string("tests/data/line-openapi/messaging-api.yml").unwrap();
    Api { document: serde_norway::from_str(&text).unwrap(), checks: Mutex::default() }
});

impl Api {
    fn check(&self, schema: &str, value: &Value) -> Vec<String> {
        let check = self.validator(schema);
        check.iter_errors(value).map(|e| format!("{schema}{}: {e}", e.instance_path())).collect()
    }

    /// The message as its `type` says, with no property that its description does not have.
    fn check_message(&self, message: &Value) -> Vec<String> {
        let kind = message["type"].as_str().unwrap_or_default();
        let mapped = &self.document["components"]["schemas"]["Message"]["discriminator"]["mapping"][kind];
        let Some(schema) = mapped.as_str().and_then(|at| at.rsplit('/').next()) else {
            return vec![format!("a message of the type {kind:?}")];
        };
        let mut wrong = self.check(schema, message);
        let mut known = Vec::new();
        self.properties(schema, &mut known);
        let given = message.as_object().into_iter().flat_map(|object| object.keys());
        wrong.extend(given.filter(|name| !known.contains(name)).map(|name| format!("{schema} has no {name}")));
        wrong
    }

    fn properties(&self, schema: &str, known: &mut Vec<String>) {
        let schema = &self.document["components"]["schemas"][schema];
        for part in std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten()) {
            known.extend(part["properties"].as_object().into_iter().flat_map(|object| object.keys().cloned()));
            if let Some(base) = part["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
                self.properties(base, known);
            }
        }
    }

    fn validator(&self, schema: &str) -> Arc<jsonschema::Validator> {
        let mut checks = self.checks.lock().unwrap();
        let make = || {
            let root = json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "$ref": format!("#/components/schemas/{schema}"),
                "components": self.document["components"],
            });
            Arc::new(jsonschema::options().should_validate_formats(true).build(&root).unwrap())
        };
        checks.entry(schema.to_owned()).or_insert_with(make).clone()
    }
}

/// `x-line-signature` of a body.
pub(crate) fn sign(body: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use hmac::{Hmac, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}
