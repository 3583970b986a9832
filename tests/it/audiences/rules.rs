//! The laws of rules.

use super::{
    evaluate::{Asked, Contact, Member, fulfils},
    random::{now, people, rule},
};
use crate::support::{App, both};
use chrono_tz::Asia::Taipei;
use diesel::{
    QueryableByName,
    prelude::*,
    sql_types::{BigInt, Text},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use std::collections::BTreeMap;
use tidings_base::db::{
    Conn, Id,
    schema::{contact_tags, contacts, members, tags},
    sql::Sql,
};
use tidings_customers::{
    audiences::{Audience, Lens, Rule, builder::RuleForm, compile, compile_for_members},
    channels::{self, ChannelKind, Connector, NewChannel},
    tags::Tag,
};

const LENS: fn() -> Lens = || Lens { now: now(), zone: Taipei };

proptest! {
    #[test]
    fn a_rule_survives_json(rule in rule(&ids())) {
        prop_assert_eq!(Rule::from_json(&rule.to_json()), Ok(rule));
    }

    #[test]
    fn a_rule_survives_its_form(rule in rule(&ids())) {
        let tags: Vec<_> = ids().into_iter().map(|id| Tag { id, name: "x".into() }).collect();
        prop_assert_eq!(RuleForm::from(&rule).rule(&tags), Some(rule));
    }

    /// Whatever a program posts, reading it is an answer and no panic.
    #[test]
    fn any_text_is_a_rule_or_an_error(text in ".{0,200}") {
        if let Ok(rule) = Rule::from_json(&text) {
            prop_assert_eq!(Rule::from_json(&rule.to_json()), Ok(rule));
        }
    }

    #[test]
    fn any_fields_are_a_form(fields in proptest::collection::vec((
        "rule(\\.[0-9]{1,2}){0,5}(\\.(join|attribute|operator|number|tags|first))?",
        "(any|all|tags|city|between|equals|[0-9]{1,20}|.{0,9})",
    ), 0..40)) {
        let mut form = RuleForm::read(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let rule = form.rule(&[]);
        prop_assert_eq!(rule.is_none(), !form.errors().is_empty());
    }
}

both! {
    /// Every person × every rule: in the selection if and only if the rule holds, and never neither.
    async fn a_statement_selects_whom_the_rule_means(app: App) {
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        let all = people(&ids()).new_tree(&mut runner).unwrap().current();
        let kept = keep(&app, all).await;
        runner
            .run(&rule(&ids()), |rule| {
                let found = tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(select(&app, rule.clone()))
                });
                let (contacts, members) = (kept.contacts(&rule), kept.members(&rule));
                prop_assert!(found.written_to == kept.written_to(&members), "to write to members: {}", rule.to_json());
                prop_assert!(found.contacts == contacts, "of contacts: {}", rule.to_json());
                prop_assert!(found.members == members, "of members: {}", rule.to_json());
                Ok(())
            })
            .unwrap();
    }
}

/// Five tags, the same in every test.
fn ids() -> Vec<Id> {
    (1..=5).map(|n| format!("019ab5d0-0000-7000-8000-00000000000{n}").parse().unwrap()).collect()
}

/// Whether each person, by id, is selected.
type Selected = BTreeMap<String, bool>;

struct Kept {
    people: Vec<(Option<(Id, Member)>, Vec<(Id, Contact)>)>,
}

impl Kept {
    fn contacts(&self, rule: &Rule) -> Selected {
        let all = self.people.iter().flat_map(|(member, contacts)| contacts.iter().map(move |c| (member, c)));
        all.map(|(member, (id, contact))| {
            let asked = Asked { contacts: vec![contact], member: member.as_ref().map(|(_, member)| member) };
            (id.to_string(), fulfils(&asked, rule, &LENS()))
        })
        .collect()
    }

    /// The contacts of the members that are selected; those of nobody are not.
    fn written_to(&self, members: &Selected) -> Selected {
        let all = self.people.iter().flat_map(|(member, contacts)| contacts.iter().map(move |(id, _)| (member, id)));
        all.map(|(member, id)| (id.to_string(), member.as_ref().is_some_and(|(member, _)| members[member.as_str()])))
            .collect()
    }

    fn members(&self, rule: &Rule) -> Selected {
        let known = self.people.iter().filter_map(|(member, contacts)| Some((member.as_ref()?, contacts)));
        known
            .map(|((id, member), contacts)| {
                let contacts = contacts.iter().map(|(_, contact)| contact).collect();
                (id.to_string(), fulfils(&Asked { contacts, member: Some(member) }, rule, &LENS()))
            })
            .collect()
    }
}

