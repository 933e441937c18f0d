//! Tokens: given for a code, a refresh token or a client's own name; asked about; taken back.

use super::{Grant, after, end, hash, secret};
use crate::{
    error::{Code, Refusal, Verdict},
    model::{Client, Method, Profile, SignIn},
    oauth::Told,
    rules::{
        self,
        acting::{Link, claims},
        certificate,
    },
    sql,
};
use kernel::{Ctx, Id, Problem, Timestamp, micros};
use ports::{Access, Records};
use serde_json::{Value as Json, json};
use store::Tx;
use wire::seal;

/// What a token request asks for, its form already checked.
#[derive(Debug, Clone)]
pub(crate) enum Demand {
    /// RFC 6749 §4.1.3.
    Code { code: String, redirect_uri: String, verifier: String },
    /// RFC 6749 §6.
    Refresh { token: String, scope: Option<String> },
}

/// What was given.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) scope: String,
    pub(crate) grant: String,
    pub(crate) details: Option<Json>,
    /// Whom and what an ID token is about, if one is due.
    pub(crate) told: Option<Told>,
}

fn invalid(why: &'static str) -> Refusal {
    Refusal::new(Code::InvalidGrant, why)
}

/// Gives tokens bound to the key `jkt`. The client has authenticated, its assertion and proof are spent.
pub(crate) fn issue(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    records: &dyn Records,
    client: &Client,
    jkt: &str,
    demand: &Demand,
) -> Result<Verdict<Issued>, Problem> {
    match demand {
        Demand::Code { code, redirect_uri, verifier } => {
            redeem(tx, ctx, records, client, jkt, (code, redirect_uri, verifier))
        }
        Demand::Refresh { token, scope } => {
            refresh(tx, ctx, records, client, jkt, token, scope.as_deref())
        }
    }
}

fn redeem(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    records: &dyn Records,
    client: &Client,
    jkt: &str,
    (code, redirect_uri, verifier): (&str, &str, &str),
) -> Result<Verdict<Issued>, Problem> {
    let Some(row) = tx.query_opt(sql::CODE, &[hash(code)])? else {
        return Ok(Err(invalid("the code is unknown")));
    };
    let grant_id = row.text(0)?.to_owned();
    if row.text(1)? != client.id {
        return Ok(Err(invalid("the code was given to another client")));
    }
    if !row.is_null(6)? {
        // RFC 6749 §4.1.2: somebody has it who should not; what it gave is taken back.
        end(tx, ctx, &grant_id)?;
        return Ok(Err(invalid("the code was used before: its tokens are revoked")));
    }
    if row.int(5)? <= micros(ctx.now) {
        return Ok(Err(invalid("the code has expired")));
    }
    if row.text(2)? != redirect_uri {
        return Ok(Err(invalid("redirect_uri is not the one of the request")));
    }
    if row.opt_text(4)?.is_some_and(|bound| bound != jkt) {
        return Ok(Err(invalid("the code is bound to another key")));
    }
    if !rules::pkce(verifier, row.text(3)?) {
        return Ok(Err(invalid("code_verifier does not fit the challenge")));
    }
    let held = super::grant(tx, &grant_id)?.filter(|grant| !grant.ended);
    let Some((held, details)) = still_granted(tx, ctx, records, held)? else {
        return Ok(Err(invalid("the consent no longer allows it")));
    };
    if tx.execute(sql::USE_CODE, &[hash(code), micros(ctx.now).into()])? != 1 {
        end(tx, ctx, &grant_id)?;
        return Ok(Err(invalid("the code was used before: its tokens are revoked")));
    }
    // Answers to a form are given once: there is nothing to come back for.
    let once = match &held.consent {
        Some(consent) => records.deliver(tx, ctx, consent)?,
        None => None,
    };
    let refresh = if once.is_none() && super::openid::lasts(&held) {
        let (family, end) = (ctx.id("fam"), after(ctx, rules::REFRESH_LIFE));
        let family = family.as_str();
        Some(new_refresh(tx, ctx, &grant_id, family, client, jkt, &held.scope, end)?)
    } else {
        None
    };
    let access = new_access(tx, ctx, &grant_id, client, jkt, &held.scope)?;
    let (told, details) = (told(tx, records, &held)?, once.or(details));
    Ok(Ok(Issued { access, refresh, scope: held.scope, grant: grant_id, details, told }))
}

