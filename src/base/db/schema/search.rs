//! What the database itself keeps for searching; a test compares it with both databases.

diesel::table! {
    contact_grams (gram, contact_id) {
        gram -> Text,
        contact_id -> Text,
    }
}
