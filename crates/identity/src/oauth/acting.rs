//! Token exchange (RFC 8693): a person acts for a company, an officer for a department, a service for a service.

use super::{Request, Sender, answer, client_ctx, own};
use crate::{
    Identity,
    error::{Code, Refusal, Verdict},
    model::TokenForm,
    ops::{self, Wanted},
    rules::{
        self,
        acting::{Behalf, JWT_LIFE},
    },
};
use axum::response::Response;
use http::StatusCode;
use jiff::SignedDuration;
use kernel::Problem;
use serde_json::json;

/// `grant_type`.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What is asked (RFC 8693 §2.1). Who acts is the client that authenticates, so no actor token is needed.
fn wanted(request: &Request) -> Verdict<Wanted> {
    let params = &request.params;
    let bad = |why: &'static str| Err(Refusal::new(Code::InvalidRequest, why));
    if params.get("actor_token").is_some() {
        return bad("who acts is the client that authenticates: send no actor_token");
    }
    if params.need("subject_token_type")? != ACCESS_TOKEN {
        return bad("subject_token_type must be an access token");
    }
    if params.get("requested_token_type").is_some_and(|kind| kind != ACCESS_TOKEN) {
        return bad("requested_token_type must be an access token");
    }
    let scope = params.need("scope")?;
    let audience = params.get("audience");
    if params.get("resource").is_some()
        || audience.is_some_and(|one| rules::audience(scope) != Some(one))
    {
        return Err(Refusal::new(Code::InvalidTarget, "the scope says for which service"));
    }
    let behalf = match params.get("on_behalf_of").map(Behalf::parse) {
        Some(None) => return bad("on_behalf_of is company[:NUMBER] or department[:ID]"),
        other => other.flatten(),
    };
    let token = params.need("subject_token")?;
    if token.len() > 4096 {
        return bad("the subject_token is unknown");
    }
    Ok(Wanted { token: token.to_owned(), scope: scope.to_owned(), behalf, jkt: String::new() })
}

pub(super) async fn issued(
    identity: &Identity,
    request: &Request,
    mut sender: Sender,
) -> Verdict<Response> {
    let mut wanted = wanted(request)?;
    let proof = request.need_proof(identity, None)?;
    wanted.jkt.clone_from(&proof.jkt);
    sender.proof = Some(proof);
    let ctx = client_ctx(identity, &sender.client().id);
    let nonce = sender.next_nonce(identity, &ctx);
    let (asked, asker, now) = (wanted.clone(), sender.clone(), ctx.now);
    let plan = identity.0.db.read(move |tx| ops::plan(tx, asker.client(), &asked, now));
    let plan = plan.await.map_err(<Refusal as From<Problem>>::from)??;
    let form = sender.client().terms.tokens;
    let life = if form == TokenForm::Jwt { JWT_LIFE } else { rules::ACCESS_LIFE };
    let until = plan.until.min(ctx.now + SignedDuration::from_secs(life));
    let token = match form {
        TokenForm::Opaque => ops::secret(&ctx, "at"),
        TokenForm::Jwt => {
            let said = acting(identity, &wanted.scope, &plan.chain);
            own::jwt(identity, &ctx, &sender, &wanted.scope, until.as_second(), said)?
        }
    };
    let body = json!({
        "access_token": token, "issued_token_type": ACCESS_TOKEN, "token_type": "DPoP", "scope": wanted.scope,
        "expires_in": until.as_second() - ctx.now.as_second(),
    });
    let hash = ops::hash(&token);
    let outcome = identity.0.db.write(move |tx| match sender.spend(tx)? {
        Ok(()) => ops::issue_acting(tx, &ctx, sender.client(), &wanted, &plan, (&hash, until)),
        Err(refusal) => Ok(Err(refusal)),
    });
    outcome.await.map_err(<Refusal as From<Problem>>::from)??;
    Ok(answer(StatusCode::OK, &body, nonce))
}

/// `sub` and `act` as the service hears them for which these scopes are.
fn acting(
    identity: &Identity,
    scope: &str,
    chain: &[rules::acting::Link],
) -> Option<(String, Option<serde_json::Value>)> {
    let service = rules::audience(scope).unwrap_or_default();
    rules::acting::claims(chain, |person| {
        ops::pairwise(identity.0.keys.pairwise(), service, &person.into())
    })
}
