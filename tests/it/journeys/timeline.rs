//! What a person's time line tells of journeys: read from the journeys' own rows, between what was recorded.

use super::world::{World, say, stories};
use chrono::TimeDelta;
use tidings_base::db::Id;
use tidings_customers::events::{self, Event, EventKind, Happened, Place};

fn page(w: &mut World<'_>, contact: &Id, after: Option<&Place>, limit: i64) -> Vec<Happened> {
    events::page(w.conn, std::slice::from_ref(contact), None, after, limit).unwrap()
}

stories! {
    fn a_way_through_a_journey_is_told_where_it_began_and_where_it_ended(w) {
        use EventKind::{Joined, JourneyEntered, JourneyLeft, TagAdded};
        let contact = w.contact("王怡君");
        w.contact("別人");
        let journey = w.journey(vec![say("您好")]);
        events::record(w.conn, &Event::of(EventKind::Joined, w.now).contact(&contact)).unwrap();
        w.enter(&journey);
        // out at the moment of coming in
        w.settle("sent");
        w.pass(TimeDelta::hours(1));
        w.enter(&journey);
        w.pass(TimeDelta::hours(1));
        events::record(w.conn, &Event::of(EventKind::TagAdded, w.now).contact(&contact).what("VIP", None)).unwrap();
        w.pass(TimeDelta::hours(1));
        w.settle("sent");

        // As an earlier release beside this one would have written.
        events::record(w.conn, &Event::of(JourneyEntered, w.now).contact(&contact).what("新品上市旅程", None)).unwrap();

        let all = page(w, &contact, None, 10);
        let kinds: Vec<EventKind> = all.iter().map(|row| row.kind).collect();
        let later = [JourneyLeft, TagAdded, JourneyEntered];
        assert_eq!(kinds[..3], later);
        let mut first = kinds[3..].to_vec();
        first.sort();
        let mut expected = vec![Joined, JourneyEntered, JourneyLeft];
        expected.sort();
        assert_eq!(first, expected, "what happened at one moment");
        let left = kinds.iter().rposition(|kind| *kind == JourneyLeft).unwrap();
        assert_eq!(kinds[left + 1], JourneyEntered, "newest first: who left at once had come in before");
        assert_eq!(all[0].about.what.as_deref(), Some("新品上市旅程"));
        assert_eq!(all[0].about.id.as_ref(), Some(&journey.id));

        let mut walked: Vec<Happened> = Vec::new();
        loop {
            let after = walked.last().map(Place::of);
            let next = page(w, &contact, after.as_ref(), 1);
            if next.is_empty() {
                break;
            }
            walked.extend(next);
        }
        assert_eq!(walked, all, "a row at a time");
    }
}
