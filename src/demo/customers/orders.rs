//! What the members bought in the last two years.

use super::member::{Habit, Member};
use crate::demo::{calendar::Calendar, chance::Chance};
use chrono::NaiveDateTime;
use std::collections::HashMap;
use tidings_base::{db::Id, zones};
use tidings_customers::orders::OrderStatus;

/// An order.
pub(in crate::demo) struct Order {
    pub(in crate::demo) id: Id,
    pub(in crate::demo) number: String,
    pub(in crate::demo) placed_at: NaiveDateTime,
    /// In minor units.
    pub(in crate::demo) total: i64,
    pub(in crate::demo) status: OrderStatus,
}

impl Order {
    /// Whether it counts for the member's figures.
    pub(super) fn counts(&self) -> bool {
        self.status == OrderStatus::Completed
    }
}

/// How far back the shop's system goes.
const DAYS: i64 = 730;

/// What things cost there, from a candle to a coat, and how often they are bought.
const PRICES: &[(i64, usize)] = &[
    (180, 4),
    (280, 8),
    (390, 10),
    (490, 12),
    (590, 12),
    (690, 11),
    (780, 10),
    (880, 10),
    (980, 12),
    (1_180, 8),
    (1_280, 9),
    (1_480, 8),
    (1_680, 7),
    (1_980, 6),
    (2_280, 4),
    (2_680, 3),
    (3_280, 2),
    (4_580, 1),
];

const STATUSES: &[(OrderStatus, usize)] =
    &[(OrderStatus::Completed, 930), (OrderStatus::Cancelled, 42), (OrderStatus::Refunded, 28)];

/// Gives each member their orders, and each order its number of the day.
pub(super) fn invent(chance: &mut Chance, calendar: &Calendar, members: &mut [Member]) {
    for member in members.iter_mut() {
        let from = calendar.days_since(member.joined).min(DAYS);
        let days = from - member.seen;
        let wanted = match member.habit {
            Habit::Looks => 0,
            Habit::Once => 1,
            Habit::Casual => chance.between(2, 4),
            Habit::Regular => chance.between(5, 12),
            Habit::Devoted => chance.between(13, 30),
            Habit::Collector => chance.between(31, 62),
        };
        // Nobody fills a cupboard in a week.
        let n = if days < 0 { 0 } else { wanted.min(1 + days / 7) };
        for place in 0..n {
            let first = place == 0 && chance.hit(800);
            let back =
                if first { from - chance.few(20).min(days) } else { bought(chance, calendar, member.seen, from) };
            let placed_at = calendar.moment(chance, back).max(member.joined);
            let order = Order {
                id: Id::new(),
                number: String::new(),
                placed_at,
                total: total(chance, member.habit) * 100,
                status: *chance.weighted(STATUSES),
            };
            member.orders.push(order);
        }
        member.orders.sort_by_key(|order| order.placed_at);
    }
    number(calendar, members);
}

/// A day between two days, in days before today, more likely a day on which much is bought.
fn bought(chance: &mut Chance, calendar: &Calendar, to: i64, from: i64) -> i64 {
    const BUSIEST: usize = 30;
    loop {
        let days = chance.between(to, from);
        if chance.below(BUSIEST) < Calendar::trade(calendar.day(days)) {
            return days;
        }
    }
}

/// In whole dollars.
fn total(chance: &mut Chance, habit: Habit) -> i64 {
    let things = *chance.weighted(&[(1, 44), (2, 31), (3, 16), (4, 6), (6, 3)]) + usize::from(habit >= Habit::Devoted);
    let goods: i64 = (0..things).map(|_| *chance.weighted(PRICES)).sum();
    let paid = if chance.hit(220) { goods * 9 / 10 } else { goods };
    // Free from NT$1,500 on, and for those who fetch it.
    if paid < 1_500 && chance.hit(700) { paid + 80 } else { paid }
}

/// `A2603150042`: the day and the order's place in it.
fn number(calendar: &Calendar, members: &mut [Member]) {
    let mut orders: Vec<&mut Order> = members.iter_mut().flat_map(|member| &mut member.orders).collect();
    orders.sort_by_key(|order| order.placed_at);
    let mut places: HashMap<_, u32> = HashMap::new();
    for order in orders {
        let day = zones::local(calendar.zone, order.placed_at).date();
        let place = places.entry(day).or_default();
        *place += 1;
        order.number = format!("A{}{place:04}", day.format("%y%m%d"));
    }
}
