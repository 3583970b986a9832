//! A mail server that keeps its own record, and misbehaves on command. It shares no code with the
//! program: what it takes down is what came over the wire.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// What a connection is made of, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// The authority that vouches for the server, as `SSL_CERT_FILE` takes it.
pub(crate) fn authority() -> PathBuf {
    data("authority.pem")
}

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls").join(name)
}

fn acceptor() -> TlsAcceptor {
    tidings_base::outside::tls();
    let chain = vec![CertificateDer::from_pem_file(data("certificate.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(data("key.pem")).unwrap();
    TlsAcceptor::from(Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap()))
}

/// A mail that was accepted.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) from: String,
    pub(crate) to: String,
    /// As it came, without the dots that stuff it.
    pub(crate) message: Vec<u8>,
    /// The number of the connection, from 1.
    pub(crate) connection: usize,
}

/// What the server does to a message instead of accepting it with 250.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// Says this.
    Says(&'static str),
    /// Accepts it, and closes the connection without a word.
    AcceptsAndCloses,
    /// Closes the connection after the first bytes of it.
    ClosesInTheMiddle,
}

/// How the server behaves.
#[derive(Clone, Debug)]
pub(crate) struct Manners {
    /// Said to whoever connects, in the place of 220; then the connection is closed.
    pub(crate) banner: Option<&'static str>,
    /// Nothing is ever said.
    pub(crate) silent: bool,
    /// Encrypts from the first byte.
    pub(crate) tls: bool,
    pub(crate) extensions: Vec<&'static str>,
    /// Whom it lets in; anybody, where it is none.
    pub(crate) sign_in: Option<(&'static str, &'static str)>,
    /// Said to every MAIL FROM.
    pub(crate) sender: Option<&'static str>,
    /// Said to this recipient, one a try; then it is welcome.
    pub(crate) recipients: HashMap<String, VecDeque<&'static str>>,
    /// Done with a message to this recipient, each time.
    pub(crate) endings: HashMap<String, Ending>,
    /// Closes a connection after so many messages, before the next one is begun.
    pub(crate) messages: usize,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            banner: None,
            silent: false,
            tls: false,
            extensions: vec!["8BITMIME", "AUTH PLAIN LOGIN"],
            sign_in: None,
            sender: None,
            recipients: HashMap::new(),
            endings: HashMap::new(),
            messages: usize::MAX,
        }
    }
}

