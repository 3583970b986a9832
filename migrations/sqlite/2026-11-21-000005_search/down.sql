drop trigger contact_grams_delete;
drop trigger contact_grams_update;
drop trigger contact_grams_insert;
drop view name_positions;
drop table contact_grams;
