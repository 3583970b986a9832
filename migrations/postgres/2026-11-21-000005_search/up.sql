-- Names of contacts by every two letters that stand beside each other, and the last letter alone:
-- 王怡君 is found by 王怡, 怡君 and 君. Kept by the database itself, so that whoever writes a name
-- cannot forget it. The first 200 letters of a name count.
create table contact_grams (
  gram text collate "C" not null,
  contact_id text collate "C" not null,
  primary key (gram, contact_id)
);
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
