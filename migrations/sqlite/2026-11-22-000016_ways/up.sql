-- When somebody came into a journey and left it stands in journey_entries: no second row for either.
delete from events where kind in ('journey_entered', 'journey_left');
