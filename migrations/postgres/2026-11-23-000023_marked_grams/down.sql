create or replace function contact_grams_of(name text, identity text) returns setof text language sql immutable as $$
  select distinct substr(lower(name collate "C"), position, 3) from generate_series(1, least(length(name), 200)) position
  union select left(lower(identity collate "C"), 3)
  union select substr(lower(identity collate "C"), position('@' in identity) + 1, 3)
  union select right(lower(identity collate "C"), 3) || '$'
$$;
truncate contact_grams;
insert into contact_grams (gram, contact_id) select contact_grams_of(name, identity), id from contacts;
