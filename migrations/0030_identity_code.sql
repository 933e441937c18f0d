-- The fallback below a passkey: a password (its Argon2id) with the code of an app (its secret sealed). `last_step`
-- is the step of the newest code that was used: no code counts twice. `wrong` counts codes that were wrong in a
-- row under the right password.
create table code_login (
  person text primary key references person (id),
  password text not null,
  secret bytea not null,
  last_step bigint not null,
  wrong bigint not null,
  confirmed boolean not null,
  created_at bigint not null
);
