alter table journey_entries reset (fillfactor);
alter table deliveries reset (fillfactor);
drop index journey_entries_step;
create index journey_entries_step on journey_entries (step_id, cohort_id) where ended_at is null;
drop index events_member;
create index events_member on events (member_id, at);
drop index deliveries_due;
drop index deliveries_dispatch;
alter table dispatches add column claimed bigint not null default 0;
alter table deliveries add column awaited boolean not null default false;
-- A slice that goes over a stretch names its deliveries again.
update deliveries set state = 'claimed', slice_id = (
  select s.id from slices s where s.dispatch_id = deliveries.dispatch_id and deliveries.id > s.after_id and deliveries.id <= s.last_id
) where state = 'pending' and not waits and slice_id is null and exists (
  select 1 from slices s where s.dispatch_id = deliveries.dispatch_id and deliveries.id > s.after_id and deliveries.id <= s.last_id
);
update deliveries set state = 'claimed' where state = 'pending' and slice_id is not null;
update deliveries set awaited = true where entry_id is not null and (state in ('pending', 'claimed') or exists (
  select 1 from dispatch_news n where n.dispatch_id = deliveries.dispatch_id and deliveries.id > n.after_id and deliveries.id <= n.last_id
));
update dispatches set claimed = (select count(*) from deliveries d where d.dispatch_id = dispatches.id and d.state = 'claimed');
update dispatches set pending = pending - claimed where claimed <> 0;
alter table deliveries drop column receipt;
alter table deliveries drop column missed;
alter table deliveries drop column waits;
alter table slices drop column last_id;
alter table slices drop column after_id;
drop table dispatch_news;
drop table stretches;
create index deliveries_dispatch on deliveries (dispatch_id, state, id);
create index deliveries_due on deliveries (dispatch_id, due_at, id) where state = 'pending';
create index deliveries_awaited on deliveries (id) where awaited and state <> 'pending' and state <> 'claimed';
