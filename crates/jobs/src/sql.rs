use store::Sql;

pub(crate) const ADD: Sql = Sql::both(
    "insert into job (id, kind, payload, state, attempts, run_at, created_at) values ($1, $2, $3, 'waiting', 0, $4, $5)",
);
/// Takes the first job that is due, or whose lease ran out, and leases it until `$2`.
pub(crate) const CLAIM: Sql = Sql {
    sqlite: "update job set state = 'running', attempts = attempts + 1, run_at = $2
             where id = (select id from job where state in ('waiting', 'running') and run_at <= $1 order by run_at limit 1)
             returning id, kind, payload, attempts",
    postgres: "update job set state = 'running', attempts = attempts + 1, run_at = $2
               where id = (select id from job where state in ('waiting', 'running') and run_at <= $1 order by run_at limit 1 for update skip locked)
               returning id, kind, payload, attempts",
};
pub(crate) const NEXT: Sql =
    Sql::both("select min(run_at) from job where state in ('waiting', 'running')");
pub(crate) const DONE: Sql = Sql::both("delete from job where id = $1");
pub(crate) const FAILED: Sql =
    Sql::both("update job set state = $2, run_at = $3, error = $4 where id = $1");
pub(crate) const DEAD: Sql = Sql::both(
    "select id, kind, attempts, error, created_at from job where state = 'dead' order by created_at desc limit 100",
);
pub(crate) const REVIVE: Sql = Sql::both(
    "update job set state = 'waiting', attempts = 0, run_at = $2 where id = $1 and state = 'dead'",
);
pub(crate) const COUNTS: Sql = Sql::both(
    "select (select count(*) from job where state in ('waiting', 'running')), (select count(*) from job where state = 'dead')",
);
pub(crate) const SCHEDULE: Sql = Sql::both(
    "insert into job_schedule (name, next_at) values ($1, $2) on conflict (name) do nothing",
);
pub(crate) const TAKE_TURN: Sql =
    Sql::both("update job_schedule set next_at = $3 where name = $1 and next_at <= $2");

/// Every statement of this crate.
pub const ALL: &[Sql] =
    &[ADD, CLAIM, NEXT, DONE, FAILED, DEAD, REVIVE, COUNTS, SCHEDULE, TAKE_TURN];
