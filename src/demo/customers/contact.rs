//! On which channels people are reached, and what they agreed to there.

use super::{
    Taken,
    member::{Member, phone},
};
use crate::demo::{calendar::Calendar, chance::Chance, channels::Account, names::Name};
use chrono::{NaiveDateTime, TimeDelta};
use tidings_base::db::Id;
use tidings_customers::{
    consent::{Consent, Source},
    events::{Event, EventKind},
};

/// A contact with what it agreed to.
pub(in crate::demo) struct Contact {
    pub(in crate::demo) id: Id,
    pub(in crate::demo) account: Account,
    pub(in crate::demo) identity: String,
    pub(in crate::demo) member_id: Option<Id>,
    pub(in crate::demo) name: String,
    pub(in crate::demo) last_known_name: Option<String>,
    pub(in crate::demo) source: Source,
    pub(in crate::demo) subscribed_at: NaiveDateTime,
    pub(in crate::demo) last_interaction_at: Option<NaiveDateTime>,
    pub(in crate::demo) last_inbound_at: Option<NaiveDateTime>,
    /// When the account was blocked or the identity was found to be gone.
    left: Option<(NaiveDateTime, &'static str)>,
    /// Oldest first; empty is none.
    pub(in crate::demo) consents: Vec<Given>,
}

/// What somebody agreed to, or did not want any more.
#[derive(Clone, Copy)]
pub(in crate::demo) struct Given {
    pub(in crate::demo) state: Consent,
    pub(in crate::demo) at: NaiveDateTime,
    pub(in crate::demo) source: Source,
}

impl Contact {
    /// Why nothing reaches it any more.
    pub(in crate::demo) fn unreachable(&self) -> Option<&'static str> {
        self.left.map(|(_, why)| why)
    }

    /// Whether anything can be said to this person.
    pub(super) fn is_reached(&self) -> bool {
        self.left.is_none()
    }

    fn agree(&mut self, state: Consent, at: NaiveDateTime, source: Source) {
        self.consents.push(Given { state, at, source });
    }

    /// What its time line has to tell.
    pub(super) fn happened(&self, events: &mut Vec<Event>) {
        let mut add = |kind, at, word: Option<&str>| {
            let event = Event::of(kind, at).contact(&self.id);
            events.push(word.map_or_else(|| event.clone(), |word| event.clone().detail(word)));
        };
        add(EventKind::Joined, self.subscribed_at, None);
        for given in &self.consents {
            add(given.state.event(), given.at, Some(given.source.word()));
        }
        if let Some((at, why)) = self.left {
            add(EventKind::Left, at, Some(why));
        }
    }
}

/// How likely, in a thousand, a member is on each account; who lives elsewhere seldom follows the
/// shop in Taipei.
fn likely(account: Account, member: &Member) -> usize {
    match account {
        Account::Line => 595,
        Account::LineStore if matches!(member.city, Some("台北市" | "新北市" | "基隆市")) => 330,
        Account::LineStore => 20,
        Account::Messenger => 165,
        Account::WhatsApp => 45,
        Account::Sms => 780,
        Account::Email => 610,
    }
}

/// Gives a member one contact or more.
pub(super) fn invent(chance: &mut Chance, calendar: &Calendar, member: &mut Member, taken: &mut Taken) {
    let mut accounts: Vec<Account> = Vec::new();
    for account in Account::ALL {
        // A phone is written to if the number is known.
        if chance.hit(likely(account, member)) && (account != Account::Sms || member.phone.is_some()) {
            accounts.push(account);
        }
    }
    if accounts.is_empty() {
        accounts.push(Account::Line);
    }
    // Whoever is on both LINE accounts shows the same name on both.
    let display = member.name.display(chance);
    for (place, account) in accounts.into_iter().enumerate() {
        let subscribed_at = match place {
            0 => member.joined,
            _ => {
                let later = chance.few(calendar.days_since(member.joined).min(300));
                let days = calendar.days_since(member.joined) - later;
                calendar.moment(chance, days).max(member.joined)
            }
        };
        let identity = match account {
            Account::Sms => member.phone.clone().unwrap_or_default(),
            Account::WhatsApp => match &member.phone {
                Some(phone) => phone.clone(),
                None => phone(chance, taken),
            },
            _ => identity(chance, account, &member.name, member.born, taken),
        };
        match account {
            Account::Email => member.email = Some(identity.clone()),
            Account::WhatsApp => member.phone = Some(identity.clone()),
            Account::Line | Account::LineStore | Account::Messenger | Account::Sms => {}
        }
        let name = match account {
            Account::Line | Account::LineStore => display.clone(),
            Account::Messenger | Account::WhatsApp | Account::Sms | Account::Email => member.name.full(),
        };
        let mut contact = begin(account, identity, name, subscribed_at);
        contact.member_id = Some(member.id.clone());
        let active = member.active(chance, calendar).max(subscribed_at);
        live(chance, calendar, &mut contact, active);
        member.contacts.push(contact);
    }
}

