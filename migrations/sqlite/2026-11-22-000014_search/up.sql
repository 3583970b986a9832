-- Searching a million contacts in milliseconds. Names by every three letters that stand beside each
-- other and what is left at their end, so that one, two and three letters find them; identities by
-- how they begin, by what stands behind their @, and by their last three letters (a `$` behind them).
drop trigger contact_grams_insert;
drop trigger contact_grams_update;
drop trigger contact_grams_delete;
delete from contact_grams;
create trigger contact_grams_insert after insert on contacts begin
  insert or ignore into contact_grams (gram, contact_id)
  select distinct substr(lower(new.name), position, 3), new.id from name_positions where position <= length(new.name);
  insert or ignore into contact_grams (gram, contact_id) values
    (substr(lower(new.identity), 1, 3), new.id),
    (substr(lower(new.identity), instr(new.identity, '@') + 1, 3), new.id),
    (substr(lower(new.identity), -3) || '$', new.id);
end;
create trigger contact_grams_delete after delete on contacts begin
  delete from contact_grams where contact_id = old.id and gram in (
    select substr(lower(old.name), position, 3) from name_positions where position <= length(old.name)
    union all values (substr(lower(old.identity), 1, 3)), (substr(lower(old.identity), instr(old.identity, '@') + 1, 3)),
      (substr(lower(old.identity), -3) || '$'));
end;
create trigger contact_grams_update after update of name, identity on contacts
when new.name <> old.name or new.identity <> old.identity begin
  delete from contact_grams where contact_id = old.id and gram in (
    select substr(lower(old.name), position, 3) from name_positions where position <= length(old.name)
    union all values (substr(lower(old.identity), 1, 3)), (substr(lower(old.identity), instr(old.identity, '@') + 1, 3)),
      (substr(lower(old.identity), -3) || '$'));
  insert or ignore into contact_grams (gram, contact_id)
  select distinct substr(lower(new.name), position, 3), new.id from name_positions where position <= length(new.name);
  insert or ignore into contact_grams (gram, contact_id) values
    (substr(lower(new.identity), 1, 3), new.id),
    (substr(lower(new.identity), instr(new.identity, '@') + 1, 3), new.id),
    (substr(lower(new.identity), -3) || '$', new.id);
end;
insert or ignore into contact_grams (gram, contact_id)
select substr(lower(name), position, 3), id from contacts join name_positions on position <= length(name)
union all select substr(lower(identity), 1, 3), id from contacts
union all select substr(lower(identity), instr(identity, '@') + 1, 3), id from contacts
union all select substr(lower(identity), -3) || '$', id from contacts;
-- How many contacts each account has; on PostgreSQL in parts, so that two who add people do not wait for
-- each other.
create table contact_totals (
  id text not null primary key,
  channel_id text not null references channels (id) on delete cascade,
  contacts bigint not null
);
create index contact_totals_channel on contact_totals (channel_id);
create trigger contact_totals_insert after insert on contacts begin
  insert into contact_totals (id, channel_id, contacts) values (new.channel_id, new.channel_id, 1)
  on conflict (id) do update set contacts = contacts + 1;
end;
create trigger contact_totals_delete after delete on contacts begin
  update contact_totals set contacts = contacts - 1 where id = old.channel_id;
end;
insert into contact_totals (id, channel_id, contacts) select channel_id, channel_id, count(*) from contacts group by channel_id;
-- What a dispatch's page counts: reasons, without reading those who were sent to.
create index deliveries_missed on deliveries (dispatch_id, missed, reason) where missed <> '';
create index audit_at on audit (at, id);
