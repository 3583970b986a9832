//! What became of messages, as a funnel draws it: a stage for each thing that is known of them on
//! their channel, as wide as those who came so far. Pure.

use crate::rates::{self, Share};
use tidings_customers::channels::ChannelKind;
use tidings_sending::dispatch::Figures;

/// How wide the drawing is, in its own units.
const WIDTH: i64 = 1_000;
/// A stage with anybody is seen.
const LEAST: i64 = 6;

/// The stages, from everybody chosen to those who are known to have read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Funnel {
    pub(crate) stages: Vec<Stage>,
}

/// How many came so far, and why the others did not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stage {
    /// The key of its name.
    pub(crate) label: &'static str,
    pub(crate) people: i64,
    /// Of everybody; empty for everybody.
    pub(crate) of_all: String,
    /// Of the stage before; empty for the first.
    pub(crate) of_before: String,
    /// Those who did not come to this stage, by the key of why, where that is known.
    pub(crate) lost: Vec<(&'static str, i64)>,
    width: i64,
    /// The width of the stage after it.
    next: i64,
}

impl Funnel {
    /// Of messages over a channel of this kind. What a channel does not tell is no stage.
    pub(crate) fn of(kind: ChannelKind, figures: &Figures) -> Self {
        let not_sent = [
            ("funnel.left_out", figures.left_out),
            ("funnel.failed", figures.failed),
            ("funnel.unknown", figures.unknown),
            ("funnel.open", figures.open),
            ("funnel.cancelled", figures.cancelled),
        ];
        let received = rates::received(kind, figures);
        let returned = if rates::tells_receipts(kind) { 0 } else { figures.sent - received };
        let mut stages = vec![
            ("funnel.people", figures.people, Vec::new()),
            ("funnel.sent", figures.sent, not_sent.to_vec()),
            ("funnel.received", received, vec![("funnel.returned", returned)]),
        ];
        if rates::tells_reads(kind) {
            stages.push(("funnel.read", figures.read, Vec::new()));
        }
        let widths: Vec<i64> = stages.iter().map(|(_, people, _)| width(*people, figures.people)).collect();
        let all = figures.people;
        let before = |n: usize| n.checked_sub(1).map(|n| stages[n].1);
        let drawn = stages.iter().enumerate().map(|(n, (label, people, lost))| Stage {
            label,
            people: *people,
            of_all: if n == 0 { String::new() } else { written(*people, all) },
            of_before: before(n).map(|before| written(*people, before)).unwrap_or_default(),
            lost: lost.iter().copied().filter(|(_, people)| *people > 0).collect(),
            width: widths[n],
            next: widths.get(n + 1).copied().unwrap_or(widths[n]),
        });
        Self { stages: drawn.collect() }
    }
}

impl Stage {
    /// Its outline in a drawing 1,000 wide and 100 high: as wide as it is above, as the next is below.
    pub(crate) fn points(&self) -> String {
        let (from, to) = ((WIDTH - self.width) / 2, (WIDTH - self.next) / 2);
        format!("{from},0 {},0 {},100 {to},100", WIDTH - from, WIDTH - to)
    }
}

fn width(people: i64, all: i64) -> i64 {
    match (people, all) {
        (..=0, _) | (_, ..=0) => 0,
        (people, all) => (people.min(all) * WIDTH / all).max(LEAST),
    }
}

fn written(part: i64, whole: i64) -> String {
    Share::of(part, whole).map(|share| share.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stages(kind: ChannelKind, figures: Figures) -> Vec<(&'static str, i64, String, String)> {
        let stages = Funnel::of(kind, &figures).stages;
        stages.into_iter().map(|stage| (stage.label, stage.people, stage.of_all, stage.of_before)).collect()
    }

    #[test]
    fn a_stage_is_what_the_channel_tells() {
        let figures = Figures {
            people: 1_000,
            sent: 800,
            delivered: 600,
            read: 150,
            bounced: 8,
            left_out: 200,
            ..Figures::default()
        };
        let own = |all: &str, before: &str| (all.to_owned(), before.to_owned());
        for (kind, received, of_all, of_before, reads) in [
            (ChannelKind::Line, 792, "79.2%", "99%", false),
            (ChannelKind::Email, 792, "79.2%", "99%", false),
            (ChannelKind::Sms, 600, "60%", "75%", false),
            (ChannelKind::WhatsApp, 600, "60%", "75%", true),
        ] {
            let found = stages(kind, figures);
            assert_eq!(found[0], ("funnel.people", 1_000, String::new(), String::new()), "{kind}");
            let (all, before) = own("80%", "80%");
            assert_eq!(found[1], ("funnel.sent", 800, all, before), "{kind}");
            let (all, before) = own(of_all, of_before);
            assert_eq!(found[2], ("funnel.received", received, all, before), "{kind}");
            let read =
                found.get(3).map(|(label, people, of_all, of_before)| (*label, *people, &**of_all, &**of_before));
            assert_eq!(read, reads.then_some(("funnel.read", 150, "15%", "25%")), "{kind}");
        }
    }

    #[test]
    fn who_did_not_come_is_named_with_the_reason() {
        let figures =
            Figures { people: 100, sent: 60, left_out: 25, failed: 5, open: 10, bounced: 3, ..Figures::default() };
        let lost: Vec<_> =
            Funnel::of(ChannelKind::Email, &figures).stages.into_iter().map(|stage| stage.lost).collect();
        let sent = vec![("funnel.left_out", 25), ("funnel.failed", 5), ("funnel.open", 10)];
        assert_eq!(lost, [vec![], sent, vec![("funnel.returned", 3)]]);
        let figures = Figures { people: 5, sent: 5, delivered: 2, ..Figures::default() };
        let sms = Funnel::of(ChannelKind::Sms, &figures);
        assert!(sms.stages.iter().all(|stage| stage.lost.is_empty()), "what is not reported yet is not lost");
    }

    #[test]
    fn a_stage_is_drawn_as_wide_as_it_is_and_narrows_to_the_next() {
        let figures = Figures { people: 10_000, sent: 5_000, bounced: 4_999, ..Figures::default() };
        let points: Vec<_> = Funnel::of(ChannelKind::Line, &figures).stages.iter().map(Stage::points).collect();
        assert_eq!(
            points,
            ["0,0 1000,0 750,100 250,100", "250,0 750,0 503,100 497,100", "497,0 503,0 503,100 497,100"],
            "one of ten thousand is seen"
        );
        let nobody = Funnel::of(ChannelKind::Line, &Figures::default());
        assert!(nobody.stages.iter().all(|stage| stage.points() == "500,0 500,0 500,100 500,100"));
    }

    proptest! {
        #[test]
        fn no_stage_is_wider_than_the_drawing(counts in [0i64..10_000_000, 0i64..10_000_000, 0i64..10_000_000, 0i64..10_000_000]) {
            let [people, sent, delivered, read] = counts;
            let figures = Figures { people, sent, delivered, read, ..Figures::default() };
            for stage in Funnel::of(ChannelKind::WhatsApp, &figures).stages {
                prop_assert!((0..=WIDTH).contains(&stage.width) && (0..=WIDTH).contains(&stage.next));
            }
        }
    }
}
