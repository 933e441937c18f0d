-- Who may register clients, and for which organisation; and who may approve what others registered.
create table client_role (
  person text not null references person (id),
  role text not null check (role in ('creator', 'approver')),
  organisation text not null,
  created_at bigint not null,
  primary key (person, role)
);
-- A client that a creator wants registered or changed: it counts once another person has approved it.
create table registration (
  id text primary key,
  client text not null,
  organisation text not null,
  asked text not null,
  state text not null check (state in ('waiting', 'approved', 'refused', 'withdrawn')),
  asked_by text not null references person (id),
  asked_at bigint not null,
  decided_by text references person (id),
  decided_at bigint,
  reason text not null
);
create index registration_of_client on registration (client, state);
create index registration_of_organisation on registration (organisation);
-- What a creator's program brings to register clients in the creator's name.
create table registration_token (
  hash bytea primary key,
  person text not null references person (id),
  expires_at bigint not null
);
alter table client add column organisation text;
-- When the keys were last read from the client's own address.
alter table client add column keys_at bigint;
