drop table packs;
