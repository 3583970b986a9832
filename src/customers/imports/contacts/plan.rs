//! What rows make of the contacts and members that are there: worked out without a database, so that
//! every rule has its case in the table below.

use super::{
    super::{bad::RowProblem, rows::Taken},
    draft::{Draft, MemberDraft},
};
use crate::{consent::Consent, tags::TagName};
use chrono::NaiveDateTime;
use std::collections::{BTreeSet, HashMap, HashSet};
use tidings_base::db::Id;

/// What is stored of those whom a slice is about.
#[derive(Clone, Default, Debug)]
pub(in super::super) struct Known {
    /// By identity.
    pub contacts: HashMap<String, KnownContact>,
    /// Ids by number.
    pub members: HashMap<String, Id>,
}

/// A contact that is there.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) struct KnownContact {
    pub id: Id,
    pub member_id: Option<Id>,
    pub consent: Consent,
    /// Names of its tags.
    pub tags: HashSet<String>,
}

/// What is to be written.
#[derive(Clone, Default, PartialEq, Debug)]
pub(in super::super) struct Plan {
    pub members: Vec<MemberChange>,
    pub contacts: Vec<ContactChange>,
}

/// A contact to be made, or to be changed where something is said. Several rows about one contact
/// are one change; the last one counts.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) struct ContactChange {
    pub id: Id,
    pub identity: String,
    pub is_new: bool,
    pub name: Option<String>,
    pub member_id: Option<Id>,
    /// Another one than it had.
    pub consent: Option<Consent>,
    pub subscribed_at: Option<NaiveDateTime>,
    /// Those that it did not have.
    pub tags: BTreeSet<TagName>,
}

/// A member to be made, or to be changed where something is said.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) struct MemberChange {
    pub id: Id,
    /// Number and name of one that is new.
    pub new: Option<(String, String)>,
    pub says: MemberDraft,
}

impl Plan {
    /// Adds what a row says.
    pub(super) fn take(&mut self, draft: Draft, known: &mut Known) -> Result<Taken, RowProblem> {
        let found = known.contacts.get(&draft.identity);
        if found.is_some_and(|contact| contact.consent == Consent::Withdrawn)
            && draft.consent.is_some_and(|consent| consent != Consent::Withdrawn)
        {
            return Err(RowProblem::Withdrawn);
        }
        let is_new = found.is_none();
        let bound = found.and_then(|contact| contact.member_id.clone());
        if draft.speaks_of_member() && draft.member_number.is_none() && bound.is_none() {
            return Err(RowProblem::NoMember);
        }
        let member_id = match &draft.member_number {
            Some(number) => Some(self.member(number, draft.name.as_deref(), known)),
            None => bound.clone(),
        };
        if let Some(id) = member_id.as_ref().filter(|_| draft.speaks_of_member()) {
            self.member_change(id).says.overlay(draft.member);
        }
        let contact = known.contacts.entry(draft.identity.clone()).or_insert_with(|| KnownContact {
            id: Id::new(),
            member_id: None,
            consent: Consent::None,
            tags: HashSet::new(),
        });
        let change = contact_change(&mut self.contacts, contact, draft.identity, is_new);
        change.name = draft.name.or(change.name.take());
        change.subscribed_at = draft.subscribed_at.or(change.subscribed_at);
        if member_id != bound {
            change.member_id.clone_from(&member_id);
            contact.member_id = member_id;
        }
        if let Some(consent) = draft.consent.filter(|consent| *consent != contact.consent) {
            change.consent = Some(consent);
            contact.consent = consent;
        }
        for tag in draft.tags {
            if contact.tags.insert(tag.as_str().to_owned()) {
                change.tags.insert(tag);
            }
        }
        Ok(if is_new { Taken::Created } else { Taken::Updated })
    }

    fn member(&mut self, number: &str, name: Option<&str>, known: &mut Known) -> Id {
        if let Some(id) = known.members.get(number) {
            return id.clone();
        }
        let id = Id::new();
        known.members.insert(number.to_owned(), id.clone());
        let new = Some((number.to_owned(), name.unwrap_or_default().to_owned()));
        self.members.push(MemberChange { id: id.clone(), new, says: MemberDraft::default() });
        id
    }

    fn member_change(&mut self, id: &Id) -> &mut MemberChange {
        let index = self.members.iter().position(|change| change.id == *id).unwrap_or_else(|| {
            self.members.push(MemberChange { id: id.clone(), new: None, says: MemberDraft::default() });
            self.members.len() - 1
        });
        &mut self.members[index]
    }
}

fn contact_change<'a>(
    changes: &'a mut Vec<ContactChange>,
    contact: &KnownContact,
    identity: String,
    is_new: bool,
) -> &'a mut ContactChange {
    let index = changes.iter().position(|change| change.id == contact.id).unwrap_or_else(|| {
        changes.push(ContactChange {
            id: contact.id.clone(),
            identity,
            is_new,
            name: None,
            member_id: None,
            consent: None,
            subscribed_at: None,
            tags: BTreeSet::new(),
        });
        changes.len() - 1
    });
    &mut changes[index]
}