/// What the database answers.
struct Found {
    contacts: Selected,
    members: Selected,
    /// The contacts that are written to when the audience is of members.
    written_to: Selected,
}

async fn select(app: &App, rule: Rule) -> Found {
    app.read(move |conn| {
        let contacts = "from contacts c left join members m on m.id = c.member_id";
        Ok(Found {
            contacts: hits(conn, "c.id", contacts, compile(&rule, &LENS()))?,
            members: hits(conn, "m.id", "from members m", compile_for_members(&rule, &LENS()))?,
            written_to: hits(conn, "c.id", contacts, of_members(rule).predicate(&LENS()))?,
        })
    })
    .await
}

fn of_members(rule: Rule) -> Audience {
    Audience {
        id: Id::new(),
        name: "VIP 客戶".into(),
        description: String::new(),
        kind: None,
        rule,
        created_at: now(),
        updated_at: now(),
        version: 1,
    }
}

#[derive(QueryableByName)]
struct Hit {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    hit: i64,
}

fn hits(conn: &mut Conn, id: &str, from: &str, predicate: Sql) -> QueryResult<Selected> {
    let mut sql = Sql::new(&format!("select {id} as id, cast(case when ("));
    sql.append(predicate.clone()).push(") then 1 when not (").append(predicate);
    sql.push(&format!(") then 0 else 2 end as bigint) as hit {from}"));
    let rows: Vec<Hit> = sql.load(conn)?;
    assert!(rows.iter().all(|row| row.hit < 2), "the predicate is null for somebody: {}", sql.text());
    Ok(rows.into_iter().map(|row| (row.id, row.hit == 1)).collect())
}

async fn keep(app: &App, people: Vec<(Option<Member>, Vec<Contact>)>) -> Kept {
    app.write(move |conn| {
        let line = NewChannel {
            kind: ChannelKind::Line,
            connector: Connector::Sandbox,
            name: "本店官方帳號",
            rate_per_second: 500,
            failure_share: 0.0,
        };
        let channel = channels::add(conn, &line, now())?;
        for id in ids() {
            let row = (tags::id.eq(&id), tags::name.eq(id.as_str()), tags::created_at.eq(now()));
            diesel::insert_into(tags::table).values(row).execute(conn)?;
        }
        let mut kept = Vec::new();
        for (member, contacts) in people {
            let member = match member {
                Some(member) => Some((keep_member(conn, &member)?, member)),
                None => None,
            };
            let mut theirs = Vec::new();
            for contact in contacts {
                let id = keep_contact(conn, &channel, member.as_ref().map(|(id, _)| id), &contact)?;
                theirs.push((id, contact));
            }
            kept.push((member, theirs));
        }
        Ok(Kept { people: kept })
    })
    .await
}

fn keep_member(conn: &mut Conn, member: &Member) -> QueryResult<Id> {
    let id = Id::new();
    diesel::insert_into(members::table)
        .values((
            members::id.eq(&id),
            members::number.eq(id.as_str()),
            members::name.eq("陳志明"),
            members::city.eq(member.city),
            members::gender.eq(member.gender),
            members::birth_month.eq(member.birth_month),
            members::order_count.eq(member.order_count),
            members::total_spent.eq(member.total_spent),
            members::last_order_at.eq(member.last_order_at),
            members::created_at.eq(now()),
            members::version.eq(1),
        ))
        .execute(conn)?;
    Ok(id)
}

fn keep_contact(conn: &mut Conn, channel: &Id, member: Option<&Id>, contact: &Contact) -> QueryResult<Id> {
    let id = Id::new();
    diesel::insert_into(contacts::table)
        .values((
            contacts::id.eq(&id),
            contacts::channel_id.eq(channel),
            contacts::identity.eq(id.as_str()),
            contacts::member_id.eq(member),
            contacts::name.eq("志明"),
            contacts::consent.eq(contact.consent),
            contacts::subscribed_at.eq(contact.subscribed_at),
            contacts::last_interaction_at.eq(contact.last_interaction_at),
            contacts::source.eq("test"),
            contacts::created_at.eq(now()),
            contacts::version.eq(1),
        ))
        .execute(conn)?;
    for tag in &contact.tags {
        let row = (contact_tags::contact_id.eq(&id), contact_tags::tag_id.eq(tag), contact_tags::at.eq(now()));
        diesel::insert_into(contact_tags::table).values(row).execute(conn)?;
    }
    Ok(id)
}
