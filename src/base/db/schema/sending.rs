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
        accepting -> Bool,
        paused_by -> Nullable<Text>,
        pause_reason -> Nullable<Text>,
        pause_detail -> Nullable<Text>,
        people -> BigInt,
        pending -> BigInt,
        sent -> BigInt,
        failed -> BigInt,
        left_out -> BigInt,
        cancelled -> BigInt,
        unknown -> BigInt,
        delivered -> BigInt,
        read -> BigInt,
        bounced -> BigInt,
        created_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
        last_cut_at -> Nullable<Timestamp>,
        version -> BigInt,
        archived_at -> Nullable<Timestamp>,
        emptied -> Bool,
    }
}

diesel::table! {
    slices (id) {
        id -> Text,
        dispatch_id -> Text,
        channel_id -> Text,
        called_at -> Nullable<Timestamp>,
        due_at -> Timestamp,
        owner -> Nullable<Text>,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        begun -> BigInt,
        after_id -> Nullable<Text>,
        last_id -> Nullable<Text>,
    }
}

diesel::table! {
    batches (id) {
        id -> Text,
        dispatch_id -> Text,
        slice_id -> Nullable<Text>,
        retry_key -> Text,
        payload -> Nullable<Text>,
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
        state -> Text,
        reason -> Nullable<Text>,
        detail -> Nullable<Text>,
        parts_sent -> BigInt,
        attempts -> BigInt,
        begun -> BigInt,
        due_at -> Timestamp,
        slice_id -> Nullable<Text>,
        batch_id -> Nullable<Text>,
        vendor_id -> Nullable<Text>,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        settled_at -> Nullable<Timestamp>,
        delivered_at -> Nullable<Timestamp>,
        read_at -> Nullable<Timestamp>,
        bounced_at -> Nullable<Timestamp>,
        waits -> Bool,
        missed -> Text,
        receipt -> Nullable<Text>,
    }
}

diesel::table! {
    stretches (id) {
        id -> Text,
        dispatch_id -> Text,
        after_id -> Text,
        last_id -> Text,
    }
}

diesel::table! {
    packs (id) {
        id -> Text,
        dispatch_id -> Text,
        channel_id -> Text,
        delivery_ids -> Text,
        entry_ids -> Nullable<Text>,
        first_contact -> Text,
        last_contact -> Text,
        people -> BigInt,
        state -> Text,
        reason -> Nullable<Text>,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        hand -> Nullable<Text>,
        owner -> Nullable<Text>,
        lease_until -> Nullable<Timestamp>,
        called_at -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        others -> Nullable<Text>,
        contacts -> Text,
    }
}

diesel::table! {
    dispatch_reasons (dispatch_id, missed, reason) {
        dispatch_id -> Text,
        missed -> Text,
        reason -> Text,
        people -> BigInt,
    }
}

diesel::table! {
    dispatch_news (id) {
        id -> Text,
        dispatch_id -> Text,
        after_id -> Text,
        last_id -> Text,
    }
}

diesel::table! {
    channel_health (channel_id) {
        channel_id -> Text,
        failing -> BigInt,
        open_until -> Nullable<Timestamp>,
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
    channel_connections (channel_id) {
        channel_id -> Text,
        settings -> Text,
        sealed -> Binary,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    images (id) {
        id -> Text,
        format -> Text,
        width -> BigInt,
        height -> BigInt,
        sha256 -> Text,
        created_at -> Timestamp,
        created_by -> Nullable<Text>,
        preview -> Binary,
        content -> Binary,
    }
}

diesel::table! {
    inbound_messages (channel_id, vendor_id) {
        channel_id -> Text,
        vendor_id -> Text,
        inbound_id -> Nullable<Text>,
        event_id -> Nullable<Text>,
        unsent -> Bool,
    }
}

diesel::table! {
    contact_names (id) {
        id -> Text,
        contact_id -> Text,
        status -> Text,
        attempts -> BigInt,
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
        reference -> Nullable<Text>,
        at -> Timestamp,
        delivered_at -> Nullable<Timestamp>,
        read_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sandbox_phones (contact_id) {
        contact_id -> Text,
        received -> BigInt,
        last_at -> Timestamp,
        last_id -> Text,
    }
}
