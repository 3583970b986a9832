//! The values of a condition as people type them: amounts in whole dollars, several cities in one field, figures as they
//! come from an input method.

use super::ConditionForm;
use crate::audiences::rule::{Attribute, Condition, Problem, Test, Values};
use chrono::NaiveDate;

/// Minor units in one dollar.
const DOLLAR: i64 = 100;

impl Values for ConditionForm {
    /// What other operators' fields hold is kept, so that going back to them brings it back.
    fn nothing(&self) -> Result<(), Problem> {
        Ok(())
    }

    fn number(&self) -> Result<i64, Problem> {
        self.figure("number")
    }

    fn numbers(&self) -> Result<(i64, i64), Problem> {
        Ok((self.figure("least")?, self.figure("most")?))
    }

    fn date(&self) -> Result<NaiveDate, Problem> {
        self.day("date")
    }

    fn dates(&self) -> Result<(NaiveDate, NaiveDate), Problem> {
        Ok((self.day("first")?, self.day("last")?))
    }

    fn text(&self) -> Result<String, Problem> {
        Ok(self.typed("text").into())
    }

    fn texts(&self) -> Result<Vec<String>, Problem> {
        let name = if self.input() == "tags" { "tags" } else { "text" };
        Ok(self.chosen(name).map(Into::into).collect())
    }

    fn months(&self) -> Result<Vec<i64>, Problem> {
        self.chosen("months").map(|month| month.parse().map_err(|_| Problem::NotANumber)).collect()
    }
}

impl From<&Condition> for ConditionForm {
    fn from(condition: &Condition) -> Self {
        let attribute = condition.attribute();
        let figure = |n: &i64| if attribute == Attribute::TotalSpent { dollars(*n) } else { n.to_string() };
        let one = |name: &str, value: String| vec![(name.to_owned(), value)];
        let several = |name: &str, values: Vec<String>| values.into_iter().map(|v| (name.to_owned(), v)).collect();
        let typed = match condition.test() {
            Test::HasAny(ids) | Test::HasAll(ids) | Test::HasNone(ids) => {
                several("tags", ids.iter().map(ToString::to_string).collect())
            }
            Test::InMonths(months) => several("months", months.iter().map(ToString::to_string).collect()),
            Test::WithinDays(n) | Test::OverDays(n) | Test::AtLeast(n) | Test::AtMost(n) | Test::Equals(n) => {
                one("number", figure(n))
            }
            Test::Between(least, most) => [one("least", figure(least)), one("most", figure(most))].concat(),
            Test::Before(day) | Test::After(day) => one("date", day.to_string()),
            Test::BetweenDates(first, last) => {
                [one("first", first.to_string()), one("last", last.to_string())].concat()
            }
            Test::Is(text) | Test::IsNot(text) | Test::Contains(text) => one("text", text.clone()),
            Test::OneOf(texts) => one("text", texts.join("、")),
            Test::Never | Test::ThisMonth | Test::NextMonth => Vec::new(),
        };
        Self { attribute, operator: Some(condition.test().operator()), typed, problem: None }
    }
}

impl ConditionForm {
    fn figure(&self, name: &str) -> Result<i64, Problem> {
        let text = plain(self.typed(name));
        if text.is_empty() {
            return Err(Problem::Missing);
        }
        let read = if self.input() == "amount" { minor_units(&text) } else { text.parse().ok() };
        read.ok_or(Problem::NotANumber)
    }

    fn day(&self, name: &str) -> Result<NaiveDate, Problem> {
        match plain(self.typed(name)).replace('/', "-").as_str() {
            "" => Err(Problem::Missing),
            text => text.parse().map_err(|_| Problem::NotADate),
        }
    }
}

/// Minor units as dollars; cents stand there only when a program asked for some.
pub(super) fn dollars(minor: i64) -> String {
    match minor % DOLLAR {
        0 => (minor / DOLLAR).to_string(),
        cents => format!("{}.{cents:02}", minor / DOLLAR),
    }
}

