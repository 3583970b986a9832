use super::{Action, Flow, Step, StepKind};
use std::{fmt, str::FromStr};
use tidings_base::db::Id;

/// Where a new step is put: named by what is beside it, so that it means the same after somebody
/// else has added a step elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Spot {
    /// At the beginning of the journey.
    First,
    /// Right after this step and its branches.
    After(Id),
    /// At the beginning of this condition's yes branch.
    Yes(Id),
    /// At the beginning of this condition's no branch.
    No(Id),
}

/// Which way a step is moved in its list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Up,
    Down,
}

/// The step that was meant is not there (any more).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no such step")]
pub struct Gone;

impl Flow {
    /// Puts a step in.
    ///
    /// # Errors
    /// When the step named by the spot is gone, or is no condition and has no branches.
    pub fn insert(&mut self, spot: &Spot, step: Step) -> Result<(), Gone> {
        let (list, position) = match spot {
            Spot::First => (&mut self.steps, 0),
            Spot::After(id) => list_of(&mut self.steps, id).map(|(list, position)| (list, position + 1)).ok_or(Gone)?,
            Spot::Yes(id) => (&mut condition(&mut self.steps, id)?.yes, 0),
            Spot::No(id) => (&mut condition(&mut self.steps, id)?.no, 0),
        };
        list.insert(position, step);
        Ok(())
    }

    /// Takes a step out, with its branches.
    ///
    /// # Errors
    /// When it is gone.
    pub fn remove(&mut self, id: &Id) -> Result<Step, Gone> {
        let (list, position) = list_of(&mut self.steps, id).ok_or(Gone)?;
        Ok(list.remove(position))
    }

    /// Lets a step do something else of the same kind; its branches stay.
    ///
    /// # Errors
    /// When it is gone, or is of another kind.
    pub fn replace(&mut self, id: &Id, action: Action) -> Result<(), Gone> {
        let (list, position) = list_of(&mut self.steps, id).ok_or(Gone)?;
        let step = &mut list[position];
        if step.kind() != action.kind() {
            return Err(Gone);
        }
        step.action = action;
        Ok(())
    }

    /// Moves a step past its neighbour; at the end of its list it stays where it is.
    ///
    /// # Errors
    /// When it is gone.
    pub fn shift(&mut self, id: &Id, direction: Direction) -> Result<(), Gone> {
        let (list, position) = list_of(&mut self.steps, id).ok_or(Gone)?;
        match direction {
            Direction::Up if position > 0 => list.swap(position, position - 1),
            Direction::Down if position + 1 < list.len() => list.swap(position, position + 1),
            Direction::Up | Direction::Down => {}
        }
        Ok(())
    }
}

/// The list in which the step stands, and its position there.
fn list_of<'a>(steps: &'a mut Vec<Step>, id: &Id) -> Option<(&'a mut Vec<Step>, usize)> {
    if let Some(position) = steps.iter().position(|step| step.id == *id) {
        return Some((steps, position));
    }
    steps.iter_mut().find_map(|step| list_of(&mut step.yes, id).or_else(|| list_of(&mut step.no, id)))
}

fn condition<'a>(steps: &'a mut Vec<Step>, id: &Id) -> Result<&'a mut Step, Gone> {
    let (list, position) = list_of(steps, id).ok_or(Gone)?;
    let step = &mut list[position];
    if step.kind() == StepKind::Condition { Ok(step) } else { Err(Gone) }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("first"),
            Self::After(id) => write!(f, "after.{id}"),
            Self::Yes(id) => write!(f, "yes.{id}"),
            Self::No(id) => write!(f, "no.{id}"),
        }
    }
}

impl FromStr for Spot {
    type Err = Gone;

