//! Which column of a file of contacts holds what.

use super::super::mapping::{Column, Mapping};
use crate::{
    channels::ChannelKind,
    contacts::identity,
    sheets::{Row, Sheet},
};

/// So many rows are looked at to find the column that identifies.
const SAMPLE: usize = 50;

/// What the titles say in Chinese or English; where none of them names the identity, the column
/// whose cells look most like identities of that kind.
pub(in super::super) fn guess(kind: ChannelKind, sheet: &Sheet) -> Mapping {
    let mut mapping = Mapping::by_titles(sheet, |title| column_of(kind, title));
    if !mapping.columns().contains(&Column::Identity)
        && let Some(index) = looks_like_identity(kind, &sheet.rows, sheet.titles.len())
    {
        mapping.set(index, Column::Identity);
    }
    mapping
}

fn column_of(kind: ChannelKind, title: &str) -> Column {
    let identities: &[&str] = match kind {
        ChannelKind::Line => &["lineid", "lineuserid", "lineuid", "userid", "uid", "line使用者id", "line用戶id"],
        ChannelKind::Messenger => {
            &["psid", "messengerid", "messengeruserid", "messenger使用者id", "pagescopedid", "facebookid", "userid"]
        }
        ChannelKind::Instagram => &["igsid", "instagramid", "instagramuserid", "instagram使用者id", "igid", "userid"],
        ChannelKind::WhatsApp => &["whatsapp", "whatsapp號碼", "whatsappnumber", "waid"],
        ChannelKind::Sms | ChannelKind::Email => &[],
    };
    let phone = [
        "手機",
        "手機號碼",
        "電話",
        "電話號碼",
        "行動電話",
        "聯絡電話",
        "phone",
        "phonenumber",
        "mobile",
        "mobilenumber",
        "tel",
        "cellphone",
    ];
    let email = ["email", "mail", "emailaddress", "電子郵件", "電子信箱", "電子郵件地址", "信箱", "郵件", "郵箱"];
    let by_phone = matches!(kind, ChannelKind::WhatsApp | ChannelKind::Sms);
    if identities.contains(&title) || matches!(title, "id" | "identity" | "識別碼" | "渠道id") {
        return Column::Identity;
    }
    if phone.contains(&title) {
        return if by_phone { Column::Identity } else { Column::Phone };
    }
    if email.contains(&title) {
        return if kind == ChannelKind::Email { Column::Identity } else { Column::Email };
    }
    match title {
        "姓名" | "名字" | "名稱" | "暱稱" | "顧客姓名" | "聯絡人" | "聯絡人姓名" | "會員姓名" | "name" | "fullname"
        | "displayname" | "nickname" => Column::Name,
        "同意"
        | "行銷同意"
        | "願意收到行銷訊息"
        | "是否願意收到電子報"
        | "訂閱"
        | "電子報"
        | "同意狀態"
        | "接收意願"
        | "consent"
        | "optin"
        | "newsletter" => Column::Consent,
        "標籤" | "標記" | "貼標" | "tag" | "tags" | "labels" => Column::Tags,
        "訂閱時間" | "加入時間" | "加入日期" | "訂閱日期" | "subscribed" | "subscribedat" | "subscribedon"
        | "joinedat" => Column::SubscribedAt,
        "會員編號" | "會員代號" | "會員號碼" | "顧客編號" | "客戶編號" | "membernumber" | "memberno" | "memberid"
        | "customerid" | "customernumber" => Column::MemberNumber,
        "性別" | "gender" | "sex" => Column::Gender,
        "生日" | "出生日期" | "出生年月日" | "birthday" | "birthdate" | "dateofbirth" => Column::Birthday,
        "城市" | "縣市" | "居住城市" | "居住縣市" | "所在城市" | "city" => Column::City,
        _ => Column::Ignored,
    }
}

fn looks_like_identity(kind: ChannelKind, rows: &[Row], width: usize) -> Option<usize> {
    let rows = &rows[..rows.len().min(SAMPLE)];
    let hits = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(index));
        cells.filter(|cell| identity::normalise(kind, cell).is_ok()).count()
    };
    let best = (0..width).max_by_key(|&index| (hits(index), std::cmp::Reverse(index)))?;
    // More than half: a column of remarks may hold a phone number here and there.
    (hits(best) * 2 > rows.len()).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::Encoding;
    use Column::{Birthday, City, Consent, Email, Gender, Identity, Ignored, MemberNumber, Name, Phone, Tags};
    use tidings_base::web::{Lang, texts};

    fn guess(kind: ChannelKind, file: &str) -> Vec<Column> {
        super::guess(kind, &Sheet::read(file.as_bytes(), Encoding::Utf8).unwrap()).columns().to_vec()
    }

    #[test]
    fn titles_are_understood_in_both_languages() {
        use ChannelKind::{Email as Mail, Line, Sms};
        for (kind, titles, expected) in [
            (Line, "LINE ID,姓名,手機,E-mail,標籤", vec![Identity, Name, Phone, Email, Tags]),
            (Line, "line_user_id,Name,City,Gender,備註", vec![Identity, Name, City, Gender, Ignored]),
            (Sms, "姓名,手機號碼,會員編號,生日", vec![Name, Identity, MemberNumber, Birthday]),
            (Mail, "Email,Phone,願意收到行銷訊息,姓名,暱稱", vec![Identity, Phone, Consent, Name, Ignored]),
            (Mail, "\"電子郵件 \",標籤,標籤", vec![Identity, Tags, Tags]),
        ] {
            assert_eq!(guess(kind, &format!("{titles}\nx")), expected, "{titles}");
        }
    }

    #[test]
    fn what_was_exported_is_understood() {
        for lang in Lang::ALL {
            let title = |key| texts::text(lang, key).unwrap();
            for &kind in ChannelKind::ALL {
                assert_eq!(
                    guess(kind, &format!("{}\nx", title(kind.identity_label()))),
                    [Identity],
                    "{kind} {}",
                    lang.code()
                );
            }
            for (key, column) in [
                ("contacts.name", Name),
                ("contacts.tags", Tags),
                ("contacts.consent", Consent),
                ("contacts.subscribed_at", Column::SubscribedAt),
                ("contacts.last_interaction_at", Ignored),
                ("contacts.member_number", MemberNumber),
                ("contacts.salesperson", Ignored),
                ("imports.reason", Ignored),
                ("imports.row_number", Ignored),
            ] {
                assert_eq!(guess(ChannelKind::Line, &format!("{}\nx", title(key))), [column], "{key} {}", lang.code());
            }
        }
    }

    #[test]
    fn without_a_title_the_cells_show_who_it_is() {
        let file = "甲,乙,丙\n王怡君,0912345678,0911111111\n陳家豪,0922345678,\n林,x,\n";
        assert_eq!(guess(ChannelKind::Sms, file), [Ignored, Identity, Ignored]);
        assert_eq!(guess(ChannelKind::Line, file), [Ignored, Ignored, Ignored]);
    }
}
