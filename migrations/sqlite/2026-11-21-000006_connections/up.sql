create table channel_connections (
  channel_id text not null primary key references channels (id) on delete cascade,
  settings text not null,
  sealed blob not null,
  changed_at timestamp not null
);
