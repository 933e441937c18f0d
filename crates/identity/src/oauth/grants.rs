//! `/oauth/grants/{grant}`: a client sees and gives back what it was allowed (grant management, draft 03 §6).
//! It comes with a token of its own, by `client_credentials`.

use super::{Request, answer, client_ctx, finish, sender::spend_proof};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    ops, rules,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use kernel::Problem;
use serde_json::json;

/// Draft 03 §6.3.
pub(super) async fn query(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    finish(queried(&identity, id, &request).await.map_err(Refusal::at_resource))
}

/// Draft 03 §6.4.
pub(super) async fn revoke(
    State(identity): State<Identity>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    finish(revoked(&identity, id, &request).await.map_err(Refusal::at_resource))
}

fn unknown() -> Refusal {
    Refusal::new(Code::UnknownGrant, "there is no such grant of this client")
}

async fn queried(identity: &Identity, id: String, request: &Request) -> Verdict<Response> {
    let token = request.token()?.to_owned();
    let proof = request.need_proof(identity, Some(&token))?;
    let (records, now) = (identity.0.records.clone(), identity.now());
    let grant_id = id.clone();
    let outcome = identity.0.db.write(move |tx| {
        let client = match spend_proof(tx, &proof)? {
            Ok(()) => ops::bearer(tx, &token, &[&proof.jkt], rules::GRANT_QUERY, now)?,
            Err(refusal) => Err(refusal),
        };
        let client = match client {
            Ok(access) => access.client,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(grant) =
            ops::grant(tx, &id)?.filter(|grant| grant.client == client && !grant.ended)
        else {
            return Ok(Err(unknown()));
        };
        let details = match &grant.consent {
            Some(consent) => records.granted(tx, consent, now)?,
            None => None,
        };
        Ok::<_, Problem>(Ok((grant, details)))
    });
    let (grant, details) = outcome.await.map_err(Refusal::from)??;
    let scopes: Vec<_> = grant.scope.split(' ').map(|scope| json!({"scope": scope})).collect();
    let body = json!({
        "grant_id": grant_id, "scopes": scopes, "claims": [], "created_at": grant.created_at.as_second(),
        "authorization_details": details.into_iter().collect::<Vec<_>>(),
    });
    Ok(answer(StatusCode::OK, &body, Some(identity.0.keys.nonces().make(now.as_second()))))
}

async fn revoked(identity: &Identity, id: String, request: &Request) -> Verdict<Response> {
    let token = request.token()?.to_owned();
    let proof = request.need_proof(identity, Some(&token))?;
    let (this, now) = (identity.clone(), identity.now());
    let outcome = identity.0.db.write(move |tx| {
        let client = match spend_proof(tx, &proof)? {
            Ok(()) => ops::bearer(tx, &token, &[&proof.jkt], rules::GRANT_REVOKE, now)?,
            Err(refusal) => Err(refusal),
        };
        let client = match client {
            Ok(access) => access.client,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if ops::grant(tx, &id)?.is_none_or(|grant| grant.client != client || grant.ended) {
            return Ok(Err(unknown()));
        }
        ops::give_back(tx, &client_ctx(&this, &client), this.0.records.as_ref(), &id)?;
        Ok::<_, Problem>(Ok(()))
    });
    outcome.await.map_err(Refusal::from)??;
    Ok(StatusCode::NO_CONTENT.into_response())
}
