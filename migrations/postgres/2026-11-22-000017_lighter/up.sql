-- PostgreSQL looks up and locks the row that each of these names, for every person of every message, and
-- writes the lock down. Nothing ever removes those rows, and the journey is the cohort's.
alter table journey_entries drop constraint journey_entries_journey_id_fkey;
alter table journey_entries drop constraint journey_entries_contact_id_fkey;
alter table deliveries drop constraint deliveries_contact_id_fkey;
