//! Whether LINE sent something: `x-line-signature` is the HMAC-SHA256 of the raw body under the
//! channel secret, in base64 (LINE: Verify webhook signature).

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Whether `signature` is that of `body`. Takes as long whatever is wrong with it.
pub fn is_of(signature: &str, channel_secret: &str, body: &[u8]) -> bool {
    let Ok(given) = BASE64_STANDARD.decode(signature.trim()) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(channel_secret.as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "line-secret";
    const BODY: &[u8] = br#"{"destination":"Uaaaabbbbccccddddeeeeffff000011112","events":[]}"#;
    const SIGNATURE: &str = "gTtNfPx+Sf/hvMqy0YaHsEPwAeYXOI4mS6xKqx1xDhA=";

    #[test]
    fn a_known_body_has_its_known_signature() {
        assert!(is_of(SIGNATURE, SECRET, BODY));
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        for n in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[n] ^= 1;
            assert!(!is_of(SIGNATURE, SECRET, &body), "byte {n}");
        }
        let shortened = &SIGNATURE[..40];
        for signature in ["", "?", shortened, "AAAA", "hTtNfPx+Sf/hvMqy0YaHsEPwAeYXOI4mS6xKqx1xDhA="] {
            assert!(!is_of(signature, SECRET, BODY), "{signature}");
        }
        assert!(!is_of(SIGNATURE, "line-secreT", BODY));
    }
}
