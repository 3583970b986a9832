//! What an operator sets: `TIDINGS_…` in the environment, or the same names in `tidings.toml`
//! without the prefix and in small letters. Read once, when the program starts.

use crate::{clock, db::Url, outside::Reach};
use chrono::TimeDelta;
use chrono_tz::Tz;
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, str::FromStr};

/// Every setting with its meaning: name, default, what it is. The order of the README.
pub const KNOWN: &[(&str, &str, &str)] = &[
    ("TIDINGS_LISTEN", "127.0.0.1:8080", "address and port to listen on; port 0 picks one"),
    ("TIDINGS_DATA", "./data", "folder of the SQLite file and the secret key"),
    ("DATABASE_URL", "", "postgres://… for PostgreSQL; else an SQLite file in the data folder"),
    ("TIDINGS_PUBLIC_URL", "", "address under which browsers and vendors reach this server"),
    ("TIDINGS_TIMEZONE", "Asia/Taipei", "zone of a new workspace; later the settings page rules"),
    ("TIDINGS_LOG", "info", "what is logged, as in RUST_LOG"),
    ("TIDINGS_SECRET_KEY", "", "64 hexadecimal digits; else data/secret.key, made at first start"),
    ("TIDINGS_CLOCK", "", "moves the product's clock: 2027-01-31T08:59:50+08:00@600x; `real` puts it back"),
    ("TIDINGS_DEMO_PASSWORD", "", "password of the demo's people; needed to listen beyond loopback"),
    ("TIDINGS_ADMIN_EMAIL", "", "first admin of an empty workspace"),
    ("TIDINGS_ADMIN_PASSWORD", "", "password of the first admin, at least 12 characters"),
    ("TIDINGS_LEASE", "30s", "how long claimed work is left alone before another worker takes it"),
    ("TIDINGS_LINE_API_BASE", "https://api.line.me", "where LINE's Messaging API is"),
    ("TIDINGS_ALLOW_PRIVATE_ADDRESSES", "0", "1 lets connectors call loopback and private addresses"),
];

/// `TIDINGS_CLOCK`, read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ClockSetting {
    /// Not set: as the database says, so that nodes and restarts agree.
    AsStored,
    /// Back to the machine's time.
    Real,
    /// Moved.
    Start(clock::Start),
}

/// The settings of this process.
#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    pub data: PathBuf,
    pub database: Url,
    /// Without a slash at the end.
    pub public_url: Option<String>,
    pub timezone: Tz,
    pub log: String,
    pub secret_key: Option<String>,
    pub clock: ClockSetting,
    /// The text of `TIDINGS_CLOCK`, by which a restart knows that it is the same start.
    pub clock_text: String,
    pub demo_password: Option<String>,
    pub admin_email: Option<String>,
    pub admin_password: Option<String>,
    pub lease: TimeDelta,
    /// Without a slash at the end.
    pub line_api_base: String,
    pub allow_private_addresses: bool,
}

