-- Who leaves a journey changed two indexes. Whether somebody is inside is asked with the journey's row in
-- hand, and where people stand by when they go on: only those who wait are in an index for it.
drop index journey_entries_inside;
drop index journey_entries_task;
drop index journey_entries_person;
drop index journey_entries_step;
create unique index journey_entries_person on journey_entries (contact_id, journey_id, task_id);
create index journey_entries_step on journey_entries (cohort_id, step_id) where due_at is not null;
-- Whoever is being written to when a journey ends leaves when that is done: said once, not in each row.
alter table journey_cohorts add column let_go boolean not null default false;
update journey_cohorts set let_go = true
where id in (select cohort_id from journey_entries where state = 'sending' and reason = 'let_go');
