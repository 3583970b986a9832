//! Who the members are.

use super::{Contact, Taken, orders::Order};
use crate::demo::{calendar::Calendar, chance::Chance, names::Name};
use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta};
use tidings_base::db::Id;
use tidings_customers::members::{Birthday, Gender};

/// A member with all that is theirs.
pub(in crate::demo) struct Member {
    pub(in crate::demo) id: Id,
    pub(in crate::demo) number: String,
    pub(in crate::demo) name: Name,
    pub(in crate::demo) gender: Option<Gender>,
    pub(in crate::demo) birthday: Option<Birthday>,
    pub(super) born: i32,
    pub(in crate::demo) city: Option<&'static str>,
    pub(in crate::demo) joined: NaiveDateTime,
    pub(super) habit: Habit,
    /// The last day on which the shop saw them, in days before today.
    pub(super) seen: i64,
    pub(in crate::demo) phone: Option<String>,
    pub(in crate::demo) email: Option<String>,
    /// When they were bound to the salesperson, if they are.
    pub(in crate::demo) bound_at: Option<NaiveDateTime>,
    pub(in crate::demo) orders: Vec<Order>,
    pub(in crate::demo) contacts: Vec<Contact>,
}

/// How somebody shops.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Habit {
    /// Never bought anything.
    Looks,
    Once,
    Casual,
    Regular,
    Devoted,
    /// A handful of people who buy every other week.
    Collector,
}

const HABITS: &[(Habit, usize)] = &[
    (Habit::Looks, 150),
    (Habit::Once, 300),
    (Habit::Casual, 320),
    (Habit::Regular, 165),
    (Habit::Devoted, 57),
    (Habit::Collector, 8),
];

const CITIES: &[(Option<&str>, usize)] = &[
    (Some("台北市"), 236),
    (Some("新北市"), 196),
    (Some("桃園市"), 92),
    (Some("台中市"), 128),
    (Some("台南市"), 70),
    (Some("高雄市"), 100),
    (Some("新竹市"), 36),
    (Some("新竹縣"), 22),
    (Some("基隆市"), 13),
    (Some("宜蘭縣"), 14),
    (Some("苗栗縣"), 9),
    (Some("彰化縣"), 22),
    (Some("南投縣"), 7),
    (Some("雲林縣"), 7),
    (Some("嘉義市"), 10),
    (Some("嘉義縣"), 5),
    (Some("屏東縣"), 11),
    (Some("花蓮縣"), 8),
    (Some("台東縣"), 6),
    (Some("金門縣"), 2),
    (Some("澎湖縣"), 2),
    (None, 64),
];

/// How old members are, in steps of five years from 18 on.
const AGES: &[(i64, usize)] =
    &[(18, 7), (23, 15), (28, 21), (33, 20), (38, 15), (43, 10), (48, 6), (53, 4), (58, 2), (63, 1)];

/// The first members joined when the shop opened its site.
const OPENED: i64 = 1_000;

impl Member {
    pub(super) fn invent(chance: &mut Chance, calendar: &Calendar, n: usize, taken: &mut Taken) -> Vec<Self> {
        let mut joined: Vec<NaiveDateTime> = (0..n)
            .map(|_| {
                // The shop has grown: two in five came within the last year.
                let days = if chance.hit(400) { chance.between(0, 365) } else { chance.between(0, OPENED) };
                calendar.moment(chance, days)
            })
            .collect();
        joined.sort();
        joined.into_iter().zip(100_001..).map(|(at, number)| Self::one(chance, calendar, number, at, taken)).collect()
    }

    fn one(chance: &mut Chance, calendar: &Calendar, number: u32, joined: NaiveDateTime, taken: &mut Taken) -> Self {
        let man = chance.hit(235);
        let gender = match (chance.hit(945), man) {
            (true, true) => Some(Gender::Male),
            (true, false) => Some(Gender::Female),
            (false, _) => chance.hit(80).then_some(Gender::Other),
        };
        let age = chance.weighted(AGES) + chance.between(0, 4);
        let born = calendar.today.year() - age as i32;
        let birthday = birthday(chance, born).filter(|_| chance.hit(830));
        let habit = *chance.weighted(HABITS);
        let since = calendar.days_since(joined);
        // Who buys much has seldom left.
        let stays = match habit {
            Habit::Looks => 350,
            Habit::Once => 300,
            Habit::Casual => 480,
            Habit::Regular => 700,
            Habit::Devoted => 880,
            Habit::Collector => 1000,
        };
        let seen = if chance.hit(stays) { chance.few(60.min(since)) } else { chance.between(0, since) };
        let bound = habit >= Habit::Regular && chance.hit(300) || chance.hit(12);
        let bound_at = (bound && since > 10).then(|| {
            let days = chance.between(1, (since - 5).min(400));
            calendar.at(calendar.day(days), chance.between(10, 18) as u32, chance.below(60) as u32)
        });
        Self {
            id: Id::new(),
            number: format!("M{number}"),
            name: Name::invent(chance, man, born),
            gender,
            birthday,
            born,
            city: *chance.weighted(CITIES),
            joined,
            habit,
            seen,
            phone: chance.hit(700).then(|| phone(chance, taken)),
            email: None,
            bound_at,
            orders: Vec::new(),
            contacts: Vec::new(),
        }
    }

    /// The last thing known of them: a moment at which they were active, soon after the shop
    /// last saw them.
    pub(super) fn active(&self, chance: &mut Chance, calendar: &Calendar) -> NaiveDateTime {
        let days = if self.seen > 25 { self.seen - chance.few(20) } else { self.seen };
        calendar.moment(chance, days).max(self.joined + TimeDelta::minutes(3))
    }
}

fn birthday(chance: &mut Chance, born: i32) -> Option<Birthday> {
    NaiveDate::from_ymd_opt(born, chance.between(1, 12) as u32, chance.between(1, 31) as u32).map(Birthday)
}

/// A mobile number that no operator has given out: Taiwan's numbers do not begin with 0994.
pub(super) fn phone(chance: &mut Chance, taken: &mut Taken) -> String {
    taken.first(|| format!("+886994{:06}", chance.between(0, 999_999)))
}
