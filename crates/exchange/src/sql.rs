//! Every statement of the exchange.

use store::Sql;

pub(crate) const ADD_CONSENT: Sql = Sql::both(
    "insert into consent (id, number, previous, subject_kind, subject, representative, mandate, consumer, purpose, terms, digest, given_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
);
pub(crate) const ADD_STATE: Sql = Sql::both(
    "insert into consent_state (consent, state, changed_at, start_at, expires_at, needs, window_start, window_used, used_total)
     values ($1, $2, $3, $4, $5, $6, 0, 0, 0)",
);
pub(crate) const ADD_YES: Sql =
    Sql::both("insert into consent_yes (consent, person, signature, at) values ($1, $2, $3, $4)");
pub(crate) const ADD_EVENT: Sql = Sql::both(
    "insert into consent_event (id, consent, event, state, actor, at, ticket) values ($1, $2, $3, $4, $5, $6, $7)",
);
pub(crate) const ADD_INTERACTION: Sql =
    Sql::both("insert into consent_interaction (consent, interaction) values ($1, $2)");
pub(crate) const CONSENT_OF_INTERACTION: Sql =
    Sql::both("select consent from consent_interaction where interaction = $1");

/// The columns `ops::Consent` reads, in its order.
macro_rules! consent {
    ($rest:literal) => {
        concat!(
            "select c.terms, c.digest, s.state, s.changed_at, s.needs, s.window_start, s.window_used, s.used_total, s.last_used, s.delete_due,
                    (select count(*) from consent_yes y where y.consent = c.id)
             from consent c join consent_state s on s.consent = c.id ",
            $rest
        )
    };
}
pub(crate) const CONSENT: Sql = Sql::both(consent!("where c.id = $1"));
pub(crate) const CONSENTS_OF_SUBJECT: Sql =
    Sql::both(consent!("where c.subject = $1 order by c.given_at desc limit 100"));
pub(crate) const NEWEST_CONSENTS: Sql = Sql::both(consent!("order by c.given_at desc limit 50"));
/// The hot path reads no more than it needs.
pub(crate) const TERMS: Sql = Sql::both(
    "select c.terms, c.digest, s.state, s.window_start, s.window_used, s.expires_at from consent c join consent_state s on s.consent = c.id where c.id = $1",
);

pub(crate) const CHANGE: Sql = Sql::both(
    "update consent_state set state = $3, changed_at = $4 where consent = $1 and state = $2",
);
/// One look more, if the row still allows it: this update is what orders looks and stops.
pub(crate) const USE: Sql = Sql::both(
    "update consent_state set window_used = case when window_start = $3 then window_used + 1 else 1 end,
            window_start = $3, used_total = used_total + 1, last_used = $2, delete_due = $5
     where consent = $1 and state = 'active' and start_at <= $2 and expires_at > $2 and (window_start <> $3 or window_used < $4)",
);
pub(crate) const YESES: Sql = Sql::both("select count(*) from consent_yes where consent = $1");
pub(crate) const YESES_OF: Sql =
    Sql::both("select person, signature, at from consent_yes where consent = $1 order by at");
pub(crate) const EVENTS: Sql = Sql::both(
    "select event, state, actor, at, ticket from consent_event where consent = $1 order by ticket",
);
/// Consents that end within a time, of those that last longer than another.
pub(crate) const ENDING: Sql = Sql::both(
    "select consent from consent_state where state in ('active', 'paused') and expires_at > $1 and expires_at <= $2 and expires_at - start_at > $3 limit 500",
);
pub(crate) const LOOKS_SINCE: Sql = Sql::both(
    "select id, consumer, purpose, at from look where subject = $1 and at >= $2 and kind in ('release', 'officer', 'query') order by at limit 500",
);
pub(crate) const OVERDUE: Sql = Sql::both(
    "select consent, state from consent_state where state in ('waiting', 'active', 'paused') and expires_at <= $1 limit 200",
);
/// What a person agreed to about their own records, and still stands.
pub(crate) const OWN_STANDING: Sql = Sql::both(
    "select c.id from consent c join consent_state s on s.consent = c.id where c.subject = $1 and s.state in ('waiting', 'active', 'paused') order by c.id",
);
pub(crate) const STATES: Sql =
    Sql::both("select state, count(*) from consent_state group by state order by state");

pub(crate) const ADD_LOOK: Sql = Sql::both(
    "insert into look (id, kind, subject, consent, consumer, purpose, fields, at, ticket) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
pub(crate) const LOOKS_OF: Sql = Sql::both(
    "select id, kind, subject, consent, consumer, purpose, fields, at, ticket from look where subject = $1 and at < $2 order by at desc limit 200",
);
pub(crate) const LOOK: Sql = Sql::both(
    "select id, kind, subject, consent, consumer, purpose, fields, at, ticket from look where id = $1",
);

pub(crate) const ADD_NODE_LOOK: Sql = Sql::both(
    "insert into node_look (look, client, consent, register, at, question) values ($1, $2, $3, $4, $5, $6)",
);
pub(crate) const NODE_LOOKS_SINCE: Sql = Sql::both(
    "select count(*) from node_look where client = $1 and consent = $2 and register = $3 and at >= $4",
);

pub(crate) const DELETIONS_DUE: Sql = Sql::both(
    "select consent, delete_due from consent_state where delete_due is not null and delete_due <= $1 limit 200",
);
pub(crate) const DELETION_TOLD: Sql =
    Sql::both("update consent_state set delete_due = null where consent = $1 and delete_due = $2");
pub(crate) const ADD_DELETION: Sql =
    Sql::both("insert into deletion (id, consent, due_at, told_at) values ($1, $2, $3, $4)");
pub(crate) const ATTEST: Sql = Sql::both(
    "update deletion set attested_at = $2, statement = $3 where consent = $1 and attested_at is null",
);
pub(crate) const DELETIONS_OF: Sql = Sql::both(
    "select due_at, told_at, attested_at, statement from deletion where consent = $1 order by told_at desc",
);

pub(crate) const ADD_DEFINITION: Sql = Sql::both(
    "insert into definition (kind, id, hash, body, published_at) values ($1, $2, $3, $4, $5) on conflict (kind, id, hash) do nothing",
);

/// Every statement, for the test that prepares them on both engines.
pub const ALL: &[Sql] = &[
    ADD_CONSENT,
    ADD_STATE,
    ADD_YES,
    ADD_EVENT,
    ADD_INTERACTION,
    CONSENT_OF_INTERACTION,
    CONSENT,
    CONSENTS_OF_SUBJECT,
    NEWEST_CONSENTS,
    TERMS,
    CHANGE,
    USE,
    YESES,
    YESES_OF,
    EVENTS,
    ENDING,
    LOOKS_SINCE,
    OVERDUE,
    OWN_STANDING,
    STATES,
    ADD_LOOK,
    LOOKS_OF,
    LOOK,
    ADD_NODE_LOOK,
    NODE_LOOKS_SINCE,
    DELETIONS_DUE,
    DELETION_TOLD,
    ADD_DELETION,
    ATTEST,
    DELETIONS_OF,
    ADD_DEFINITION,
];
