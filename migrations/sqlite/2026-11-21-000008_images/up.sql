create table images (
  id text not null primary key,
  format text not null,
  width bigint not null,
  height bigint not null,
  sha256 text not null unique,
  created_at timestamp not null,
  created_by text,
  preview blob not null,
  content blob not null
);
