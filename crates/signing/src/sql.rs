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
    AUTHORITY = "select certificate, chain, sealed from signing_authority where kind = $1";
    ADD_AUTHORITY = "insert into signing_authority (kind, certificate, chain, sealed, at) values ($1, $2, $3, $4, $5) on conflict (kind) do nothing";
    ADD_CERTIFICATE = "insert into signing_certificate (serial, name, person, certificate, at, expires_at) values ($1, $2, $3, $4, $5, $6)";
    CERTIFICATES = "select serial, name, at, expires_at, revoked_at, reason from signing_certificate order by at desc limit $1";
    /// What has expired needs no place in the list (RFC 5280 §5).
    REVOKED = "select serial, revoked_at, reason from signing_certificate where revoked_at is not null and expires_at > $1";
    REVOKE = "update signing_certificate set revoked_at = $2, reason = $3 where serial = $1 and revoked_at is null";
}
