create table images (
  id text collate "C" not null primary key,
  format text collate "C" not null,
  width bigint not null,
  height bigint not null,
  sha256 text collate "C" not null unique,
  created_at timestamp not null,
  created_by text collate "C",
  preview bytea not null,
  content bytea not null
);
