drop index contacts_channel;
create index contacts_channel on contacts (channel_id, id);
