create table people (
  id text not null primary key,
  email text not null unique,
  name text not null,
  password_hash text not null,
  language text,
  theme text not null,
  active boolean not null,
  created_at timestamp not null,
  last_seen_at timestamp,
  version bigint not null
);
create table people_roles (
  person_id text not null references people (id) on delete cascade,
  role text not null,
  primary key (person_id, role)
);
create table sessions (
  id text not null primary key,
  person_id text references people (id) on delete cascade,
  state text not null,
  expires_at timestamp not null
);
create index sessions_person on sessions (person_id);
create index sessions_expiry on sessions (expires_at);
create table sign_in_failures (
  id text not null primary key,
  email text not null,
  address text not null,
  at timestamp not null
);
create index sign_in_failures_email on sign_in_failures (email, at);
create index sign_in_failures_address on sign_in_failures (address, at);
create table once_tokens (
  token text not null primary key,
  person_id text not null,
  location text not null,
  spent_at timestamp not null
);
create table kept_forms (
  id text not null primary key,
  path text not null,
  body text not null,
  expires_at timestamp not null
);
create table audit (
  id text not null primary key,
  at timestamp not null,
  person_id text,
  person_name text not null,
  action text not null,
  noun text not null,
  object_id text not null,
  object_name text not null,
  detail text not null,
  request_id text
);
create index audit_object on audit (object_id, id);
create table settings (
  name text not null primary key,
  value text not null,
  changed_at timestamp not null
);
