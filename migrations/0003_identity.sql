-- People, companies, and who may act for whom.
create table person (
  id text primary key,
  handle text not null unique,
  name_en text not null,
  name_tc text not null,
  name_sc text not null,
  hkid text unique,
  made_up boolean not null,
  created_at bigint not null
);
create table company (
  id text primary key,
  brn text not null unique,
  name_en text not null,
  name_tc text not null,
  name_sc text not null,
  made_up boolean not null,
  created_at bigint not null
);
-- `needs` holders must agree; a mandate that a person gave another names the giver in `delegated_by`.
create table mandate (
  id text primary key,
  company text not null references company (id),
  person text not null references person (id),
  role text not null,
  scopes text not null,
  needs bigint not null check (needs >= 1),
  valid_from bigint not null,
  valid_until bigint,
  delegated_by text references person (id),
  revoked_at bigint,
  revoked_by text,
  created_at bigint not null
);
create index mandate_of_person on mandate (person);
create index mandate_of_company on mandate (company);
create table officer (
  person text primary key references person (id),
  department text not null,
  role text not null check (role in ('officer', 'admin')),
  active boolean not null
);

-- How people sign in.
create table passkey (
  id text primary key,
  person text not null references person (id),
  body text not null,
  created_at bigint not null,
  used_at bigint
);
create index passkey_of_person on passkey (person);
-- What a passkey was asked, kept on our side; gone once answered.
create table ceremony (
  id text primary key,
  kind text not null check (kind in ('register', 'sign-in')),
  person text,
  state text not null,
  expires_at bigint not null
);
create index ceremony_end on ceremony (expires_at);
create table invitation (
  hash bytea primary key,
  person text not null references person (id),
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create table session (
  id text primary key,
  hash bytea not null unique,
  person text not null references person (id),
  method text not null check (method in ('passkey', 'persona')),
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null
);
create index session_of_person on session (person);
create index session_end on session (seen_at);

-- The authorisation server.
create table client (
  id text primary key,
  name_en text not null,
  name_tc text not null,
  name_sc text not null,
  redirect_uris text not null,
  jwks text not null,
  profile text not null check (profile in ('confidential', 'public')),
  webhook text,
  scopes text not null,
  active boolean not null,
  created_at bigint not null,
  changed_at bigint not null
);
-- `body` is the private key, sealed. It signs from `sign_from` and is published until `retire_at`.
create table signing_key (
  kid text primary key,
  body bytea not null,
  public text not null,
  created_at bigint not null,
  sign_from bigint not null,
  retire_at bigint
);
-- A pushed authorisation request (RFC 9126) and what became of it.
create table interaction (
  id text primary key,
  request_hash bytea not null unique,
  client text not null,
  asked text not null,
  state text not null check (state in ('pushed', 'opened', 'deciding', 'approved', 'refused')),
  person text,
  request_expires_at bigint not null,
  expires_at bigint not null,
  created_at bigint not null
);
create index interaction_end on interaction (expires_at);
-- What a client was allowed; `person` is null where a client acts for itself.
create table oauth_grant (
  id text primary key,
  client text not null,
  person text,
  subject_kind text,
  subject text,
  consent text,
  scope text not null,
  details text,
  created_at bigint not null,
  ended_at bigint
);
create index oauth_grant_of_consent on oauth_grant (consent);
create index oauth_grant_of_client on oauth_grant (client, person);
create table code (
  hash bytea primary key,
  grant_id text not null,
  client text not null,
  redirect_uri text not null,
  challenge text not null,
  jkt text,
  expires_at bigint not null,
  used_at bigint
);
create index code_end on code (expires_at);
create table access_token (
  hash bytea primary key,
  grant_id text not null,
  client text not null,
  jkt text not null,
  scope text not null,
  created_at bigint not null,
  expires_at bigint not null
);
create index access_token_of_grant on access_token (grant_id);
create index access_token_end on access_token (expires_at);
create table refresh_token (
  hash bytea primary key,
  grant_id text not null,
  family text not null,
  client text not null,
  jkt text not null,
  scope text not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create index refresh_token_of_grant on refresh_token (grant_id);
create index refresh_token_end on refresh_token (expires_at);
-- Proofs and assertions seen, by the minute that says when they may be forgotten.
create table spent (
  minute bigint not null,
  hash bytea not null,
  primary key (minute, hash)
);
