//! Every table, in the order of the migrations. Joins must see all of them, so they live here; row structs stay with their feature.

mod base;
mod campaigns;
mod customers;
mod search;
mod sending;

pub use base::*;
pub use campaigns::*;
pub use customers::*;
pub use search::*;
pub use sending::*;

diesel::allow_tables_to_appear_in_same_query!(
    people,
    people_roles,
    sessions,
    sign_in_failures,
    once_tokens,
    kept_forms,
    audit,
    settings,
    channels,
    members,
    contacts,
    tags,
    contact_tags,
    consents,
    orders,
    events,
    audiences,
    imports,
    import_bad_rows,
    dispatches,
    slices,
    batches,
    deliveries,
    stretches,
    packs,
    dispatch_news,
    channel_health,
    inbound_events,
    channel_connections,
    images,
    inbound_messages,
    contact_names,
    sandbox_keys,
    sandbox_messages,
    sandbox_phones,
    journeys,
    journey_versions,
    journey_steps,
    journey_cohorts,
    journey_entries,
    journey_passages,
    schedules,
    schedule_tasks,
    schedule_task_left_out,
    contact_grams,
    broadcasts,
    broadcast_contacts,
    broadcast_tags,
    contact_totals,
    sweeps,
    dispatch_reasons,
    journey_step_totals,
);
