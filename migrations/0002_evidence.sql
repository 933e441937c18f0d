-- The public log. `entry` is what is published; `record` and `salt` stay here and may be erased.
-- `seq` is the order of appending, `idx` the place in the log: null until sequenced (PostgreSQL alone).
create table evidence_entry (
  seq integer primary key,
  idx bigint unique,
  kind text not null,
  department text not null,
  entry text not null,
  record text,
  salt bytea
);
create index evidence_pending on evidence_entry (seq) where idx is null;
--postgres:alter table evidence_entry alter column seq type bigint;
--postgres:create sequence evidence_seq minvalue 0 start 0;
-- Tiles of hashes (C2SP tlog-tiles); the last of a level is as wide as the log has come.
create table evidence_tile (
  level bigint not null,
  n bigint not null,
  hashes bytea not null,
  primary key (level, n)
);
-- The one signed head.
create table evidence_head (
  id bigint primary key check (id = 1),
  size bigint not null,
  root bytea not null,
  checkpoint text not null
);
