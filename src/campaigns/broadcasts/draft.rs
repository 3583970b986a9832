//! The form of a broadcast, read.

use super::model::{Who, WhoKind};
use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use tidings_base::{
    db::Id,
    text_enum,
    web::{Form, Message},
    zones,
};
use tidings_customers::{
    audiences,
    channels::{ChannelAccount, ChannelKind},
    contacts::filter::Filter,
    tags::{SEPARATORS, TagName},
};
use tidings_sending::messages::Content;

/// The longest 主題, in characters.
pub(super) const LONGEST_NAME: usize = 100;

/// Later than this many days from now is a slip of the finger.
const FARTHEST: i64 = 3_660;

/// What a broadcast is made of.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) channel_id: Id,
    pub(super) who: Who,
    /// Of [`Who::Picked`].
    pub(super) picked: Vec<Id>,
    pub(super) content: Content,
    /// None is at once.
    pub(super) send_at: Option<NaiveDateTime>,
    pub(super) tags: Vec<Id>,
    pub(super) new_tags: Vec<TagName>,
}

text_enum! {
    /// 發送時間.
    pub(super) enum When {
        /// 即時
        Now = "now",
        /// 排程推送
        Later = "later",
    }
}

/// What the form is read against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Against<'a> {
    pub(super) account: &'a ChannelAccount,
    pub(super) audiences: &'a [audiences::Choice],
    pub(super) zone: Tz,
    pub(super) now: NaiveDateTime,
    /// Whether it waits for its time already, and so cannot be told to go at once.
    pub(super) scheduled: bool,
}

/// Whether contacts on this kind of channel can be broadcast to: Instagram's rules allow none.
pub(super) fn takes_broadcasts(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::Line | ChannelKind::Messenger | ChannelKind::WhatsApp | ChannelKind::Sms | ChannelKind::Email => {
            true
        }
        ChannelKind::Instagram => false,
    }
}

/// Reads the whole form; everything that is wrong is said beside its field.
pub(super) fn read(form: &mut Form, against: &Against<'_>) -> Option<Draft> {
    let name = form.required("name", LONGEST_NAME);
    let who = who(form, against);
    let picked = picked(form);
    let content = Content::read(form, against.account.kind);
    let send_at = send_at(form, against);
    let (tags, new_tags) = tags(form);
    let (who, send_at) = (who?, send_at?);
    form.is_valid().then(|| Draft {
        name,
        channel_id: against.account.id.clone(),
        picked: if who == Who::Picked { picked } else { Vec::new() },
        who,
        content,
        send_at,
        tags,
        new_tags,
    })
}

/// Who is chosen so far, whatever else is missing, with those who are picked.
pub(super) fn chosen(form: &Form, against: &Against<'_>) -> Option<(Who, Vec<Id>)> {
    // What is wrong is said when the form is sent.
    who(&mut form.clone(), against).map(|who| (who, picked(form)))
}

fn who(form: &mut Form, against: &Against<'_>) -> Option<Who> {
    match form.choice("who")? {
        WhoKind::Matching => Some(Who::Matching(Filter::typed(form))),
        WhoKind::Picked => {
            if picked(form).is_empty() {
                form.refuse("who", Message::new("broadcasts.refused.nobody_picked"));
                return None;
            }
            Some(Who::Picked)
        }
        WhoKind::Audience => {
            let id = form.id("audience")?;
            let Some(audience) = against.audiences.iter().find(|audience| audience.id == id) else {
                form.refuse("audience", Message::new("broadcasts.refused.audience_gone"));
                return None;
            };
            match audience.kind {
                Some(kind) if kind == against.account.kind => {
                    Some(Who::Audience { id: Some(id), name: audience.name.clone() })
                }
                Some(_) => {
                    form.refuse("audience", Message::new("broadcasts.refused.audience_channel"));
                    None
                }
                None => {
                    form.refuse("audience", Message::new("broadcasts.refused.audience_of_members"));
                    None
                }
            }
        }
    }
}

/// The contacts picked.
pub(super) fn picked(form: &Form) -> Vec<Id> {
    form.all("contact").filter_map(|id| id.parse().ok()).collect()
}

/// The inner one is none for at once.
#[expect(clippy::option_option, reason = "the outer one says whether it could be read")]
fn send_at(form: &mut Form, against: &Against<'_>) -> Option<Option<NaiveDateTime>> {
    let when = if against.scheduled { When::Later } else { form.choice("when")? };
    if when == When::Now {
        return Some(None);
    }
    let (date, time) = (form.date("date"), form.time("time"));
    let local = date?.and_time(time?);
    let at = zones::instant(against.zone, local);
    match at {
        Some(at) if at > against.now && at < against.now + TimeDelta::days(FARTHEST) => Some(Some(at)),
        Some(at) if at <= against.now => {
            form.refuse("date", Message::new("broadcasts.refused.past"));
            None
        }
        Some(_) | None => {
            form.refuse("date", Message::new("broadcasts.refused.far"));
            None
        }
    }
}

