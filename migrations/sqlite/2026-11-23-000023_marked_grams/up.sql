-- One or two letters are looked for among names only, and every identity had three like theirs: a search for a
-- `u` went through everybody on LINE. What identities begin with has char(2) before it, what they end with char(3).
drop trigger contact_grams_insert;
drop trigger contact_grams_update;
drop trigger contact_grams_delete;
delete from contact_grams;
create trigger contact_grams_insert after insert on contacts begin
  insert or ignore into contact_grams (gram, contact_id)
  select distinct substr(lower(new.name), position, 3), new.id from name_positions where position <= length(new.name);
  insert or ignore into contact_grams (gram, contact_id) values
    (char(2) || substr(lower(new.identity), 1, 3), new.id),
    (char(2) || substr(lower(new.identity), instr(new.identity, '@') + 1, 3), new.id),
    (char(3) || substr(lower(new.identity), -3), new.id);
end;
create trigger contact_grams_delete after delete on contacts begin
  delete from contact_grams where contact_id = old.id and gram in (
    select substr(lower(old.name), position, 3) from name_positions where position <= length(old.name)
    union all values (char(2) || substr(lower(old.identity), 1, 3)), (char(2) || substr(lower(old.identity), instr(old.identity, '@') + 1, 3)),
      (char(3) || substr(lower(old.identity), -3)));
end;
create trigger contact_grams_update after update of name, identity on contacts
when new.name <> old.name or new.identity <> old.identity begin
  delete from contact_grams where contact_id = old.id and gram in (
    select substr(lower(old.name), position, 3) from name_positions where position <= length(old.name)
    union all values (char(2) || substr(lower(old.identity), 1, 3)), (char(2) || substr(lower(old.identity), instr(old.identity, '@') + 1, 3)),
      (char(3) || substr(lower(old.identity), -3)));
  insert or ignore into contact_grams (gram, contact_id)
  select distinct substr(lower(new.name), position, 3), new.id from name_positions where position <= length(new.name);
  insert or ignore into contact_grams (gram, contact_id) values
    (char(2) || substr(lower(new.identity), 1, 3), new.id),
    (char(2) || substr(lower(new.identity), instr(new.identity, '@') + 1, 3), new.id),
    (char(3) || substr(lower(new.identity), -3), new.id);
end;
insert or ignore into contact_grams (gram, contact_id)
select substr(lower(name), position, 3), id from contacts join name_positions on position <= length(name)
union all select char(2) || substr(lower(identity), 1, 3), id from contacts
union all select char(2) || substr(lower(identity), instr(identity, '@') + 1, 3), id from contacts
union all select char(3) || substr(lower(identity), -3), id from contacts;
