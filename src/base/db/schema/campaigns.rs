//! Tables of the package `campaigns`; a test compares them with both databases.

diesel::table! {
    journeys (id) {
        id -> Text,
        name -> Text,
        channel_id -> Text,
        trigger_kind -> Text,
        status -> Text,
        starts_at -> Nullable<Timestamp>,
        ends_at -> Nullable<Timestamp>,
        re_entry -> Text,
        re_entry_days -> BigInt,
        live_version_id -> Nullable<Text>,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    journey_versions (id) {
        id -> Text,
        journey_id -> Text,
        number -> BigInt,
        zone -> Text,
        published_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    journey_steps (id) {
        id -> Text,
        version_id -> Text,
        parent_id -> Nullable<Text>,
        branch -> Text,
        position -> BigInt,
        action -> Text,
    }
}

diesel::table! {
    journey_cohorts (id) {
        id -> Text,
        journey_id -> Text,
        version_id -> Text,
        cohort -> Text,
        complete -> Bool,
        entered -> BigInt,
        finished -> BigInt,
        created_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        owner -> Nullable<Text>,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        begun -> BigInt,
        let_go -> Bool,
    }
}

diesel::table! {
    journey_entries (id) {
        id -> Text,
        journey_id -> Text,
        cohort_id -> Text,
        contact_id -> Text,
        task_id -> Nullable<Text>,
        entered_at -> Timestamp,
        state -> Text,
        step_id -> Nullable<Text>,
        due_at -> Nullable<Timestamp>,
        reason -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    journey_passages (entry_id, step_id) {
        entry_id -> Text,
        step_id -> Text,
        at -> Timestamp,
        outcome -> Text,
    }
}

diesel::table! {
    journey_step_totals (step_id, outcome) {
        step_id -> Text,
        outcome -> Text,
        people -> BigInt,
    }
}

diesel::table! {
    schedules (id) {
        id -> Text,
        name -> Text,
        journey_id -> Text,
        audience_id -> Text,
        frequency -> Text,
        every -> BigInt,
        starts_on -> Text,
        ends_on -> Nullable<Text>,
        at_time -> Text,
        zone -> Text,
        status -> Text,
        next_at -> Nullable<Timestamp>,
        remaining -> BigInt,
        total -> BigInt,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    schedule_tasks (id) {
        id -> Text,
        schedule_id -> Text,
        due_at -> Timestamp,
        zone -> Text,
        journey_id -> Text,
        audience_id -> Text,
        status -> Text,
        reason -> Nullable<Text>,
        detail -> Nullable<Text>,
        as_of -> Nullable<Timestamp>,
        reached -> Nullable<Text>,
        entered -> BigInt,
        left_out -> BigInt,
        owner -> Nullable<Text>,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        begun -> BigInt,
        started_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    schedule_task_left_out (task_id, reason) {
        task_id -> Text,
        reason -> Text,
        people -> BigInt,
    }
}

diesel::table! {
    broadcasts (id) {
        id -> Text,
        name -> Text,
        channel_id -> Text,
        who -> Text,
        filter -> Text,
        audience_id -> Nullable<Text>,
        audience_name -> Text,
        content -> Text,
        send_at -> Nullable<Timestamp>,
        status -> Text,
        problem -> Nullable<Text>,
        dispatch_id -> Nullable<Text>,
        zone -> Text,
        as_of -> Nullable<Timestamp>,
        reached -> Nullable<Text>,
        expected -> Nullable<BigInt>,
        expected_left_out -> Nullable<BigInt>,
        created_at -> Timestamp,
        created_by -> Nullable<Text>,
        confirmed_at -> Nullable<Timestamp>,
        confirmed_by -> Nullable<Text>,
        started_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        due_at -> Timestamp,
        owner -> Nullable<Text>,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        begun -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    broadcast_contacts (broadcast_id, contact_id) {
        broadcast_id -> Text,
        contact_id -> Text,
    }
}

diesel::table! {
    broadcast_tags (broadcast_id, tag_id) {
        broadcast_id -> Text,
        tag_id -> Text,
    }
}
