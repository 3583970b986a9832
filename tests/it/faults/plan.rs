//! What goes wrong in a run, drawn from its seed. Pure.

use crate::support::line::Chance;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::time::Duration;

/// Every place where a process can be made to die exactly there.
const POINTS: &[&str] = &[
    "schedules.begun",
    "schedules.entered",
    "broadcasts.begun",
    "broadcasts.added",
    "broadcasts.released",
    "journeys.before_move",
    "journeys.after_move",
    "dispatch.claimed",
    "dispatch.begun",
    "dispatch.called",
    "dispatch.recording",
    "dispatch.recorded",
    "dispatch.unpacking",
    "dispatch.unpacked",
    "journeys.before_follow",
    "journeys.after_follow",
];

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// People on each account.
    pub(super) people: usize,
    /// Whether the journey's first message is the same for everybody.
    pub(super) alike: bool,
    /// How many processes share the work; one on SQLite.
    pub(super) nodes: usize,
    /// What LINE does by chance.
    pub(super) line: Chance,
    /// What happens to the mail of each recipient.
    pub(super) mail: Vec<Mail>,
    /// How the program ends, one time after the other, before it is left in peace.
    pub(super) ends: Vec<End>,
    /// What else happens, and how long after the first start.
    pub(super) acts: Vec<(Duration, Act)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mail {
    Arrives,
    /// The server wants to see it again later, once.
    Greylisted,
    /// The server refuses it for good.
    Refused,
    /// The server takes it and says nothing.
    AcceptsAndCloses,
    /// The server closes before it has the whole of it.
    ClosesInTheMiddle,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) how: How,
    /// What the product's clock shows when this process starts, beside the machine's.
    pub(super) clock: Option<Clock>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// It aborts when it passes this place for the so-manieth time.
    At(&'static str, u32),
    /// `kill -9`.
    Killed(Duration),
    /// SIGTERM.
    Terminated(Duration),
    /// SIGTERM, and again at once.
    TerminatedTwice(Duration),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clock {
    HourAhead,
    FiveMinutesBack,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Somebody else writes to the database for so long.
    Lock(Duration),
    /// There is no room on the disk for so long; nothing on PostgreSQL.
    FillDisk(Duration),
    /// PostgreSQL ends at once and is started again; nothing on SQLite.
    Restart,
    /// Every connection to the database breaks, as when it is started again; nothing on SQLite.
    Disconnect,
    CancelBroadcast,
    PauseAll,
    ResumeAll,
    /// The token is not valid for so long.
    Revoke(Duration),
    /// So many messages are left of the quota; for so long.
    Quota(i64, Duration),
}

impl Plan {
    pub(super) fn draw(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let people = *[12, 40, 90, 200, 600].choose(&mut random).unwrap();
        let chance =
            |random: &mut StdRng, most: f64| if random.random_bool(0.5) { random.random_range(0.0..most) } else { 0.0 };
        let line = Chance {
            rate_limited: chance(&mut random, 0.2),
            fails: chance(&mut random, 0.2),
            closes_before: chance(&mut random, 0.1),
            closes_after: chance(&mut random, 0.1),
            malformed: chance(&mut random, 0.05),
            half: chance(&mut random, 0.05),
            silent: if random.random_bool(0.05) { 0.02 } else { 0.0 },
            slower: Duration::from_millis(if random.random_bool(0.05) { 20 } else { 0 }),
        };
        let mail = (0..people).map(|_| mail(&mut random)).collect();
        let ends = (0..random.random_range(1..=4)).map(|_| end(&mut random)).collect();
        let acts = (0..random.random_range(0..=3)).map(|_| act(&mut random)).collect();
        let nodes = random.random_range(1..=2);
        let alike = random.random_bool(0.5);
        Self { people, alike, nodes, line, mail, ends, acts }
    }

    /// Nothing goes wrong but what the run does itself: it stops processes so often.
    pub(super) fn calm(people: usize, stops: usize) -> Self {
        let mail = vec![Mail::Arrives; people];
        let ends = vec![End { how: How::Killed(Duration::ZERO), clock: None }; stops];
        Self { people, alike: true, nodes: 2, line: Chance::default(), mail, ends, acts: Vec::new() }
    }

    /// How often calls may have been cut off from the record of their answers.
    pub(super) fn kills(&self) -> usize {
        // A stop that does not finish in time is a kill to what was in hand, and so is a database that takes
        // no answers.
        let deaf = |act: &Act| matches!(act, Act::FillDisk(_) | Act::Restart);
        // The other node is killed at the end, too.
        self.ends.len() + self.nodes - 1 + self.acts.iter().filter(|(_, act)| deaf(act)).count()
    }

    /// Whether the database must be one of this run's own.
    pub(super) fn breaks_the_database(&self) -> bool {
        self.acts.iter().any(|(_, act)| matches!(act, Act::FillDisk(_) | Act::Restart))
    }

    pub(super) fn cancels(&self) -> bool {
        self.acts.iter().any(|(_, act)| matches!(act, Act::CancelBroadcast))
    }
}

fn mail(random: &mut StdRng) -> Mail {
    match random.random_range(0..100) {
        0..3 => Mail::Greylisted,
        3..6 => Mail::Refused,
        6..8 => Mail::AcceptsAndCloses,
        8..10 => Mail::ClosesInTheMiddle,
        _ => Mail::Arrives,
    }
}

fn end(random: &mut StdRng) -> End {
    let soon = |random: &mut StdRng| Duration::from_millis(random.random_range(0..2_500));
    let how = match random.random_range(0..10) {
        0..5 => How::At(POINTS.choose(random).unwrap(), random.random_range(1..=6)),
        5..8 => How::Killed(soon(random)),
        8 => How::Terminated(soon(random)),
        _ => How::TerminatedTwice(soon(random)),
    };
    let clock = match random.random_range(0..8) {
        0 => Some(Clock::HourAhead),
        1 => Some(Clock::FiveMinutesBack),
        _ => None,
    };
    End { how, clock }
}

fn act(random: &mut StdRng) -> (Duration, Act) {
    let at = Duration::from_millis(random.random_range(0..5_000));
    let long = Duration::from_millis(random.random_range(100..2_000));
    let act = match random.random_range(0..9) {
        0 => Act::Lock(long * random.random_range(1..5)),
        1 => Act::Lock(long),
        2 => Act::CancelBroadcast,
        3 => Act::PauseAll,
        4 => Act::ResumeAll,
        5 => Act::Revoke(long),
        6 => Act::Disconnect,
        7 if random.random_bool(0.5) => Act::FillDisk(long),
        7 => Act::Restart,
        _ => Act::Quota(random.random_range(0..40), long),
    };
    (at, act)
}
