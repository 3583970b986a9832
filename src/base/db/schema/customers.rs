//! Tables of the package `customers`; a test compares them with both databases.

diesel::table! {
    channels (id) {
        id -> Text,
        kind -> Text,
        connector -> Text,
        name -> Text,
        status -> Text,
        trouble -> Nullable<Text>,
        rate_per_second -> BigInt,
        rate_reserved_until -> Nullable<Timestamp>,
        failure_share -> Double,
        secrets -> Nullable<Binary>,
        created_at -> Timestamp,
        version -> BigInt,
        vendor_id -> Nullable<Text>,
    }
}

diesel::table! {
    members (id) {
        id -> Text,
        number -> Text,
        name -> Text,
        gender -> Nullable<Text>,
        birthday -> Nullable<Text>,
        birth_month -> Nullable<BigInt>,
        city -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        salesperson_id -> Nullable<Text>,
        order_count -> BigInt,
        total_spent -> BigInt,
        first_order_at -> Nullable<Timestamp>,
        last_order_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    contacts (id) {
        id -> Text,
        channel_id -> Text,
        identity -> Text,
        member_id -> Nullable<Text>,
        name -> Text,
        last_known_name -> Nullable<Text>,
        consent -> Text,
        consent_at -> Nullable<Timestamp>,
        consent_source -> Nullable<Text>,
        subscribed_at -> Timestamp,
        last_interaction_at -> Nullable<Timestamp>,
        last_inbound_at -> Nullable<Timestamp>,
        unreachable -> Nullable<Text>,
        source -> Text,
        created_at -> Timestamp,
        version -> BigInt,
        follow_changed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    tags (id) {
        id -> Text,
        name -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    contact_tags (contact_id, tag_id) {
        contact_id -> Text,
        tag_id -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    consents (id) {
        id -> Text,
        contact_id -> Text,
        state -> Text,
        at -> Timestamp,
        source -> Text,
    }
}

diesel::table! {
    orders (id) {
        id -> Text,
        member_id -> Text,
        number -> Text,
        placed_at -> Timestamp,
        total -> BigInt,
        currency -> Text,
        status -> Text,
    }
}

diesel::table! {
    events (id) {
        id -> Text,
        at -> Timestamp,
        kind -> Text,
        contact_id -> Nullable<Text>,
        member_id -> Nullable<Text>,
        data -> Text,
    }
}

diesel::table! {
    audiences (id) {
        id -> Text,
        name -> Text,
        description -> Text,
        kind -> Nullable<Text>,
        rule -> Text,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    imports (id) {
        id -> Text,
        channel_id -> Nullable<Text>,
        person_id -> Nullable<Text>,
        file_name -> Text,
        encoding -> Text,
        content -> Binary,
        mapping -> Text,
        status -> Text,
        problem -> Nullable<Text>,
        total -> BigInt,
        done -> BigInt,
        created -> BigInt,
        updated -> BigInt,
        bad -> BigInt,
        due_at -> Timestamp,
        owner -> Nullable<Text>,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        begun -> BigInt,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        kind -> Text,
    }
}

diesel::table! {
    import_bad_rows (import_id, row_number) {
        import_id -> Text,
        row_number -> BigInt,
        fields -> Text,
        reason -> Text,
    }
}

diesel::table! {
    contact_totals (id) {
        id -> Text,
        channel_id -> Text,
        contacts -> BigInt,
    }
}
