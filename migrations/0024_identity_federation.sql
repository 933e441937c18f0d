-- A sign-in that another provider was asked for: found by its state, once; what proves the answer is sealed.
create table federation_try (
  hash bytea primary key,
  provider text not null,
  browser bytea not null,
  session text,
  body bytea not null,
  expires_at bigint not null
);
create index federation_try_end on federation_try (expires_at);
-- Whom another provider knows under which name: `subject` is a hash of the name that it gave us alone.
create table federation_link (
  id text primary key,
  provider text not null,
  subject bytea not null,
  person text not null references person (id),
  level text not null,
  linked_at bigint not null,
  ended_at bigint
);
create unique index federation_link_one on federation_link (provider, subject) where ended_at is null;
create index federation_link_of on federation_link (person);
-- The ways of signing in grow; the program says which there are.
create table session_next (
  id text primary key,
  hash bytea not null unique,
  person text not null references person (id),
  method text not null,
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null,
  device text not null default ''
);
insert into session_next (id, hash, person, method, created_at, seen_at, expires_at, device)
  select id, hash, person, method, created_at, seen_at, expires_at, device from session;
drop table session;
alter table session_next rename to session;
create index session_of_person on session (person);
create index session_end on session (seen_at);
