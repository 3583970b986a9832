//! Tables of the package `sending`; a test compares them with both databases.

diesel::table! {
    dispatches (id) {
        id -> Text,
        channel_id -> Text,
        name -> Text,
        origin -> Text,
        origin_id -> Text,
        origin_step -> Text,
        cohort -> Text,
        content -> Text,
        status -> Text,
        paused_by -> Nullable<Text>,
        pause_reason -> Nullable<Text>,
        accepting -> Bool,
        people -> BigInt,
        pending -> BigInt,
        claimed -> BigInt,
        sent -> BigInt,
        failed -> BigInt,
        left_out -> BigInt,
        cancelled -> BigInt,
        unknown -> BigInt,
        delivered -> BigInt,
        read -> BigInt,
        created_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
        last_claimed_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    batches (id) {
        id -> Text,
        dispatch_id -> Text,
        channel_id -> Text,
        retry_key -> Text,
        people -> BigInt,
        first_called_at -> Timestamp,
        calls -> BigInt,
        answer -> Nullable<Text>,
        answer_detail -> Nullable<Text>,
        vendor_request_id -> Nullable<Text>,
    }
}

diesel::table! {
    deliveries (id) {
        id -> Text,
        dispatch_id -> Text,
        channel_id -> Text,
        contact_id -> Text,
        member_id -> Nullable<Text>,
        entry_id -> Nullable<Text>,
        awaited -> Bool,
        state -> Text,
        reason -> Nullable<Text>,
        detail -> Nullable<Text>,
        attempts -> BigInt,
        due_at -> Timestamp,
        owner -> Nullable<Text>,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        begun -> BigInt,
        batch_id -> Nullable<Text>,
        vendor_id -> Nullable<Text>,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        settled_at -> Nullable<Timestamp>,
        delivered_at -> Nullable<Timestamp>,
        read_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    inbound_events (id) {
        id -> Text,
        channel_id -> Text,
        vendor_event_id -> Text,
        body -> Text,
        status -> Text,
        problem -> Nullable<Text>,
        received_at -> Timestamp,
        due_at -> Timestamp,
        owner -> Nullable<Text>,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        begun -> BigInt,
    }
}

diesel::table! {
    sandbox_keys (channel_id, retry_key) {
        channel_id -> Text,
        retry_key -> Text,
        request_id -> Text,
        accepted_at -> Timestamp,
    }
}

diesel::table! {
    sandbox_messages (id) {
        id -> Text,
        channel_id -> Text,
        identity -> Text,
        direction -> Text,
        body -> Text,
        at -> Timestamp,
        delivered_at -> Nullable<Timestamp>,
        read_at -> Nullable<Timestamp>,
    }
}
