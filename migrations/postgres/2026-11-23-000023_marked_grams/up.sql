-- One or two letters are looked for among names only, and every identity had three like theirs: a search for a
-- `u` went through everybody on LINE. What identities begin with has chr(2) before it, what they end with chr(3).
create or replace function contact_grams_of(name text, identity text) returns setof text language sql immutable as $$
  select distinct substr(lower(name collate "C"), position, 3) from generate_series(1, least(length(name), 200)) position
  union select chr(2) || left(lower(identity collate "C"), 3)
  union select chr(2) || substr(lower(identity collate "C"), position('@' in identity) + 1, 3)
  union select chr(3) || right(lower(identity collate "C"), 3)
$$;
truncate contact_grams;
insert into contact_grams (gram, contact_id) select contact_grams_of(name, identity), id from contacts;
