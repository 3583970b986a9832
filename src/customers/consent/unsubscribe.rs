//! The address in a mail at which its reader takes the consent back (RFC 8058). It names the contact,
//! cannot be guessed, and is good for ever: an old mail is as good a reason as a new one.

use tidings_base::{
    db::Id,
    outside::Outside,
    secret::{Secret, hex},
};
use uuid::Uuid;

/// What the codes of these addresses are made for, and nothing else.
const PURPOSE: &[u8] = b"unsubscribe";

/// Bytes of the code: 128 bits cannot be guessed.
const CODE: usize = 16;

/// Where `contact` unsubscribes, for people out in the world.
pub fn address(outside: &Outside, contact: &Id) -> String {
    format!("{}{}", outside.public_url(), path(outside.secret(), contact))
}

/// [`address`] within this server.
pub fn path(secret: &Secret, contact: &Id) -> String {
    format!("/u/{}", token(secret, contact))
}

/// The contact's id, as 32 hexadecimal digits, and the code.
fn token(secret: &Secret, contact: &Id) -> String {
    let id = Uuid::parse_str(contact.as_str()).unwrap_or_default();
    format!("{}{}", id.simple(), hex(&code(secret, contact)))
}

/// Whose token this is, if this installation made it.
pub(super) fn read(secret: &Secret, token: &str) -> Option<Id> {
    let (id, code) = token.split_at_checked(32)?;
    let contact: Id = Uuid::try_parse(id).ok()?.to_string().parse().ok()?;
    let right = hex(&self::code(secret, &contact));
    same(code.as_bytes(), right.as_bytes()).then_some(contact)
}

fn code(secret: &Secret, contact: &Id) -> [u8; CODE] {
    let mac = secret.mac(&[PURPOSE, contact.as_str().as_bytes()]);
    std::array::from_fn(|n| mac[n])
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// An identity of which its owner recognises enough and nobody else learns much: `a***n@example.com`.
pub(super) fn masked(identity: &str) -> String {
    let (name, rest) = match identity.rsplit_once('@') {
        Some((name, domain)) => (name, format!("@{domain}")),
        None => (identity, String::new()),
    };
    let letters: Vec<char> = name.chars().collect();
    let shown = match letters.len() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 4,
    };
    let (front, back) = (shown - shown / 2, shown / 2);
    let middle = if letters.is_empty() { "" } else { "***" };
    let front: String = letters.iter().take(front).collect();
    let back: String = letters.iter().skip(letters.len() - back.min(letters.len())).collect();
    format!("{front}{middle}{back}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_contact_s_and_nobody_makes_one() {
        let (secret, contact) = (Secret::random().unwrap(), Id::new());
        let token = token(&secret, &contact);
        assert_eq!(token.len(), 64);
        assert_eq!(read(&secret, &token), Some(contact.clone()));
        assert_eq!(read(&Secret::random().unwrap(), &token), None, "of another installation");
        for n in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[n] = if changed[n] == b'0' { b'1' } else { b'0' };
            assert_eq!(read(&secret, std::str::from_utf8(&changed).unwrap()), None, "digit {n}");
        }
        for other in
            ["", "x", &token[..32], &token[..63], &format!("{token}0"), &token.to_uppercase(), &"語".repeat(30)]
        {
            assert_eq!(read(&secret, other), None, "{other}");
        }
    }

    #[test]
    fn an_identity_is_masked() {
        for (identity, shown) in [
            ("amy.chen@example.com", "am***en@example.com"),
            ("amyc@example.com", "a***c@example.com"),
            ("amy@example.com", "a***@example.com"),
            ("a@example.com", "a***@example.com"),
            ("+886912345678", "+8***78"),
            ("", ""),
        ] {
            assert_eq!(masked(identity), shown);
        }
    }
}
