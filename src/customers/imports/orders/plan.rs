//! What rows make of the orders that are there: worked out without a database, so that every rule
//! has its case in the table below.

use super::{
    super::{bad::RowProblem, rows::Taken},
    draft::{Buyer, Draft},
};
use crate::orders::OrderStatus;
use chrono::NaiveDateTime;
use std::collections::{BTreeMap, HashMap};
use tidings_base::db::Id;

/// What is stored of the orders that rows are about, and of the members whom they name.
#[derive(Clone, Default, Debug)]
pub(in super::super) struct Known {
    /// By number.
    pub orders: HashMap<String, KnownOrder>,
    /// Ids by the member's number.
    pub members: HashMap<String, Id>,
    /// Whose phone it is, by the number in its stored form.
    pub phones: HashMap<String, Fit>,
    /// Whose mail address it is.
    pub emails: HashMap<String, Fit>,
}

/// Whom a phone or a mail address leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) enum Fit {
    One(Id),
    /// A family that shares a phone: it tells nobody apart.
    Several,
}

/// An order that is there, or that an earlier row made.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) struct KnownOrder {
    pub id: Id,
    /// Nothing for one that an earlier row made.
    pub stored: Option<State>,
    pub state: State,
}

/// Everything of an order that a row may change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct State {
    pub member_id: Id,
    pub placed_at: NaiveDateTime,
    /// In minor units.
    pub total: i64,
    pub status: OrderStatus,
}

/// What is to be written: orders by number. Several rows about one order are one change.
#[derive(Clone, Default, PartialEq, Debug)]
pub(in super::super) struct Plan {
    pub orders: BTreeMap<String, OrderChange>,
}

/// An order to be made, where nothing was; or to be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct OrderChange {
    pub id: Id,
    pub was: Option<State>,
    pub becomes: State,
}

impl Plan {
    /// Adds what a row says.
    pub(super) fn take(&mut self, draft: Draft, known: &mut Known) -> Result<Taken, Vec<RowProblem>> {
        let member_id = known.member(&draft.buyer)?;
        let (order, taken) = match known.orders.get(&draft.number) {
            Some(order) => {
                let state = State {
                    member_id: member_id.unwrap_or_else(|| order.state.member_id.clone()),
                    placed_at: draft.placed_at.unwrap_or(order.state.placed_at),
                    total: draft.total.unwrap_or(order.state.total),
                    status: draft.status.unwrap_or(order.state.status),
                };
                (KnownOrder { state, ..order.clone() }, Taken::Updated)
            }
            None => {
                let state = new(&draft, member_id)?;
                (KnownOrder { id: Id::new(), stored: None, state }, Taken::Created)
            }
        };
        let change = OrderChange { id: order.id.clone(), was: order.stored.clone(), becomes: order.state.clone() };
        self.orders.insert(draft.number.clone(), change);
        known.orders.insert(draft.number, order);
        Ok(taken)
    }

    /// Those that change anything.
    pub(in super::super) fn changes(&self) -> impl Iterator<Item = (&str, &OrderChange)> {
        let changes = self.orders.iter().filter(|(_, change)| change.was.as_ref() != Some(&change.becomes));
        changes.map(|(number, change)| (number.as_str(), change))
    }
}

/// What an order that is not there yet becomes. Without a word about its status it is placed.
fn new(draft: &Draft, member_id: Option<Id>) -> Result<State, Vec<RowProblem>> {
    match (member_id, draft.placed_at, draft.total) {
        (Some(member_id), Some(placed_at), Some(total)) => {
            Ok(State { member_id, placed_at, total, status: draft.status.unwrap_or(OrderStatus::Completed) })
        }
        (member_id, placed_at, total) => Err([
            (placed_at.is_none(), RowProblem::NoPlacedAt),
            (total.is_none(), RowProblem::NoTotal),
            (member_id.is_none(), RowProblem::NoBuyer),
        ]
        .into_iter()
        .filter_map(|(lacks, problem)| lacks.then_some(problem))
        .collect()),
    }
}

