alter table imports alter column channel_id drop not null;
alter table imports add column kind text collate "C" not null default 'contacts';
alter table imports alter column kind drop default;
alter table imports add constraint imports_kind check ((kind = 'contacts') = (channel_id is not null));
