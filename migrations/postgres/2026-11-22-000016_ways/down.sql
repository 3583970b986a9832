-- What is gone can be read from journey_entries; nothing to bring back.
drop index contacts_channel;
