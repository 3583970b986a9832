drop table packs;
delete from settings where name = 'dispatch.packs';
