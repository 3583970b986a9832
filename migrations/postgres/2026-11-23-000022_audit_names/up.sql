-- A search reads every line's names: here, beside each other, and not one by one in the table.
drop index audit_at;
create index audit_at on audit (at, id, noun, person_name, object_name);
