-- What offices tell everyone, in three languages, from a day until a day.
create table notice (
  id text primary key,
  department text not null,
  title_en text not null,
  title_tc text not null,
  title_sc text not null,
  body_en text not null,
  body_tc text not null,
  body_sc text not null,
  from_at bigint not null,
  until_at bigint not null,
  made_up boolean not null,
  changed_at bigint not null,
  changed_by text not null,
  withdrawn_at bigint
);
create index notice_time on notice (until_at);
