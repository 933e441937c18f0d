-- A screen that waits for the yes of a phone. `shown` is what the QR code holds, `hash` what the waiting browser.
create table approval (
  hash bytea primary key,
  shown bytea not null unique,
  code text not null,
  service_en text not null,
  service_tc text not null,
  service_sc text not null,
  device text not null,
  network text not null,
  state text not null check (state in ('waiting', 'approved', 'refused', 'used')),
  person text,
  created_at bigint not null,
  expires_at bigint not null
);
create index approval_end on approval (expires_at);
