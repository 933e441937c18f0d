-- A consent never changes: a change is a new row that names the one before it.
create table consent (
  id text primary key,
  number bigint not null,
  previous text,
  subject_kind text not null,
  subject text not null,
  representative text not null,
  mandate text,
  consumer text not null,
  purpose text not null,
  terms text not null,
  digest bytea not null,
  given_at bigint not null
);
create index consent_of_subject on consent (subject, given_at);
create index consent_of_consumer on consent (consumer, given_at);

-- What changes about it. Every look and every stop updates this one row, which orders them.
create table consent_state (
  consent text primary key references consent (id),
  state text not null check (state in ('waiting', 'active', 'paused', 'revoked', 'expired', 'refused')),
  changed_at bigint not null,
  start_at bigint not null,
  expires_at bigint not null,
  needs bigint not null,
  window_start bigint not null,
  window_used bigint not null,
  used_total bigint not null,
  last_used bigint,
  delete_due bigint
);
create index consent_delete_due on consent_state (delete_due) where delete_due is not null;
create index consent_open on consent_state (expires_at) where state in ('waiting', 'active', 'paused');

-- Each yes: who, when, and the signature over the consent's digest.
create table consent_yes (
  consent text not null references consent (id),
  person text not null,
  signature text not null,
  at bigint not null,
  primary key (consent, person)
);

create table consent_event (
  id text primary key,
  consent text not null references consent (id),
  event text not null,
  state text not null,
  actor text not null,
  at bigint not null,
  ticket bigint not null
);
create index consent_event_of on consent_event (consent, at);

-- The authorisation request a waiting consent answers.
create table consent_interaction (
  consent text primary key references consent (id),
  interaction text not null
);

-- Every look at somebody's records, for that somebody.
create table look (
  id text primary key,
  kind text not null check (kind in ('release', 'preview', 'officer', 'export', 'query')),
  subject text not null,
  consent text,
  consumer text not null,
  purpose text not null,
  fields text not null,
  at bigint not null,
  ticket bigint not null
);
create index look_of_subject on look (subject, at);

-- The end of data life: the consumer told, and its attestation or its silence.
create table deletion (
  id text primary key,
  consent text not null references consent (id),
  due_at bigint not null,
  told_at bigint not null,
  attested_at bigint,
  statement text
);
create index deletion_of_consent on deletion (consent, told_at);

-- Every version of every definition that was ever published.
create table definition (
  kind text not null,
  id text not null,
  hash text not null,
  body bytea not null,
  published_at bigint not null,
  primary key (kind, id, hash)
);
