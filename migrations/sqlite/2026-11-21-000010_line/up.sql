alter table channels add column vendor_id text;
create unique index channels_vendor on channels (kind, vendor_id) where vendor_id is not null;
alter table contacts add column follow_changed_at timestamp;
create table inbound_messages (
  channel_id text not null references channels (id),
  vendor_id text not null,
  inbound_id text,
  event_id text,
  unsent boolean not null,
  primary key (channel_id, vendor_id)
);
create table contact_names (
  id text not null primary key,
  contact_id text not null unique references contacts (id) on delete cascade,
  status text not null,
  attempts bigint not null,
  due_at timestamp not null,
  owner text,
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null
);
create index contact_names_due on contact_names (due_at) where status = 'waiting';
