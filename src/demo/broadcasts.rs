//! The shop's broadcasts: some went out, one waits, one was cancelled, one is still being written.

use super::{
    audiences::{self, Audiences},
    calendar::Calendar,
    channels::Account,
    people::Staff,
    sent,
};
use chrono::TimeDelta;
use tidings_base::db::{Conn, DbError};
use tidings_campaigns::broadcasts::seed::{Planted, Then, plant};
use tidings_sending::messages::{Content, Part};

/// What becomes of a plan; days are counted back from today.
#[derive(Clone, Copy)]
enum Came {
    Draft,
    Waits,
    Cancelled,
    Went,
}

struct Plan {
    name: &'static str,
    account: Account,
    audience: Option<&'static str>,
    subject: Option<&'static str>,
    texts: &'static [&'static str],
    day: i64,
    hour: u32,
    came: Came,
}

const PLANS: &[Plan] = &[
    Plan {
        name: "秋季新品上架",
        account: Account::Line,
        audience: None,
        subject: None,
        texts: &["{{name|貴賓}}，秋季亞麻新品上架了。本週內到門市試穿，送您一條棉麻手帕。"],
        day: 24,
        hour: 12,
        came: Came::Went,
    },
    Plan {
        name: "換季清倉簡訊",
        account: Account::Sms,
        audience: None,
        subject: None,
        texts: &["小島選物：換季 5 折起，只到週日。回覆 STOP 取消"],
        day: 17,
        hour: 11,
        came: Came::Went,
    },
    Plan {
        name: "十一月電子報",
        account: Account::Email,
        audience: None,
        subject: Some("{{name|您}}好，十一月的小島選物"),
        texts: &["這個月我們從台南的織布廠開始說起。\n\n三款新布料已經到店，歡迎來摸摸看。"],
        day: 12,
        hour: 10,
        came: Came::Went,
    },
    Plan {
        name: "粉專限時回饋",
        account: Account::Messenger,
        audience: None,
        subject: None,
        texts: &["謝謝 {{name|您}}最近的留言，今天回覆這則訊息就送 100 元購物金。"],
        day: 6,
        hour: 20,
        came: Came::Went,
    },
    Plan {
        name: "VIP 週年慶搶先購",
        account: Account::Line,
        audience: None,
        subject: None,
        texts: &["{{name|貴賓}}，週年慶提早為您開跑，今晚八點前享會員價。"],
        day: 3,
        hour: 18,
        came: Came::Went,
    },
    Plan {
        name: "颱風假門市公告",
        account: Account::LineStore,
        audience: None,
        subject: None,
        texts: &["明天門市配合停班停課公休一天，線上商店照常出貨。"],
        day: 2,
        hour: 21,
        came: Came::Cancelled,
    },
    Plan {
        name: "週年慶正式開跑",
        account: Account::Line,
        audience: Some(audiences::ACTIVE),
        subject: None,
        texts: &["{{name|貴賓}}，週年慶今天開跑，滿 2,000 折 300。", "全館免運到週日。"],
        day: -4,
        hour: 10,
        came: Came::Waits,
    },
    Plan {
        name: "聖誕禮盒預購",
        account: Account::Line,
        audience: Some(audiences::VIP),
        subject: None,
        texts: &["聖誕禮盒開放預購，"],
        day: 1,
        hour: 16,
        came: Came::Draft,
    },
];

/// Makes them, and has those sent that went out.
pub(super) fn load(conn: &mut Conn, calendar: &Calendar, audiences: &Audiences, staff: &Staff) -> Result<(), DbError> {
    for plan in PLANS {
        let at = calendar.at(calendar.day(plan.day), plan.hour, 0);
        let (created_at, then) = match plan.came {
            Came::Draft => (at, Then::Draft),
            Came::Waits => (calendar.now - TimeDelta::hours(20), Then::Waits(at)),
            Came::Cancelled => (at - TimeDelta::hours(5), Then::Cancelled(at)),
            Came::Went => (at - TimeDelta::hours(3), Then::Began(at)),
        };
        let planted = Planted {
            name: plan.name,
            channel_id: &plan.account.id(),
            audience: plan.audience.map(|name| (audiences.id(name), name)),
            content: Content {
                subject: plan.subject.map(str::to_owned),
                parts: plan.texts.iter().map(|text| Part::Text { text: (*text).to_owned() }).collect(),
                ..Content::default()
            },
            created_at,
            by: &staff.marketer.id,
            then,
        };
        plant(conn, &planted, calendar.zone)?;
        sent::send(conn, calendar, at + TimeDelta::milliseconds(300))?;
    }
    Ok(())
}