fn minor_units(text: &str) -> Option<i64> {
    let (dollars, cents) = text.split_once('.').unwrap_or((text, "00"));
    let cents = match cents.len() {
        1 => cents.parse::<i64>().ok()? * 10,
        2 => cents.parse::<i64>().ok()?,
        _ => return None,
    };
    let dollars: i64 = dollars.parse().ok()?;
    (dollars >= 0 && cents >= 0).then(|| dollars.checked_mul(DOLLAR)?.checked_add(cents)).flatten()
}

/// Without spaces, separators of thousands and the sign of the currency; full-width figures become plain ones.
fn plain(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，' | '$' | '＄'))
        .map(|c| match c {
            '０'..='９' | '．' | '／' | '－' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            c => c,
        })
        .collect();
    text.strip_prefix("NT").map_or(text.clone(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audiences::rule::{Operator, Rule},
        tags,
    };

    fn typed(attribute: Attribute, name: &str, text: &str) -> ConditionForm {
        ConditionForm { typed: vec![(name.into(), text.into())], ..ConditionForm::new(attribute) }
    }

    #[test]
    fn amounts_are_typed_in_dollars() {
        for (text, minor) in [
            ("1500", Ok(150_000)),
            (" NT$ 1,500 ", Ok(150_000)),
            ("１５００", Ok(150_000)),
            ("12.5", Ok(1250)),
            ("12.05", Ok(1205)),
            ("0", Ok(0)),
            ("", Err(Problem::Missing)),
            ("12.345", Err(Problem::NotANumber)),
            ("12.-5", Err(Problem::NotANumber)),
            ("-1", Err(Problem::NotANumber)),
            ("一千", Err(Problem::NotANumber)),
            ("99999999999999999999", Err(Problem::NotANumber)),
            ("99999999999999999", Err(Problem::NotANumber)),
        ] {
            assert_eq!(typed(Attribute::TotalSpent, "number", text).number(), minor, "{text:?}");
        }
        assert_eq!(dollars(150_000), "1500");
        assert_eq!(dollars(1205), "12.05");
        assert_eq!(typed(Attribute::OrderCount, "number", "1,000").number(), Ok(1000));
    }

    #[test]
    fn days_are_typed_with_dashes_or_slashes() {
        let date = NaiveDate::from_ymd_opt(2026, 1, 31);
        assert_eq!(typed(Attribute::SubscribedAt, "date", "2026-01-31").date().ok(), date);
        assert_eq!(typed(Attribute::SubscribedAt, "date", "2026/1/31").date().ok(), date);
        assert_eq!(typed(Attribute::SubscribedAt, "date", "2026-02-30").date(), Err(Problem::NotADate));
    }

    #[test]
    fn several_cities_stand_in_one_field() {
        let form = typed(Attribute::City, "text", "臺北市、新北市, 高雄市，");
        let cities = ["台北市", "新北市", "高雄市"].map(Into::into).to_vec();
        assert_eq!(Test::read(Attribute::City, Operator::OneOf, &form), Ok(Test::OneOf(cities)));
    }

    #[test]
    fn a_rule_becomes_a_form_and_comes_back() {
        let tag = tags::Tag { id: tidings_base::db::Id::new(), name: "VIP".into() };
        let text = format!(
            r#"{{"any":[{{"attribute":"tags","operator":"has_all","value":["{}"]}},{{"attribute":"city","operator":"one_of","value":["台北市","新北市"]}},{{"all":[{{"attribute":"total_spent","operator":"between","value":[1205,500000]}},{{"attribute":"last_order_at","operator":"between_dates","value":["2026-01-01","2026-01-31"]}},{{"attribute":"birth_month","operator":"in_months","value":[1,12]}}]}}]}}"#,
            tag.id
        );
        let rule = Rule::from_json(&text).unwrap();
        assert_eq!(crate::audiences::builder::RuleForm::from(&rule).rule(&[tag]), Some(rule.clone()));
        let mut form = crate::audiences::builder::RuleForm::from(&rule);
        assert_eq!(form.rule(&[]), None, "the tag is gone");
        assert_eq!(form.errors()[0].1.key, "audiences.problem.no_such_tag");
    }
}
