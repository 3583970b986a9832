drop trigger contact_grams on contacts;
drop function keep_contact_grams();
drop function name_grams(text);
drop table contact_grams;
