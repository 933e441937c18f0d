//! Operations: what happens inside a transaction, synchronous. The first line of each is its authorisation.

mod accounts;
mod acting;
mod approvals;
mod assurance;
mod bench;
mod clients;
mod codes;
mod companies;
mod directory;
mod federation;
mod grants;
mod holdings;
mod invitations;
mod keys;
mod logout;
mod mandates;
mod officers;
mod openid;
mod own;
mod passkeys;
mod registrations;
mod restored;
mod security;
mod sessions;
mod tokens;

pub use accounts::{Verdict, decide_duplicate, duplicates};
pub(crate) use accounts::{
    begin_recovery, close_account, closing, keep_account, new_recovery_codes, recovery_of,
    stop_recovery,
};
pub(crate) use acting::{Wanted, issue_acting, plan};
pub(crate) use approvals::{
    Question as ApprovalQuestion, answer_approval, approval, approval_state, begin_approval,
    use_approval,
};
pub use assurance::{
    AtCounter, Welcomed, check_at_counter, known_as, level, note_federated, worth,
};
pub use bench::{bench_access, bench_session};
pub use clients::{
    add_client, client, clients, new_secret, register_client, set_client_active, start_client,
    stop_client,
};
pub(crate) use clients::{
    client_stamp, client_stamped, client_stands, keep_keys, keys_at, secrets,
};
pub(crate) use codes::{
    CodeLogin, begin_code, begun_code, code_login, code_sign_in, confirm_code, password_of,
    remove_code,
};
pub(crate) use companies::take_due;
pub use companies::{check_company, companies_of, may_check_company, open_company};
pub use directory::{
    Mandate, NewCompany, NewPerson, add_company, add_mandate, add_officer, add_person, authorities,
    holders, person_by_handle, personas, stop_officer, subject, subject_by_key,
};
pub(crate) use federation::{Answer, Try, answered, begin_try, links, take_try, unlink};
pub(crate) use grants::{Begun, Grant, begin, end, grant, pairwise, push};
pub use grants::{approve, end_grant, move_grant, pending, refuse};
#[cfg(test)]
pub(crate) use holdings::handed_over;
pub use holdings::selves;
pub use invitations::{invitation, invite, invite_admin};
pub(crate) use keys::read_key;
pub use keys::{add_key, rotate_keys};
pub(crate) use logout::{JOB as LOGOUT_JOB, way_back};
pub use mandates::{
    NewOffer, agree_to_mandate, given_to_me, history_of, mandates_of, offer_mandate,
    revoke_mandate, withdraw_mandate,
};
pub use officers::{appoint, dismiss, officers, on_duty, set_duty};
pub(crate) use openid::{
    Question, Service, Source, forget_service, question, say_yes, services, userinfo,
};
pub(crate) use own::issue_own;
pub(crate) use passkeys::{
    Ceremony, Kind, begin_registration, begin_sign_in, finish_registration, finish_sign_in, take,
};
pub use passkeys::{ask, finish_signature, passkeys_of};
pub(crate) use registrations::registrar;
pub use registrations::{
    ask_client, client_roles, decide_client, registered_client, registration_token, registrations,
    resume_client, rotate_secret, set_client_role, suspend_client, withdraw_client,
};
pub use restored::{Restored, held, hold, log_size, trust};
pub(crate) use security::{
    add_passkey, begin_passkey, end_other_sessions, end_own_session, may_change, name_passkey,
    recently_signed_in, remove_passkey, security,
};
pub use sessions::sweep;
pub(crate) use sessions::{end_session, end_sessions_of, sign_in, touch, visitor};
pub(crate) use tokens::{Demand, Issued, bearer, give_back, introspect, issue, revoke};
pub use tokens::{access, spend};

use directory::{subject_row, words};
use kernel::{Actor, Ctx, Problem, Text};
use serde_json::Value as Json;
use store::{Row, Tx, Value};

/// The program itself or an administrator; `401` or `403` for anyone else.
fn operator(ctx: &Ctx) -> Result<(), Problem> {
    match &ctx.actor {
        Actor::System(_) => Ok(()),
        _ => ctx.admin().map(drop),
    }
}

/// Writes into the public log that something was changed of who a person is to us or may do.
fn log(tx: &mut Tx<'_>, ctx: &Ctx, kind: &str, mut what: Json) -> Result<(), Problem> {
    let actor = match &ctx.actor {
        Actor::Person { id, .. } | Actor::Officer { id, .. } => id.to_string(),
        Actor::Client { id } => format!("client:{id}"),
        Actor::System(name) => format!("system:{name}"),
        Actor::Anonymous => "nobody".to_owned(),
    };
    what["kind"] = kind.into();
    what["actor"] = actor.into();
    what["at"] = ctx.now.to_string().into();
    evidence::append(tx, ctx, kind, "identity", &what)?;
    Ok(())
}

/// A secret of ours as it is handed out: 256 random bits behind a prefix that says what it is.
pub(crate) fn secret(ctx: &Ctx, prefix: &str) -> String {
    format!("{prefix}_{}", wire::b64::encode(ctx.random::<32>()))
}

/// A secret as it is kept: its SHA-256 alone. Rows are found by it, so no comparison can leak.
pub(crate) fn hash(secret: &str) -> Value {
    wire::sha256(&[secret.as_bytes()]).into()
}

/// A number of a person as it is kept where only sameness matters: nobody finds it by trying all numbers without
/// the installation's secret.
fn hash_key(key: &[u8; 32], kind: &str, number: &str) -> [u8; 32] {
    wire::sha256(&[key, kind.as_bytes(), b" ", number.as_bytes()])
}

/// Three columns of a name.
fn name(row: &Row, first: usize) -> store::Result<Text> {
    Ok(Text {
        en: row.text(first)?.to_owned(),
        tc: row.text(first + 1)?.to_owned(),
        sc: row.text(first + 2)?.to_owned(),
    })
}

/// Seconds after a moment, in microseconds as tables keep it.
fn after(ctx: &Ctx, seconds: i64) -> i64 {
    kernel::micros(ctx.now).saturating_add(seconds.saturating_mul(1_000_000))
}
