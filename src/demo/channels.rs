//! The shop's accounts. All are sandboxes: nothing leaves the program.

use super::{calendar::Calendar, store};
use diesel::QueryResult;
use tidings_base::db::{Conn, Id};
use tidings_customers::channels::{ChannelKind, NewChannel};

/// Which of the shop's accounts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Account {
    /// The official LINE account that everybody knows.
    Line,
    /// The LINE account of the shop in Taipei.
    LineStore,
    Messenger,
    WhatsApp,
    Sms,
    Email,
}

impl Account {
    pub(super) const ALL: [Self; 6] =
        [Self::Line, Self::LineStore, Self::Messenger, Self::WhatsApp, Self::Sms, Self::Email];

    /// Always the same: whom a sandbox refuses is drawn from it.
    pub(super) fn id(self) -> Id {
        format!("01990000-0000-7000-8000-00000000000{}", self as u8 + 1).parse().expect("an id")
    }

    pub(super) fn kind(self) -> ChannelKind {
        self.account().kind
    }

    fn account(self) -> NewChannel<'static> {
        let of = |kind, name, rate_per_second, failure_share| NewChannel {
            kind,
            connector: tidings_customers::channels::Connector::Sandbox,
            name,
            rate_per_second,
            failure_share,
        };
        match self {
            Self::Line => of(ChannelKind::Line, "小島選物 ISLA", 500, 0.0),
            Self::LineStore => of(ChannelKind::Line, "小島選物 永康門市", 500, 0.01),
            Self::Messenger => of(ChannelKind::Messenger, "小島選物 ISLA 粉絲專頁", 500, 0.02),
            Self::WhatsApp => of(ChannelKind::WhatsApp, "ISLA Taiwan", 500, 0.0),
            Self::Sms => of(ChannelKind::Sms, "ISLA 簡訊", 500, 0.03),
            Self::Email => of(ChannelKind::Email, "小島選物電子報", 500, 0.01),
        }
    }
}

/// Connects the accounts, three years ago.
pub(super) fn load(conn: &mut Conn, calendar: &Calendar) -> QueryResult<()> {
    for account in Account::ALL {
        store::add_channel(conn, &account.id(), &account.account(), calendar.worked(1_100))?;
    }
    Ok(())
}
