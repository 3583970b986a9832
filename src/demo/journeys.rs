//! The shop's journeys as they are built; what happened in them is in `history`.

use super::{audiences::Audiences, calendar::Calendar, channels::Account, people::Staff};
use chrono::{NaiveTime, TimeDelta};
use std::collections::HashMap;
use tidings_base::db::{Conn, DbError, Id};
use tidings_campaigns::journeys::{self, Action, Flow, NewJourney, Period, ReEntry, Spot, Step, Trigger, Unit, Wait};
use tidings_sending::messages::Content;

/// The journeys by name.
pub(super) type Journeys = HashMap<&'static str, Id>;

pub(super) const WELCOME: &str = "新朋友歡迎旅程";
pub(super) const ARRIVALS: &str = "每週新品上架";
pub(super) const NEWSLETTER: &str = "雙週電子報";
pub(super) const BIRTHDAY: &str = "生日月祝福";
pub(super) const WAKE: &str = "沉睡顧客喚醒";
pub(super) const VIP: &str = "VIP 搶先看";
pub(super) const STOCKTAKING: &str = "年度出清預告";
pub(super) const STORAGE: &str = "換季收納服務";
pub(super) const WORKSHOP: &str = "永康門市手作課招生";
pub(super) const FANS: &str = "粉專限時問答";

/// A journey to be built.
struct Plan {
    name: &'static str,
    account: Account,
    re_entry: ReEntry,
    /// When it begins and ends, in days from today.
    starts: Option<i64>,
    ends: Option<i64>,
    /// How many days ago it was built, and published if it was.
    built: i64,
    published: bool,
    steps: Vec<Node>,
}

