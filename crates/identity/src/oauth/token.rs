//! `/oauth/par`, `/oauth/token`, `/oauth/introspect`, `/oauth/revoke`.

use super::{Request, Sender, answer, client_ctx, finish, open};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    model::Flow,
    ops::{self, Demand},
    rules,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value as Json, json};

fn refused(problem: kernel::Problem) -> Refusal {
    problem.into()
}

/// RFC 9126 §2.
pub(super) async fn push(State(identity): State<Identity>, request: Request) -> Response {
    finish(pushed(&identity, &request).await)
}

async fn pushed(identity: &Identity, request: &Request) -> Verdict<Response> {
    let mut sender = request.client(identity).await?;
    sender.proof = request.proof(identity, None)?;
    let params = sender.asked(identity, &request.params)?;
    let asked = super::authorize::asked(identity, sender.client(), &params, sender.jkt())?;
    let ctx = client_ctx(identity, &sender.client().id);
    let nonce = sender.next_nonce(identity, &ctx);
    let outcome = identity.0.db.write(move |tx| match sender.spend(tx)? {
        Ok(()) => ops::push(tx, &ctx, sender.client(), &asked).map(Ok),
        Err(refusal) => Ok(Err(refusal)),
    });
    let request_uri = outcome.await.map_err(refused)??;
    Ok(answer(
        StatusCode::CREATED,
        &json!({"request_uri": request_uri, "expires_in": rules::REQUEST_URI_LIFE}),
        nonce,
    ))
}

/// RFC 6749 §3.2, RFC 9449 §5.
pub(super) async fn token(State(identity): State<Identity>, request: Request) -> Response {
    open(finish(issued(&identity, &request).await))
}

fn demand(request: &Request) -> Verdict<Demand> {
    let params = &request.params;
    if params.get("authorization_details").is_some() {
        return Err(Refusal::new(
            Code::InvalidAuthorizationDetails,
            "narrow the fetch, not the token",
        ));
    }
    match params.need("grant_type")? {
        "authorization_code" => Ok(Demand::Code {
            code: params.need("code")?.to_owned(),
            redirect_uri: params.need("redirect_uri")?.to_owned(),
            verifier: params.need("code_verifier")?.to_owned(),
        }),
        "refresh_token" => Ok(Demand::Refresh {
            token: params.need("refresh_token")?.to_owned(),
            scope: params.get("scope").map(ToOwned::to_owned),
        }),
        _ => {
            Err(Refusal::new(Code::UnsupportedGrantType, "grant_type is not one of this server's"))
        }
    }
}

async fn issued(identity: &Identity, request: &Request) -> Verdict<Response> {
    let own = request.params.get("grant_type") == Some("client_credentials")
        && request.params.get("authorization_details").is_none();
    if own && let Some(sender) = request.remembered(identity) {
        match super::own::issued(identity, request, sender).await {
            Err(refusal) if refusal.code == Code::InvalidClient => {}
            outcome => return outcome,
        }
    }
    let mut sender = request.client(identity).await?;
    if own {
        return super::own::issued(identity, request, sender).await;
    }
    if request.params.get("grant_type") == Some(super::acting::GRANT) {
        return super::acting::issued(identity, request, sender).await;
    }
    let demand = demand(request)?;
    sender.proof = request.proof(identity, None)?;
    let bound = sender.bound();
    if bound.is_empty() && sender.client().terms.flow == Flow::High {
        return Err(super::sender::no_proof());
    }
    let client = sender.client().clone();
    let (now, kind) = (identity.now(), rules::certificate::token_type(&bound));
    let ctx = client_ctx(identity, &sender.client().id);
    let nonce = sender.next_nonce(identity, &ctx);
    let records = identity.0.records.clone();
    let outcome = identity.0.db.write(move |tx| match sender.spend(tx)? {
        Ok(()) => ops::issue(tx, &ctx, records.as_ref(), sender.client(), &bound, &demand),
        Err(refusal) => Ok(Err(refusal)),
    });
    let issued = outcome.await.map_err(refused)??;
    let mut body = json!({
        "access_token": issued.access, "token_type": kind, "expires_in": rules::ACCESS_LIFE,
        "scope": issued.scope, "grant_id": issued.grant,
    });
    if let Some(told) = &issued.told {
        body["id_token"] = super::openid::id_token(identity, &client, &issued, told, now)?.into();
    }
    if let Some(refresh) = issued.refresh {
        body["refresh_token"] = refresh.into();
    }
    if let Some(details) = issued.details {
        body["authorization_details"] = json!([details]);
    }
    Ok(answer(StatusCode::OK, &body, nonce))
}

