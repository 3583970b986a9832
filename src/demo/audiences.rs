//! The audiences that the shop's marketer has saved.

use super::{calendar::Calendar, people::Staff};
use std::collections::HashMap;
use tidings_base::db::{Conn, DbError, Id};
use tidings_customers::{
    audiences::{self, Audience, NewAudience, Rule},
    channels::ChannelKind,
    tags,
};

/// The audiences by name, and the tags that rules and steps speak of.
pub(super) struct Audiences {
    audiences: HashMap<&'static str, Id>,
    tags: HashMap<String, Id>,
}

pub(super) const ACTIVE: &str = "近 90 天有互動";
pub(super) const ASLEEP: &str = "沉睡客戶";
pub(super) const VIP: &str = "VIP 客戶";
pub(super) const BIRTHDAY: &str = "本月壽星";
pub(super) const NEW: &str = "新好友（7 天內加入）";
pub(super) const NEWSLETTER: &str = "願意收到電子報";
pub(super) const MAIL_ASLEEP: &str = "沉睡客戶（電子報）";
pub(super) const TAIPEI: &str = "永康門市熟客";
pub(super) const PHONES: &str = "近半年購買（簡訊）";
pub(super) const FANS: &str = "粉專近 30 天互動";

/// Name, description, kind, rule (`#名稱` stands for the id of that tag), and how many days ago it
/// was saved.
const AUDIENCES: &[(&str, &str, Option<ChannelKind>, &str, i64)] = &[
    (
        NEWSLETTER,
        "有勾選願意收到電子報的會員。",
        Some(ChannelKind::Email),
        r#"{"all":[{"attribute":"consent","operator":"is","value":"granted"}]}"#,
        420,
    ),
    (
        VIP,
        "有 VIP 標籤，或累積消費滿 3 萬元且半年內有購買。",
        Some(ChannelKind::Line),
        r##"{"any":[{"attribute":"tags","operator":"has_any","value":["#VIP"]},{"all":[{"attribute":"total_spent","operator":"at_least","value":3000000},{"attribute":"last_order_at","operator":"within_days","value":180}]}]}"##,
        400,
    ),
    (
        ASLEEP,
        "買過東西，但超過 180 天沒有再買。",
        Some(ChannelKind::Line),
        r#"{"all":[{"attribute":"order_count","operator":"at_least","value":1},{"attribute":"last_order_at","operator":"over_days","value":180}]}"#,
        390,
    ),
    (
        BIRTHDAY,
        "生日在這個月的好友。",
        Some(ChannelKind::Line),
        r#"{"all":[{"attribute":"birth_month","operator":"this_month"}]}"#,
        360,
    ),
    (
        ACTIVE,
        "90 天內有傳訊息、點選單或購買的 LINE 好友。",
        Some(ChannelKind::Line),
        r#"{"all":[{"attribute":"last_interaction_at","operator":"within_days","value":90}]}"#,
        300,
    ),
    (
        NEW,
        "剛加入好友，用在歡迎旅程。",
        Some(ChannelKind::Line),
        r#"{"all":[{"attribute":"subscribed_at","operator":"within_days","value":7}]}"#,
        280,
    ),
    (
        MAIL_ASLEEP,
        "同意收信、超過 180 天沒有再買的會員。",
        Some(ChannelKind::Email),
        r#"{"all":[{"attribute":"consent","operator":"is","value":"granted"},{"attribute":"order_count","operator":"at_least","value":1},{"attribute":"last_order_at","operator":"over_days","value":180}]}"#,
        210,
    ),
    (
        TAIPEI,
        "住在雙北、來過永康門市，或買過 3 次以上。",
        Some(ChannelKind::Line),
        r##"{"all":[{"attribute":"city","operator":"one_of","value":["台北市","新北市"]},{"any":[{"attribute":"tags","operator":"has_any","value":["#門市-台北","#穿搭諮詢"]},{"attribute":"order_count","operator":"at_least","value":3}]}]}"##,
        180,
    ),
    (
        PHONES,
        "同意收簡訊、180 天內有購買；門市取貨與換季活動用。",
        Some(ChannelKind::Sms),
        r#"{"all":[{"attribute":"consent","operator":"is","value":"granted"},{"attribute":"last_order_at","operator":"within_days","value":180}]}"#,
        150,
    ),
    (
        FANS,
        "30 天內在粉絲專頁有互動的人。",
        Some(ChannelKind::Messenger),
        r#"{"all":[{"attribute":"last_interaction_at","operator":"within_days","value":30}]}"#,
        120,
    ),
    (
        "WhatsApp 顧客",
        "用 WhatsApp 聯絡的顧客。",
        Some(ChannelKind::WhatsApp),
        r#"{"all":[{"attribute":"consent","operator":"is_not","value":"withdrawn"}]}"#,
        95,
    ),
    (
        "潛在忠誠會員",
        "買過 2 到 3 次、半年內還有回來的會員。",
        None,
        r#"{"all":[{"attribute":"order_count","operator":"between","value":[2,3]},{"attribute":"last_order_at","operator":"within_days","value":180}]}"#,
        75,
    ),
    (
        "高消費未回購會員",
        "累積消費滿 1 萬元，但 90 天沒有再買。",
        None,
        r#"{"all":[{"attribute":"total_spent","operator":"at_least","value":1000000},{"attribute":"last_order_at","operator":"over_days","value":90}]}"#,
        40,
    ),
];

/// Saves them.
pub(super) fn load(conn: &mut Conn, calendar: &Calendar, staff: &Staff) -> Result<Audiences, DbError> {
    let tags: HashMap<String, Id> = tags::all(conn)?.into_iter().map(|tag| (tag.name, tag.id)).collect();
    let mut all = Audiences { audiences: HashMap::new(), tags };
    for (name, description, kind, rule, days) in AUDIENCES {
        let new = NewAudience {
            name: (*name).to_owned(),
            description: (*description).to_owned(),
            kind: *kind,
            rule: all.rule(rule),
        };
        let id = audiences::add(conn, &new, Some(&staff.marketer.id), calendar.worked(*days))?;
        all.audiences.insert(name, id);
    }
    Ok(all)
}

impl Audiences {
    /// The id of the audience of this name.
    pub(super) fn id(&self, name: &str) -> &Id {
        &self.audiences[name]
    }

    /// The audience of this name.
    pub(super) fn find(&self, conn: &mut Conn, name: &str) -> Result<Audience, DbError> {
        Ok(audiences::find(conn, self.id(name))?.ok_or(diesel::NotFound)?)
    }

    /// The id of the tag of this name.
    pub(super) fn tag(&self, name: &str) -> Id {
        self.tags[name].clone()
    }

    /// A rule as JSON in which `#名稱` stands for a tag.
    pub(super) fn rule(&self, json: &str) -> Rule {
        let json = self
            .tags
            .iter()
            .fold(json.to_owned(), |json, (name, id)| json.replace(&format!("\"#{name}\""), &format!("\"{id}\"")));
        Rule::from_json(&json).expect("a rule of ours")
    }
}
