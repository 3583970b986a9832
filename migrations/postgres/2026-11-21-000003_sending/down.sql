drop table sandbox_messages;
drop table sandbox_keys;
drop table inbound_events;
drop table channel_health;
drop table deliveries;
drop table batches;
drop table slices;
drop table dispatches;
