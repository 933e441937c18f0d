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
    ASK = "insert into signing_request (id, client, person, meant, name, digest, form, state, code, at, expires_at, document) values ($1, $2, $3, $4, $5, $6, $7, 'asked', $8, $9, $10, $11)";
    REQUEST = "select id, client, person, meant, name, digest, form, state, code, at, expires_at, answered_at, serial, signature from signing_request where id = $1";
    OF_PERSON = "select id, client, person, meant, name, digest, form, state, code, at, expires_at, answered_at, serial, signature from signing_request where person = $1 order by at desc limit 50";
    AGREED = "select id, client, person, meant, name, digest, form, state, code, at, expires_at, answered_at, serial, signature, yes from signing_request where id > $1 and state in ('agreed', 'signed') order by id limit 1000";
    DOCUMENT = "select document from signing_request where id = $1";
    /// One answer: whoever comes second finds no row that is still `asked`.
    ANSWER = "update signing_request set state = $2, person = $3, answered_at = $4, serial = $5, signature = $6, document = $7, yes = $8 where id = $1 and state = 'asked' and expires_at > $4";
    FINISH = "update signing_request set state = 'signed', signature = $2, document = $3 where id = $1 and state = 'agreed'";
    END_REQUESTS = "update signing_request set state = 'expired' where person = $1 and state = 'asked'";
    DROP_DOCUMENTS = "update signing_request set document = null, signature = null where person = $1";
    EXPIRE = "update signing_request set state = 'expired', document = null where state = 'asked' and expires_at <= $1";
    FORGET = "update signing_request set signature = null, document = null where answered_at <= $1 and state in ('signed', 'refused') and (signature is not null or document is not null)";
    REVOKED_OF = "select serial from signing_certificate where person = $1 and revoked_at is not null";
    OWN_SERIAL = "select serial from signing_request where id = $1 and person = $2 and serial is not null";
}
