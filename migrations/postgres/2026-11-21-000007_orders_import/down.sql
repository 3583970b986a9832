delete from imports where kind <> 'contacts';
alter table imports drop constraint imports_kind;
alter table imports drop column kind;
alter table imports alter column channel_id set not null;
