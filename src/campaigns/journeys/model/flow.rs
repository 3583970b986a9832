use super::{Action, StepKind};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use tidings_base::{db::Id, text_enum};

text_enum! {
    /// In which list of its parent a step stands.
    pub enum Branch {
        /// The journey's own list; such a step has no parent.
        Main = "main",
        /// For the people of whom a condition holds.
        Yes = "yes",
        No = "no",
    }
}

/// A step and, below a condition, the two lists of steps that are its answers.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    pub id: Id,
    pub action: Action,
    pub(super) yes: Vec<Step>,
    pub(super) no: Vec<Step>,
}

/// The steps of one version: a list of steps in which a condition splits the way into two lists
/// that join again after it. The end of the outermost list ends the journey, as an end step does.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Flow {
    pub(super) steps: Vec<Step>,
}

/// A step as a row keeps it: without its branches, but with its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub id: Id,
    /// The condition in whose branch it stands.
    pub parent_id: Option<Id>,
    pub branch: Branch,
    /// From 0, in its list.
    pub position: i64,
    pub action: Action,
}

/// A step where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub step: &'a Step,
    /// The condition in whose branch it stands.
    pub parent: Option<&'a Step>,
    pub branch: Branch,
    pub position: usize,
    /// How many conditions it stands in.
    pub depth: usize,
    /// Where people go after it and its branches; none is the end of the journey.
    then: Option<&'a Step>,
}

impl Step {
    /// A step with a new id and without branches.
    pub fn new(action: Action) -> Self {
        Self::named(Id::new(), action)
    }

    /// A step with this id and without branches.
    pub fn named(id: Id, action: Action) -> Self {
        Self { id, action, yes: Vec::new(), no: Vec::new() }
    }

    /// Its kind.
    pub fn kind(&self) -> StepKind {
        self.action.kind()
    }

    /// The steps of an answer; none but a condition has any.
    pub fn branch(&self, yes: bool) -> &[Step] {
        if yes { &self.yes } else { &self.no }
    }
}

impl Flow {
    /// The outermost list.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Where everybody begins; none in an empty flow.
    pub fn first(&self) -> Option<&Step> {
        self.steps.first()
    }

    /// Every step where it stands, in the order they are drawn: a condition, its yes branch, its no
    /// branch, what follows it.
    pub fn places(&self) -> Vec<Place<'_>> {
        let mut places = Vec::new();
        gather(&self.steps, None, Branch::Main, 0, None, &mut places);
        places
    }

    /// The step of this id where it stands.
    pub fn find(&self, id: &Id) -> Option<Place<'_>> {
        self.places().into_iter().find(|place| place.step.id == *id)
    }

    /// The steps that somebody at this step may yet come to, this one included.
    pub fn ahead(&self, id: &Id) -> BTreeSet<&Id> {
        let places = self.places();
        let mut seen = BTreeSet::new();
        let mut todo: Vec<&Id> = places.iter().map(|place| &place.step.id).filter(|step| *step == id).collect();
        while let Some(id) = todo.pop() {
            let place = places.iter().find(|place| place.step.id == *id).expect("ids come from these places");
            if seen.insert(id) {
                todo.extend(place.exits().into_iter().flatten().map(|step| &step.id));
            }
        }
        seen
    }

    /// Whether somebody who came to this step at `came` is written to when they go on at `now`, before
    /// they wait for anything; `None` where it depends on a condition.
    pub fn writes_at_once(
        &self,
        from: Option<&Step>,
        came: NaiveDateTime,
        now: NaiveDateTime,
        zone: Tz,
    ) -> Option<bool> {
        let Some(place) = from.and_then(|step| self.find(&step.id)) else { return Some(false) };
        match &place.step.action {
            Action::Send { .. } => Some(true),
            Action::End => Some(false),
            Action::AddTag { .. } | Action::RemoveTag { .. } => self.writes_at_once(place.next(), came, now, zone),
            Action::Wait(wait) => {
                let over = wait.over(came, zone);
                if over > now { Some(false) } else { self.writes_at_once(place.next(), over, now, zone) }
            }
            Action::Condition { .. } => {
                let yes = self.writes_at_once(place.answered(true), came, now, zone);
                let no = self.writes_at_once(place.answered(false), came, now, zone);
                if yes == no { yes } else { None }
            }
        }
    }

    /// The same steps under new ids: what a new version or a copy of a journey begins with.
    pub fn renewed(&self) -> Self {
        fn renew(steps: &[Step]) -> Vec<Step> {
            let renewed = steps.iter().map(|step| Step {
                yes: renew(&step.yes),
                no: renew(&step.no),
                ..Step::new(step.action.clone())
            });
            renewed.collect()
        }
        Self { steps: renew(&self.steps) }
    }

    /// The rows that keep it.
    pub fn rows(&self) -> Vec<Row> {
        let rows = self.places().into_iter().map(|place| Row {
            id: place.step.id.clone(),
            parent_id: place.parent.map(|parent| parent.id.clone()),
            branch: place.branch,
            position: i64::try_from(place.position).expect("a flow has few steps"),
            action: place.step.action.clone(),
        });
        rows.collect()
    }

    /// The flow that these rows keep, in whatever order they come.
    pub fn from_rows(mut rows: Vec<Row>) -> Self {
        fn list(rows: &[Row], parent: Option<&Id>, branch: Branch) -> Vec<Step> {
            let here = rows.iter().filter(|row| row.parent_id.as_ref() == parent && row.branch == branch);
            let steps = here.map(|row| Step {
                id: row.id.clone(),
                action: row.action.clone(),
                yes: list(rows, Some(&row.id), Branch::Yes),
                no: list(rows, Some(&row.id), Branch::No),
            });
            steps.collect()
        }
        rows.sort_by_key(|row| row.position);
        Self { steps: list(&rows, None, Branch::Main) }
    }
}

