//! What an account needs to reach its vendor: settings that an admin may see, and secrets, which are
//! sealed at rest and never shown again.

mod line;
mod mail;
mod store;
mod vendor;

pub use store::{Stored, changed_at, forget, stored};
pub use vendor::{Field, Input, VENDORS, Values, Vendor, vendor, words};

use serde::{Serialize, de::DeserializeOwned};
use tidings_base::{
    db::{Conn, Db, DbError, Id},
    secret::{NotOpened, Secret},
};

/// The purpose under which secrets of accounts are sealed.
const PURPOSE: &str = "channel connection";

/// An account's way to its vendor.
#[derive(Clone, Debug)]
pub struct Connection<S, K> {
    pub settings: S,
    pub secrets: K,
    /// Product time; what was made from an older one is out of date.
    pub changed_at: chrono::NaiveDateTime,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NotConnected {
    #[error("the account is not connected")]
    Missing,
    #[error("{0}")]
    Sealed(#[from] NotOpened),
    #[error("the stored connection cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("{0}")]
    Db(#[from] DbError),
}

/// Reads and opens the connection of an account.
///
/// # Errors
/// There is none, or it cannot be read.
pub async fn load<S: DeserializeOwned, K: DeserializeOwned>(
    db: &Db,
    secret: &Secret,
    channel: &Id,
) -> Result<Connection<S, K>, NotConnected> {
    let id = channel.clone();
    let stored = db.read(move |conn| stored(conn, &id).map_err(DbError::from)).await?;
    let stored = stored.ok_or(NotConnected::Missing)?;
    let secrets = secret.open(PURPOSE, channel.as_str(), &stored.sealed)?;
    Ok(Connection {
        settings: serde_json::from_str(&stored.settings)?,
        secrets: serde_json::from_slice(&secrets)?,
        changed_at: stored.changed_at,
    })
}

/// Stores the connection of an account in the place of any before.
pub fn save(
    conn: &mut Conn,
    secret: &Secret,
    channel: &Id,
    settings: &impl Serialize,
    secrets: &impl Serialize,
    now: chrono::NaiveDateTime,
) -> Result<(), NotConnected> {
    let sealed = secret
        .seal(PURPOSE, channel.as_str(), &serde_json::to_vec(secrets)?)
        .map_err(|_| NotConnected::Sealed(NotOpened))?;
    let settings = serde_json::to_string(settings)?;
    store::save(conn, channel, &settings, &sealed, now).map_err(|e| NotConnected::Db(e.into()))
}

/// Whether every stored secret opens with this key: looked at when the program starts, so that a
/// wrong key is noticed before anything is sent.
///
/// # Errors
/// One does not.
pub async fn all_open(db: &Db, secret: &Secret) -> Result<(), NotConnected> {
    let all = db.read(|conn| store::all(conn).map_err(DbError::from)).await?;
    for (channel, sealed) in all {
        secret.open(PURPOSE, channel.as_str(), &sealed)?;
    }
    Ok(())
}

/// Whether some account that is connected calls beyond this machine.
pub fn any_beyond(conn: &mut Conn, reach: &tidings_base::outside::Reach) -> diesel::QueryResult<bool> {
    let beyond = |(kind, settings): (tidings_customers::channels::ChannelKind, String)| {
        let settings = serde_json::from_str(&settings).unwrap_or_default();
        vendor(kind).is_none_or(|vendor| !(vendor.is_loopback)(&settings, reach))
    };
    Ok(store::settings(conn)?.into_iter().any(beyond))
}
