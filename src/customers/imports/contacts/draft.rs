//! A row of a file of contacts, read: what it says of one contact, or everything that is wrong with it.

use super::super::{
    bad::RowProblem,
    mapping::{Column, Mapping, one_line},
    rows::Calendar,
};
use crate::{
    channels::ChannelKind,
    consent::Consent,
    contacts::identity,
    members::{Birthday, Gender, city},
    sheets::{self, Row},
    tags::TagName,
};
use chrono::NaiveDateTime;
use tidings_base::zones;

/// What a row says. None leaves the value as it is.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(in super::super) struct Draft {
    pub identity: String,
    pub name: Option<String>,
    pub consent: Option<Consent>,
    pub tags: Vec<TagName>,
    pub subscribed_at: Option<NaiveDateTime>,
    pub member_number: Option<String>,
    pub member: MemberDraft,
}

/// What a row says of the member. None leaves the value as it is.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(in super::super) struct MemberDraft {
    pub gender: Option<Gender>,
    pub birthday: Option<Birthday>,
    pub city: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
}

/// In characters.
const LONGEST_NAME: usize = 100;
const LONGEST_NUMBER: usize = 50;
const LONGEST_CITY: usize = 50;

impl Draft {
    /// Reads a row of an account of this kind.
    pub(super) fn read(
        kind: ChannelKind,
        mapping: &Mapping,
        row: &Row,
        calendar: Calendar,
    ) -> Result<Self, Vec<RowProblem>> {
        let mut draft = Self::default();
        let mut problems = mapping.read(row, |column, cell| draft.take(kind, column, cell, calendar));
        if !mapping.has(row, Column::Identity) {
            problems.push(RowProblem::NoIdentity);
        }
        if problems.is_empty() { Ok(draft) } else { Err(problems) }
    }

    fn take(&mut self, kind: ChannelKind, column: Column, cell: &str, calendar: Calendar) -> Result<(), RowProblem> {
        let member = &mut self.member;
        match column {
            Column::Identity => self.identity = identity::normalise(kind, cell)?,
            Column::Name => self.name = Some(one_line(cell, LONGEST_NAME).ok_or(RowProblem::Name)?),
            Column::Consent => self.consent = Some(consent(cell).ok_or(RowProblem::Consent)?),
            Column::Tags => self.tags.extend(TagName::list(cell)?),
            Column::SubscribedAt => {
                let at = sheets::moment(cell, calendar.zone).filter(|at| *at <= calendar.now);
                self.subscribed_at = Some(at.ok_or(RowProblem::SubscribedAt)?);
            }
            Column::MemberNumber => {
                self.member_number = Some(one_line(cell, LONGEST_NUMBER).ok_or(RowProblem::MemberNumber)?);
            }
            Column::Gender => member.gender = Some(Gender::read(cell).ok_or(RowProblem::Gender)?),
            Column::Birthday => {
                let today = zones::local(calendar.zone, calendar.now).date();
                member.birthday = Some(Birthday::read(cell, today).ok_or(RowProblem::Birthday)?);
            }
            Column::City => member.city = Some(city(&one_line(cell, LONGEST_CITY).ok_or(RowProblem::City)?)),
            Column::Phone => member.phone = Some(identity::phone(cell).ok_or(RowProblem::Phone)?),
            Column::Email => member.email = Some(identity::email(cell).ok_or(RowProblem::Email)?),
            // Not read, and what files of orders have.
            Column::Ignored
            | Column::OrderNumber
            | Column::PlacedAt
            | Column::Total
            | Column::Currency
            | Column::OrderStatus
            | Column::BuyerPhone
            | Column::BuyerEmail => {}
        }
        Ok(())
    }

    /// Whether it says anything of the member but the number.
    pub(super) fn speaks_of_member(&self) -> bool {
        self.member != MemberDraft::default()
    }
}

