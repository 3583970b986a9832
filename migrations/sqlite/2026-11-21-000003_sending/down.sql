drop table sandbox_messages;
drop table sandbox_keys;
drop table inbound_events;
drop table deliveries;
drop table batches;
drop table dispatches;
