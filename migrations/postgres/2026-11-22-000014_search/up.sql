-- Searching a million contacts in milliseconds. Names by every three letters that stand beside each
-- other and what is left at their end, so that one, two and three letters find them; identities by
-- how they begin, by what stands behind their @, and by their last three letters (a `$` behind them).
drop trigger contact_grams on contacts;
drop function keep_contact_grams();
drop function name_grams(text);
truncate contact_grams;
create function contact_grams_of(name text, identity text) returns setof text language sql immutable as $$
  select distinct substr(lower(name collate "C"), position, 3) from generate_series(1, least(length(name), 200)) position
  union select left(lower(identity collate "C"), 3)
  union select substr(lower(identity collate "C"), position('@' in identity) + 1, 3)
  union select right(lower(identity collate "C"), 3) || '$'
$$;
create function keep_contact_grams() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from contact_grams where contact_id = old.id and gram in (select contact_grams_of(old.name, old.identity));
  end if;
  if tg_op <> 'DELETE' then
    insert into contact_grams (gram, contact_id)
    select contact_grams_of(new.name, new.identity), new.id on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger contact_grams after insert or delete or update of name, identity on contacts
  for each row execute function keep_contact_grams();
insert into contact_grams (gram, contact_id) select contact_grams_of(name, identity), id from contacts;
-- How many contacts each account has; in parts, so that two who add people do not wait for each other.
create table contact_totals (
  id text collate "C" not null primary key,
  channel_id text collate "C" not null references channels (id) on delete cascade,
  contacts bigint not null
);
create index contact_totals_channel on contact_totals (channel_id);
create function keep_contact_totals() returns trigger language plpgsql as $$
begin
  insert into contact_totals (id, channel_id, contacts)
  select gen_random_uuid()::text, channel_id, case when tg_op = 'INSERT' then count(*) else -count(*) end
  from changed group by channel_id;
  return null;
end
$$;
create trigger contact_totals_insert after insert on contacts referencing new table as changed
  for each statement execute function keep_contact_totals();
create trigger contact_totals_delete after delete on contacts referencing old table as changed
  for each statement execute function keep_contact_totals();
insert into contact_totals (id, channel_id, contacts) select channel_id, channel_id, count(*) from contacts group by channel_id;
-- What a dispatch's page counts: reasons, without reading those who were sent to.
create index deliveries_missed on deliveries (dispatch_id, missed, reason) where missed <> '';
create index audit_at on audit (at, id);
