use super::Draw;
use chrono::TimeDelta;
use tidings_customers::channels::ChannelAccount;

/// What the vendor says of a contact that it refuses.
pub const REFUSED: &str = "sandbox: one of the share that fails";

/// What a sandbox does with everything that it is given for one contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fate {
    /// Whether the contact is one of the account's share that fails.
    pub refused: bool,
    /// How long a message is on its way, where the vendor tells.
    pub delivered_after: TimeDelta,
    /// How long after that it is read, if it ever is, where the vendor tells.
    pub read_after: Option<TimeDelta>,
}

/// What the sandbox of `account` does for whoever has this identity there: always the same.
pub fn fate(account: &ChannelAccount, identity: &str) -> Fate {
    let draw = Draw::of(&account.id, identity);
    Fate {
        refused: draw.share("failure") < account.failure_share,
        delivered_after: TimeDelta::milliseconds(draw.between("delivered", 800, 3_000)),
        read_after: (draw.share("reads") < 0.7).then(|| TimeDelta::seconds(draw.between("read", 5, 60))),
    }
}
