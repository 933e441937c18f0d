-- There while the database was put back from an older copy and no operator has said how far it may be trusted:
-- nothing is issued. `log_size` is how far the log reaches here, `log_had` how far it was known to reach.
create table restored (
  id text primary key check (id = 'restored'),
  log_size bigint not null,
  log_had bigint not null,
  at bigint not null
);