/// A setting that is not known or not understood. Says which, and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("there is no setting {found}; the nearest is {nearest}")]
    Unknown { found: String, nearest: &'static str },
    #[error("{name}: {why} (found {found:?})")]
    Malformed { name: &'static str, found: String, why: String },
    #[error("tidings.toml: {0}")]
    File(String),
}

impl Settings {
    /// Reads the environment and, beneath it, the text of `tidings.toml`.
    ///
    /// # Errors
    /// The first name that is not known or value that is not understood.
    pub fn read(
        environment: impl IntoIterator<Item = (String, String)>,
        file: Option<&str>,
    ) -> Result<Self, SettingsError> {
        let mut given = BTreeMap::new();
        if let Some(file) = file {
            let table: toml::Table = toml::from_str(file).map_err(|e| SettingsError::File(e.to_string()))?;
            for (key, value) in table {
                let name = known(&file_name(&key)).map_err(|_| SettingsError::Unknown {
                    found: format!("{key} in tidings.toml"),
                    nearest: nearest(&file_name(&key)),
                })?;
                let value = match value {
                    toml::Value::String(text) => text,
                    toml::Value::Integer(n) => n.to_string(),
                    toml::Value::Boolean(b) => i32::from(b).to_string(),
                    other => {
                        let why = "expected a text, a number or true/false".into();
                        return Err(SettingsError::Malformed { name, found: format!("{other:?}"), why });
                    }
                };
                given.insert(name, value);
            }
        }
        for (name, value) in environment {
            if name == "TIDINGS_CRASH_AT" && cfg!(feature = "crash-points") {
                continue;
            }
            if name == "DATABASE_URL" || name.starts_with("TIDINGS_") {
                given.insert(known(&name)?, value);
            }
        }
        Self::from_given(&given)
    }

    /// Where things are; `listening` is where this program listens, for links if nothing else is set.
    ///
    /// # Errors
    /// A vendor's address is not public, and such addresses are not allowed.
    pub fn reach(&self, listening: SocketAddr) -> Result<Reach, SettingsError> {
        let host = self.line_api_base.split("://").nth(1).unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        let reach = Reach {
            public_url: self.public_url.clone().unwrap_or_else(|| format!("http://{listening}")),
            line_api: self.line_api_base.clone(),
            allow_private_addresses: self.allow_private_addresses,
        };
        let tls = self.line_api_base.starts_with("https://");
        if !reach.allow_private_addresses && (!tls || !reach.allows_host(host)) {
            return Err(SettingsError::Malformed {
                name: "TIDINGS_LINE_API_BASE",
                found: self.line_api_base.clone(),
                why: "expected a public https address, unless TIDINGS_ALLOW_PRIVATE_ADDRESSES=1".to_owned(),
            });
        }
        Ok(reach)
    }

    fn from_given(given: &BTreeMap<&'static str, String>) -> Result<Self, SettingsError> {
        let data: PathBuf = text(given, "TIDINGS_DATA").into();
        let database = match text(given, "DATABASE_URL") {
            "" => Url::Sqlite(data.join("tidings.db").to_string_lossy().into_owned()),
            _ => parsed(given, "DATABASE_URL", Url::from_str)?,
        };
        let clock_text = text(given, "TIDINGS_CLOCK");
        let clock = match clock_text {
            "" => ClockSetting::AsStored,
            "real" => ClockSetting::Real,
            _ => ClockSetting::Start(parsed(given, "TIDINGS_CLOCK", clock::Start::from_str)?),
        };
        Ok(Self {
            listen: parsed(given, "TIDINGS_LISTEN", |t| {
                t.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:8080")
            })?,
            data,
            database,
            public_url: optional(given, "TIDINGS_PUBLIC_URL", web_address)?,
            timezone: parsed(given, "TIDINGS_TIMEZONE", |t| {
                t.parse().map_err(|_| "expected a zone of the IANA list, such as Asia/Taipei")
            })?,
            log: text(given, "TIDINGS_LOG").to_owned(),
            secret_key: optional(given, "TIDINGS_SECRET_KEY", |t| {
                if t.len() == 64 && t.bytes().all(|b| b.is_ascii_hexdigit()) {
                    Ok(t.to_owned())
                } else {
                    Err("expected 64 hexadecimal digits")
                }
            })?,
            clock,
            clock_text: clock_text.to_owned(),
            demo_password: optional(given, "TIDINGS_DEMO_PASSWORD", present)?,
            admin_email: optional(given, "TIDINGS_ADMIN_EMAIL", present)?,
            admin_password: optional(given, "TIDINGS_ADMIN_PASSWORD", present)?,
            lease: parsed(given, "TIDINGS_LEASE", |t| {
                t.trim_end_matches(['s', ' '])
                    .parse::<i64>()
                    .ok()
                    .filter(|s| (1..=3600).contains(s))
                    .map(TimeDelta::seconds)
                    .ok_or("expected seconds from 1s to 3600s, such as 30s")
            })?,
            line_api_base: parsed(given, "TIDINGS_LINE_API_BASE", web_address)?,
            allow_private_addresses: parsed(given, "TIDINGS_ALLOW_PRIVATE_ADDRESSES", |t| match t {
                "1" | "true" => Ok(true),
                "0" | "false" => Ok(false),
                _ => Err("expected 1 or 0"),
            })?,
        })
    }
}

/// `listen` → `TIDINGS_LISTEN`, `database_url` → `DATABASE_URL`.
fn file_name(key: &str) -> String {
    let name = key.to_uppercase();
    if name == "DATABASE_URL" || name.starts_with("TIDINGS_") { name } else { format!("TIDINGS_{name}") }
}

fn known(name: &str) -> Result<&'static str, SettingsError> {
    KNOWN
        .iter()
        .map(|(known, ..)| *known)
        .find(|known| *known == name)
        .ok_or_else(|| SettingsError::Unknown { found: name.to_owned(), nearest: nearest(name) })
}

