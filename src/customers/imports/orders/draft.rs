//! A row of a file of orders, read: what it says of one order, or everything that is wrong with it.

use super::super::{
    bad::RowProblem,
    mapping::{Column, Mapping, one_line},
    rows::Calendar,
};
use crate::{
    contacts::identity,
    orders::{OrderStatus, is_twd, twd},
    sheets::{self, Row},
};
use chrono::NaiveDateTime;

/// What a row says. None leaves the value as it is.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(in super::super) struct Draft {
    pub number: String,
    pub placed_at: Option<NaiveDateTime>,
    /// In minor units.
    pub total: Option<i64>,
    pub status: Option<OrderStatus>,
    pub buyer: Buyer,
}

/// By what the member is found who placed the order.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(in super::super) struct Buyer {
    /// The member's number in the shop.
    pub number: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    /// Those that can be nobody's, such as the number of a telephone at home: wrong only where nothing
    /// else finds the member.
    pub unfit: Vec<RowProblem>,
}

/// In characters.
const LONGEST_NUMBER: usize = 100;
const LONGEST_MEMBER_NUMBER: usize = 50;

impl Draft {
    /// Reads a row.
    pub(super) fn read(mapping: &Mapping, row: &Row, calendar: Calendar) -> Result<Self, Vec<RowProblem>> {
        let mut draft = Self::default();
        let mut problems = mapping.read(row, |column, cell| draft.take(column, cell, calendar));
        if !mapping.has(row, Column::OrderNumber) {
            problems.push(RowProblem::NoOrderNumber);
        }
        if problems.is_empty() { Ok(draft) } else { Err(problems) }
    }

    fn take(&mut self, column: Column, cell: &str, calendar: Calendar) -> Result<(), RowProblem> {
        match column {
            Column::OrderNumber => self.number = number(cell).ok_or(RowProblem::OrderNumber)?,
            Column::PlacedAt => {
                let at = sheets::moment(cell, calendar.zone).filter(|at| *at <= calendar.now);
                self.placed_at = Some(at.ok_or(RowProblem::PlacedAt)?);
            }
            Column::Total => self.total = Some(twd(cell).ok_or(RowProblem::Total)?),
            Column::Currency if is_twd(cell) => {}
            Column::Currency => return Err(RowProblem::Currency),
            Column::OrderStatus => self.status = Some(OrderStatus::read(cell).ok_or(RowProblem::OrderStatus)?),
            Column::MemberNumber => {
                self.buyer.number = self.buyer.fit(one_line(cell, LONGEST_MEMBER_NUMBER), RowProblem::MemberNumber);
            }
            Column::BuyerPhone => self.buyer.phone = self.buyer.fit(identity::phone(cell), RowProblem::Phone),
            Column::BuyerEmail => self.buyer.email = self.buyer.fit(identity::email(cell), RowProblem::Email),
            // Not read, and what files of contacts have.
            Column::Ignored
            | Column::Identity
            | Column::Name
            | Column::Consent
            | Column::Tags
            | Column::SubscribedAt
            | Column::Gender
            | Column::Birthday
            | Column::City
            | Column::Phone
            | Column::Email => {}
        }
        Ok(())
    }
}

impl Buyer {
    /// Whether the row says nothing of who placed the order.
    pub(super) fn is_blank(&self) -> bool {
        *self == Self::default()
    }

    fn fit(&mut self, read: Option<String>, otherwise: RowProblem) -> Option<String> {
        if read.is_none() {
            self.unfit.push(otherwise);
        }
        read
    }
}