/// What the ID token of a grant says.
fn told(tx: &mut Tx<'_>, records: &dyn Records, grant: &Grant) -> Result<Option<Told>, Problem> {
    let (Some(person), Some(sign_in)) = (&grant.person, &grant.sign_in) else { return Ok(None) };
    let wanted: Vec<_> = sign_in.claims.iter().filter(|one| one.id_token).cloned().collect();
    let claims = super::openid::values(tx, records, person, &wanted)?;
    Ok(Some(Told { person: person.clone(), sign_in: sign_in.clone(), claims }))
}

/// The grant with its details as they stand now, unless its consent allows nothing more.
fn still_granted(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    records: &dyn Records,
    grant: Option<Grant>,
) -> Result<Option<(Grant, Option<Json>)>, Problem> {
    let Some(grant) = grant else { return Ok(None) };
    let Some(consent) = grant.consent.clone() else { return Ok(Some((grant, None))) };
    let details = records.granted(tx, &consent, ctx.now)?;
    Ok(details.map(|details| (grant, Some(details))))
}

fn refresh(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    records: &dyn Records,
    client: &Client,
    jkt: &str,
    token: &str,
    scope: Option<&str>,
) -> Result<Verdict<Issued>, Problem> {
    let Some(row) = tx.query_opt(sql::REFRESH, &[hash(token)])? else {
        return Ok(Err(invalid("the refresh token is unknown")));
    };
    let (grant_id, family, held) =
        (row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.text(4)?.to_owned());
    if row.text(2)? != client.id {
        return Ok(Err(invalid("the refresh token was given to another client")));
    }
    if !row.is_null(6)? {
        // RFC 9700 §4.14.2: of two holders one is a thief, so neither keeps it.
        end(tx, ctx, &grant_id)?;
        return Ok(Err(invalid("the refresh token was used before: its grant is ended")));
    }
    if row.int(5)? <= micros(ctx.now) {
        return Ok(Err(invalid("the refresh token has expired")));
    }
    // Who shows a certificate has proved to be the client by it, and may change it (RFC 8705 §7.1).
    let certified = [row.text(3)?, jkt].iter().all(|key| certificate::is_binding(key));
    if !certified && !seal::same(row.text(3)?.as_bytes(), jkt.as_bytes()) {
        return Ok(Err(invalid("the refresh token is bound to another key")));
    }
    let scope = scope.filter(|text| !text.is_empty()).unwrap_or(&held);
    if !scope.split(' ').all(|one| rules::has_scope(&held, one)) {
        return Ok(Err(Refusal::new(Code::InvalidScope, "the scope goes beyond what was granted")));
    }
    let grant = super::grant(tx, &grant_id)?.filter(|grant| !grant.ended);
    let Some((grant, details)) = still_granted(tx, ctx, records, grant)? else {
        return Ok(Err(invalid("the consent no longer allows it")));
    };
    let expires = row.int(5)?;
    // A bank whose answer was lost must be able to ask again: only a public client's token rotates (FAPI 2.0 §5.3.2.1).
    let next = match client.profile {
        Profile::Confidential => None,
        Profile::Public => {
            tx.execute(sql::USE_REFRESH, &[hash(token), micros(ctx.now).into()])?;
            Some(new_refresh(tx, ctx, &grant_id, &family, client, jkt, &held, expires)?)
        }
    };
    let access = new_access(tx, ctx, &grant_id, client, jkt, scope)?;
    let mut told =
        if rules::has_scope(scope, rules::OPENID) { told(tx, records, &grant)? } else { None };
    // Core §12.2: the nonce belonged to the request.
    if let Some(told) = &mut told {
        told.sign_in.nonce = None;
    }
    let scope = scope.to_owned();
    Ok(Ok(Issued { access, refresh: next, scope, grant: grant_id, details, told }))
}