fn nearest(name: &str) -> &'static str {
    let best = KNOWN.iter().map(|(known, ..)| *known).min_by_key(|known| strsim::damerau_levenshtein(known, name));
    best.expect("there are settings")
}

fn text<'a>(given: &'a BTreeMap<&'static str, String>, name: &'static str) -> &'a str {
    let default = KNOWN.iter().find(|(known, ..)| *known == name).map_or("", |(_, default, _)| default);
    given.get(name).map_or(default, |value| value.trim())
}

fn parsed<T, E: ToString>(
    given: &BTreeMap<&'static str, String>,
    name: &'static str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, SettingsError> {
    let found = text(given, name);
    let secret = name.contains("PASSWORD") || name.contains("SECRET") || name == "DATABASE_URL";
    read(found).map_err(|e| SettingsError::Malformed {
        name,
        found: if secret { "…".into() } else { found.to_owned() },
        why: e.to_string(),
    })
}

fn optional<T>(
    given: &BTreeMap<&'static str, String>,
    name: &'static str,
    read: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, SettingsError> {
    if text(given, name).is_empty() { Ok(None) } else { parsed(given, name, read).map(Some) }
}

fn web_address(text: &str) -> Result<String, &'static str> {
    if text.starts_with("http://") || text.starts_with("https://") {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("expected an address that begins with https://")
    }
}

fn present(text: &str) -> Result<String, &'static str> {
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &[(&str, &str)], file: Option<&str>) -> Result<Settings, SettingsError> {
        Settings::read(environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())), file)
    }

    #[test]
    fn without_any_setting_it_starts_on_loopback_with_a_file() {
        let settings = read(&[("PATH", "/bin")], None).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.database, Url::Sqlite("./data/tidings.db".into()));
        assert_eq!(settings.timezone, chrono_tz::Asia::Taipei);
        assert_eq!(settings.lease, TimeDelta::seconds(30));
    }

    #[test]
    fn the_environment_stands_over_the_file() {
        let file = "listen = \"0.0.0.0:1\"\nlease = 5\nallow_private_addresses = true\ndatabase_url = \"x.db\"";
        let settings = read(&[("TIDINGS_LISTEN", "127.0.0.1:0")], Some(file)).unwrap();
        assert_eq!(settings.listen.port(), 0);
        assert_eq!(settings.lease, TimeDelta::seconds(5));
        assert!(settings.allow_private_addresses);
        assert_eq!(settings.database, Url::Sqlite("x.db".into()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, value, says) in [
            ("TIDINGS_LISTN", "x", "there is no setting TIDINGS_LISTN; the nearest is TIDINGS_LISTEN"),
            ("TIDINGS_TIMEZONE", "Taipei", "TIDINGS_TIMEZONE: expected a zone"),
            ("TIDINGS_LISTEN", "8080", "TIDINGS_LISTEN: expected an address"),
            ("TIDINGS_CLOCK", "tomorrow", "TIDINGS_CLOCK: expected a time"),
            ("TIDINGS_LEASE", "0", "TIDINGS_LEASE: expected seconds"),
            ("TIDINGS_LINE_API_BASE", "api.line.me", "TIDINGS_LINE_API_BASE: expected an address"),
            ("TIDINGS_SECRET_KEY", "short", "TIDINGS_SECRET_KEY: expected 64"),
            ("DATABASE_URL", "mysql://x", "DATABASE_URL: expected postgres"),
        ] {
            let said = read(&[(name, value)], None).unwrap_err().to_string();
            assert!(said.starts_with(says), "{said}");
        }
        let said = read(&[], Some("lisen = \"x\"")).unwrap_err().to_string();
        assert_eq!(said, "there is no setting lisen in tidings.toml; the nearest is TIDINGS_LISTEN");
        let said = read(&[("TIDINGS_SECRET_KEY", "hunter2")], None).unwrap_err().to_string();
        assert!(!said.contains("hunter2"), "a secret is not repeated");
    }
}
