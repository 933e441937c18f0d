//! Every statement of this crate.

use store::Sql;

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: Sql = Sql::both($text);)*
        /// Every statement of this crate, for the test that prepares them all.
        pub const ALL: &[Sql] = &[$($name),*];
    };
}

statements! {
    CURRENT = "select id, department, title_en, title_tc, title_sc, body_en, body_tc, body_sc, from_at, until_at, made_up, withdrawn_at from notice where withdrawn_at is null and from_at <= $1 and until_at > $1 order by from_at desc, id desc limit 50";
    OF_DEPARTMENT = "select id, department, title_en, title_tc, title_sc, body_en, body_tc, body_sc, from_at, until_at, made_up, withdrawn_at from notice where department = $1 order by from_at desc, id desc limit 100";
    ONE = "select id, department, title_en, title_tc, title_sc, body_en, body_tc, body_sc, from_at, until_at, made_up, withdrawn_at from notice where id = $1";
    ADD = "insert into notice (id, department, title_en, title_tc, title_sc, body_en, body_tc, body_sc, from_at, until_at, made_up, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    CHANGE = "update notice set title_en = $3, title_tc = $4, title_sc = $5, body_en = $6, body_tc = $7, body_sc = $8, from_at = $9, until_at = $10, changed_at = $11, changed_by = $12 where id = $1 and department = $2 and withdrawn_at is null";
    WITHDRAW = "update notice set withdrawn_at = $3, changed_by = $4 where id = $1 and department = $2 and withdrawn_at is null";
}
