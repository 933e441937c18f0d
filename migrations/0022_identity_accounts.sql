-- Two accounts of one person become one: the other is an alias of the one that is kept. `moved` says what went
-- over, so that it can be undone exactly.
alter table person add column merged_into text;
create index person_alias on person (merged_into);
create table duplicate (
  id text primary key,
  first text not null references person (id),
  second text not null references person (id),
  state text not null check (state in ('open', 'apart', 'merged', 'undone')),
  found_by text not null,
  found_at bigint not null,
  kept text,
  decided_by text,
  decided_at bigint,
  reason text not null default '',
  moved text,
  undo_until bigint,
  unique (first, second)
);
-- An account that its person closes: at that moment it is closed for good.
alter table person add column closing_at bigint;
alter table person add column closed_at bigint;
create index person_closing on person (closing_at);
-- Ten words on paper for whoever has lost every passkey.
create table recovery_code (
  hash bytea primary key,
  person text not null references person (id),
  used_at bigint
);
create index recovery_code_of_person on recovery_code (person);
-- An invitation that counts only from some time on: a way back into an account that its person can stop.
alter table invitation add column ready_at bigint not null default 0;
create index invitation_of_person on invitation (person);
