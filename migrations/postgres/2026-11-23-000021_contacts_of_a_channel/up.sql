-- One contact has this key: a planner that is not told so goes through the whole account for each of those whom a search
-- has found.
drop index contacts_channel;
create unique index contacts_channel on contacts (channel_id, id);
