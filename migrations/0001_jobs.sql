-- What must happen later: mail, webhook, retry. A row is made in the transaction that decides it.
create table job (
  id text primary key,
  kind text not null,
  payload text not null,
  state text not null check (state in ('waiting', 'running', 'dead')),
  attempts bigint not null,
  run_at bigint not null,
  error text,
  created_at bigint not null
);
create index job_due on job (state, run_at);
-- What happens regularly, once for all nodes.
create table job_schedule (
  name text primary key,
  next_at bigint not null
);
