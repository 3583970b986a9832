//! Lists longer than are counted or held at once.

use crate::support::{Someone, both};
use chrono::TimeDelta;
use tidings_base::{db::sql::Sql, web::Role};
use tidings_customers::channels::ChannelKind;

/// A hundred pages and more.
const MANY: usize = 2_100;

both! {
    async fn many_people_are_searched_and_counted_as_far_as_it_is_quick(app: App) {
        let line = app.channel(ChannelKind::Line, "本店").await;
        let now = app.clock.now();
        let people = (0..MANY).map(|n| {
            let name = if n % 100 == 0 { format!("陳美麗 {n}") } else { format!("王小明 {n}") };
            let someone = Someone::called(&name).subscribed(now - TimeDelta::minutes(n as i64));
            if n % 3 == 0 { someone.tagged("VIP") } else { someone }
        });
        app.contacts(&line, people.collect()).await;
        let vip = app.tag("VIP").await;
        let marketer = app.as_(Role::Marketer).await;
        for (query, total, first) in [
            (String::new(), "2,100", "陳美麗 0"),
            ("?q=王小明".to_owned(), "2,079", "王小明 1"),
            ("?q=小".to_owned(), "2,079", "王小明 1"),
            ("?q=小明".to_owned(), "2,079", "王小明 1"),
            ("?q=王小明 2099".to_owned(), "1", "王小明 2099"),
            ("?q=陳".to_owned(), "21", "陳美麗 0"),
            (format!("?tag={vip}"), "700", "陳美麗 0"),
            (format!("?q=陳美&tag={vip}"), "7", "陳美麗 0"),
            ("?consent=none".to_owned(), "2,100", "陳美麗 0"),
            ("?q=陳美麗&sort=-name".to_owned(), "21", "陳美麗 900"),
        ] {
            let page = marketer.get(&format!("/contacts{query}")).await;
            assert_eq!(page.all("h1 .faint"), [total], "{query}");
            assert_eq!(page.all("td.title a")[0], first, "{query}");
            let all = page.all("td.title a").len();
            assert_eq!(all, total.replace(',', "").trim_end_matches('+').parse::<usize>().unwrap().min(20), "{query}");
        }
        // Page by page, everybody once.
        let mut seen = Vec::new();
        let mut page = marketer.get("/contacts?q=王小明").await;
        loop {
            seen.extend(page.all("td.title a"));
            let Some(next) = page.attributes("a[rel=next]", "href").first().cloned() else { break };
            page = marketer.get(&next).await;
        }
        assert_eq!(seen.len(), MANY - 21);
        let once: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(once.len(), seen.len());

        app.write(|conn| Sql::new("delete from contacts where name like '王%'").execute(conn)).await;
        app.contact(&line, Someone::called("新來的")).await;
        let left = async || marketer.get("/contacts").await.all("h1 .faint");
        assert_eq!(left().await, ["22"]);
        app.advance(TimeDelta::days(30)).await;
        let parts = app.read(|conn| Sql::new("select count(*) as n from contact_totals").count(conn)).await;
        assert_eq!((parts, left().await), (1, vec!["22".to_owned()]), "parts are put together at night");
    }
}

/// Above what is counted, and above what is looked through for a page.
const MORE: usize = 5_200;

both! {
    async fn those_who_stand_far_from_where_a_list_begins_are_shown_in_its_order(app: App) {
        let line = app.channel(ChannelKind::Line, "本店").await;
        let now = app.clock.now();
        let people = (0..2 * MORE).map(|n| {
            let (name, tag) = if n < MORE { ("新", "new") } else { ("老", "old") };
            let at = now - TimeDelta::minutes(n as i64);
            let someone = Someone::called(&format!("{name}{n:05}")).subscribed(at).tagged(tag);
            if n % 2 == 0 { someone.interacted(at) } else { someone }
        });
        app.contacts(&line, people.collect()).await;
        let marketer = app.as_(Role::Marketer).await;
        for (tag, name, ns) in [("new", "新", 0..MORE), ("old", "老", MORE..2 * MORE)] {
            let tag = app.tag(tag).await;
            let up: Vec<usize> = ns.clone().collect();
            let down: Vec<usize> = ns.clone().rev().collect();
            let interacted = |ns: &[usize]| -> Vec<usize> { ns.iter().copied().filter(|n| n % 2 == 0).collect() };
            for (sort, order) in [
                ("name", up.clone()),
                ("-name", down.clone()),
                ("-subscribed", up.clone()),
                ("subscribed", down.clone()),
                ("-interacted", interacted(&up)),
                ("interacted", interacted(&down)),
            ] {
                let wanted: Vec<String> = order.iter().take(60).map(|n| format!("{name}{n:05}")).collect();
                let first = marketer.get(&format!("/contacts?tag={tag}&sort={sort}")).await;
                assert_eq!(first.all("h1 .faint"), ["5,000+"], "{name} {sort}");
                let second = marketer.get(&first.attributes("a[rel=next]", "href")[0]).await;
                let third = marketer.get(&second.attributes("a[rel=next]", "href")[0]).await;
                let back = marketer.get(&third.attributes("a[rel=prev]", "href")[0]).await;
                let shown: Vec<String> = [&first, &second, &third].iter().flat_map(|page| page.all("td.title a")).collect();
                assert_eq!(shown, wanted, "{name} {sort}");
                assert_eq!(back.all("td.title a"), second.all("td.title a"), "{name} {sort}");
            }
        }
    }
}
