create table dispatches (
  id text collate "C" not null primary key,
  channel_id text collate "C" not null references channels (id),
  name text collate "C" not null,
  origin text collate "C" not null,
  origin_id text collate "C" not null,
  origin_step text collate "C" not null,
  cohort text collate "C" not null,
  content text collate "C" not null,
  status text collate "C" not null,
  accepting boolean not null,
  paused_by text collate "C",
  pause_reason text collate "C",
  pause_detail text collate "C",
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
  id text collate "C" not null primary key,
  dispatch_id text collate "C" not null references dispatches (id) on delete cascade,
  channel_id text collate "C" not null,
  called_at timestamp,
  due_at timestamp not null,
  owner text collate "C",
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null
);
create index slices_dispatch on slices (dispatch_id);
create table batches (
  id text collate "C" not null primary key,
  dispatch_id text collate "C" not null references dispatches (id) on delete cascade,
  slice_id text collate "C",
  retry_key text collate "C" not null,
  payload text collate "C",
  people bigint not null,
  first_called_at timestamp not null,
  calls bigint not null,
  answer text collate "C",
  answer_detail text collate "C",
  vendor_request_id text collate "C"
);
create index batches_dispatch on batches (dispatch_id);
create index batches_slice on batches (slice_id) where slice_id is not null;
create table deliveries (
  id text collate "C" not null primary key,
  dispatch_id text collate "C" not null references dispatches (id) on delete cascade,
  channel_id text collate "C" not null,
  contact_id text collate "C" not null references contacts (id),
  member_id text collate "C",
  entry_id text collate "C",
  awaited boolean not null,
  state text collate "C" not null,
  reason text collate "C",
  detail text collate "C",
  parts_sent bigint not null,
  attempts bigint not null,
  begun bigint not null,
  due_at timestamp not null,
  slice_id text collate "C",
  batch_id text collate "C",
  vendor_id text collate "C",
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
  channel_id text collate "C" not null primary key references channels (id),
  failing bigint not null,
  open_until timestamp
);
create table inbound_events (
  id text collate "C" not null primary key,
  channel_id text collate "C" not null references channels (id),
  vendor_event_id text collate "C" not null,
  body text collate "C" not null,
  status text collate "C" not null,
  problem text collate "C",
  received_at timestamp not null,
  due_at timestamp not null,
  owner text collate "C",
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null,
  unique (channel_id, vendor_event_id)
);
create index inbound_events_due on inbound_events (due_at) where status = 'waiting';
create table sandbox_keys (
  channel_id text collate "C" not null references channels (id),
  retry_key text collate "C" not null,
  request_id text collate "C" not null,
  accepted_at timestamp not null,
  primary key (channel_id, retry_key)
);
create table sandbox_messages (
  id text collate "C" not null primary key,
  channel_id text collate "C" not null references channels (id),
  identity text collate "C" not null,
  direction text collate "C" not null,
  body text collate "C" not null,
  reference text collate "C",
  at timestamp not null,
  delivered_at timestamp,
  read_at timestamp
);
create index sandbox_messages_person on sandbox_messages (channel_id, identity, direction, at, id);
