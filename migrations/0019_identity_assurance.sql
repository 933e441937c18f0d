-- Who a person is, as it was checked: each check with who made it, when, and on what evidence. `document` is a
-- keyed hash of the document's number: two accounts of one person are found by it, and it is never shown.
create table identity_check (
  id text primary key,
  person text not null references person (id),
  level text not null check (level in ('self-declared', 'remote', 'in-person')),
  evidence text not null,
  document bytea,
  checked_by text not null,
  department text not null,
  at bigint not null
);
create index identity_check_of_person on identity_check (person);
create index identity_check_of_document on identity_check (document);
-- What an officer may do beside reading; given by another person.
create table duty (
  person text not null references person (id),
  duty text not null check (duty in ('counter', 'reviewer', 'operator')),
  given_by text not null references person (id),
  given_at bigint not null,
  primary key (person, duty)
);
