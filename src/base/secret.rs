//! The one key of an installation, from which every other is derived.

use crate::settings::Settings;
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use sha2::Sha256;
use std::{fs, io::Write, path::Path};

/// 32 random bytes that no page and no log shows.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// The key is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("TIDINGS_SECRET_KEY is required with PostgreSQL, so that every node has the same (64 hexadecimal digits)")]
    Required,
    #[error("{0} does not hold 64 hexadecimal digits")]
    Malformed(String),
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    #[error("the system gave no random bytes")]
    NoRandom,
}

impl Secret {
    /// The key of the settings, else that of `data/secret.key`, which is made at the first start.
    pub fn load(settings: &Settings) -> Result<Self, SecretError> {
        if let Some(text) = &settings.secret_key {
            return parse(text).ok_or_else(|| SecretError::Malformed("TIDINGS_SECRET_KEY".into()));
        }
        if matches!(settings.database, crate::db::Url::Postgres(_)) {
            return Err(SecretError::Required);
        }
        let path = settings.data.join("secret.key");
        let shown = path.display().to_string();
        match fs::read_to_string(&path) {
            Ok(text) => parse(text.trim()).ok_or(SecretError::Malformed(shown)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let secret = Self::random()?;
                write(&path, &secret).map_err(|e| SecretError::File(shown, e))?;
                Ok(secret)
            }
            Err(e) => Err(SecretError::File(shown, e)),
        }
    }

    /// A new key.
    pub fn random() -> Result<Self, SecretError> {
        let mut bytes = [0; 32];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|_| SecretError::NoRandom)?;
        Ok(Self(bytes))
    }

    /// 64 bytes for one purpose, from which the key and those of other purposes cannot be told.
    pub fn derive(&self, purpose: &str) -> [u8; 64] {
        let half = |n: u8| self.mac(&[purpose.as_bytes(), &[n]]);
        let mut out = [0; 64];
        out[..32].copy_from_slice(&half(1));
        out[32..].copy_from_slice(&half(2));
        out
    }

    /// An authentication code over `parts`, which are kept apart.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

fn write(path: &Path, secret: &Secret) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(hex(&secret.0).as_bytes())?;
    file.sync_all()
}

fn parse(text: &str) -> Option<Secret> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Secret(bytes))
}

/// `bytes` as small hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