/// People who follow an account and have never said who they are.
pub(super) fn strangers(chance: &mut Chance, calendar: &Calendar, n: usize, taken: &mut Taken) -> Vec<Contact> {
    let mut strangers: Vec<Contact> = (0..n)
        .map(|_| {
            let account = *chance.weighted(&[(Account::Line, 80), (Account::LineStore, 12), (Account::Messenger, 25)]);
            let man = chance.hit(300);
            let name = Name::invent(chance, man, 1990);
            let days = chance.few(700);
            let subscribed_at = calendar.moment(chance, days);
            let identity = identity(chance, account, &name, 1990, taken);
            let shown = if account == Account::Messenger { name.full() } else { name.display(chance) };
            let mut contact = begin(account, identity, shown, subscribed_at);
            let days = chance.few(days);
            let active = calendar.moment(chance, days).max(subscribed_at);
            live(chance, calendar, &mut contact, active);
            contact
        })
        .collect();
    strangers.sort_by_key(|contact| contact.subscribed_at);
    strangers
}

/// Somebody who has just come.
fn begin(account: Account, identity: String, name: String, subscribed_at: NaiveDateTime) -> Contact {
    Contact {
        id: Id::new(),
        account,
        identity,
        member_id: None,
        name,
        last_known_name: None,
        source: Source::Channel,
        subscribed_at,
        last_interaction_at: None,
        last_inbound_at: None,
        left: None,
        consents: Vec::new(),
    }
}

/// An identity that can be no real person's: random ids, a range of numbers that is not in use, and
/// the domains that are reserved for examples (RFC 2606).
fn identity(chance: &mut Chance, account: Account, name: &Name, born: i32, taken: &mut Taken) -> String {
    const DOMAINS: &[(&str, usize)] =
        &[("example.com", 6), ("example.net", 2), ("example.org", 2), ("mail.example", 5)];
    match account {
        Account::Line | Account::LineStore => taken.first(|| format!("U{}", chance.hex(32))),
        Account::Messenger => {
            taken.first(|| format!("{}", chance.between(2_000_000_000_000_000, 9_999_999_999_999_999)))
        }
        Account::WhatsApp | Account::Sms => phone(chance, taken),
        Account::Email => {
            let domain = *chance.weighted(DOMAINS);
            taken.first(|| format!("{}@{domain}", name.mailbox(chance, born)))
        }
    }
}

/// What somebody agreed to and did until `active`, when the shop last heard of them.
fn live(chance: &mut Chance, calendar: &Calendar, contact: &mut Contact, active: NaiveDateTime) {
    let chat = contact.account.kind().is_chat();
    contact.source = match chat {
        true => Source::Channel,
        false => *chance.weighted(&[(Source::Site, 68), (Source::Store, 24), (Source::Import, 8)]),
    };
    let (first, source) = (contact.subscribed_at, contact.source);
    // Following a chat account is nearly always agreeing; a form at the till often is not.
    if chance.hit(if chat { 930 } else { 760 }) {
        contact.agree(Consent::Granted, first, source);
        if chance.hit(if chat { 45 } else { 80 }) {
            let at = between(chance, first, calendar.now);
            let by = if chat { Source::Channel } else { *chance.pick(&[Source::Site, Source::Phone, Source::Store]) };
            contact.agree(Consent::Withdrawn, at, by);
            if chance.hit(150) {
                contact.agree(Consent::Granted, between(chance, at, calendar.now), Source::Store);
            }
        }
    }
    let heard = match contact.account {
        Account::Line | Account::LineStore | Account::Messenger | Account::WhatsApp => 960,
        Account::Email => 700,
        Account::Sms => 240,
    };
    contact.last_interaction_at = chance.hit(heard).then_some(active);
    if chat && contact.last_interaction_at.is_some() && chance.hit(520) {
        // Some wrote last; most did something else afterwards.
        let wrote = if chance.hit(450) { active } else { between(chance, first, active) };
        contact.last_inbound_at = Some(wrote);
    }
    let gone = match contact.account {
        Account::Line | Account::LineStore => 62,
        Account::Email => 12,
        Account::Sms => 6,
        Account::Messenger | Account::WhatsApp => 4,
    };
    if chance.hit(gone) {
        let why = if chat { "blocked" } else { "gone" };
        contact.left = Some((between(chance, active, calendar.now), why));
    }
    if chat && chance.hit(12) {
        // The vendor tells no name any more; the last one is remembered.
        contact.last_known_name = Some(std::mem::take(&mut contact.name));
    } else if !chat && chance.hit(35) {
        contact.name = String::new();
    }
}

/// A moment between two others, or the second where there is none between them.
fn between(chance: &mut Chance, from: NaiveDateTime, to: NaiveDateTime) -> NaiveDateTime {
    (from + TimeDelta::seconds(chance.between(1, (to - from).num_seconds() - 1))).min(to)
}
