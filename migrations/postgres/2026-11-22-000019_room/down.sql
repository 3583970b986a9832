alter table journey_entries set (fillfactor = 60);
alter table deliveries set (fillfactor = 60);