/// A spreadsheet writes a long number as `2.02611E+11`, and many orders would become one.
fn number(cell: &str) -> Option<String> {
    let text = one_line(cell, LONGEST_NUMBER)?;
    let rounded = text.to_uppercase().split_once("E+").is_some_and(|(digits, power)| {
        digits.contains('.') && [digits, power].iter().all(|part| part.parse::<f64>().is_ok())
    });
    (!rounded).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Column::{
        BuyerEmail, BuyerPhone, Currency, Ignored, MemberNumber, OrderNumber, OrderStatus as Status, PlacedAt, Total,
    };

    fn read(columns: &[Column], cells: &[&str]) -> Result<Draft, Vec<RowProblem>> {
        let row = Row { number: 2, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() };
        let calendar = Calendar { zone: chrono_tz::Asia::Taipei, now: "2026-11-21T04:00:00".parse().unwrap() };
        Draft::read(&Mapping::new(Vec::new(), columns.to_vec()), &row, calendar)
    }

    #[test]
    fn a_row_says_what_its_cells_say_and_blank_cells_say_nothing() {
        let columns = [OrderNumber, PlacedAt, Total, Currency, Status, MemberNumber, BuyerPhone, BuyerEmail];
        let cells =
            [" A001 ", "2026/11/1 下午 02:15", "NT$1,280", "TWD", "已完成", "M001", "0912-345-678", "Mei@Example.com"];
        let buyer = Buyer {
            number: Some("M001".into()),
            phone: Some("+886912345678".into()),
            email: Some("mei@example.com".into()),
            unfit: Vec::new(),
        };
        let expected = Draft {
            number: "A001".into(),
            placed_at: Some("2026-11-01T06:15:00".parse().unwrap()),
            total: Some(128_000),
            status: Some(OrderStatus::Completed),
            buyer,
        };
        assert_eq!(read(&columns, &cells), Ok(expected));
        let blank = read(&columns, &["A001", " ", "", "", "", "", "", ""]).unwrap();
        assert_eq!(blank, Draft { number: "A001".into(), ..Draft::default() });
        assert!(blank.buyer.is_blank());
        assert_eq!(read(&columns, &["A001"]), Ok(blank));
    }

    #[test]
    fn everything_wrong_with_a_row_is_said() {
        let long = "1".repeat(101);
        for (columns, cells, expected) in [
            (vec![OrderNumber], vec![""], vec![RowProblem::NoOrderNumber]),
            (vec![OrderNumber], vec![long.as_str()], vec![RowProblem::OrderNumber]),
            (vec![OrderNumber], vec!["2.02611E+11"], vec![RowProblem::OrderNumber]),
            (
                vec![Total, PlacedAt, Status],
                vec!["free", "soon", "待付款"],
                vec![RowProblem::Total, RowProblem::PlacedAt, RowProblem::OrderStatus, RowProblem::NoOrderNumber],
            ),
            (vec![OrderNumber, PlacedAt], vec!["A1", "2026-11-21 12:01"], vec![RowProblem::PlacedAt]),
            (vec![OrderNumber, Total], vec!["A1", "-5"], vec![RowProblem::Total]),
            (vec![OrderNumber, Currency], vec!["A1", "USD"], vec![RowProblem::Currency]),
            (vec![OrderNumber, Ignored], vec!["A1\u{fffd}"], vec![RowProblem::Unreadable]),
            (vec![OrderNumber, Ignored], vec!["A1", "", "more"], vec![RowProblem::TooManyCells]),
        ] {
            assert_eq!(read(&columns, &cells), Err(expected), "{columns:?} {cells:?}");
        }
        assert!(read(&[OrderNumber, PlacedAt], &["A1", "2026-11-21 12:00"]).is_ok(), "an order of this minute");
    }

    #[test]
    fn numbers_are_kept_as_the_shop_writes_them() {
        for number in ["#1001", "2026-11-01/7", "EC2.5E+X", "1E5", "=1+1", "<b>7</b>", "００７"] {
            assert_eq!(read(&[OrderNumber], &[number]).unwrap().number, number);
        }
    }

    #[test]
    fn what_can_be_nobody_s_is_wrong_only_where_nothing_else_finds_the_member() {
        let row = read(&[OrderNumber, BuyerPhone, BuyerEmail], &["A1", "02-2345-6789", "none"]).unwrap();
        assert_eq!(row.buyer.unfit, [RowProblem::Phone, RowProblem::Email]);
        assert!(!row.buyer.is_blank());
    }
}