fn new_access(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    grant: &str,
    client: &Client,
    jkt: &str,
    scope: &str,
) -> Result<String, Problem> {
    let token = secret(ctx, "at");
    let args = [
        hash(&token),
        grant.into(),
        (&client.id).into(),
        jkt.into(),
        scope.into(),
        micros(ctx.now).into(),
        after(ctx, rules::ACCESS_LIFE).into(),
    ];
    tx.execute(sql::ADD_ACCESS, &args)?;
    Ok(token)
}

#[expect(clippy::too_many_arguments, reason = "one row, one call each")]
fn new_refresh(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    grant: &str,
    family: &str,
    client: &Client,
    jkt: &str,
    scope: &str,
    expires_at: i64,
) -> Result<String, Problem> {
    let token = secret(ctx, "rt");
    let args = [
        hash(&token),
        grant.into(),
        family.into(),
        (&client.id).into(),
        jkt.into(),
        scope.into(),
        micros(ctx.now).into(),
        expires_at.into(),
    ];
    tx.execute(sql::ADD_REFRESH, &args)?;
    Ok(token)
}

/// [`ports::Authorizations::access`]: one statement reads token, grant and client as they are now.
pub fn access(tx: &mut Tx<'_>, token: &str, jkt: &str, now: Timestamp) -> Result<Access, Problem> {
    access_by(tx, token, &[jkt], now)
}

/// The same, where any of these may be what the token is bound to.
fn access_by(
    tx: &mut Tx<'_>,
    token: &str,
    keys: &[impl AsRef<str>],
    now: Timestamp,
) -> Result<Access, Problem> {
    let refused = || {
        Problem::new(401, "invalid-token")
            .header("www-authenticate", "DPoP error=\"invalid_token\", algs=\"ES256 EdDSA\"")
    };
    let row = tx.query_opt(sql::ACCESS, &[hash(token), micros(now).into()])?.ok_or_else(refused)?;
    let bound = row.text(4)?.as_bytes();
    if !keys.iter().any(|key| seal::same(bound, key.as_ref().as_bytes())) {
        return Err(refused());
    }
    Ok(Access {
        grant: row.text(0)?.into(),
        client: row.text(1)?.to_owned(),
        consent: row.opt_text(2)?.map(Id::from),
        scope: row.text(3)?.to_owned(),
    })
}

/// [`ports::Authorizations::spend`]: `at` (seconds since 1970) is when the proof was made or the assertion
/// ends; rows of one second lie together, and are forgotten four minutes after it.
pub fn spend(tx: &mut Tx<'_>, who: &str, jti: &str, at: i64) -> Result<(), Problem> {
    let digest = wire::sha256(&[who.as_bytes(), b"\0", jti.as_bytes()]);
    // Half a digest: 128 bits, and half the index.
    match tx.execute(sql::SPEND, &[at.into(), digest[..16].into()])? {
        1 => Ok(()),
        _ => Err(Problem::new(401, "proof-replayed")
            .header("www-authenticate", "DPoP error=\"invalid_dpop_proof\", algs=\"ES256 EdDSA\"")),
    }
}

