drop table sandbox_phones;
