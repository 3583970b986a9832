create table dispatches (
  id text not null primary key,
  channel_id text not null references channels (id),
  name text not null,
  origin text not null,
  origin_id text not null,
  origin_step text not null,
  cohort text not null,
  content text not null,
  status text not null,
  accepting boolean not null,
  paused_by text,
  pause_reason text,
  pause_detail text,
  people bigint not null,
  pending bigint not null,
  claimed bigint not null,
  sent bigint not null,
  failed bigint not null,
  left_out bigint not null,
  cancelled bigint not null,
  unknown bigint not null,
  delivered bigint not null,
  read bigint not null,
  bounced bigint not null,
  created_at timestamp not null,
  started_at timestamp,
  finished_at timestamp,
  last_cut_at timestamp,
  version bigint not null,
  unique (origin, origin_id, origin_step, cohort)
);
create index dispatches_channel on dispatches (channel_id, status);
create index dispatches_cohort on dispatches (cohort);
create index dispatches_running on dispatches (last_cut_at) where status = 'sending';
create table slices (
  id text not null primary key,
  dispatch_id text not null references dispatches (id) on delete cascade,
  channel_id text not null,
  called_at timestamp,
  due_at timestamp not null,
  owner text,
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null
);
create index slices_dispatch on slices (dispatch_id);
create table batches (
  id text not null primary key,
  dispatch_id text not null references dispatches (id) on delete cascade,
  slice_id text,
  retry_key text not null,
  payload text,
  people bigint not null,
  first_called_at timestamp not null,
  calls bigint not null,
  answer text,
  answer_detail text,
  vendor_request_id text
);
create index batches_dispatch on batches (dispatch_id);
create index batches_slice on batches (slice_id) where slice_id is not null;
create table deliveries (
  id text not null primary key,
  dispatch_id text not null references dispatches (id) on delete cascade,
  channel_id text not null,
  contact_id text not null references contacts (id),
  member_id text,
  entry_id text,
  awaited boolean not null,
  state text not null,
  reason text,
  detail text,
  parts_sent bigint not null,
  attempts bigint not null,
  begun bigint not null,
  due_at timestamp not null,
  slice_id text,
  batch_id text,
  vendor_id text,
  created_at timestamp not null,
  sent_at timestamp,
  settled_at timestamp,
  delivered_at timestamp,
  read_at timestamp,
  bounced_at timestamp
);
create unique index deliveries_entry on deliveries (dispatch_id, entry_id) where entry_id is not null;
create unique index deliveries_person on deliveries (dispatch_id, contact_id) where entry_id is null;
create index deliveries_dispatch on deliveries (dispatch_id, state, id);
create index deliveries_contact on deliveries (contact_id, id);
create index deliveries_due on deliveries (dispatch_id, due_at, id) where state = 'pending';
create index deliveries_slice on deliveries (slice_id) where slice_id is not null;
create index deliveries_awaited on deliveries (id) where awaited and state <> 'pending' and state <> 'claimed';
create index deliveries_vendor on deliveries (channel_id, vendor_id) where vendor_id is not null;
create table channel_health (
  channel_id text not null primary key references channels (id),
  failing bigint not null,
  open_until timestamp
);
create table inbound_events (
  id text not null primary key,
  channel_id text not null references channels (id),
  vendor_event_id text not null,
  body text not null,
  status text not null,
  problem text,
  received_at timestamp not null,
  due_at timestamp not null,
  owner text,
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null,
  unique (channel_id, vendor_event_id)
);
create index inbound_events_due on inbound_events (due_at) where status = 'waiting';
create table sandbox_keys (
  channel_id text not null references channels (id),
  retry_key text not null,
  request_id text not null,
  accepted_at timestamp not null,
  primary key (channel_id, retry_key)
);
create table sandbox_messages (
  id text not null primary key,
  channel_id text not null references channels (id),
  identity text not null,
  direction text not null,
  body text not null,
  reference text,
  at timestamp not null,
  delivered_at timestamp,
  read_at timestamp
);
create index sandbox_messages_person on sandbox_messages (channel_id, identity, direction, at, id);
