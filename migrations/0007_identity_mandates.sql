-- For which purposes a mandate is, separated by spaces; empty: for all.
alter table mandate add column purposes text not null default '';
-- A mandate that a company's people give to somebody: it waits until `agree` of them have said yes, and only
-- then a row of `mandate` is made of it.
create table mandate_offer (
  id text primary key,
  company text not null references company (id),
  person text not null references person (id),
  purposes text not null,
  needs bigint not null check (needs >= 1),
  valid_until bigint not null,
  agree bigint not null check (agree >= 1),
  offered_by text not null references person (id),
  state text not null check (state in ('waiting', 'given', 'withdrawn')),
  created_at bigint not null
);
create index mandate_offer_of_company on mandate_offer (company, state);
create table mandate_yes (
  offer text not null references mandate_offer (id),
  person text not null references person (id),
  at bigint not null,
  primary key (offer, person)
);