impl Known {
    /// Who placed the order: by the member's number, then the phone, then the mail address. Nobody
    /// where the row does not say.
    fn member(&self, buyer: &Buyer) -> Result<Option<Id>, Vec<RowProblem>> {
        if let Some(id) = buyer.number.as_ref().and_then(|number| self.members.get(number)) {
            return Ok(Some(id.clone()));
        }
        let by_phone = buyer.phone.as_ref().and_then(|phone| self.phones.get(phone));
        let by_email = buyer.email.as_ref().and_then(|email| self.emails.get(email));
        for fit in [by_phone, by_email] {
            if let Some(Fit::One(id)) = fit {
                return Ok(Some(id.clone()));
            }
        }
        if buyer.is_blank() {
            return Ok(None);
        }
        let shared = by_phone.or(by_email).is_some();
        let why = if shared { RowProblem::SeveralBuyers } else { RowProblem::UnknownBuyer };
        Err([&[why], buyer.unfit.as_slice()].concat())
    }
}

impl Fit {
    /// Adds somebody whom it leads to.
    pub(in super::super) fn add(fits: &mut HashMap<String, Self>, by: String, member_id: Id) {
        fits.entry(by)
            .and_modify(|fit| match fit {
                Self::One(id) if *id == member_id => {}
                Self::One(_) | Self::Several => *fit = Self::Several,
            })
            .or_insert(Self::One(member_id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        imports::{
            orders::{OrderRows, guess},
            rows::{Calendar, Outcome, worked_out},
        },
        sheets::{Encoding, Sheet},
    };

    /// What a file makes of what is known.
    fn plan(file: &str, known: &Known) -> (Plan, Outcome) {
        let sheet = Sheet::read(file.as_bytes(), Encoding::Utf8).unwrap();
        let calendar = Calendar { zone: chrono_tz::Asia::Taipei, now: "2026-11-21T04:00:00".parse().unwrap() };
        worked_out(&OrderRows, &sheet.rows, &guess(&sheet), calendar, &mut known.clone())
    }

    /// 怡君 is M1, has a phone of her own and shares a mail address with 家豪, M2.
    fn shop() -> (Known, Id, Id) {
        let (one, two) = (Id::new(), Id::new());
        let mut known = Known::default();
        known.members.insert("M1".into(), one.clone());
        known.members.insert("M2".into(), two.clone());
        Fit::add(&mut known.phones, "+886912345678".into(), one.clone());
        Fit::add(&mut known.emails, "home@example.com".into(), one.clone());
        Fit::add(&mut known.emails, "home@example.com".into(), two.clone());
        Fit::add(&mut known.emails, "two@example.com".into(), two.clone());
        Fit::add(&mut known.emails, "two@example.com".into(), two.clone());
        let state = State {
            member_id: one.clone(),
            placed_at: "2026-11-01T02:00:00".parse().unwrap(),
            total: 50_000,
            status: OrderStatus::Completed,
        };
        known.orders.insert("OLD".into(), KnownOrder { id: Id::new(), stored: Some(state.clone()), state });
        (known, one, two)
    }

    #[test]
    fn the_member_is_found_by_number_then_phone_then_mail() {
        let (known, one, two) = shop();
        for (row, expected) in [
            ("M2,0912345678,two@example.com", Ok(&two)),
            ("M1,,", Ok(&one)),
            ("M9,0912345678,two@example.com", Ok(&one)),
            (",0912345678,", Ok(&one)),
            (",0999999999,two@example.com", Ok(&two)),
            (",02-2345-6789,TWO@example.com", Ok(&two)),
            (",,two@example.com", Ok(&two)),
            (",0912345678,home@example.com", Ok(&one)),
            (",,home@example.com", Err(vec![RowProblem::SeveralBuyers])),
            ("M9,,", Err(vec![RowProblem::UnknownBuyer])),
            ("m1,,", Err(vec![RowProblem::UnknownBuyer])),
            (",0999999999,new@example.com", Err(vec![RowProblem::UnknownBuyer])),
            (",02-2345-6789,", Err(vec![RowProblem::UnknownBuyer, RowProblem::Phone])),
            (",,", Err(vec![RowProblem::NoBuyer])),
        ] {
            let file = format!("訂單編號,訂購時間,金額,會員編號,電話,Email\nA1,2026-11-01,100,{row}\n");
            let (plan, mut outcome) = plan(&file, &known);
            let found = plan.orders.get("A1").map(|order| &order.becomes.member_id);
            let found = found.ok_or_else(|| outcome.bad.remove(0).problems);
            assert_eq!(found, expected, "{row}");
        }
    }

    #[test]
    fn a_new_order_needs_a_time_an_amount_and_a_buyer() {
        let (known, one, _) = shop();
        let (plan, outcome) =
            plan("訂單編號,訂購時間,金額,狀態,會員編號\nA1,2026-11-01,100,,M1\nA2,,,已取消,\n", &known);
        let order = &plan.orders["A1"];
        assert_eq!((order.was.as_ref(), order.becomes.total, &order.becomes.member_id), (None, 10_000, &one));
        assert_eq!(order.becomes.status, OrderStatus::Completed, "an order is placed if nothing else is said");
        assert_eq!((outcome.created, outcome.updated), (1, 0));
        assert_eq!(outcome.bad[0].problems, [RowProblem::NoPlacedAt, RowProblem::NoTotal, RowProblem::NoBuyer]);
    }

    #[test]
    fn blank_cells_leave_an_order_as_it_is() {
        let (known, one, two) = shop();
        let was = known.orders["OLD"].state.clone();
        let header = "訂單編號,訂購時間,金額,狀態,會員編號\n";
        for (row, expected) in [
            ("OLD,,,,", was.clone()),
            ("OLD,,,已退款,", State { status: OrderStatus::Refunded, ..was.clone() }),
            ("OLD,,480,,", State { total: 48_000, ..was.clone() }),
            (
                "OLD,2026-11-02 10:00,,,M2",
                State { member_id: two, placed_at: "2026-11-02T02:00:00".parse().unwrap(), ..was.clone() },
            ),
        ] {
            let (plan, outcome) = plan(&format!("{header}{row}\n"), &known);
            assert_eq!((outcome.created, outcome.updated, outcome.bad.len()), (0, 1, 0), "{row}");
            assert_eq!(plan.orders["OLD"].becomes, expected, "{row}");
            assert_eq!(
                plan.changes().count(),
                usize::from(expected != was),
                "{row}: what is so already is not written"
            );
        }
        let (plan, outcome) = plan(&format!("{header}OLD,,999,,M9\n"), &known);
        assert_eq!(outcome.bad[0].problems, [RowProblem::UnknownBuyer], "a buyer who is named must be somebody");
        assert!(plan.orders.is_empty() && known.orders["OLD"].state.member_id == one);
    }

    #[test]
    fn rows_about_one_order_are_one_order_and_the_last_counts() {
        let (known, ..) = shop();
        let file = "訂單編號,訂購時間,金額,狀態,會員編號\n\
                    A1,2026-11-01,100,,M1\nA1,,,,\nA1,,120,已取消,\nOLD,,1,,\nOLD,,500,,\n";
        let (plan, outcome) = plan(file, &known);
        assert_eq!((outcome.created, outcome.updated, plan.orders.len()), (1, 4, 2));
        let order = &plan.orders["A1"];
        assert_eq!((order.was.as_ref(), order.becomes.total), (None, 12_000));
        assert_eq!(order.becomes.status, OrderStatus::Cancelled);
        let changed: Vec<_> = plan.changes().map(|(number, _)| number).collect();
        assert_eq!(changed, ["A1"], "the other is what it was again");
    }
}