impl<'a> Place<'a> {
    /// Where people go after this step and its branches; none is the end of the journey. Past an
    /// end step nobody goes.
    pub fn next(&self) -> Option<&'a Step> {
        match self.step.kind() {
            StepKind::End => None,
            StepKind::Send | StepKind::Wait | StepKind::Condition | StepKind::AddTag | StepKind::RemoveTag => self.then,
        }
    }

    /// Where people go from a condition of whom it holds, or does not; an empty branch joins again
    /// at once.
    pub fn answered(&self, yes: bool) -> Option<&'a Step> {
        self.step.branch(yes).first().or(self.then)
    }

    /// Every step that people may go to from this one.
    fn exits(&self) -> [Option<&'a Step>; 2] {
        match self.step.kind() {
            StepKind::Condition => [self.answered(true), self.answered(false)],
            StepKind::Send | StepKind::Wait | StepKind::AddTag | StepKind::RemoveTag | StepKind::End => {
                [self.next(), None]
            }
        }
    }
}

fn gather<'a>(
    steps: &'a [Step],
    parent: Option<&'a Step>,
    branch: Branch,
    depth: usize,
    after: Option<&'a Step>,
    places: &mut Vec<Place<'a>>,
) {
    for (position, step) in steps.iter().enumerate() {
        let then = steps.get(position + 1).or(after);
        places.push(Place { step, parent, branch, position, depth, then });
        gather(&step.yes, Some(step), Branch::Yes, depth + 1, then, places);
        gather(&step.no, Some(step), Branch::No, depth + 1, then, places);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::journeys::model::{Unit, Wait};
    use proptest::prelude::*;
    use tidings_customers::audiences::Rule;
    use tidings_sending::messages::Content;

    pub(crate) fn wait() -> Step {
        Step::new(Action::Wait(Wait::For { amount: 1, unit: Unit::Days }))
    }

    pub(crate) fn send() -> Step {
        Step::new(Action::Send { content: Content::text("您好") })
    }

    pub(crate) fn tag() -> Step {
        Step::new(Action::AddTag { tag_id: Id::new() })
    }

    pub(crate) fn end() -> Step {
        Step::new(Action::End)
    }

    pub(crate) fn split(yes: Vec<Step>, no: Vec<Step>) -> Step {
        Step { yes, no, ..Step::new(Action::Condition { rule: Rule::everybody() }) }
    }

    pub(crate) fn flow(steps: Vec<Step>) -> Flow {
        Flow { steps }
    }

    fn lists() -> impl Strategy<Value = Vec<Step>> {
        let leaf = prop_oneof![Just(0_u8), Just(1), Just(2), Just(3)].prop_map(|kind| match kind {
            0 => send(),
            1 => wait(),
            2 => tag(),
            _ => end(),
        });
        let step = leaf.prop_recursive(3, 24, 4, |inner| {
            let list = prop::collection::vec(inner, 0..4);
            (list.clone(), list).prop_map(|(yes, no)| split(yes, no))
        });
        // Cloned strategies may repeat a value; every step must have an id of its own.
        prop::collection::vec(step, 0..6).prop_map(|steps| flow(steps).renewed().steps)
    }

    pub(crate) fn flows() -> impl Strategy<Value = Flow> {
        lists().prop_map(flow)
    }

    #[test]
    fn branches_join_again() {
        let (a, b, c, d) = (send(), wait(), tag(), send());
        let ids = [&a, &b, &c, &d].map(|step| step.id.clone());
        let inner = split(vec![b], vec![]);
        let inner_id = inner.id.clone();
        let outer = split(vec![a, inner], vec![c, end()]);
        let outer_id = outer.id.clone();
        let flow = flow(vec![outer, d]);

        let [a, b, c, d] = ids;
        let next = |id: &Id| flow.find(id).unwrap().next().map(|step| step.id.clone());
        let answered = |id: &Id, yes| flow.find(id).unwrap().answered(yes).map(|step| step.id.clone());
        assert_eq!(flow.first().map(|step| &step.id), Some(&outer_id));
        assert_eq!(answered(&outer_id, true), Some(a.clone()));
        assert_eq!(answered(&outer_id, false), Some(c.clone()));
        assert_eq!(next(&a), Some(inner_id.clone()));
        assert_eq!(answered(&inner_id, true), Some(b.clone()));
        assert_eq!(answered(&inner_id, false), Some(d.clone()), "an empty branch joins at once");
        assert_eq!(next(&b), Some(d.clone()), "out of two conditions");
        assert_eq!(next(&d), None, "the end of the list");
        let place = flow.find(&c).unwrap();
        let last = place.next().unwrap();
        assert_eq!(last.kind(), StepKind::End);
        assert!(flow.find(&last.id).unwrap().next().is_none(), "past an end nobody goes");
        assert!(!flow.ahead(&c).contains(&d), "the no branch ends there");
        assert!(flow.ahead(&a).contains(&d));
    }

    #[test]
    fn who_is_written_to_at_once() {
        // `wait` lasts a day; so much time has passed since somebody came to the first step.
        let cases = [
            (vec![send()], 0, Some(true)),
            (vec![tag(), send()], 0, Some(true)),
            (vec![wait(), send()], 23, Some(false)),
            (vec![wait(), send()], 24, Some(true)),
            (vec![wait(), tag(), wait(), send()], 47, Some(false)),
            (vec![wait(), tag(), wait(), send()], 48, Some(true)),
            (vec![tag()], 0, Some(false)),
            (vec![end(), send()], 0, Some(false)),
            (vec![], 0, Some(false)),
            (vec![split(vec![send()], vec![wait()]), send()], 0, None),
            (vec![split(vec![send()], vec![wait()]), send()], 24, Some(true)),
            (vec![split(vec![], vec![tag()]), send()], 0, Some(true)),
            (vec![split(vec![end()], vec![wait()]), send()], 0, Some(false)),
        ];
        let came = chrono::DateTime::UNIX_EPOCH.naive_utc();
        for (steps, hours, writes) in cases {
            let flow = flow(steps);
            let now = came + chrono::TimeDelta::hours(hours);
            assert_eq!(flow.writes_at_once(flow.first(), came, now, Tz::UTC), writes, "{flow:?} after {hours} h");
        }
    }

    proptest! {
        #[test]
        fn rows_keep_the_flow(flow in flows(), seed in any::<u64>()) {
            let mut rows = flow.rows();
            let n = rows.len().max(1);
            rows.rotate_left(seed as usize % n);
            prop_assert_eq!(Flow::from_rows(rows), flow);
        }

        #[test]
        fn every_walk_ends_and_passes_a_step_once(flow in flows(), answers in any::<u64>()) {
            let mut at = flow.first();
            let mut seen = BTreeSet::new();
            let ahead = at.map(|step| flow.ahead(&step.id)).unwrap_or_default();
            while let Some(step) = at {
                prop_assert!(seen.insert(&step.id), "twice at a step");
                prop_assert!(ahead.contains(&step.id), "a step that was not ahead");
                let place = flow.find(&step.id).unwrap();
                at = match step.kind() {
                    StepKind::Condition => place.answered(answers >> (seen.len() % 64) & 1 == 1),
                    StepKind::Send | StepKind::Wait | StepKind::AddTag | StepKind::RemoveTag | StepKind::End => place.next(),
                };
            }
        }

        #[test]
        fn what_is_ahead_is_ahead_of_what_is_ahead(flow in flows()) {
            for place in flow.places() {
                let ahead = flow.ahead(&place.step.id);
                for exit in place.exits().into_iter().flatten() {
                    prop_assert!(flow.ahead(&exit.id).is_subset(&ahead));
                    prop_assert!(!flow.ahead(&exit.id).contains(&place.step.id), "nobody comes back");
                }
            }
        }

        #[test]
        fn a_renewed_flow_differs_in_its_ids_alone(flow in flows()) {
            let renewed = flow.renewed();
            let actions = |flow: &Flow| flow.places().iter().map(|p| (p.step.action.clone(), p.branch, p.depth)).collect::<Vec<_>>();
            prop_assert_eq!(actions(&renewed), actions(&flow));
            let old: BTreeSet<_> = flow.places().iter().map(|p| p.step.id.clone()).collect();
            prop_assert!(renewed.places().iter().all(|p| !old.contains(&p.step.id)));
        }
    }
}
