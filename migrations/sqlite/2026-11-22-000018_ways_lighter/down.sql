alter table journey_cohorts drop column let_go;
drop index journey_entries_step;
drop index journey_entries_person;
create index journey_entries_step on journey_entries (step_id, cohort_id, state) where ended_at is null;
create index journey_entries_person on journey_entries (contact_id, journey_id, entered_at);
create unique index journey_entries_task on journey_entries (task_id, contact_id) where task_id is not null;
create unique index journey_entries_inside on journey_entries (journey_id, contact_id) where ended_at is null;
