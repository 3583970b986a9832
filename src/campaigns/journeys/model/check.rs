use super::{Action, Flow, Unit, Wait};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use tidings_base::db::Id;
use tidings_customers::channels::ChannelKind;

/// A version has at most this many steps: more than anybody reads on one page.
pub(crate) const MOST_STEPS: usize = 50;
/// Conditions stand at most this deep in each other.
pub(crate) const MOST_DEPTH: usize = 3;

/// Something that must be put right before a version is published.
#[derive(Clone, PartialEq, Debug)]
pub struct Problem {
    /// The step it is about; none is the flow as a whole.
    pub step: Option<Id>,
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, PartialEq, Debug)]
pub enum Fault {
    /// There is no step at all.
    Empty,
    /// More than [`MOST_STEPS`].
    TooMany,
    /// In more than [`MOST_DEPTH`] conditions.
    TooDeep,
    /// An end before it keeps everybody away.
    Unreachable,
    /// The account's channel does not take the message.
    Message,
    /// A wait of nothing, or of more than a year.
    WaitLength,
    /// A wait until a time that is past.
    WaitPast,
    /// The tag was deleted.
    TagGone,
}

impl Fault {
    /// The key of the sentence that says it.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Empty => "journeys.fault.empty",
            Self::TooMany => "journeys.fault.too_many",
            Self::TooDeep => "journeys.fault.too_deep",
            Self::Unreachable => "journeys.fault.unreachable",
            Self::Message => "journeys.fault.message",
            Self::WaitLength => "journeys.fault.wait_length",
            Self::WaitPast => "journeys.fault.wait_past",
            Self::TagGone => "journeys.fault.tag_gone",
        }
    }
}

/// What a flow is checked against.
pub struct Against<'a> {
    /// Of the journey's account: limits differ.
    pub kind: ChannelKind,
    pub now: NaiveDateTime,
    pub zone: Tz,
    /// The tags that exist.
    pub tags: &'a BTreeSet<Id>,
}

/// Everything that keeps the flow from being published, in the order its steps are drawn. What a
/// rule may ask is held by its type.
pub fn check(flow: &Flow, against: &Against<'_>) -> Vec<Problem> {
    let places = flow.places();
    let mut problems = Vec::new();
    if places.is_empty() {
        problems.push(Problem { step: None, fault: Fault::Empty });
    }
    if places.len() > MOST_STEPS {
        problems.push(Problem { step: None, fault: Fault::TooMany });
    }
    let ahead = flow.first().map(|first| flow.ahead(&first.id)).unwrap_or_default();
    for place in places {
        let mut add = |fault| problems.push(Problem { step: Some(place.step.id.clone()), fault });
        if place.depth > MOST_DEPTH {
            add(Fault::TooDeep);
        }
        if !ahead.contains(&place.step.id) {
            add(Fault::Unreachable);
        }
        if let Some(fault) = action(&place.step.action, against) {
            add(fault);
        }
    }
    problems
}

/// What is wrong with the step by itself.
fn action(action: &Action, against: &Against<'_>) -> Option<Fault> {
    match action {
        Action::Send { content } => content.check(against.kind).is_err().then_some(Fault::Message),
        Action::Wait(wait) => match wait {
            Wait::For { amount, unit } if !length_fits(*amount, *unit) => Some(Fault::WaitLength),
            Wait::For { .. } | Wait::UntilTime { .. } | Wait::Until { .. } => {
                wait.is_past(against.now, against.zone).then_some(Fault::WaitPast)
            }
        },
        Action::AddTag { tag_id } | Action::RemoveTag { tag_id } => {
            (!against.tags.contains(tag_id)).then_some(Fault::TagGone)
        }
        Action::Condition { .. } | Action::End => None,
    }
}

/// Whether a wait may last so long.
pub(crate) fn length_fits(amount: u32, unit: Unit) -> bool {
    (1..=unit.most()).contains(&amount)
}

#[cfg(test)]
mod tests {
    use super::super::flow::tests::{end, flow, send, split, tag, wait};
    use super::super::{Step, flow::Flow};
    use super::*;
    use tidings_sending::messages::Content;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    fn faults(flow: &Flow) -> Vec<Fault> {
        let tags = BTreeSet::new();
        let zone = chrono_tz::Asia::Taipei;
        let against = Against { kind: ChannelKind::Line, now: at("2026-11-21 02:00"), zone, tags: &tags };
        check(flow, &against).into_iter().map(|problem| problem.fault).collect()
    }

    #[test]
    fn what_keeps_a_flow_from_being_published() {
        let nested = |depth| (0..depth).fold(send(), |inner, _| split(vec![inner], vec![]));
        let until = |text| Step::new(Action::Wait(Wait::Until { at: at(text) }));
        let wait_for = |amount, unit| Step::new(Action::Wait(Wait::For { amount, unit }));
        let cases = [
            ("nothing", flow(vec![]), vec![Fault::Empty]),
            ("a message", flow(vec![send()]), vec![]),
            ("the most", flow((0..MOST_STEPS).map(|_| wait()).collect()), vec![]),
            ("one too many", flow((0..=MOST_STEPS).map(|_| wait()).collect()), vec![Fault::TooMany]),
            ("three deep", flow(vec![nested(MOST_DEPTH)]), vec![]),
            ("four deep", flow(vec![nested(MOST_DEPTH + 1)]), vec![Fault::TooDeep]),
            ("after an end", flow(vec![send(), end(), wait()]), vec![Fault::Unreachable]),
            ("both ways end", flow(vec![split(vec![end()], vec![end()]), wait()]), vec![Fault::Unreachable]),
            ("one way ends", flow(vec![split(vec![end()], vec![]), wait()]), vec![]),
            ("no time", flow(vec![wait_for(0, Unit::Hours)]), vec![Fault::WaitLength]),
            ("a year", flow(vec![wait_for(365, Unit::Days)]), vec![]),
            ("over a year", flow(vec![wait_for(366, Unit::Days)]), vec![Fault::WaitLength]),
            ("a date past", flow(vec![until("2026-11-21 10:00")]), vec![Fault::WaitPast]),
            ("a date to come", flow(vec![until("2026-11-21 10:01")]), vec![]),
            ("a tag that is gone", flow(vec![tag()]), vec![Fault::TagGone]),
            ("an empty text", flow(vec![Step::new(Action::Send { content: Content::text("") })]), vec![Fault::Message]),
        ];
        for (why, flow, expected) in cases {
            assert_eq!(faults(&flow), expected, "{why}");
        }
    }
}
