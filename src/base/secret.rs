//! The one key of an installation, from which every other is derived.

use crate::settings::Settings;
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use sha2::Sha256;
use std::{fs, io::Write, path::Path};

/// 32 random bytes that no page and no log shows.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// Something sealed cannot be opened: it was changed, moved, or sealed with another key.
#[derive(Debug, thiserror::Error)]
#[error("what is stored sealed cannot be opened with this secret key")]
pub struct NotOpened;

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
            return Self::from_hex(text).ok_or_else(|| SecretError::Malformed("TIDINGS_SECRET_KEY".into()));
        }
        if matches!(settings.database, crate::db::Url::Postgres(_)) {
            return Err(SecretError::Required);
        }
        let path = settings.data.join("secret.key");
        let shown = path.display().to_string();
        match fs::read_to_string(&path) {
            Ok(text) => Self::from_hex(text.trim()).ok_or(SecretError::Malformed(shown)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let secret = Self::random()?;
                write(&path, &secret).map_err(|e| SecretError::File(shown, e))?;
                Ok(secret)
            }
            Err(e) => Err(SecretError::File(shown, e)),
        }
    }

    /// The key that is written as 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
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

    /// Seals `text` for one purpose and one owner: XChaCha20-Poly1305 under a fresh nonce, which
    /// stands before the sealed bytes.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn seal(&self, purpose: &str, owner: &str, text: &[u8]) -> Result<Vec<u8>, SecretError> {
        let mut nonce = [0; 24];
        rand::rngs::OsRng.try_fill_bytes(&mut nonce).map_err(|_| SecretError::NoRandom)?;
        let payload = Payload { msg: text, aad: owner.as_bytes() };
        let sealed = self.cipher(purpose).encrypt(XNonce::from_slice(&nonce), payload);
        Ok([&nonce[..], &sealed.expect("a text of this size can be sealed")].concat())
    }

    /// Opens what [`Secret::seal`] sealed for this purpose and owner.
    ///
    /// # Errors
    /// It was not.
    pub fn open(&self, purpose: &str, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let (nonce, sealed) = sealed.split_at_checked(24).ok_or(NotOpened)?;
        let payload = Payload { msg: sealed, aad: owner.as_bytes() };
        self.cipher(purpose).decrypt(XNonce::from_slice(nonce), payload).map_err(|_| NotOpened)
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new_from_slice(&self.derive(purpose)[..32]).expect("the key has 32 bytes")
    }

    /// An authentication code over `parts`, which are kept apart.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
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

/// `bytes` as small hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_the_same_purpose_and_owner_only() {
        let secret = Secret::random().unwrap();
        let sealed = secret.seal("channel", "a", "密鑰".as_bytes()).unwrap();
        assert_eq!(secret.open("channel", "a", &sealed).unwrap(), "密鑰".as_bytes());
        assert_ne!(sealed, secret.seal("channel", "a", "密鑰".as_bytes()).unwrap(), "a nonce is used once");
        let mut changed = sealed.clone();
        changed[30] ^= 1;
        assert!(secret.open("channel", "a", &changed).is_err());
        assert!(secret.open("channel", "b", &sealed).is_err());
        assert!(secret.open("other", "a", &sealed).is_err());
        assert!(secret.open("channel", "a", b"short").is_err());
        assert!(Secret::random().unwrap().open("channel", "a", &sealed).is_err());
    }
}
