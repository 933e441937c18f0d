-- The sign-in that a grant stands on, as JSON: what its ID tokens say.
alter table oauth_grant add column sign_in text;
-- What a person lets a service know whenever they sign in to it: what it asked for, and what of that they allowed.
create table service_yes (
  person text not null references person (id),
  client text not null references client (id),
  asked text not null,
  allowed text not null,
  first_at bigint not null,
  last_at bigint not null,
  primary key (person, client)
);