/// A step with what is in its branches.
enum Node {
    Do(Action),
    If(&'static str, Vec<Node>, Vec<Node>),
}

fn say(text: &str) -> Node {
    Node::Do(Action::Send { content: Content::text(text) })
}

fn mail(subject: &str, text: &str) -> Node {
    Node::Do(Action::Send { content: Content { subject: Some(subject.to_owned()), ..Content::text(text) } })
}

fn days(amount: u32) -> Node {
    Node::Do(Action::Wait(Wait::For { amount, unit: Unit::Days }))
}

fn until(hour: u32) -> Node {
    let time = NaiveTime::from_hms_opt(hour, 0, 0).expect("a time of day");
    Node::Do(Action::Wait(Wait::UntilTime { time }))
}

/// Who bought something within the last week.
const BOUGHT: &str = r#"{"all":[{"attribute":"last_order_at","operator":"within_days","value":7}]}"#;
/// Who bought something at all.
const CUSTOMER: &str = r#"{"all":[{"attribute":"order_count","operator":"at_least","value":1}]}"#;
const IS_VIP: &str = r##"{"all":[{"attribute":"tags","operator":"has_any","value":["#VIP"]}]}"##;

fn plans(audiences: &Audiences) -> Vec<Plan> {
    let tag = |name| Node::Do(Action::AddTag { tag_id: audiences.tag(name) });
    let untag = |name| Node::Do(Action::RemoveTag { tag_id: audiences.tag(name) });
    let plan = |name, account, re_entry, built, steps| Plan {
        name,
        account,
        re_entry,
        starts: None,
        ends: None,
        built,
        published: true,
        steps,
    };
    vec![
        plan(
            WELCOME,
            Account::Line,
            ReEntry::Once,
            260,
            vec![
                say(
                    "嗨 {{name|新朋友}}，歡迎來到小島選物 🌿\n我們每週都有新品，也會在這裡告訴你門市的大小事。\n輸入「會員」就能綁定帳號，領取 100 元購物金。",
                ),
                tag("新客"),
                days(3),
                Node::If(
                    CUSTOMER,
                    vec![say("{{name|朋友}}，謝謝你的第一筆訂單！收到後有任何尺寸問題，直接在這裡跟我們說就好。")],
                    vec![
                        say("{{name|新朋友}}，100 元購物金還在等你，這週日前使用都可以折抵 ☁️"),
                        days(6),
                        say("最後提醒：購物金今天到期。挑件亞麻襯衫，越洗越舒服。"),
                    ],
                ),
            ],
        ),
        plan(
            ARRIVALS,
            Account::Line,
            ReEntry::Always,
            240,
            vec![say(
                "{{name|貴賓}}，本週新品上架囉！\n・水洗亞麻襯衫 四色\n・手染藍布餐墊\n・雪松香氛蠟燭\n今天下單享早鳥 9 折：https://isla.example/new",
            )],
        ),
        plan(
            NEWSLETTER,
            Account::Email,
            ReEntry::Always,
            230,
            vec![mail(
                "{{name|親愛的讀者}}，這兩週的小島生活提案",
                "{{name|親愛的讀者}} 您好：\n\n天氣轉換的時候，最想換的其實是床邊的味道和手邊的杯子。\n這一期我們整理了三個讓家裡更安靜的小物，也聊聊永康門市的新陳列。\n\n閱讀全文：https://isla.example/journal\n\n小島選物 敬上",
            )],
        ),
        plan(
            BIRTHDAY,
            Account::Line,
            ReEntry::After { days: 300 },
            220,
            vec![
                say("{{name|貴賓}}，生日快樂 🎂\n這個月任何一天到門市，都為你準備了一份小禮物；線上購物也有 88 折。"),
                tag("生日禮已領"),
                days(14),
                Node::If(
                    BOUGHT,
                    vec![say("謝謝你在生日月選了小島，祝你天天都有好心情！")],
                    vec![say("{{name|貴賓}}，生日月優惠還有兩週，別忘了犒賞自己～")],
                ),
            ],
        ),
        plan(
            WAKE,
            Account::Line,
            ReEntry::After { days: 90 },
            200,
            vec![
                say(
                    "{{name|貴賓}}，好久不見！\n我們換了新的亞麻布料，也把結帳流程變簡單了。送你 150 元購物金，14 天內有效。",
                ),
                days(7),
                Node::If(
                    BOUGHT,
                    vec![untag("沉睡"), tag("已喚醒")],
                    vec![say("{{name|貴賓}}，150 元購物金再一週就要到期囉。")],
                ),
            ],
        ),
        plan(
            VIP,
            Account::Line,
            ReEntry::Always,
            190,
            vec![
                say("{{name|VIP}}，新一季明天才公開，今晚先給你看 🤫\nhttps://isla.example/preview"),
                until(10),
                say("公開販售開始了。VIP 的免運到今天午夜為止。"),
            ],
        ),
        Plan {
            starts: Some(-80),
            ends: Some(-34),
            ..plan(
                STOCKTAKING,
                Account::Email,
                ReEntry::Once,
                95,
                vec![
                    mail(
                        "年度出清先讓你挑",
                        "{{name|親愛的讀者}} 您好：\n\n出清下週開始，收到這封信的你可以提前兩天選購。\nhttps://isla.example/sale",
                    ),
                    days(5),
                    mail("出清倒數兩天", "{{name|親愛的讀者}}，最後兩天，部分商品下殺 5 折。"),
                ],
            )
        },
        plan(
            STORAGE,
            Account::Sms,
            ReEntry::After { days: 14 },
            120,
            vec![
                say("【小島選物】{{name|您}}好，換季收納服務開跑，憑此簡訊至門市免費領取防塵袋一個，送完為止。"),
                days(20),
                say("【小島選物】{{name|您}}好，防塵袋最後一週，歡迎到門市領取。"),
            ],
        ),
        Plan {
            starts: Some(9),
            ends: Some(45),
            ..plan(
                WORKSHOP,
                Account::LineStore,
                ReEntry::Once,
                6,
                vec![
                    say("{{name|朋友}}，下個月的藍染手作課開放報名，一班八個人。想參加請回覆「報名」。"),
                    days(3),
                    Node::If(IS_VIP, vec![say("幫 VIP 保留了兩個位子到明天，需要的話跟我們說一聲。")], vec![]),
                ],
            )
        },
        plan(
            FANS,
            Account::Messenger,
            ReEntry::After { days: 7 },
            110,
            vec![say("{{name|朋友}}，謝謝你跟我們聊天！想知道自己適合哪種亞麻布料嗎？回覆 1、2 或 3 就告訴你。")],
        ),
        Plan {
            published: false,
            ..plan(
                "週年慶倒數",
                Account::Line,
                ReEntry::Once,
                4,
                vec![
                    say("{{name|貴賓}}，週年慶倒數 7 天！先把喜歡的放進購物車吧。"),
                    days(6),
                    Node::If(
                        IS_VIP,
                        vec![say("VIP 專屬：今晚 8 點提前開賣。")],
                        vec![say("明天中午 12 點開賣，記得設鬧鐘。")],
                    ),
                ],
            )
        },
        Plan {
            published: false,
            ..plan(
                "海外訂單出貨通知",
                Account::WhatsApp,
                ReEntry::Always,
                2,
                vec![say(
                    "Hi {{name|there}}, your ISLA order has left Taipei. It usually arrives within 5 working days.",
                )],
            )
        },
    ]
}

/// Builds and publishes them.
pub(super) fn load(
    conn: &mut Conn,
    calendar: &Calendar,
    audiences: &Audiences,
    staff: &Staff,
) -> Result<Journeys, DbError> {
    let mut journeys = Journeys::new();
    let mut plans = plans(audiences);
    plans.sort_by_key(|plan| -plan.built);
    for plan in plans {
        let then = calendar.worked(plan.built);
        let midnight = |days: i64| calendar.at(calendar.day(-days), 0, 0);
        let channel_id = plan.account.id();
        let new = NewJourney {
            name: plan.name,
            channel_id: &channel_id,
            trigger: Trigger::System,
            period: Period { starts_at: plan.starts.map(midnight), ends_at: plan.ends.map(midnight) },
            re_entry: plan.re_entry,
        };
        let id = journeys::create(conn, &new, calendar.zone, Some(&staff.marketer.id), then)?;
        let draft = journeys::draft(conn, &id, calendar.zone)?;
        let mut flow = Flow::default();
        build(&mut flow, audiences, Spot::First, plan.steps);
        journeys::save_flow(conn, &draft.id, &flow)?;
        if plan.published {
            let journey = journeys::find(conn, &id)?.ok_or(diesel::NotFound)?;
            journeys::publish(conn, &journey, &draft.id, calendar.zone, then + TimeDelta::minutes(25))?;
        }
        journeys.insert(plan.name, id);
    }
    Ok(journeys)
}

/// Pauses one six days ago that has people inside, so that they stay where they are.
pub(super) fn pause(conn: &mut Conn, journeys: &Journeys, staff: &Staff, calendar: &Calendar) -> Result<(), DbError> {
    let journey = journeys::find(conn, &journeys[STORAGE])?.ok_or(diesel::NotFound)?;
    journeys::pause(conn, &journey, staff.marketer.name, calendar.worked(6))?;
    Ok(())
}

fn build(flow: &mut Flow, audiences: &Audiences, from: Spot, nodes: Vec<Node>) {
    let mut spot = from;
    for node in nodes {
        let (step, branches) = match node {
            Node::Do(action) => (Step::new(action), None),
            Node::If(rule, yes, no) => (Step::new(Action::Condition { rule: audiences.rule(rule) }), Some((yes, no))),
        };
        let id = step.id.clone();
        flow.insert(&spot, step).expect("the spot was made before");
        if let Some((yes, no)) = branches {
            build(flow, audiences, Spot::Yes(id.clone()), yes);
            build(flow, audiences, Spot::No(id.clone()), no);
        }
        spot = Spot::After(id);
    }
}
