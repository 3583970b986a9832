//! Which column of a file of orders holds what.

use super::super::mapping::{Column, Mapping};
use crate::sheets::Sheet;

/// What the titles say, in Chinese or English.
pub(in super::super) fn guess(sheet: &Sheet) -> Mapping {
    Mapping::by_titles(sheet, column_of)
}

/// Who receives a parcel may be somebody else than who bought it: only the buyer's phone and mail
/// are looked at.
fn column_of(title: &str) -> Column {
    match title {
        "訂單編號" | "訂單號碼" | "訂單單號" | "訂單號" | "訂單代號" | "訂單序號" | "單號" | "order"
        | "ordernumber" | "orderno" | "orderid" => Column::OrderNumber,
        "訂購時間" | "訂購日期" | "訂單時間" | "訂單日期" | "下單時間" | "下單日期" | "成立時間" | "成立日期"
        | "訂單成立時間" | "訂單成立日期" | "訂單建立時間" | "訂單建立日期" | "建立時間" | "建立日期" | "交易時間"
        | "交易日期" | "日期" | "date" | "orderdate" | "orderedat" | "orderedon" | "placed" | "placedat"
        | "createdat" => Column::PlacedAt,
        "金額" | "訂單金額" | "訂單總金額" | "訂單總額" | "訂單合計" | "訂單總計" | "總金額" | "總額" | "總計"
        | "合計" | "消費金額" | "交易金額" | "付款金額" | "付款總金額" | "實付金額" | "應付金額" | "total"
        | "amount" | "ordertotal" | "orderamount" | "totalamount" | "grandtotal" => Column::Total,
        "幣別" | "貨幣" | "幣種" | "交易幣別" | "currency" | "currencycode" => Column::Currency,
        "狀態" | "訂單狀態" | "status" | "orderstatus" => Column::OrderStatus,
        "會員編號" | "會員代號" | "會員號碼" | "顧客編號" | "客戶編號" | "membernumber" | "memberno" | "memberid"
        | "customernumber" | "customerid" => Column::MemberNumber,
        "電話" | "電話號碼" | "手機" | "手機號碼" | "行動電話" | "聯絡電話" | "會員電話" | "會員手機" | "顧客電話"
        | "顧客手機" | "訂購人電話" | "訂購人手機" | "購買人電話" | "購買人手機" | "買家電話" | "買家手機"
        | "phone" | "phonenumber" | "mobile" | "mobilenumber" | "cellphone" | "tel" | "buyerphone"
        | "customerphone" => Column::BuyerPhone,
        "email" | "mail" | "emailaddress" | "電子郵件" | "電子信箱" | "電子郵件地址" | "信箱" | "會員email"
        | "會員信箱" | "顧客email" | "顧客信箱" | "訂購人email" | "訂購人信箱" | "購買人email" | "購買人信箱"
        | "買家email" | "buyeremail" | "customeremail" => Column::BuyerEmail,
        _ => Column::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{imports::kind::ImportKind, sheets::Encoding};
    use Column::{BuyerEmail, BuyerPhone, Currency, Ignored, MemberNumber, OrderNumber, OrderStatus, PlacedAt, Total};
    use tidings_base::web::{Lang, texts};

    fn guess(titles: &str) -> Vec<Column> {
        let sheet = Sheet::read(format!("{titles}\nx").as_bytes(), Encoding::Utf8).unwrap();
        super::guess(&sheet).columns().to_vec()
    }

    #[test]
    fn titles_are_understood_in_both_languages() {
        for (titles, expected) in [
            (
                "訂單編號,訂購時間,金額,幣別,狀態,會員編號,電話,Email",
                vec![OrderNumber, PlacedAt, Total, Currency, OrderStatus, MemberNumber, BuyerPhone, BuyerEmail],
            ),
            (
                "訂單號碼,訂單日期,訂單狀態,付款狀態,訂單合計,顧客手機,收件人電話",
                vec![OrderNumber, PlacedAt, OrderStatus, Ignored, Total, BuyerPhone, Ignored],
            ),
            (
                "Order #,Created at,Status,Grand Total,Phone,E-mail,Shipping Phone",
                vec![OrderNumber, PlacedAt, OrderStatus, Total, BuyerPhone, BuyerEmail, Ignored],
            ),
            ("總計,金額", vec![Total, Ignored]),
            ("原因,列號,訂單編號", vec![Ignored, Ignored, OrderNumber]),
        ] {
            assert_eq!(guess(titles), expected, "{titles}");
        }
    }

    #[test]
    fn what_our_own_pages_call_a_column_is_understood() {
        for lang in Lang::ALL {
            for &column in ImportKind::Orders.columns() {
                let title = texts::text(lang, column.label()).unwrap();
                assert_eq!(guess(title), [column], "{title}");
            }
        }
    }
}
