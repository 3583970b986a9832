alter table channels add column vendor_id text collate "C";
create unique index channels_vendor on channels (kind, vendor_id) where vendor_id is not null;
alter table contacts add column follow_changed_at timestamp;
create table inbound_messages (
  channel_id text collate "C" not null references channels (id),
  vendor_id text collate "C" not null,
  inbound_id text collate "C",
  event_id text collate "C",
  unsent boolean not null,
  primary key (channel_id, vendor_id)
);
create table contact_names (
  id text collate "C" not null primary key,
  contact_id text collate "C" not null unique references contacts (id) on delete cascade,
  status text collate "C" not null,
  attempts bigint not null,
  due_at timestamp not null,
  owner text collate "C",
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null
);
create index contact_names_due on contact_names (due_at) where status = 'waiting';