impl MemberDraft {
    /// What a later row says stands before what an earlier one said.
    fn overlay(&mut self, later: Self) {
        self.gender = later.gender.or(self.gender);
        self.birthday = later.birthday.or(self.birthday);
        self.city = later.city.or(self.city.take());
        self.phone = later.phone.or(self.phone.take());
        self.email = later.email.or(self.email.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        channels::ChannelKind,
        imports::{
            contacts::{ContactRows, guess},
            mapping::Column,
            rows::{Calendar, Outcome, worked_out},
            store::Account,
        },
        members::Gender,
        sheets::{Encoding, Sheet},
    };

    fn plan(file: &str, known: &Known) -> (Plan, Outcome) {
        let sheet = Sheet::read(file.as_bytes(), Encoding::Utf8).unwrap();
        let account = Account { id: Id::new(), kind: ChannelKind::Sms, name: "簡訊".into() };
        let mapping = guess(account.kind, &sheet);
        assert!(mapping.columns().contains(&Column::Identity));
        let calendar = Calendar { zone: chrono_tz::Asia::Taipei, now: "2026-11-21T04:00:00".parse().unwrap() };
        worked_out(&ContactRows { account: &account }, &sheet.rows, &mapping, calendar, &mut known.clone())
    }

    fn known(consent: Consent, member_id: Option<&Id>) -> Known {
        let tags = HashSet::from(["VIP".to_owned()]);
        let contact = KnownContact { id: Id::new(), member_id: member_id.cloned(), consent, tags };
        Known { contacts: HashMap::from([("+886912345678".to_owned(), contact)]), members: HashMap::new() }
    }

    #[test]
    fn a_new_person_is_made_with_all_that_is_said() {
        let (plan, outcome) =
            plan("手機,姓名,同意,標籤,會員編號,城市\n0912345678,王怡君,是,VIP,M1,臺北市\n", &Known::default());
        let (contact, member) = (&plan.contacts[0], &plan.members[0]);
        assert!(contact.is_new);
        assert_eq!((outcome.created, outcome.updated, outcome.bad.len()), (1, 0, 0));
        assert_eq!(contact.consent, Some(Consent::Granted));
        assert_eq!(contact.member_id.as_ref(), Some(&member.id));
        assert_eq!(member.new, Some(("M1".into(), "王怡君".into())));
        assert_eq!(member.says.city.as_deref(), Some("台北市"));
    }

    #[test]
    fn blank_cells_and_what_is_so_already_change_nothing() {
        let (plan, outcome) = plan("手機,姓名,同意,標籤\n0912345678,,未表態,VIP\n", &known(Consent::None, None));
        let contact = &plan.contacts[0];
        assert_eq!((outcome.created, outcome.updated), (0, 1));
        assert_eq!((contact.is_new, contact.name.as_ref(), contact.consent), (false, None, None));
        assert!(contact.tags.is_empty());
    }

    #[test]
    fn rows_about_one_person_are_one_change_and_the_last_counts() {
        let (plan, outcome) =
            plan("手機,姓名,標籤\n0912345678,小明,A\n+886912345678,大明,B\n0912345678,,\n", &Known::default());
        assert_eq!((plan.contacts.len(), outcome.created, outcome.updated), (1, 1, 2));
        assert!(plan.contacts[0].is_new);
        assert_eq!(plan.contacts[0].name.as_deref(), Some("大明"));
        assert_eq!(plan.contacts[0].tags.len(), 2);
    }

    #[test]
    fn a_file_cannot_take_a_withdrawal_back() {
        for (cell, bad) in [("是", 1), ("未知", 1), ("否", 0), ("", 0)] {
            let (plan, outcome) =
                plan(&format!("手機,姓名,同意\n0912345678,小明,{cell}\n"), &known(Consent::Withdrawn, None));
            assert_eq!(outcome.bad.len(), bad, "{cell}");
            assert!(plan.contacts.iter().all(|contact| contact.consent.is_none()));
        }
        let (plan, outcome) = plan("手機,同意\n0912345678,否\n0912345678,是\n", &known(Consent::Granted, None));
        assert_eq!(plan.contacts[0].consent, Some(Consent::Withdrawn));
        assert_eq!(outcome.bad[0].problems, [RowProblem::Withdrawn]);
        assert_eq!(outcome.bad[0].number, 3);
    }

    #[test]
    fn what_is_said_of_a_member_needs_one() {
        let file = "手機,性別\n0912345678,女\n";
        assert_eq!(plan(file, &known(Consent::None, None)).1.bad[0].problems, [RowProblem::NoMember]);
        let member = Id::new();
        let (taken, _) = plan(file, &known(Consent::None, Some(&member)));
        assert_eq!((taken.members[0].id.clone(), taken.members[0].says.gender), (member, Some(Gender::Female)));
        assert_eq!(taken.contacts[0].member_id, None, "it stays whose it is");
    }

    #[test]
    fn a_number_moves_the_contact_to_that_member() {
        let (was, becomes) = (Id::new(), Id::new());
        let mut known = known(Consent::None, Some(&was));
        known.members.insert("M2".into(), becomes.clone());
        let (plan, _) = plan("手機,會員編號\n0912345678,M2\n", &known);
        assert_eq!(plan.contacts[0].member_id, Some(becomes));
        assert!(plan.members.is_empty());
    }
}
