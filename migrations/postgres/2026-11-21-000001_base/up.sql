create table people (
  id text collate "C" not null primary key,
  email text collate "C" not null unique,
  name text collate "C" not null,
  password_hash text collate "C" not null,
  language text collate "C",
  theme text collate "C" not null,
  active boolean not null,
  created_at timestamp not null,
  last_seen_at timestamp,
  version bigint not null
);
create table people_roles (
  person_id text collate "C" not null references people (id) on delete cascade,
  role text collate "C" not null,
  primary key (person_id, role)
);
create table sessions (
  id text collate "C" not null primary key,
  person_id text collate "C" references people (id) on delete cascade,
  state text collate "C" not null,
  expires_at timestamp not null
);
create index sessions_person on sessions (person_id);
create index sessions_expiry on sessions (expires_at);
create table sign_in_failures (
  id text collate "C" not null primary key,
  email text collate "C" not null,
  address text collate "C" not null,
  at timestamp not null
);
create index sign_in_failures_email on sign_in_failures (email, at);
create index sign_in_failures_address on sign_in_failures (address, at);
create table once_tokens (
  token text collate "C" not null primary key,
  person_id text collate "C" not null,
  location text collate "C" not null,
  spent_at timestamp not null
);
create table kept_forms (
  id text collate "C" not null primary key,
  path text collate "C" not null,
  body text collate "C" not null,
  expires_at timestamp not null
);
create table audit (
  id text collate "C" not null primary key,
  at timestamp not null,
  person_id text collate "C",
  person_name text collate "C" not null,
  action text collate "C" not null,
  noun text collate "C" not null,
  object_id text collate "C" not null,
  object_name text collate "C" not null,
  detail text collate "C" not null,
  request_id text collate "C"
);
create index audit_object on audit (object_id, id);
create table settings (
  name text collate "C" not null primary key,
  value text collate "C" not null,
  changed_at timestamp not null
);
