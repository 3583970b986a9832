//! Tables of the package `base`; a test compares them with both databases.

diesel::table! {
    people (id) {
        id -> Text,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        language -> Nullable<Text>,
        theme -> Text,
        active -> Bool,
        created_at -> Timestamp,
        last_seen_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    people_roles (person_id, role) {
        person_id -> Text,
        role -> Text,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        person_id -> Nullable<Text>,
        state -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    sign_in_failures (id) {
        id -> Text,
        email -> Text,
        address -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    once_tokens (token) {
        token -> Text,
        person_id -> Text,
        location -> Text,
        spent_at -> Timestamp,
    }
}

diesel::table! {
    kept_forms (id) {
        id -> Text,
        path -> Text,
        body -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    audit (id) {
        id -> Text,
        at -> Timestamp,
        person_id -> Nullable<Text>,
        person_name -> Text,
        action -> Text,
        noun -> Text,
        object_id -> Text,
        object_name -> Text,
        detail -> Text,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    sweeps (id) {
        id -> Text,
        due_at -> Timestamp,
        owner -> Nullable<Text>,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        begun -> BigInt,
        finished_at -> Nullable<Timestamp>,
        removed -> BigInt,
    }
}