    fn from_str(text: &str) -> Result<Self, Gone> {
        let id = |text: &str| text.parse().map_err(|_| Gone);
        match text.split_once('.') {
            None if text == "first" => Ok(Self::First),
            Some(("after", rest)) => Ok(Self::After(id(rest)?)),
            Some(("yes", rest)) => Ok(Self::Yes(id(rest)?)),
            Some(("no", rest)) => Ok(Self::No(id(rest)?)),
            None | Some(_) => Err(Gone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::flow::tests::{flow, flows, send, split, tag, wait};
    use super::*;
    use proptest::prelude::*;

    fn ids(flow: &Flow) -> Vec<Id> {
        flow.places().into_iter().map(|place| place.step.id.clone()).collect()
    }

    #[test]
    fn steps_are_put_where_they_were_meant() {
        let condition = split(vec![send()], vec![]);
        let (id, inside) = (condition.id.clone(), condition.yes[0].id.clone());
        let base = flow(vec![condition]);
        let put = |spot: &Spot| {
            let mut flow = base.clone();
            let step = wait();
            let new = step.id.clone();
            flow.insert(spot, step).unwrap();
            ids(&flow).iter().position(|id| *id == new).unwrap()
        };
        assert_eq!(put(&Spot::First), 0);
        assert_eq!(put(&Spot::Yes(id.clone())), 1);
        assert_eq!(put(&Spot::After(inside.clone())), 2);
        assert_eq!(put(&Spot::No(id.clone())), 2);
        assert_eq!(put(&Spot::After(id)), 2);
        assert_eq!(base.clone().insert(&Spot::Yes(inside), wait()), Err(Gone), "no condition");
        assert_eq!(base.clone().insert(&Spot::After(Id::new()), wait()), Err(Gone));
    }

    #[test]
    fn a_step_becomes_another_of_its_kind_only() {
        let (first, other) = (split(vec![send()], vec![]), tag());
        let id = first.id.clone();
        let mut flow = flow(vec![first]);
        assert_eq!(flow.replace(&id, other.action), Err(Gone));
        let action = split(vec![], vec![]).action;
        flow.replace(&id, action).unwrap();
        assert_eq!(flow.places().len(), 2, "its branches stay");
    }

    #[test]
    fn spots_are_written_as_addresses_have_them() {
        let id = Id::new();
        for spot in [Spot::First, Spot::After(id.clone()), Spot::Yes(id.clone()), Spot::No(id)] {
            assert_eq!(spot.to_string().parse(), Ok(spot));
        }
        for bad in ["", "first.", "after", "after.", "after.x", "maybe.01890000-0000-7000-8000-000000000000"] {
            assert_eq!(bad.parse::<Spot>(), Err(Gone), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_was_put_in_and_taken_out_leaves_no_trace(flow in flows(), at in any::<prop::sample::Index>()) {
            let spots: Vec<Spot> = flow.places().iter().map(|p| Spot::After(p.step.id.clone())).chain([Spot::First]).collect();
            let mut edited = flow.clone();
            let step = wait();
            edited.insert(at.get(&spots), step.clone()).unwrap();
            prop_assert_eq!(edited.places().len(), flow.places().len() + 1);
            prop_assert_eq!(edited.remove(&step.id), Ok(step));
            prop_assert_eq!(edited, flow);
        }

        #[test]
        fn moving_there_and_back_changes_nothing(flow in flows(), at in any::<prop::sample::Index>()) {
            let places = flow.places();
            prop_assume!(!places.is_empty());
            let place = at.get(&places);
            let mut edited = flow.clone();
            edited.shift(&place.step.id, Direction::Down).unwrap();
            let moved = edited != flow;
            if moved {
                edited.shift(&place.step.id, Direction::Up).unwrap();
            }
            prop_assert_eq!(edited, flow.clone());
            let mut sorted = ids(&flow);
            sorted.sort();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), places.len());
        }

        #[test]
        fn taking_a_step_out_takes_its_branches(flow in flows(), at in any::<prop::sample::Index>()) {
            let places = flow.places();
            prop_assume!(!places.is_empty());
            let mut edited = flow.clone();
            let step = edited.remove(&at.get(&places).step.id).unwrap();
            let taken = super::super::flow::tests::flow(vec![step]);
            prop_assert_eq!(ids(&edited).len() + ids(&taken).len(), places.len());
        }
    }
}
