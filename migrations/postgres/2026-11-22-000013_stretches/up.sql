-- What is waiting to be sent is kept as a few stretches of ids instead of in each delivery's row, so that a
-- delivery is written twice in its life and no index changes while it is sent.
create table stretches (
  id text collate "C" not null primary key,
  dispatch_id text collate "C" not null references dispatches (id) on delete cascade,
  after_id text collate "C" not null,
  last_id text collate "C" not null
);
create index stretches_dispatch on stretches (dispatch_id, after_id);
create table dispatch_news (
  id text collate "C" not null primary key,
  dispatch_id text collate "C" not null references dispatches (id) on delete cascade,
  after_id text collate "C" not null,
  last_id text collate "C" not null
);
create index dispatch_news_dispatch on dispatch_news (dispatch_id);
alter table slices add column after_id text collate "C";
alter table slices add column last_id text collate "C";
drop index deliveries_dispatch;
drop index deliveries_due;
drop index deliveries_awaited;
alter table deliveries add column waits boolean not null default false;
alter table deliveries add column missed text collate "C" not null default '';
alter table deliveries add column receipt text collate "C";
insert into dispatch_news (id, dispatch_id, after_id, last_id)
select dispatch_id, dispatch_id, '', max(id) from deliveries
where awaited and state <> 'pending' and state <> 'claimed' group by dispatch_id;
alter table deliveries drop column awaited;
update deliveries set waits = true where state = 'pending';
update deliveries set state = 'pending' where state = 'claimed';
-- Calls with a key had rows of their own until now: who has none was not called, and is given back.
update deliveries set waits = true, slice_id = null where state = 'pending' and slice_id is not null and batch_id is null
and slice_id in (
  select s.id from slices s join channels c on c.id = s.channel_id where s.called_at is not null and c.kind = 'line'
);
update deliveries set missed = state where state in ('failed', 'left_out', 'cancelled', 'unknown');
update dispatches set pending = pending + claimed where claimed <> 0;
alter table dispatches drop column claimed;
create index deliveries_dispatch on deliveries (dispatch_id, missed, id);
create index deliveries_due on deliveries (dispatch_id, due_at, id) where waits;
drop index journey_entries_step;
create index journey_entries_step on journey_entries (step_id, cohort_id, state) where ended_at is null;
drop index events_member;
create index events_member on events (member_id, at) where member_id is not null;
-- Room on each page for the row that follows: an update that changes no index then writes none.
alter table deliveries set (fillfactor = 60);
alter table journey_entries set (fillfactor = 60);