fn tags(form: &mut Form) -> (Vec<Id>, Vec<TagName>) {
    let known = form.all("add_tag").filter_map(|id| id.parse().ok()).collect();
    let typed: Vec<String> = form
        .value("new_tags")
        .split(SEPARATORS)
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let mut new = Vec::new();
    for name in typed {
        match TagName::new(&name) {
            Ok(name) => new.push(name),
            Err(problem) => form.refuse("new_tags", Message::new(problem.label())),
        }
    }
    (known, new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_customers::channels::{ChannelStatus, Connector};

    fn account(kind: ChannelKind) -> ChannelAccount {
        ChannelAccount {
            id: Id::new(),
            kind,
            connector: Connector::Sandbox,
            name: "本店".to_owned(),
            status: ChannelStatus::Ready,
            trouble: None,
            rate_per_second: 500,
            failure_share: 0.0,
            created_at: NaiveDateTime::default(),
            version: 1,
            vendor_id: None,
        }
    }

    fn audience(kind: Option<ChannelKind>) -> audiences::Choice {
        audiences::Choice { id: Id::new(), name: "VIP".to_owned(), kind }
    }

    fn read_all(form: &mut Form, audiences: &[audiences::Choice], scheduled: bool) -> Option<Draft> {
        let account = account(ChannelKind::Line);
        let now = "2026-11-21T04:00:00".parse().unwrap();
        let zone = chrono_tz::Asia::Taipei;
        read(form, &Against { account: &account, audiences, zone, now, scheduled })
    }

    fn form(more: &[(&str, &str)]) -> Form {
        let first = [("name", "週年慶"), ("who", "matching"), ("text-1", "您好"), ("when", "now")];
        let more_names: Vec<&str> = more.iter().map(|(name, _)| *name).collect();
        let kept = first.into_iter().filter(|(name, _)| !more_names.contains(name));
        Form::filled(kept.chain(more.iter().copied()))
    }

    #[test]
    fn the_simplest_goes_to_everybody_at_once() {
        let draft = read_all(&mut form(&[]), &[], false).unwrap();
        assert_eq!(draft.who, Who::Matching(Filter::default()));
        assert_eq!(draft.send_at, None);
    }

    #[test]
    fn a_time_is_of_the_zone_and_to_come() {
        let at = |date: &str, time: &str| {
            let mut form = form(&[("when", "later"), ("date", date), ("time", time)]);
            let draft = read_all(&mut form, &[], false);
            (draft.map(|draft| draft.send_at.unwrap().to_string()), form.error("date").map(|why| why.key.clone()))
        };
        assert_eq!(at("2026-11-21", "12:01").0.as_deref(), Some("2026-11-21 04:01:00"));
        assert_eq!(at("2026-11-21", "12:00").1.as_deref(), Some("broadcasts.refused.past"));
        assert_eq!(at("2126-11-21", "12:00").1.as_deref(), Some("broadcasts.refused.far"));
        assert!(at("2026-02-30", "12:00").1.is_some());
        // What waits for its time cannot be told to go at once.
        assert!(read_all(&mut form(&[]), &[], true).is_none());
    }

    #[test]
    fn an_audience_is_of_the_accounts_channel() {
        let all = [audience(Some(ChannelKind::Line)), audience(Some(ChannelKind::Sms)), audience(None)];
        let gone = Id::new();
        for (id, refused) in [
            (&all[0].id, None),
            (&all[1].id, Some("broadcasts.refused.audience_channel")),
            (&all[2].id, Some("broadcasts.refused.audience_of_members")),
            (&gone, Some("broadcasts.refused.audience_gone")),
        ] {
            let mut form = form(&[("who", "audience"), ("audience", id.as_str())]);
            assert_eq!(read_all(&mut form, &all, false).is_some(), refused.is_none());
            assert_eq!(form.error("audience").map(|why| why.key.as_str()), refused);
        }
    }

    #[test]
    fn a_condition_that_cannot_be_read_is_not_left_out() {
        let draft = read_all(&mut form(&[("subscribed_within", "30")]), &[], false).unwrap();
        assert_eq!(draft.who, Who::Matching(Filter::parse("subscribed_within=30")));
        for (name, value) in [("subscribed_within", "0"), ("interacted_within", "x"), ("subscribed_from", "2026-13-01")]
        {
            let mut form = form(&[(name, value)]);
            assert!(read_all(&mut form, &[], false).is_none(), "{name}");
            assert!(form.error(name).is_some(), "{name}");
        }
        // What stands in the fields of conditions matters only where conditions are chosen.
        let audiences = [audience(Some(ChannelKind::Line))];
        let id = audiences[0].id.as_str();
        let mut other = form(&[("who", "audience"), ("audience", id), ("subscribed_within", "x")]);
        assert!(read_all(&mut other, &audiences, false).is_some());
    }

    #[test]
    fn tags_are_picked_and_typed() {
        let id = Id::new();
        let mut some = form(&[("add_tag", id.as_str()), ("new_tags", "週年慶、VIP, 新客")]);
        let draft = read_all(&mut some, &[], false).unwrap();
        assert_eq!(draft.tags, [id]);
        assert_eq!(draft.new_tags.iter().map(TagName::as_str).collect::<Vec<_>>(), ["週年慶", "VIP", "新客"]);
        let mut long = form(&[("new_tags", &"長".repeat(300))]);
        assert!(read_all(&mut long, &[], false).is_none());
        assert!(long.error("new_tags").is_some());
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let mut all = form(&[("name", " "), ("who", "picked"), ("text-1", ""), ("when", "later"), ("date", "x")]);
        assert!(read_all(&mut all, &[], false).is_none());
        for name in ["name", "who", "text-1", "date", "time"] {
            assert!(all.error(name).is_some(), "{name}");
        }
    }
}
