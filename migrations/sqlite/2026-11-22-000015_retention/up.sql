-- What is too old is removed once a night; its figures are kept. First after a week, so that nobody is
-- surprised by an upgrade.
create table sweeps (
  id text not null primary key,
  due_at timestamp not null,
  owner text,
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null,
  finished_at timestamp,
  removed bigint not null
);
insert into sweeps (id, due_at, epoch, begun, removed)
values ('00000000-0000-7000-8000-000000000001', datetime('now', '+7 days'), 0, 0, 0);
alter table dispatches add column archived_at timestamp;
alter table dispatches add column emptied boolean not null default false;
create table dispatch_reasons (
  dispatch_id text not null references dispatches (id) on delete cascade,
  missed text not null,
  reason text not null,
  people bigint not null,
  primary key (dispatch_id, missed, reason)
);
create table journey_step_totals (
  step_id text not null,
  outcome text not null,
  people bigint not null,
  primary key (step_id, outcome)
);
