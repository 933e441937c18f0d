-- What another provider told of a person who linked their account there: sealed JSON, and when.
alter table federation_link add column told bytea;
alter table federation_link add column told_at bigint;
