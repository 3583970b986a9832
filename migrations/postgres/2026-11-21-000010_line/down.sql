drop table contact_names;
drop table inbound_messages;
alter table contacts drop column follow_changed_at;
drop index channels_vendor;
alter table channels drop column vendor_id;
