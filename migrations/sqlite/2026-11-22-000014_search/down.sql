drop index audit_at;
drop index deliveries_missed;
drop trigger contact_totals_delete;
drop trigger contact_totals_insert;
drop table contact_totals;
drop trigger contact_grams_insert;
drop trigger contact_grams_update;
drop trigger contact_grams_delete;
delete from contact_grams;
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
