-- What each person's phone of the sandbox received: their list begins with who received something last,
-- and must not look at every message for that.
create table sandbox_phones (
  contact_id text collate "C" not null primary key references contacts (id),
  received bigint not null,
  last_at timestamp not null,
  last_id text collate "C" not null references sandbox_messages (id)
);
create index sandbox_phones_last on sandbox_phones (last_at, contact_id);
insert into sandbox_phones (contact_id, received, last_at, last_id)
select c.id, count(*), max(m.at), (
  select n.id from sandbox_messages n
  where n.channel_id = c.channel_id and n.identity = c.identity and n.direction = 'out'
  order by n.at desc, n.id desc limit 1
)
from sandbox_messages m join contacts c on c.channel_id = m.channel_id and c.identity = m.identity
where m.direction = 'out'
group by c.id, c.channel_id, c.identity;
