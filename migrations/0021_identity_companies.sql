-- A company's account: since when, by whom; as of when its officers are known, and when the register was asked.
alter table company add column opened_at bigint;
alter table company add column opened_by text;
alter table company add column register_at bigint;
alter table company add column asked_at bigint;
create index company_asked on company (asked_at) where opened_at is not null;
-- Its officers as the register named them then; `person` is whoever has an account here.
create table company_officer (
  company text not null references company (id),
  place bigint not null,
  name_en text not null,
  name_tc text not null,
  name_sc text not null,
  capacity_en text not null,
  capacity_tc text not null,
  capacity_sc text not null,
  directs boolean not null,
  since text not null,
  person text,
  primary key (company, place)
);
-- The mandate under which another was given: with it, all under it end.
alter table mandate add column parent text references mandate (id);
create index mandate_under on mandate (parent) where parent is not null;
update mandate set parent = (select min(p.id) from mandate p where p.company = mandate.company and p.person = mandate.delegated_by and p.delegated_by is null)
  where delegated_by is not null;
