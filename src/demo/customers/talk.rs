//! What people wrote to the shop lately.

use super::Customers;
use crate::demo::{
    calendar::Calendar,
    chance::Chance,
    store::{self, Said},
};
use chrono::TimeDelta;
use tidings_base::db::{Conn, DbError};
use tidings_customers::events::{Event, EventKind};

const WORDS: &[&str] = &[
    "請問這件亞麻襯衫還有 M 號嗎？",
    "想問一下訂單大概什麼時候會到～",
    "收到了！布料摸起來很舒服 🥰",
    "永康門市今天有開嗎？",
    "我想換大一號，要怎麼處理呢？",
    "香氛蠟燭會再補貨嗎",
    "請問可以貨到付款嗎？",
    "生日禮要怎麼領呀",
    "好喔謝謝！",
    "可以幫我看一下這件適合 158 公分嗎",
    "發票可以開統編嗎？",
    "已匯款，麻煩確認一下",
    "請問手作課還有名額嗎？想報兩位",
    "❤️",
    "顏色跟照片有點不一樣耶，可以退嗎",
    "晚一點去門市取貨可以嗎？大概七點",
    "你們的包裝好美！",
    "折扣碼一直顯示無效",
];

/// How far back the shop keeps what was written.
const DAYS: i64 = 45;

/// Writes it where the sandbox keeps it, and on the time lines.
pub(super) fn load(
    conn: &mut Conn,
    calendar: &Calendar,
    customers: &Customers,
    happened: &mut Vec<Event>,
) -> Result<(), DbError> {
    let mut chance = Chance::of("talk");
    let mut said = Vec::new();
    for contact in customers.contacts().filter(|contact| contact.is_reached()) {
        let Some(last) = contact.last_inbound_at.filter(|at| calendar.days_since(*at) < DAYS) else { continue };
        let before = chance.hit(300).then(|| last - TimeDelta::seconds(chance.between(20, 400)));
        for at in before.into_iter().chain([last]).filter(|at| *at > contact.subscribed_at) {
            let text = *chance.pick(WORDS);
            happened.push(Event::of(EventKind::MessageReceived, at).contact(&contact.id).what(text, None));
            said.push(Said { id: calendar.id(at), account: contact.account, identity: &contact.identity, text, at });
        }
    }
    said.sort_by_key(|said| said.at);
    Ok(store::add_said(conn, &said)?)
}
