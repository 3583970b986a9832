use tidings_base::text_enum;

text_enum! {
    /// What became of an order.
    pub enum OrderStatus {
        /// Placed and not taken back: counts for the member's figures.
        Completed = "completed",
        Cancelled = "cancelled",
        Refunded = "refunded",
    }
}

impl OrderStatus {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Completed => "orders.status.completed",
            Self::Cancelled => "orders.status.cancelled",
            Self::Refunded => "orders.status.refunded",
        }
    }

    /// What shops write for it in their files. An order that is packed or on its way is placed; what
    /// is not decided yet (待付款, 退款中) and what is only half so (部分退款) is none of these.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let text = text.strip_prefix("訂單").unwrap_or(&text);
        match text {
            "成立" | "已成立" | "完成" | "已完成" | "確認" | "已確認" | "處理中" | "已付款" | "付款完成" | "備貨中"
            | "理貨中" | "待出貨" | "出貨中" | "已出貨" | "運送中" | "配送中" | "已配達" | "已送達" | "已到貨"
            | "到貨" | "待取貨" | "已取貨" | "已收貨" | "已結案" | "結案" | "completed" | "complete" | "placed"
            | "confirmed" | "processing" | "paid" | "fulfilled" | "shipped" | "delivered" | "closed" => {
                Some(Self::Completed)
            }
            "取消" | "已取消" | "不成立" | "作廢" | "已作廢" | "失效" | "已失效" | "cancelled" | "canceled"
            | "void" | "voided" | "failed" => Some(Self::Cancelled),
            "退款" | "已退款" | "退款完成" | "全額退款" | "已全額退款" | "退貨" | "已退貨" | "退貨完成"
            | "退貨退款" | "已退貨退款" | "refunded" | "refund" | "returned" => Some(Self::Refunded),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_base::web::{Lang, texts};

    #[test]
    fn a_status_is_read_in_the_words_of_shops() {
        use OrderStatus::{Cancelled, Completed, Refunded};
        for (text, status) in [
            ("已完成", Some(Completed)),
            (" 訂單成立 ", Some(Completed)),
            ("已出貨", Some(Completed)),
            ("Delivered", Some(Completed)),
            ("已取消", Some(Cancelled)),
            ("訂單取消", Some(Cancelled)),
            ("不成立", Some(Cancelled)),
            ("CANCELED", Some(Cancelled)),
            ("已退款", Some(Refunded)),
            ("退貨退款", Some(Refunded)),
            ("refunded", Some(Refunded)),
            ("待付款", None),
            ("未付款", None),
            ("退款中", None),
            ("部分退款", None),
            ("訂單", None),
            ("maybe", None),
            ("", None),
        ] {
            assert_eq!(OrderStatus::read(text), status, "{text}");
        }
    }

    #[test]
    fn the_words_of_our_own_pages_and_tables_are_read() {
        for status in OrderStatus::ALL {
            assert_eq!(OrderStatus::read(status.word()), Some(*status));
            // On English pages a placed order is "Placed".
            for lang in Lang::ALL {
                let word = texts::text(lang, status.label()).unwrap();
                assert_eq!(OrderStatus::read(word), Some(*status), "{word}");
            }
        }
    }
}
