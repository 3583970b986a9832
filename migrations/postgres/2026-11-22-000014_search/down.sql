drop index audit_at;
drop index deliveries_missed;
drop trigger contact_totals_delete on contacts;
drop trigger contact_totals_insert on contacts;
drop function keep_contact_totals();
drop table contact_totals;
drop trigger contact_grams on contacts;
drop function keep_contact_grams();
drop function contact_grams_of(text, text);
truncate contact_grams;
create function name_grams(name text) returns setof text language sql immutable as $$
  select distinct substr(lower(name collate "C"), position, 2) from generate_series(1, least(length(name), 200)) position
$$;
create function keep_contact_grams() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from contact_grams where contact_id = old.id and gram in (select name_grams(old.name));
  end if;
  if tg_op <> 'DELETE' then
    insert into contact_grams (gram, contact_id) select name_grams(new.name), new.id on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger contact_grams after insert or delete or update of name on contacts
  for each row execute function keep_contact_grams();
insert into contact_grams (gram, contact_id) select name_grams(name), id from contacts on conflict do nothing;