/// RFC 7662.
pub(super) async fn introspect(State(identity): State<Identity>, request: Request) -> Response {
    finish(introspected(&identity, &request).await)
}

async fn introspected(identity: &Identity, request: &Request) -> Verdict<Response> {
    if let Some(sender) = request.remembered(identity) {
        match told(identity, request, sender).await {
            Err(refusal) if refusal.code == Code::InvalidClient => {}
            outcome => return outcome,
        }
    }
    told(identity, request, confidential(identity, request).await?).await
}

async fn told(identity: &Identity, request: &Request, sender: Sender) -> Verdict<Response> {
    let token = request.params.need("token")?.to_owned();
    let ctx = client_ctx(identity, &sender.client().id);
    let inner = identity.0.clone();
    let (client, spends) = (sender.client().id.clone(), sender.spends());
    let look = move |tx: &mut store::Tx<'_>| match sender.spend(tx)? {
        Ok(()) => {
            ops::introspect(tx, &ctx, sender.client(), &token, &inner.issuer, inner.keys.pairwise())
                .map(Ok)
        }
        Err(refusal) => Ok(Err(refusal)),
    };
    let outcome =
        if spends { identity.0.db.write(look).await } else { identity.0.db.read(look).await };
    let said = outcome.map_err(refused)??;
    if request.accepts(SIGNED_INTROSPECTION) {
        return signed(identity, &client, &said);
    }
    Ok(answer(StatusCode::OK, &said, None))
}

/// RFC 9701 §5.
const SIGNED_INTROSPECTION: &str = "application/token-introspection+jwt";

fn signed(identity: &Identity, client: &str, said: &Json) -> Verdict<Response> {
    let now = identity.now();
    let claims = json!({
        "iss": identity.0.issuer, "aud": client, "iat": now.as_second(), "token_introspection": said,
    });
    let signer = identity.0.keys.signer(now).map_err(refused)?;
    let header = json!({"typ": "token-introspection+jwt"});
    let token = signer.sign(&header, claims.to_string().as_bytes());
    let token = token.map_err(|why| refused(kernel::Problem::internal(why)))?;
    let headers = [
        (http::header::CONTENT_TYPE, SIGNED_INTROSPECTION),
        (http::header::CACHE_CONTROL, "no-store"),
    ];
    Ok((StatusCode::OK, headers, token).into_response())
}

/// Anyone may call themselves a public client, so none may ask about tokens (RFC 7662 §2.1).
async fn confidential(identity: &Identity, request: &Request) -> Verdict<Sender> {
    let sender = request.client(identity).await?;
    match sender.client().profile {
        crate::model::Profile::Confidential => Ok(sender),
        crate::model::Profile::Public => {
            Err(Refusal::new(Code::InvalidClient, "a public client may not ask about tokens"))
        }
    }
}

/// RFC 7009.
pub(super) async fn revoke(State(identity): State<Identity>, request: Request) -> Response {
    finish(revoked(&identity, &request).await)
}

async fn revoked(identity: &Identity, request: &Request) -> Verdict<Response> {
    let sender = request.client(identity).await?;
    let token = request.params.need("token")?.to_owned();
    let ctx = client_ctx(identity, &sender.client().id);
    let records = identity.0.records.clone();
    let outcome = identity.0.db.write(move |tx| match sender.spend(tx)? {
        Ok(()) => ops::revoke(tx, &ctx, records.as_ref(), sender.client(), &token).map(Ok),
        Err(refusal) => Ok(Err(refusal)),
    });
    outcome.await.map_err(refused)??;
    Ok((StatusCode::OK, [(http::header::CACHE_CONTROL, "no-store")]).into_response())
}
