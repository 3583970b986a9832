drop index audit_at;
create index audit_at on audit (at, id);
