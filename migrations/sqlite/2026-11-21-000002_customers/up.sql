create table channels (
  id text not null primary key,
  kind text not null,
  connector text not null,
  name text not null,
  status text not null,
  trouble text,
  rate_per_second bigint not null,
  rate_reserved_until timestamp,
  failure_share double precision not null,
  secrets blob,
  created_at timestamp not null,
  version bigint not null
);
create table members (
  id text not null primary key,
  number text not null unique,
  name text not null,
  gender text,
  birthday text,
  birth_month bigint,
  city text,
  phone text,
  email text,
  salesperson_id text references people (id) on delete set null,
  order_count bigint not null,
  total_spent bigint not null,
  first_order_at timestamp,
  last_order_at timestamp,
  created_at timestamp not null,
  version bigint not null
);
create index members_salesperson on members (salesperson_id);
create index members_phone on members (phone);
create index members_email on members (email);
create table contacts (
  id text not null primary key,
  channel_id text not null references channels (id),
  identity text not null,
  member_id text references members (id) on delete set null,
  name text not null,
  last_known_name text,
  consent text not null,
  consent_at timestamp,
  consent_source text,
  subscribed_at timestamp not null,
  last_interaction_at timestamp,
  last_inbound_at timestamp,
  unreachable text,
  source text not null,
  created_at timestamp not null,
  version bigint not null,
  unique (channel_id, identity)
);
create index contacts_member on contacts (member_id);
create index contacts_subscribed on contacts (channel_id, subscribed_at, id);
create index contacts_interaction on contacts (channel_id, last_interaction_at, id);
create index contacts_name on contacts (channel_id, name, id);
create table tags (
  id text not null primary key,
  name text not null unique,
  created_at timestamp not null
);
create table contact_tags (
  contact_id text not null references contacts (id) on delete cascade,
  tag_id text not null references tags (id) on delete cascade,
  at timestamp not null,
  primary key (contact_id, tag_id)
);
create index contact_tags_tag on contact_tags (tag_id, contact_id);
create table consents (
  id text not null primary key,
  contact_id text not null references contacts (id) on delete cascade,
  state text not null,
  at timestamp not null,
  source text not null
);
create index consents_contact on consents (contact_id, at);
create table orders (
  id text not null primary key,
  member_id text not null references members (id) on delete cascade,
  number text not null unique,
  placed_at timestamp not null,
  total bigint not null,
  currency text not null,
  status text not null
);
create index orders_member on orders (member_id, placed_at);
create table events (
  id text not null primary key,
  at timestamp not null,
  kind text not null,
  contact_id text,
  member_id text,
  data text not null
);
create index events_contact on events (contact_id, at);
create index events_member on events (member_id, at);
create table audiences (
  id text not null primary key,
  name text not null,
  description text not null,
  kind text,
  rule text not null,
  created_by text,
  created_at timestamp not null,
  updated_at timestamp not null,
  version bigint not null
);
create table imports (
  id text not null primary key,
  channel_id text not null references channels (id),
  person_id text,
  file_name text not null,
  encoding text not null,
  content blob not null,
  mapping text not null,
  status text not null,
  problem text,
  total bigint not null,
  done bigint not null,
  created bigint not null,
  updated bigint not null,
  bad bigint not null,
  due_at timestamp not null,
  owner text,
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null,
  created_at timestamp not null,
  finished_at timestamp
);
create index imports_due on imports (due_at) where status = 'running';
create table import_bad_rows (
  import_id text not null references imports (id) on delete cascade,
  row_number bigint not null,
  fields text not null,
  reason text not null,
  primary key (import_id, row_number)
);
