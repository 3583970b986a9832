//! A flow as a page draws it: a list of pieces that open and close, as templates do not recurse.

use super::words;
use crate::{
    funnel::Funnel,
    journeys::{
        model::{Branch, Flow, Place, Problem, Spot, StepKind},
        store::{Outcome, StepFigures},
    },
};
use std::collections::{BTreeMap, HashMap};
use tidings_base::{db::Id, web::Lang};
use tidings_customers::tags::Tag;

/// A piece of the drawing, in the order of the page.
pub(super) enum Piece {
    /// A step's card; its item stays open for the ways below it.
    Card(Card),
    /// Where a step can be put in.
    Add(String),
    /// A condition's two ways begin, and end.
    Ways,
    WaysEnd,
    /// The way of an answer begins, and ends.
    Way(bool),
    WayEnd,
    /// The item of a step ends.
    CardEnd,
}

/// A step's card.
pub(super) struct Card {
    pub id: Id,
    pub kind: StepKind,
    /// What it does, in lines.
    pub about: Vec<String>,
    /// The keys of the pictures that it sends.
    pub images: Vec<String>,
    pub figures: StepFigures,
    /// What became of its messages, where there are any.
    pub results: Option<Funnel>,
    /// Text keys of what keeps it from being published.
    pub problems: Vec<&'static str>,
    /// Whether it can be moved up and down in its list.
    pub up: bool,
    pub down: bool,
}

impl Card {
    /// Its colour.
    pub(super) fn tone(&self) -> &'static str {
        words::looks(self.kind).0
    }

    /// Its icon.
    pub(super) fn glyph(&self) -> &'static str {
        words::looks(self.kind).1
    }

    pub(super) fn about(&self) -> String {
        self.about.join("\n")
    }

    /// What came of it, beyond how many passed: text keys with numbers.
    pub(super) fn outcomes(&self) -> Vec<(&'static str, i64)> {
        let shown: &[Outcome] = match self.kind {
            StepKind::Send => &[Outcome::Sent, Outcome::Failed, Outcome::LeftOut, Outcome::Unknown],
            StepKind::Condition => &[Outcome::Yes, Outcome::No],
            StepKind::Wait | StepKind::AddTag | StepKind::RemoveTag | StepKind::End => &[],
        };
        let counted = shown.iter().map(|outcome| (outcome.label(), self.figures.of(*outcome)));
        counted.filter(|(_, people)| *people > 0).collect()
    }

    pub(super) fn passed(&self) -> i64 {
        self.figures.passed()
    }

    pub(super) fn left(&self) -> i64 {
        self.figures.of(Outcome::Left)
    }
}

/// What a drawing needs beside the flow.
pub(super) struct Drawing<'a> {
    pub flow: &'a Flow,
    pub tags: &'a [Tag],
    pub figures: &'a BTreeMap<Option<Id>, StepFigures>,
    /// What became of the messages of a step, by its id.
    pub results: &'a HashMap<String, Funnel>,
    pub problems: &'a [Problem],
    /// Whether steps can be put in and changed.
    pub editable: bool,
    pub lang: Lang,
}

impl Drawing<'_> {
    /// The pieces of the whole flow.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let places = self.flow.places();
        let mut pieces = Vec::new();
        self.list(&places, None, Branch::Main, &Spot::First, &mut pieces);
        pieces
    }

    fn list(&self, places: &[Place<'_>], parent: Option<&Id>, branch: Branch, first: &Spot, pieces: &mut Vec<Piece>) {
        let is_here = |place: &&Place<'_>| place.parent.map(|step| &step.id) == parent && place.branch == branch;
        let here: Vec<_> = places.iter().filter(is_here).collect();
        self.add(first, pieces);
        for (number, place) in here.iter().enumerate() {
            let step = place.step;
            pieces.push(Piece::Card(self.card(place, number > 0, number + 1 < here.len())));
            if step.kind() == StepKind::Condition {
                pieces.push(Piece::Ways);
                for (yes, branch, spot) in
                    [(true, Branch::Yes, Spot::Yes(step.id.clone())), (false, Branch::No, Spot::No(step.id.clone()))]
                {
                    pieces.push(Piece::Way(yes));
                    self.list(places, Some(&step.id), branch, &spot, pieces);
                    pieces.push(Piece::WayEnd);
                }
                pieces.push(Piece::WaysEnd);
            }
            pieces.push(Piece::CardEnd);
            // Nobody comes past an end.
            if step.kind() != StepKind::End {
                self.add(&Spot::After(step.id.clone()), pieces);
            }
        }
    }

    fn add(&self, spot: &Spot, pieces: &mut Vec<Piece>) {
        if self.editable {
            pieces.push(Piece::Add(spot.to_string()));
        }
    }

    fn card(&self, place: &Place<'_>, up: bool, down: bool) -> Card {
        let step = place.step;
        let mine = self.problems.iter().filter(|problem| problem.step.as_ref() == Some(&step.id));
        Card {
            id: step.id.clone(),
            kind: step.kind(),
            about: words::about(&step.action, self.tags, self.lang),
            images: step.action.images().map(str::to_owned).collect(),
            figures: self.figures.get(&Some(step.id.clone())).cloned().unwrap_or_default(),
            results: self.results.get(step.id.as_str()).cloned(),
            problems: mine.map(|problem| problem.fault.label()).collect(),
            up: self.editable && up,
            down: self.editable && down,
        }
    }
}
