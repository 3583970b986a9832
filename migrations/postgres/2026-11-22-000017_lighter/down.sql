alter table deliveries add constraint deliveries_contact_id_fkey foreign key (contact_id) references contacts (id);
alter table journey_entries add constraint journey_entries_contact_id_fkey foreign key (contact_id) references contacts (id);
alter table journey_entries add constraint journey_entries_journey_id_fkey foreign key (journey_id) references journeys (id);
