-- What a person says of themselves, to fill forms with. What a register says is asked of it each time.
create table profile_field (
  person text not null,
  field text not null,
  value text not null,
  at bigint not null,
  primary key (person, field)
);
-- A form that was answered; without a name `person` is null. The answers lie sealed until they are fetched, once.
create table filling (
  id text primary key,
  person text,
  client text not null,
  form text not null,
  fields text not null,
  at bigint not null,
  expires_at bigint not null,
  answers bytea
);
create index filling_of_person on filling (person, at);
create index filling_end on filling (expires_at);
