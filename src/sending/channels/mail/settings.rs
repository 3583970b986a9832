use serde::{Deserialize, Serialize};
use tidings_base::text_enum;

text_enum! {
    /// How a connection to the mail server is kept from other eyes.
    pub enum Security {
        /// Begun in the open and encrypted before anything is said: port 587.
        StartTls = "starttls",
        /// Encrypted from the first byte: port 465.
        Tls = "tls",
        /// Not at all; only to addresses that are not on the internet.
        None = "none",
    }
}

/// What is known of a mail account, and may be seen by an admin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Empty: the server asks nobody to sign in.
    pub user: String,
    /// Whom readers see the mails come from.
    pub sender_name: String,
    /// In ASCII.
    pub sender_address: String,
    /// Where the shop is, for the foot of every mail.
    pub postal_address: String,
}

/// What nobody may see. No `Debug`, so that no log shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    pub password: String,
}
