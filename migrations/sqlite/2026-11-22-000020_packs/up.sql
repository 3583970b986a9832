-- People of one call are one row until it is known what became of the call: a message to everybody is out before
-- each person's own row is written.
create table packs (
  id text not null primary key,
  dispatch_id text not null references dispatches (id) on delete cascade,
  channel_id text not null,
  delivery_ids text not null,
  entry_ids text,
  first_contact text not null,
  last_contact text not null,
  people bigint not null,
  state text not null,
  reason text,
  created_at timestamp not null,
  settled_at timestamp,
  hand text,
  owner text,
  lease_until timestamp,
  called_at timestamp,
  due_at timestamp,
  others text,
  contacts text not null
);
create index packs_dispatch on packs (dispatch_id, state, id);
create index packs_hand on packs (hand) where hand is not null;
