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
    PROFILE = "select field, value, at from profile_field where person = $1";
    /// A value that stays the same keeps its date.
    KEEP = "insert into profile_field (person, field, value, at) values ($1, $2, $3, $4) on conflict (person, field) do update set value = excluded.value, at = case when profile_field.value = excluded.value then profile_field.at else excluded.at end";
    /// By its date, too: what was changed since is somebody's own.
    FIELDS_OF = "select field || ' ' || at from profile_field where person = $1 and field not in (select field from profile_field where person = $2) order by field";
    HAND_FIELD = "update profile_field set person = $3 where field || ' ' || at = $1 and person = $2";
    FILLINGS_OF = "select id from filling where person = $1 and person <> $2 order by id";
    HAND_FILLING = "update filling set person = $3 where id = $1 and person = $2";
    DROP_PROFILE = "delete from profile_field where person = $1";
    DROP_ANSWERS = "update filling set answers = null where person = $1 and answers is not null";
    DROP = "delete from profile_field where person = $1 and field = $2";
    FILL = "insert into filling (id, person, client, form, fields, at, expires_at, answers) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    FILLINGS = "select id, client, form, fields, at, answers is null, expires_at from filling where person = $1 order by at desc limit 50";
    FILLING = "select form, fields, answers, expires_at from filling where id = $1";
    DELIVERED = "update filling set answers = null where id = $1 and answers is not null";
    SWEEP = "update filling set answers = null where answers is not null and expires_at <= $1";
    /// Without a name nobody may look it up again.
    SWEEP_NAMELESS = "delete from filling where person is null and expires_at <= $1";
}
