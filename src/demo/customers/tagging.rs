//! What the shop's people and programs wrote on contacts.

use super::{Contact, Customers, member::Member};
use crate::demo::{
    calendar::{Calendar, before_double_eleven, before_mothers_day},
    chance::Chance,
    channels::Account,
    people::Staff,
    store::{self, Tagged},
};
use chrono::{NaiveDateTime, TimeDelta};
use std::collections::HashMap;
use tidings_base::{
    db::{Conn, DbError},
    zones,
};
use tidings_customers::{
    events::{Event, EventKind},
    tags::{self, Tag, TagName},
};

/// Every tag of the shop.
const TAGS: &[&str] = &[
    "VIP",
    "新客",
    "沉睡",
    "已喚醒",
    "母親節",
    "雙 11",
    "門市-台北",
    "門市-台中",
    "門市-高雄",
    "亞麻控",
    "居家香氛",
    "穿搭諮詢",
    "手作課",
    "生日禮已領",
    "換貨處理中",
    "員工親友",
];

/// From how much on, in minor units, somebody is a VIP.
const VIP: i64 = 30_000 * 100;

/// Writes the tags, and on whom they are.
pub(super) fn load(
    conn: &mut Conn,
    calendar: &Calendar,
    customers: &Customers,
    staff: &Staff,
    happened: &mut Vec<Event>,
) -> Result<(), DbError> {
    let opened = calendar.now - TimeDelta::days(900);
    let mut by_name: HashMap<&str, Tag> = HashMap::new();
    for name in TAGS {
        let tag = tags::get_or_create(conn, &TagName::new(name).expect("a name of ours"), opened)?;
        by_name.insert(name, tag);
    }
    let mut chance = Chance::of("tags");
    let mut tagged = Vec::new();
    for member in &customers.members {
        for (name, at) in of(&mut chance, calendar, member) {
            let everywhere = matches!(name, "VIP" | "員工親友");
            for contact in member.contacts.iter().filter(|contact| everywhere || contact.account == main(member)) {
                let at = at.max(contact.subscribed_at);
                // Words about visits are written by hand, the others by the shop's programs.
                let by = matches!(name, "穿搭諮詢" | "換貨處理中" | "員工親友").then_some(staff.marketer.name);
                let tag = &by_name[name];
                happened.push(
                    Event::of(EventKind::TagAdded, at).contact(&contact.id).what(&tag.name, Some(&tag.id)).by(by),
                );
                tagged.push(Tagged { contact_id: &contact.id, tag_id: &tag.id, at });
            }
        }
    }
    Ok(store::add_tagged(conn, &tagged)?)
}

/// Where a member is best known: on the account they came by first.
fn main(member: &Member) -> Account {
    let first = member.contacts.iter().min_by_key(|contact: &&Contact| contact.account != Account::Line);
    first.map_or(Account::Line, |contact| contact.account)
}

/// The tags of a member, and since when.
fn of(chance: &mut Chance, calendar: &Calendar, member: &Member) -> Vec<(&'static str, NaiveDateTime)> {
    let mut tags = Vec::new();
    let counted: Vec<_> = member.orders.iter().filter(|order| order.counts()).collect();
    let mut spent = 0;
    let vip = counted.iter().find(|order| {
        spent += order.total;
        spent >= VIP
    });
    tags.extend(vip.map(|order| ("VIP", order.placed_at + TimeDelta::minutes(5))));
    if calendar.days_since(member.joined) < 60 {
        tags.push(("新客", member.joined + TimeDelta::minutes(1)));
    }
    let asleep = counted.last().filter(|order| calendar.days_since(order.placed_at) > 180);
    tags.extend(asleep.map(|order| ("沉睡", order.placed_at + TimeDelta::days(180))));
    for (name, is) in [("母親節", before_mothers_day as fn(_) -> bool), ("雙 11", before_double_eleven)] {
        let during = counted.iter().rfind(|order| is(zones::local(calendar.zone, order.placed_at).date()));
        tags.extend(during.map(|order| (name, order.placed_at + TimeDelta::minutes(5))));
    }
    let shop = match member.city {
        Some("台北市" | "新北市" | "基隆市") => Some("門市-台北"),
        Some("台中市" | "彰化縣" | "苗栗縣") => Some("門市-台中"),
        Some("高雄市" | "台南市" | "屏東縣") => Some("門市-高雄"),
        Some(_) | None => None,
    };
    let mut visit = |name, per_mille: usize| {
        if chance.hit(per_mille) {
            let days = chance.between(0, calendar.days_since(member.joined));
            tags.push((name, calendar.moment(chance, days).max(member.joined)));
        }
    };
    if let Some(shop) = shop {
        visit(shop, 310);
    }
    if !counted.is_empty() {
        visit("亞麻控", 95);
        visit("居家香氛", 80);
        visit("穿搭諮詢", 35);
        visit("換貨處理中", 4);
    }
    visit("手作課", 28);
    if member.birthday.is_some() {
        visit("生日禮已領", 75);
    }
    visit("員工親友", 4);
    tags
}
