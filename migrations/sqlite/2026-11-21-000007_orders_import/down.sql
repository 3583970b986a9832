delete from imports where kind <> 'contacts';
create table import_bad_rows_aside as select * from import_bad_rows;
drop table import_bad_rows;
create table imports_anew (
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
insert into imports_anew
select id, channel_id, person_id, file_name, encoding, content, mapping, status, problem, total, done, created,
  updated, bad, due_at, owner, epoch, lease_until, begun, created_at, finished_at
from imports;
drop table imports;
alter table imports_anew rename to imports;
create index imports_due on imports (due_at) where status = 'running';
create table import_bad_rows (
  import_id text not null references imports (id) on delete cascade,
  row_number bigint not null,
  fields text not null,
  reason text not null,
  primary key (import_id, row_number)
);
insert into import_bad_rows select * from import_bad_rows_aside;
drop table import_bad_rows_aside;
