create table channel_connections (
  channel_id text collate "C" not null primary key references channels (id) on delete cascade,
  settings text collate "C" not null,
  sealed bytea not null,
  changed_at timestamp not null
);