/// What a client may know of a token (RFC 7662 §2.2): its own, or any, for a resource server.
/// `{"active": false}` for everything else.
pub(crate) fn introspect(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    client: &Client,
    token: &str,
    issuer: &str,
    pairwise: &[u8; 32],
) -> Result<Json, Problem> {
    let off = || Ok(json!({"active": false}));
    let may = |owner: &str, scope: &str| {
        owner == client.id
            || rules::audience(scope) == Some(&client.id)
            || rules::has_scope(&client.scopes, rules::INTROSPECT)
    };
    let mut acting = None;
    let (owner, grant_id, mut said) = if let Some(row) =
        tx.query_opt(sql::ACCESS_FULL, &[hash(token), micros(ctx.now).into()])?
    {
        let (scope, jkt) = (row.text(2)?, row.text(3)?);
        let mut said = json!({
            "active": true, "iss": issuer, "aud": rules::audience(scope).unwrap_or(issuer), "client_id": row.text(1)?,
            "scope": scope, "token_type": certificate::token_type(jkt), "iat": row.int(4)? / 1_000_000, "exp": row.int(5)? / 1_000_000,
        });
        acting = row
            .opt_text(6)?
            .map(serde_json::from_str::<Vec<Link>>)
            .transpose()
            .map_err(Problem::internal)?;
        if let Some(key) = certificate::confirmation(jkt) {
            said["cnf"] = key;
        }
        (row.text(1)?.to_owned(), row.text(0)?.to_owned(), said)
    } else if let Some(row) = tx.query_opt(sql::REFRESH, &[hash(token)])? {
        if !row.is_null(6)? || row.int(5)? <= micros(ctx.now) {
            return off();
        }
        let said = json!({
            "active": true, "iss": issuer, "client_id": row.text(2)?, "scope": row.text(4)?,
            "iat": row.int(7)? / 1_000_000, "exp": row.int(5)? / 1_000_000, "cnf": certificate::confirmation(row.text(3)?),
        });
        (row.text(2)?.to_owned(), row.text(0)?.to_owned(), said)
    } else {
        return off();
    };
    let Some(grant) = super::grant(tx, &grant_id)?.filter(|grant| !grant.ended) else {
        return off();
    };
    if !may(&owner, said["scope"].as_str().unwrap_or_default()) {
        return off();
    }
    said["grant_id"] = grant_id.into();
    // RFC 9470 §6.2: whoever asks about a token may want a better sign-in.
    if let Some(SignIn { level, acr, method, auth_time, .. }) = &grant.sign_in {
        let method = Method::parse(method).unwrap_or(Method::Persona);
        said["acr"] = rules::assurance::told(acr, *level, method).into();
        said["auth_time"] = (*auth_time).into();
    }
    if let Some(chain) = acting {
        let service = said["aud"].as_str().unwrap_or_default().to_owned();
        let name = |person: &str| super::pairwise(pairwise, &service, &person.into());
        if let Some((sub, act)) = claims(&chain, name) {
            said["sub"] = sub.into();
            said["act"] = act.into();
        }
    } else if let Some(person) = &grant.person {
        said["sub"] = super::grants::pairwise(pairwise, &owner, person).into();
    }
    if let Some(details) = grant.details {
        said["authorization_details"] = json!([details]);
    }
    Ok(said)
}

/// A client gives a token back (RFC 7009). A refresh token goes with its grant and the consent; a token
/// that is unknown or another's changes nothing and is no error (§2.2).
pub(crate) fn revoke(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    records: &dyn Records,
    client: &Client,
    token: &str,
) -> Result<(), Problem> {
    if tx.execute(sql::DROP_ACCESS, &[hash(token), (&client.id).into()])? == 1 {
        return Ok(());
    }
    let Some(row) = tx.query_opt(sql::REFRESH, &[hash(token)])? else { return Ok(()) };
    if row.text(2)? == client.id {
        give_back(tx, ctx, records, row.text(0)?)?;
    }
    Ok(())
}

/// Ends a grant at its client's wish, and the consent with it. The caller has authorised it.
pub(crate) fn give_back(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    records: &dyn Records,
    grant_id: &str,
) -> Result<(), Problem> {
    let grant = super::grant(tx, grant_id)?.filter(|grant| !grant.ended);
    end(tx, ctx, grant_id)?;
    match grant.and_then(|grant| grant.consent) {
        Some(consent) => records.give_back(tx, ctx, &consent),
        None => Ok(()),
    }
}

/// A token at a protected resource of our own (grant management, UserInfo), for one scope. `keys` is what it may
/// be bound to: the key of its proof; or where it came without one nothing, and the certificate that was shown.
pub(crate) fn bearer(
    tx: &mut Tx<'_>,
    token: &str,
    keys: &[impl AsRef<str>],
    scope: &str,
    now: Timestamp,
) -> Result<Verdict<Access>, Problem> {
    match access_by(tx, token, keys, now) {
        Ok(access) if rules::has_scope(&access.scope, scope) => Ok(Ok(access)),
        Ok(_) => Ok(Err(
            Refusal::new(Code::InsufficientScope, "the token lacks the scope").at_resource()
        )),
        Err(problem) if problem.status == 401 => {
            Ok(Err(Refusal::new(Code::InvalidToken, "the token is not valid for this key")
                .at_resource()))
        }
        Err(problem) => Err(problem),
    }
}