#[derive(Default)]
struct Record {
    accepted: Vec<Accepted>,
    connections: usize,
    /// Every line that came, but for those of messages.
    lines: Vec<String>,
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Smtp {
    pub(crate) address: SocketAddr,
    manners: Arc<Mutex<Manners>>,
    record: Arc<Mutex<Record>>,
}

impl Smtp {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, manners: Arc::new(Mutex::new(manners)), record: Arc::default() };
        let taking = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = taking.clone();
                tokio::spawn(async move {
                    let tls = server.manners.lock().unwrap().tls;
                    let wire: Box<dyn Wire> =
                        if tls { Box::new(acceptor().accept(stream).await.ok()?) } else { Box::new(stream) };
                    let number = server.count();
                    let plain = server.talk(wire, number, !tls).await?;
                    // STARTTLS: the same from the start, behind a curtain and without the banner.
                    let hidden = acceptor().accept(plain).await.ok()?;
                    server.talk(Box::new(hidden), number, false).await.map(drop)
                });
            }
        });
        server
    }

    pub(crate) fn change(&self, how: impl FnOnce(&mut Manners)) {
        how(&mut self.manners.lock().unwrap());
    }

    pub(crate) fn accepted(&self) -> Vec<Accepted> {
        self.record.lock().unwrap().accepted.clone()
    }

    /// How often something was accepted for each recipient.
    pub(crate) fn got(&self) -> BTreeMap<String, usize> {
        let mut got = BTreeMap::new();
        for accepted in self.accepted() {
            *got.entry(accepted.to).or_default() += 1;
        }
        got
    }

    pub(crate) fn connections(&self) -> usize {
        self.record.lock().unwrap().connections
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.record.lock().unwrap().lines.clone()
    }

    fn count(&self) -> usize {
        let mut record = self.record.lock().unwrap();
        record.connections += 1;
        record.connections
    }

    /// Until one side has had enough; the bare connection, if it is to be encrypted now.
    async fn talk(&self, wire: Box<dyn Wire>, connection: usize, plain_wire: bool) -> Option<Box<dyn Wire>> {
        let mut wire = BufReader::new(wire);
        let manners = self.manners.lock().unwrap().clone();
        if manners.silent {
            // Until the other side has had enough.
            let _ = wire.read_u8().await;
            return None;
        }
        if let Some(banner) = manners.banner {
            wire.write_all(format!("{banner}\r\n").as_bytes()).await.ok()?;
            return None;
        }
        if plain_wire || manners.tls {
            wire.write_all(b"220 mx.test ESMTP\r\n").await.ok()?;
        }
        let (mut from, mut to, mut messages, mut signed_in) = (String::new(), String::new(), 0, false);
        loop {
            let mut line = String::new();
            if wire.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            self.record.lock().unwrap().lines.push(line.clone());
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let manners = self.manners.lock().unwrap().clone();
            let say = match verb.as_str() {
                "EHLO" => {
                    let mut lines = vec!["mx.test greets you"];
                    lines.extend(manners.extensions.iter().filter(|offer| plain_wire || **offer != "STARTTLS"));
                    let last = lines.len() - 1;
                    let line = |(n, line): (usize, &&str)| format!("250{}{line}", if n == last { " " } else { "-" });
                    lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
                }
                "STARTTLS" if plain_wire => {
                    wire.write_all(b"220 2.0.0 Go on\r\n").await.ok()?;
                    return Some(wire.into_inner());
                }
                "AUTH" => {
                    signed_in = manners.sign_in.is_none_or(|(user, password)| line == plain(user, password));
                    if signed_in { "235 2.7.0 Welcome" } else { "535 5.7.8 Wrong user or password" }.to_owned()
                }
                "MAIL" if manners.sign_in.is_some() && !signed_in => "530 5.7.0 Authentication required".to_owned(),
                "MAIL" if messages >= manners.messages => {
                    let _ = wire.write_all(b"421 4.7.0 That was enough\r\n").await;
                    return None;
                }
                "MAIL" => match manners.sender {
                    Some(said) => said.to_owned(),
                    None => {
                        from = between(&line);
                        "250 2.1.0 OK".to_owned()
                    }
                },
                "RCPT" => {
                    to = between(&line);
                    let mut manners = self.manners.lock().unwrap();
                    let said = manners.recipients.get_mut(&to).and_then(VecDeque::pop_front);
                    said.unwrap_or("250 2.1.5 OK").to_owned()
                }
                "DATA" => {
                    wire.write_all(b"354 Go on\r\n").await.ok()?;
                    let ending = manners.endings.get(&to).copied();
                    if matches!(ending, Some(Ending::ClosesInTheMiddle)) {
                        wire.read_u8().await.ok()?;
                        return None;
                    }
                    let message = message(&mut wire).await?;
                    messages += 1;
                    match ending {
                        Some(Ending::Says(said)) => said.to_owned(),
                        Some(Ending::ClosesInTheMiddle) => unreachable!("it closed"),
                        Some(Ending::AcceptsAndCloses) => {
                            self.accept(&from, &to, message, connection);
                            return None;
                        }
                        None => {
                            self.accept(&from, &to, message, connection);
                            "250 2.0.0 Queued".to_owned()
                        }
                    }
                }
                "RSET" | "NOOP" => "250 2.0.0 OK".to_owned(),
                "QUIT" => {
                    let _ = wire.write_all(b"221 2.0.0 Bye\r\n").await;
                    return None;
                }
                _ => "500 5.5.2 What?".to_owned(),
            };
            wire.write_all(format!("{say}\r\n").as_bytes()).await.ok()?;
        }
    }

    fn accept(&self, from: &str, to: &str, message: Vec<u8>, connection: usize) {
        let accepted = Accepted { from: from.to_owned(), to: to.to_owned(), message, connection };
        self.record.lock().unwrap().accepted.push(accepted);
    }
}

/// Up to the dot that stands alone.
async fn message(read: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if read.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        match line.as_slice() {
            b".\r\n" => return Some(message),
            [b'.', rest @ ..] => message.extend_from_slice(rest),
            line => message.extend_from_slice(line),
        }
    }
}

fn between(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or_else(String::new, |(inside, _)| inside.to_owned())
}

/// The line by which this person signs in (RFC 4616).
fn plain(user: &str, password: &str) -> String {
    use base64::Engine;
    format!("AUTH PLAIN {}", base64::prelude::BASE64_STANDARD.encode(format!("\0{user}\0{password}")))
}