/// What people write for a consent.
fn consent(cell: &str) -> Option<Consent> {
    match cell.to_lowercase().as_str() {
        "是" | "同意" | "同意接收" | "已同意" | "願意" | "訂閱" | "已訂閱" | "有" | "v" | "✓" | "1" | "y" | "yes"
        | "true" | "granted" | "agreed" | "subscribed" | "opted in" => Some(Consent::Granted),
        "否" | "不同意" | "不願意" | "取消訂閱" | "已取消" | "已取消訂閱" | "拒絕" | "0" | "n" | "no" | "false"
        | "withdrawn" | "unsubscribed" | "opted out" => Some(Consent::Withdrawn),
        "未知" | "未表態" | "無" | "不詳" | "none" | "unknown" | "not known" | "-" => Some(Consent::None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Column::{
        Birthday as Born, City, Gender as Sex, Identity, Ignored, MemberNumber, Name, Phone, SubscribedAt, Tags,
    };

    fn read(columns: &[Column], cells: &[&str]) -> Result<Draft, Vec<RowProblem>> {
        let row = Row { number: 2, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() };
        let calendar = Calendar { zone: chrono_tz::Asia::Taipei, now: "2026-11-21T04:00:00".parse().unwrap() };
        Draft::read(ChannelKind::Sms, &Mapping::new(Vec::new(), columns.to_vec()), &row, calendar)
    }

    #[test]
    fn a_row_says_what_its_cells_say_and_blank_cells_say_nothing() {
        let columns = [Identity, Name, Column::Consent, Tags, Tags, SubscribedAt, MemberNumber, Sex, Born, City, Phone];
        let cells = [
            "0912-345-678",
            " 王\n怡君 ",
            "同意",
            "VIP、新客",
            "台北",
            "2026/11/01 10:30",
            "M001",
            "女",
            "1990/5/17",
            "臺北市",
            "0922345678",
        ];
        let draft = read(&columns, &cells).unwrap();
        assert_eq!(draft.identity, "+886912345678");
        assert_eq!(draft.name.as_deref(), Some("王 怡君"));
        assert_eq!(draft.consent, Some(Consent::Granted));
        assert_eq!(draft.tags.iter().map(TagName::as_str).collect::<Vec<_>>(), ["VIP", "新客", "台北"]);
        assert_eq!(draft.subscribed_at.unwrap().to_string(), "2026-11-01 02:30:00");
        assert_eq!(draft.member.city.as_deref(), Some("台北市"));
        assert!(draft.speaks_of_member());
        let blank = read(&columns, &["0912345678", " ", "", "", "", "", "", "", "", "", ""]).unwrap();
        assert_eq!(blank, Draft { identity: "+886912345678".into(), ..Draft::default() });
        assert_eq!(read(&columns, &["0912345678"]).unwrap(), blank);
    }

    #[test]
    fn an_exported_consent_is_read_again() {
        for lang in tidings_base::web::Lang::ALL {
            for &state in Consent::ALL {
                let word = tidings_base::web::texts::text(lang, state.label()).unwrap();
                assert_eq!(consent(word), Some(state), "{word}");
            }
        }
    }

    #[test]
    fn names_keep_what_people_are_called() {
        for name in ["<script>alert(1)</script>", "🎉 小美 👩‍👩‍👧", "مرحبا", "O'Neil; drop table contacts"]
        {
            assert_eq!(read(&[Identity, Name], &["0912345678", name]).unwrap().name.as_deref(), Some(name));
        }
    }

    #[test]
    fn everything_wrong_with_a_row_is_said() {
        let long = "長".repeat(10_000);
        for (columns, cells, expected) in [
            (vec![Identity], vec![""], vec![RowProblem::NoIdentity]),
            (vec![Name, Identity], vec!["王"], vec![RowProblem::NoIdentity]),
            (vec![Identity], vec!["0912"], vec![RowProblem::IdentityPhone]),
            (vec![Identity, Name], vec!["0912345678", &long], vec![RowProblem::Name]),
            (vec![Identity, Tags], vec!["0912345678", &long], vec![RowProblem::Tag]),
            (vec![Identity, Column::Consent], vec!["0912345678", "也許"], vec![RowProblem::Consent]),
            (
                vec![Identity, Sex, Born],
                vec!["x", "貓", "5/17"],
                vec![RowProblem::IdentityPhone, RowProblem::Gender, RowProblem::Birthday],
            ),
            (vec![Identity, SubscribedAt], vec!["0912345678", "2027-01-01"], vec![RowProblem::SubscribedAt]),
            (vec![Identity, Name], vec!["0912345678", "王\u{fffd}君"], vec![RowProblem::Unreadable]),
            (vec![Identity, Ignored], vec!["0912345678", "", "more"], vec![RowProblem::TooManyCells]),
        ] {
            assert_eq!(read(&columns, &cells), Err(expected), "{columns:?}");
        }
        assert!(
            read(&[Identity, Ignored], &["0912345678", "\u{fffd}", ""]).is_ok(),
            "what is not read cannot be wrong"
        );
    }
}
