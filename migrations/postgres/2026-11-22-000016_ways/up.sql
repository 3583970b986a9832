-- When somebody came into a journey and left it stands in journey_entries: no second row for either.
delete from events where kind in ('journey_entered', 'journey_left');
-- An account's people, a slice at a time: without it each slice went through all of them.
create index contacts_channel on contacts (channel_id, id);
