//! Every statement of the log.

use store::Sql;

/// On SQLite one writer appends at a time, so that the order of appending is the place in the log. On
/// PostgreSQL the sequencer gives the place later.
pub(crate) const APPEND: Sql = Sql {
    sqlite: "insert into evidence_entry (seq, idx, kind, department, entry, record, salt)
             values ((select coalesce(max(seq) + 1, 0) from evidence_entry),
                     (select coalesce(max(seq) + 1, 0) from evidence_entry), $1, $2, $3, $4, $5)",
    postgres: "insert into evidence_entry (seq, kind, department, entry, record, salt)
               values (nextval('evidence_seq'), $1, $2, $3, $4, $5) returning seq",
};
/// How many entries one sequencing takes; the statements below say it again, so that the planner knows.
pub(crate) const MOST: usize = 4096;
pub(crate) const NUMBER: Sql = Sql::both(
    "update evidence_entry set idx = pending.place
     from (select seq as which, row_number() over (order by seq) - 1 + $1 as place
           from evidence_entry where idx is null order by seq limit 4096) as pending
     where evidence_entry.seq = pending.which",
);
pub(crate) const WAITING: Sql =
    Sql::both("select seq from evidence_entry where idx is null order by seq limit 1");
pub(crate) const LEAVES: Sql =
    Sql::both("select idx, seq, entry from evidence_entry where idx >= $1 order by idx limit 4096");
pub(crate) const ENTRIES: Sql = Sql::both(
    "select entry from evidence_entry where idx >= $1 and idx < $2 order by idx limit 256",
);
pub(crate) const ONE: Sql = Sql::both(
    "select seq, idx, kind, department, entry, record, salt from evidence_entry where seq = $1",
);
pub(crate) const PAGE: Sql = Sql::both(
    "select seq, idx, kind, department, entry, record, salt from evidence_entry where idx >= $1 order by idx limit 1024",
);
pub(crate) const ERASE: Sql =
    Sql::both("update evidence_entry set record = null, salt = null where seq = $1");

pub(crate) const TILE: Sql =
    Sql::both("select hashes from evidence_tile where level = $1 and n = $2");
pub(crate) const WRITE_TILE: Sql = Sql::both(
    "insert into evidence_tile (level, n, hashes) values ($1, $2, $3)
     on conflict (level, n) do update set hashes = excluded.hashes",
);
pub(crate) const TILES: Sql =
    Sql::both("select level, count(*), max(n) from evidence_tile group by level order by level");

/// How far the log reaches, its root and its newest checkpoint.
pub const HEAD: Sql = Sql::both("select size, root, checkpoint from evidence_head where id = 1");
pub(crate) const FIRST_HEAD: Sql = Sql::both(
    "insert into evidence_head (id, size, root, checkpoint) values (1, 0, $1, $2) on conflict (id) do nothing",
);
pub(crate) const SWAP_HEAD: Sql = Sql::both(
    "update evidence_head set size = $3, root = $4, checkpoint = $5 where id = 1 and size = $1 and root = $2",
);

/// Every statement of this crate.
pub const ALL: &[Sql] = &[
    APPEND, NUMBER, WAITING, LEAVES, ENTRIES, ONE, PAGE, ERASE, TILE, WRITE_TILE, TILES, HEAD,
    FIRST_HEAD, SWAP_HEAD,
];
