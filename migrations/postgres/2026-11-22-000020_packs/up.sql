-- People of one call are one row until it is known what became of the call: a message to everybody is out before
-- each person's own row is written.
create table packs (
  id text collate "C" not null primary key,
  dispatch_id text collate "C" not null references dispatches (id) on delete cascade,
  channel_id text collate "C" not null,
  delivery_ids text collate "C" not null,
  entry_ids text collate "C",
  first_contact text collate "C" not null,
  last_contact text collate "C" not null,
  people bigint not null,
  state text collate "C" not null,
  reason text collate "C",
  created_at timestamp not null,
  settled_at timestamp,
  hand text collate "C",
  owner text collate "C",
  lease_until timestamp,
  called_at timestamp,
  due_at timestamp,
  others text collate "C",
  contacts text collate "C" not null
);
-- A release that knows no packs may go on beside this one for a while: so long there are none.
insert into settings (name, value, changed_at) select 'dispatch.packs', 'a day later', now() at time zone 'utc'
where exists (select 1 from dispatches);
create index packs_dispatch on packs (dispatch_id, state, id);
create index packs_hand on packs (hand) where hand is not null;
-- Read once and gone within the minute: not worth the time that making it smaller takes.
alter table packs alter column contacts set storage external;
