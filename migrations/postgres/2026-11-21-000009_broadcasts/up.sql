create table broadcasts (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  channel_id text collate "C" not null references channels (id),
  who text collate "C" not null,
  filter text collate "C" not null,
  audience_id text collate "C" references audiences (id) on delete set null,
  audience_name text collate "C" not null,
  content text collate "C" not null,
  send_at timestamp,
  status text collate "C" not null,
  problem text collate "C",
  dispatch_id text collate "C" references dispatches (id),
  zone text collate "C" not null,
  as_of timestamp,
  reached text collate "C",
  expected bigint,
  expected_left_out bigint,
  created_at timestamp not null,
  created_by text collate "C" references people (id),
  confirmed_at timestamp,
  confirmed_by text collate "C" references people (id),
  started_at timestamp,
  ended_at timestamp,
  due_at timestamp not null,
  owner text collate "C",
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null,
  version bigint not null
);
create index broadcasts_due on broadcasts (due_at) where status = 'scheduled' or status = 'choosing';
create index broadcasts_started on broadcasts (started_at, id);
create index broadcasts_name on broadcasts (name, id);
create index broadcasts_audience on broadcasts (audience_id) where audience_id is not null;
create index broadcasts_dispatch on broadcasts (dispatch_id) where dispatch_id is not null;
create table broadcast_contacts (
  broadcast_id text collate "C" not null references broadcasts (id) on delete cascade,
  contact_id text collate "C" not null references contacts (id) on delete cascade,
  primary key (broadcast_id, contact_id)
);
create table broadcast_tags (
  broadcast_id text collate "C" not null references broadcasts (id) on delete cascade,
  tag_id text collate "C" not null references tags (id) on delete cascade,
  primary key (broadcast_id, tag_id)
);
create index contacts_person on contacts (channel_id, (coalesce(member_id, id)));
