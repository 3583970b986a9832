//! The shop's customers: made up person by person, then written table by table.

mod contact;
mod member;
mod orders;
mod tagging;
mod talk;

pub(super) use contact::{Contact, Given};
pub(super) use member::Member;

use super::{calendar::Calendar, chance::Chance, people::Staff, store};

use std::collections::HashSet;
use tidings_base::db::{Conn, DbError};
use tidings_customers::events::{self, Event, EventKind};

/// How many members the shop has.
const MEMBERS: usize = 2_000;
/// How many people follow an account without being members.
const STRANGERS: usize = 130;

/// Everybody the shop knows.
pub(super) struct Customers {
    members: Vec<Member>,
    /// Contacts that belong to nobody.
    strangers: Vec<Contact>,
}

/// Identities and numbers that are taken.
#[derive(Default)]
struct Taken(HashSet<String>);

impl Taken {
    /// The first that nobody has of what `invent` gives.
    fn first(&mut self, mut invent: impl FnMut() -> String) -> String {
        loop {
            let one = invent();
            if self.0.insert(one.clone()) {
                return one;
            }
        }
    }
}

impl Customers {
    /// Makes them up.
    pub(super) fn invent(calendar: &Calendar) -> Self {
        let mut taken = Taken::default();
        let mut chance = Chance::of("members");
        let mut members = Member::invent(&mut chance, calendar, MEMBERS, &mut taken);
        orders::invent(&mut Chance::of("orders"), calendar, &mut members);
        let mut chance = Chance::of("contacts");
        for member in &mut members {
            contact::invent(&mut chance, calendar, member, &mut taken);
        }
        let strangers = contact::strangers(&mut Chance::of("strangers"), calendar, STRANGERS, &mut taken);
        Self { members, strangers }
    }

    /// Writes them, with what happened to them.
    pub(super) fn load(&self, conn: &mut Conn, calendar: &Calendar, staff: &Staff) -> Result<(), DbError> {
        store::add_members(conn, &self.members, &staff.sales.id)?;
        let contacts: Vec<&Contact> = self.contacts().collect();
        store::add_contacts(conn, &contacts)?;
        store::add_orders(conn, &self.members)?;
        let mut happened = Vec::new();
        for member in &self.members {
            for order in &member.orders {
                let event = Event::of(EventKind::OrderPlaced, order.placed_at).member(&member.id);
                happened.push(event.what(&order.number, Some(&order.id)));
            }
            if let Some(at) = member.bound_at {
                let event = Event::of(EventKind::Bound, at).member(&member.id);
                happened.push(event.what(staff.sales.name, Some(&staff.sales.id)).by(Some(staff.manager.name)));
            }
        }
        for contact in self.contacts() {
            contact.happened(&mut happened);
        }
        tagging::load(conn, calendar, self, staff, &mut happened)?;
        talk::load(conn, calendar, self, &mut happened)?;
        happened.sort_by_key(|event| event.at);
        Ok(events::record_all(conn, &happened)?)
    }

    fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.members.iter().flat_map(|member| &member.contacts).chain(&self.strangers)
    }
}
