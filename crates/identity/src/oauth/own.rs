//! `client_credentials`: a client acts in its own name (RFC 6749 §4.4). The token is a row before it is let out.

use super::{Request, Sender, answer, client_ctx};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    model::TokenForm,
    ops, rules,
};
use axum::response::Response;
use http::StatusCode;
use kernel::{Ctx, Problem};
use serde::Serialize;
use serde_json::Value as Json;

/// RFC 6749 §5.1.
#[derive(Serialize)]
struct Given<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: i64,
    scope: &'a str,
    grant_id: &'a str,
}

pub(super) async fn issued(
    identity: &Identity,
    request: &Request,
    mut sender: Sender,
) -> Verdict<Response> {
    let scope = rules::own_scopes(sender.client(), request.params.get("scope"))?;
    sender.proof = request.proof(identity, None)?;
    let bound = sender.bound();
    if bound.is_empty() && !rules::may_bear(sender.client(), &scope) {
        return Err(Refusal::new(Code::InvalidDpopProof, "the DPoP header is missing"));
    }
    let ctx = client_ctx(identity, &sender.client().id);
    let nonce = sender.next_nonce(identity, &ctx);
    let token = match sender.client().terms.tokens {
        TokenForm::Opaque => ops::secret(&ctx, "at"),
        TokenForm::Jwt => {
            let end = ctx.now.as_second() + rules::ACCESS_LIFE;
            jwt(identity, &ctx, &sender, &scope, end, None)?
        }
    };
    let kind = rules::certificate::token_type(&bound);
    let (hash, scope_kept) = (ops::hash(&token), scope.clone());
    let outcome = identity.0.db.write(move |tx| {
        // That the client still stands, the statement that keeps the token asks as well.
        if sender.spends()
            && let Err(refusal) = sender.spend(tx)?
        {
            return Ok(Err(refusal));
        }
        ops::issue_own(tx, &ctx, sender.stamped(), &hash, &bound, &scope_kept)
    });
    let grant = outcome.await.map_err(<Refusal as From<Problem>>::from)??;
    let expires_in = rules::ACCESS_LIFE;
    let body = Given {
        access_token: &token,
        token_type: kind,
        expires_in,
        scope: &scope,
        grant_id: &grant,
    };
    Ok(answer(StatusCode::OK, &body, nonce))
}

/// A token that a service reads by itself (RFC 9068 §2); `acting`: its `sub` and `act` where somebody acts for another.
pub(super) fn jwt(
    identity: &Identity,
    ctx: &Ctx,
    sender: &Sender,
    scope: &str,
    exp: i64,
    acting: Option<(String, Option<Json>)>,
) -> Verdict<String> {
    #[derive(Serialize)]
    struct Header {
        typ: &'static str,
    }
    #[derive(Serialize)]
    struct Claims<'a> {
        iss: &'a str,
        sub: &'a str,
        aud: &'a str,
        client_id: &'a str,
        scope: &'a str,
        iat: i64,
        exp: i64,
        jti: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        act: Option<Json>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cnf: Option<Json>,
    }
    let (client, now) = (sender.client().id.as_str(), ctx.now.as_second());
    let (sub, act) = acting.map_or((None, None), |(sub, act)| (Some(sub), act));
    let claims = Claims {
        iss: &identity.0.issuer,
        sub: sub.as_deref().unwrap_or(client),
        aud: rules::audience(scope).unwrap_or(&identity.0.issuer),
        client_id: client,
        scope,
        iat: now,
        exp,
        jti: wire::b64::encode(ctx.random::<16>()),
        act,
        cnf: rules::certificate::confirmation(&sender.bound()),
    };
    let claims = serde_json::to_vec(&claims).map_err(Problem::internal)?;
    let key = identity.0.keys.signer(ctx.now)?;
    Ok(key.sign(&Header { typ: "at+jwt" }, &claims).map_err(Problem::internal)?)
}
