-- Names of contacts by every two letters that stand beside each other, and the last letter alone:
-- 王怡君 is found by 王怡, 怡君 and 君. Kept by the database itself, so that whoever writes a name
-- cannot forget it. The first 200 letters of a name count.
create table contact_grams (
  gram text not null,
  contact_id text not null,
  primary key (gram, contact_id)
) without rowid;
create view name_positions as
  select a.value * 10 + b.value + 1 as position
  from json_each('[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]') a, json_each('[0,1,2,3,4,5,6,7,8,9]') b;
create trigger contact_grams_insert after insert on contacts begin
  insert or ignore into contact_grams (gram, contact_id)
  select distinct substr(lower(new.name), position, 2), new.id from name_positions where position <= length(new.name);
end;
create trigger contact_grams_update after update of name on contacts when new.name <> old.name begin
  delete from contact_grams where contact_id = old.id and gram in
    (select substr(lower(old.name), position, 2) from name_positions where position <= length(old.name));
  insert or ignore into contact_grams (gram, contact_id)
  select distinct substr(lower(new.name), position, 2), new.id from name_positions where position <= length(new.name);
end;
create trigger contact_grams_delete after delete on contacts begin
  delete from contact_grams where contact_id = old.id and gram in
    (select substr(lower(old.name), position, 2) from name_positions where position <= length(old.name));
end;
insert or ignore into contact_grams (gram, contact_id)
select distinct substr(lower(name), position, 2), id from contacts join name_positions on position <= length(name);
