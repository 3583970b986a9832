use super::mapping::Column;
use tidings_base::{audit::Noun, text_enum};

text_enum! {
    /// What the rows of a file become.
    pub enum ImportKind {
        Contacts = "contacts",
        Orders = "orders",
    }
}

impl ImportKind {
    /// Where imports of this kind are.
    pub fn address(self) -> &'static str {
        match self {
            Self::Contacts => "/contacts/import",
            Self::Orders => "/orders/import",
        }
    }

    /// The key of the title of its pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Contacts => "imports.contacts.title",
            Self::Orders => "imports.orders.title",
        }
    }

    /// The key of what to do, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Contacts => "imports.contacts.about",
            Self::Orders => "imports.orders.about",
        }
    }

    /// The key of what to look at in the columns.
    pub fn columns_help(self) -> &'static str {
        match self {
            Self::Contacts => "imports.contacts.columns_help",
            Self::Orders => "imports.orders.columns_help",
        }
    }

    /// The key of what rows about something new are called.
    pub fn created(self) -> &'static str {
        match self {
            Self::Contacts => "imports.contacts.created",
            Self::Orders => "imports.orders.created",
        }
    }

    /// The key of what rows about something that is there are called.
    pub fn updated(self) -> &'static str {
        match self {
            Self::Contacts => "imports.contacts.updated",
            Self::Orders => "imports.orders.updated",
        }
    }

    /// What it is in the audit trail.
    pub fn noun(self) -> Noun {
        match self {
            Self::Contacts => Noun::Import,
            Self::Orders => Noun::OrderImport,
        }
    }

    /// What its columns may hold, in the order they are offered.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Contacts => &[
                Column::Ignored,
                Column::Identity,
                Column::Name,
                Column::Consent,
                Column::Tags,
                Column::SubscribedAt,
                Column::MemberNumber,
                Column::Gender,
                Column::Birthday,
                Column::City,
                Column::Phone,
                Column::Email,
            ],
            Self::Orders => &[
                Column::Ignored,
                Column::OrderNumber,
                Column::PlacedAt,
                Column::Total,
                Column::Currency,
                Column::OrderStatus,
                Column::MemberNumber,
                Column::BuyerPhone,
                Column::BuyerEmail,
            ],
        }
    }
}
