//! A rule as the fields of a form, which may be half written or wrong, and the buttons that change its shape.
//!
//! The form works as plain HTML: the whole tree is drawn as fields whose names carry the path of their node
//! (`rule.1.0.attribute` is the first node of the second node of the outermost group), and every button of the builder
//! posts all of it. So nothing that was typed is lost, whatever is pressed. `templates/components/rule.html` draws it.

mod action;
mod fields;
mod form;
mod inputs;
mod pieces;
mod typed;
mod words;

pub use action::{Action, Path};
pub use form::{ConditionForm, GroupForm, NodeForm, RuleForm};
pub use pieces::Piece;
pub use words::{Line, month_label, words};

/// The counties and cities of Taiwan, as [`crate::members::city`] spells them: what the field of a city suggests.
pub const CITIES: [&str; 22] = [
    "台北市",
    "新北市",
    "基隆市",
    "桃園市",
    "新竹市",
    "新竹縣",
    "苗栗縣",
    "台中市",
    "彰化縣",
    "南投縣",
    "雲林縣",
    "嘉義市",
    "嘉義縣",
    "台南市",
    "高雄市",
    "屏東縣",
    "宜蘭縣",
    "花蓮縣",
    "台東縣",
    "澎湖縣",
    "金門縣",
    "連江縣",
];
