//! The world outside: under which address this program is reached, where vendors are, and the one
//! HTTP client that calls them. Addresses that are not public are refused unless the operator
//! allows them, so that nobody can make the server call what only the server can reach.

use crate::secret::Secret;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Where things are, from the settings.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Under which browsers and vendors reach this program, without a slash at the end.
    pub public_url: String,
    /// LINE's Messaging API, without a slash at the end.
    pub line_api: String,
    /// Whether loopback and private addresses may be called.
    pub allow_private_addresses: bool,
}

impl Reach {
    fn allows(&self, address: IpAddr) -> bool {
        self.allow_private_addresses || is_public(address)
    }

    /// Whether an address written in letters may be called. A host name is looked at when it is
    /// resolved.
    pub fn allows_host(&self, host: &str) -> bool {
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
        literal.map_or(true, |address| self.allows(address))
    }
}

/// How the program reaches the world and is reached by it.
#[derive(Clone)]
pub struct Outside(Arc<Inner>);

struct Inner {
    reach: Reach,
    secret: Secret,
    /// Made when first needed: it reads the certificates of the system.
    http: OnceLock<reqwest::Client>,
}

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(4);
/// How long a whole call may take, unless who makes it says less.
const CALL: Duration = Duration::from_secs(15);

impl Outside {
    /// The world as `reach` says; `secret` opens what is stored sealed.
    pub fn new(reach: Reach, secret: Secret) -> Self {
        Self(Arc::new(Inner { reach, secret, http: OnceLock::new() }))
    }

    /// Where things are.
    pub fn reach(&self) -> &Reach {
        &self.0.reach
    }

    /// Under which browsers and vendors reach this program, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.0.reach.public_url
    }

    /// Whether vendors can fetch from [`Outside::public_url`] over TLS, as most of them insist on.
    pub fn is_public(&self) -> bool {
        self.public_url().starts_with("https://")
    }

    /// LINE's Messaging API, without a slash at the end.
    pub fn line_api(&self) -> &str {
        &self.0.reach.line_api
    }

    /// Opens what is stored sealed.
    pub fn secret(&self) -> &Secret {
        &self.0.secret
    }

    /// The client for all calls to vendors: it follows no redirects, keeps connections, and connects
    /// to public addresses only, unless others are allowed.
    pub fn http(&self) -> &reqwest::Client {
        self.0.http.get_or_init(|| {
            tls();
            reqwest::Client::builder()
                .user_agent(concat!("Tidings/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT)
                .timeout(CALL)
                .pool_max_idle_per_host(64)
                .dns_resolver(Arc::new(Guard(self.clone())))
                .build()
                .expect("a client of fixed settings can be built")
        })
    }

    /// Whether a connection to this address may be made.
    pub fn allows(&self, address: IpAddr) -> bool {
        self.0.reach.allows(address)
    }

    /// Where `host` is, for those who connect by themselves.
    ///
    /// # Errors
    /// There is no such host, or only at addresses that are not allowed (permission denied).
    pub async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
        let allowed: Vec<SocketAddr> = found.into_iter().filter(|found| self.allows(found.ip())).collect();
        if allowed.is_empty() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, Private(host.to_owned())));
        }
        Ok(allowed)
    }
}

/// The host has no address that may be called.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not at a public address; TIDINGS_ALLOW_PRIVATE_ADDRESSES=1 allows it")]
pub struct Private(pub String);

/// Chooses the one TLS implementation of this program.
pub fn tls() {
    // Whoever was first chose the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

struct Guard(Outside);

impl reqwest::dns::Resolve for Guard {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let outside = self.0.clone();
        Box::pin(async move {
            // The client puts the port of the address in the place of this one.
            let found = outside.resolve(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// Whether an address is of the open internet: none of the special ones of RFC 6890.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    // 2000::/3 is what is given out; of it 2001:db8::/32 is for documentation, and 2002::/16 and
    // 64:ff9b::/96 wrap IPv4 addresses.
    (first & 0xe000) == 0x2000 && !(first == 0x2001 && address.segments()[1] == 0x0db8) && first != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(allow_private_addresses: bool) -> Reach {
        Reach { public_url: String::new(), line_api: String::new(), allow_private_addresses }
    }

    fn outside(allow_private_addresses: bool) -> Outside {
        Outside::new(reach(allow_private_addresses), Secret::random().unwrap())
    }

    #[test]
    fn only_the_open_internet_is_public() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("203.0.114.1", true),
            ("2606:4700::1111", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.31.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("2002:7f00:1::", false),
            ("64:ff9b::7f00:1", false),
        ] {
            assert_eq!(outside(false).allows(address.parse().unwrap()), public, "{address}");
            assert!(outside(true).allows(address.parse().unwrap()));
        }
    }

    #[test]
    fn addresses_in_letters() {
        for (host, allowed) in [("api.line.me", true), ("127.0.0.1", false), ("[::1]", false), ("8.8.8.8", true)] {
            assert_eq!(reach(false).allows_host(host), allowed, "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused() {
        let refused = outside(false).resolve("localhost", 25).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(!outside(true).resolve("localhost", 25).await.unwrap().is_empty());
    }
}
