-- How a client proves itself and what its tokens are, as JSON; never a secret.
alter table client add column terms text not null default '{}';
-- A client's secret is 256 random bits of ours, so its SHA-256 alone is kept and nothing slow is needed. A new one
-- leaves the old one good until `expires_at`.
create table client_secret (
  hash bytea primary key,
  client text not null references client (id),
  created_at bigint not null,
  expires_at bigint
);
create index client_secret_of_client on client_secret (client);
