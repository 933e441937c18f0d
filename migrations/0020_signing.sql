-- Who issues certificates (`ca`) and time-stamps (`tsa`) here; keys lie sealed under the installation's secret.
create table signing_authority (
  kind text primary key,
  certificate bytea not null,
  chain bytea not null,
  sealed bytea not null,
  at bigint not null
);
-- Every certificate our authority issued. The key of a person's is drawn for one signature and kept nowhere.
create table signing_certificate (
  serial text primary key,
  name text not null,
  person text,
  certificate bytea not null,
  at bigint not null,
  expires_at bigint not null,
  revoked_at bigint,
  reason text
);
create index signing_certificate_at on signing_certificate (at);
create index signing_certificate_revoked on signing_certificate (revoked_at);
