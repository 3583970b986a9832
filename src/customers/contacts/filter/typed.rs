//! A filter typed into a form. An address forgives: what cannot be read there is left out, and the
//! list shows at once what is meant. In a form that sends, that would widen whom it goes to, so here
//! everything that cannot be read is said beside its field.

use super::{Filter, INTERACTED, LONGEST_SEARCH, MOST_DAYS, Names, Period, SUBSCRIBED};
use std::str::FromStr;
use tidings_base::web::{Form, Message};

impl Filter {
    /// Reads the fields that [`Filter::pairs`] names.
    pub fn typed(form: &mut Form) -> Self {
        Self {
            search: form.text("q", LONGEST_SEARCH),
            subscribed: period(form, &SUBSCRIBED),
            interacted: period(form, &INTERACTED),
            tags: each(form, "tag"),
            consent: each(form, "consent"),
        }
    }
}

/// Every value of a field that offers them; one that it does not offer is no condition left out.
fn each<T: FromStr>(form: &mut Form, name: &'static str) -> Vec<T> {
    let read: Vec<Option<T>> =
        form.all(name).filter(|value| !value.is_empty()).map(|value| value.parse().ok()).collect();
    if read.iter().any(Option::is_none) {
        form.refuse(name, Message::new("forms.choice"));
    }
    read.into_iter().flatten().collect()
}

fn period(form: &mut Form, names: &Names) -> Period {
    let is_filled = |form: &Form, name: &str| !form.value(name).trim().is_empty();
    let within = if is_filled(form, names.within) { form.number(names.within, 1..=MOST_DAYS) } else { None };
    let from = if is_filled(form, names.from) { form.date(names.from) } else { None };
    let to = if is_filled(form, names.to) { form.date(names.to) } else { None };
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        form.refuse(names.to, Message::new("contacts.filter.ends_first"));
    }
    Period { within, from, to, never: is_filled(form, names.never) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_an_address_says() {
        let text = "q=怡&subscribed_within=30&subscribed_from=2026-01-01&subscribed_to=2026-01-31&interacted_never=1\
                    &consent=granted&consent=none";
        let read = Filter::parse(text);
        let mut form = Form::filled(read.pairs());
        assert_eq!(Filter::typed(&mut form), read);
        assert!(form.is_valid());
        assert!(Filter::typed(&mut Form::filled([("q", " "), ("subscribed_within", " ")])).is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (name, value) in [
            ("subscribed_within", "0"),
            ("subscribed_within", "99999999999999999999"),
            ("interacted_within", "三十"),
            ("subscribed_from", "2026-02-30"),
            ("interacted_to", "soon"),
            ("tag", "x"),
            ("consent", "maybe"),
            ("q", "長".repeat(LONGEST_SEARCH + 1).as_str()),
        ] {
            let mut form = Form::filled([(name, value)]);
            Filter::typed(&mut form);
            assert!(form.error(name).is_some(), "{name} {value}");
        }
    }

    #[test]
    fn a_period_does_not_end_before_it_begins() {
        let mut form = Form::filled([("interacted_from", "2026-05-02"), ("interacted_to", "2026-05-01")]);
        Filter::typed(&mut form);
        assert_eq!(form.error("interacted_to").map(|why| why.key.as_str()), Some("contacts.filter.ends_first"));
        let mut one_day = Form::filled([("interacted_from", "2026-05-01"), ("interacted_to", "2026-05-01")]);
        Filter::typed(&mut one_day);
        assert!(one_day.is_valid());
    }
}
