create table journeys (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  channel_id text collate "C" not null references channels (id),
  trigger_kind text collate "C" not null,
  status text collate "C" not null,
  starts_at timestamp,
  ends_at timestamp,
  re_entry text collate "C" not null,
  re_entry_days bigint not null,
  live_version_id text collate "C",
  created_by text collate "C",
  created_at timestamp not null,
  updated_at timestamp not null,
  version bigint not null
);
create index journeys_channel on journeys (channel_id);
create table journey_versions (
  id text collate "C" not null primary key,
  journey_id text collate "C" not null references journeys (id) on delete cascade,
  number bigint not null,
  zone text collate "C" not null,
  published_at timestamp,
  unique (journey_id, number)
);
create table journey_steps (
  id text collate "C" not null primary key,
  version_id text collate "C" not null references journey_versions (id) on delete cascade,
  parent_id text collate "C",
  branch text collate "C" not null,
  position bigint not null,
  action text collate "C" not null
);
create index journey_steps_version on journey_steps (version_id);
create table journey_cohorts (
  id text collate "C" not null primary key,
  journey_id text collate "C" not null references journeys (id),
  version_id text collate "C" not null references journey_versions (id),
  cohort text collate "C" not null,
  complete boolean not null,
  entered bigint not null,
  finished bigint not null,
  created_at timestamp not null,
  closed_at timestamp,
  due_at timestamp,
  owner text collate "C",
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null,
  unique (version_id, cohort)
);
create index journey_cohorts_due on journey_cohorts (due_at) where closed_at is null;
create index journey_cohorts_journey on journey_cohorts (journey_id, cohort);
create table journey_entries (
  id text collate "C" not null primary key,
  journey_id text collate "C" not null references journeys (id),
  cohort_id text collate "C" not null references journey_cohorts (id),
  contact_id text collate "C" not null references contacts (id),
  task_id text collate "C",
  entered_at timestamp not null,
  state text collate "C" not null,
  step_id text collate "C",
  due_at timestamp,
  reason text collate "C",
  ended_at timestamp
);
create unique index journey_entries_inside on journey_entries (journey_id, contact_id) where ended_at is null;
create unique index journey_entries_task on journey_entries (task_id, contact_id) where task_id is not null;
create index journey_entries_person on journey_entries (contact_id, journey_id, entered_at);
create index journey_entries_due on journey_entries (cohort_id, due_at, id) where due_at is not null;
create index journey_entries_step on journey_entries (step_id, cohort_id) where ended_at is null;
create index journey_entries_list on journey_entries (journey_id, entered_at, id);
create table journey_passages (
  entry_id text collate "C" not null references journey_entries (id) on delete cascade,
  step_id text collate "C" not null,
  at timestamp not null,
  outcome text collate "C" not null,
  primary key (entry_id, step_id)
);
create index journey_passages_step on journey_passages (step_id, outcome);
create table schedules (
  id text collate "C" not null primary key,
  name text collate "C" not null,
  journey_id text collate "C" not null references journeys (id),
  audience_id text collate "C" not null references audiences (id),
  frequency text collate "C" not null,
  every bigint not null,
  starts_on text collate "C" not null,
  ends_on text collate "C",
  at_time text collate "C" not null,
  zone text collate "C" not null,
  status text collate "C" not null,
  next_at timestamp,
  remaining bigint not null,
  total bigint not null,
  created_by text collate "C",
  created_at timestamp not null,
  updated_at timestamp not null,
  version bigint not null
);
create index schedules_status on schedules (status, id);
create index schedules_next on schedules (next_at, id);
create index schedules_journey on schedules (journey_id);
create index schedules_audience on schedules (audience_id);
create table schedule_tasks (
  id text collate "C" not null primary key,
  schedule_id text collate "C" not null references schedules (id),
  due_at timestamp not null,
  zone text collate "C" not null,
  journey_id text collate "C" not null,
  audience_id text collate "C" not null,
  status text collate "C" not null,
  reason text collate "C",
  detail text collate "C",
  as_of timestamp,
  reached text collate "C",
  entered bigint not null,
  left_out bigint not null,
  owner text collate "C",
  epoch bigint not null,
  lease_until timestamp,
  begun bigint not null,
  started_at timestamp,
  finished_at timestamp,
  unique (schedule_id, due_at)
);
create index schedule_tasks_due on schedule_tasks (due_at) where status = 'waiting' or status = 'running';
create index schedule_tasks_status on schedule_tasks (schedule_id, status, due_at);
create index schedule_tasks_ended on schedule_tasks (finished_at) where status = 'done' or status = 'failed' or status = 'skipped';
create table schedule_task_left_out (
  task_id text collate "C" not null references schedule_tasks (id) on delete cascade,
  reason text collate "C" not null,
  people bigint not null,
  primary key (task_id, reason)
);
