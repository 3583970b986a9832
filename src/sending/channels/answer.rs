use chrono::TimeDelta;

/// What came of a call, in the classes that decide what happens next. A connector maps each answer
/// of its vendor to exactly one.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// The vendor took the call: for each person, in the order of the call, the id it gave the
    /// message (if any), or why it refused. "Already accepted" for a known retry key is this too.
    Taken { request_id: Option<String>, people: Vec<Result<Option<String>, Refusal>> },
    /// The vendor refused the whole call, and nobody got it, because of the people named by their
    /// place. Nobody named: some person among them, it does not say who.
    Rejected { people: Vec<(usize, Refusal)>, detail: String },
    /// Certainly not accepted, and may succeed by itself: a rate, an outage, no connection.
    Later { retry_after: Option<TimeDelta>, detail: String },
    /// Nobody will succeed until a person acts.
    Stop(Stop),
    /// The call left and no whole answer came back: it may have been accepted.
    Unknown { detail: String },
}

impl Answer {
    /// The class, in one word.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "taken",
            Self::Rejected { .. } => "rejected",
            Self::Later { .. } => "later",
            Self::Stop(_) => "stop",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Why one person did not get it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub reason: RefusalReason,
    /// The vendor's words or code, for the person who looks into it.
    pub detail: String,
}

/// The kinds of refusal that are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefusalReason {
    /// Anything that lies with this person and this message.
    Refused,
    /// The person blocked the account.
    Blocked,
    /// The identity does not exist.
    Gone,
    /// The person stopped marketing messages at the vendor.
    OptedOut,
    /// The vendor's window after the person's last message is over.
    OutsideWindow,
}

/// What a refusal says about the contact, beyond this message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    Blocked,
    Gone,
    OptedOut,
}

/// Why nobody will succeed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stop {
    pub reason: StopReason,
    /// The vendor's words or code.
    pub detail: String,
}

/// What a person has to see to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopReason {
    /// The vendor refuses the content for everybody.
    Content,
    Token,
    Permission,
    Quota,
    Money,
    Policy,
}

impl RefusalReason {
    /// What the contact is marked with, so that it is left out from now on.
    pub fn mark(self) -> Option<Mark> {
        match self {
            Self::Blocked => Some(Mark::Blocked),
            Self::Gone => Some(Mark::Gone),
            Self::OptedOut => Some(Mark::OptedOut),
            Self::Refused | Self::OutsideWindow => None,
        }
    }
}
