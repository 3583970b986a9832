//! Passwords: argon2id, at least as strong as OWASP's minimum (19 MiB, 2 passes, 1 lane).

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

/// How costly a hash is made. What is stored says how it was made, so the cost may change.
#[derive(Clone)]
pub struct Hasher(Argon2<'static>);

impl Hasher {
    /// What is served with.
    pub fn strong() -> Self {
        Self::with(Params::new(19 * 1024, 2, 1, None))
    }

    /// For tests, which sign in hundreds of times.
    pub fn cheapest() -> Self {
        Self::with(Params::new(8, 1, 1, None))
    }

    fn with(params: Result<Params, argon2::Error>) -> Self {
        Self(Argon2::new(Algorithm::Argon2id, Version::V0x13, params.expect("constants within argon2's limits")))
    }

    /// The text to store. Takes about 50 ms: not on the async threads.
    pub fn hash(&self, password: &str) -> String {
        self.0.hash_password(password.as_bytes()).expect("a password within argon2's limits").to_string()
    }

    /// Whether `password` is the one that `stored` was made of. Without anything stored it takes as
    /// long and is false, so that nobody learns which addresses exist.
    pub fn verify(&self, password: &str, stored: Option<&str>) -> bool {
        match stored.map(PasswordHash::new) {
            Some(Ok(stored)) => self.0.verify_password(password.as_bytes(), &stored).is_ok(),
            Some(Err(_)) => false,
            None => {
                let _ = self.0.hash_password(password.as_bytes());
                false
            }
        }
    }
}
