//! JSON endpoints under `/exchange/v1`.

use crate::{
    Exchange,
    gateway::{Caller, as_client, challenge},
    model::Selection,
    ops,
};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use futures_util::future::join_all;
use http::{HeaderMap, header};
use kernel::{Ctx, Id, Problem};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use web::{Outcome, Visit};

/// A batch may name this many consents.
const BATCH: usize = 100;
/// Largest request body read, in bytes.
const LARGEST: usize = 64 * 1024;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Narrow {
    #[serde(default)]
    registers: Option<Vec<Selection>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    consents: Vec<Id>,
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Problem> {
    if body.len() > LARGEST {
        return Err(Problem::new(413, "too-large"));
    }
    serde_json::from_slice(body).map_err(|error| Problem {
        internal: Some(error.to_string()),
        ..Problem::new(400, "request-unreadable")
    })
}

/// `GET /exchange/v1/registers`: what can be asked for, of whom, for which purposes.
pub(crate) async fn registers(State(exchange): State<Exchange>) -> Json<Value> {
    let health = exchange.sources.health();
    let registers = exchange.pack.registers().map(|register| {
        let fields: Vec<_> = register
            .fields
            .iter()
            .map(|field| {
                let purposes: Vec<_> = exchange.pack.purposes().filter(|purpose| purpose.allows(&register.id, &field.id)).map(|purpose| &purpose.id).collect();
                json!({"id": field.id, "name": field.name, "type": field.kind, "classification": field.classification, "sensitive": field.sensitive, "purposes": purposes, "labels": field.labels})
            })
            .collect();
        json!({
            "id": register.id, "department": register.department,
            "department_name": exchange.pack.department(&register.department).map(|department| &department.name), "subject": register.subject, "name": register.name,
            "description": register.description, "purposes": register.purposes, "fields": fields,
            "health": health.get(&register.source).map(|health| health.state),
        })
    });
    Json(registers.collect())
}

/// `GET /exchange/v1/purposes`: why one may ask, and the limits of fair use.
pub(crate) async fn purposes(State(exchange): State<Exchange>) -> Json<Value> {
    Json(exchange.pack.purposes().map(|purpose| json!(purpose)).collect())
}

/// `GET /exchange/v1/health`: how each source answers now.
pub(crate) async fn health(State(exchange): State<Exchange>) -> Json<Value> {
    Json(json!(exchange.sources.health()))
}

/// `POST /exchange/v1/records`: the consented records, logged, signed and encrypted.
pub(crate) async fn records(
    State(exchange): State<Exchange>,
    visit: Visit,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome<Response> {
    let caller = Arc::new(exchange.caller(&visit.ctx, &headers, "POST", "/exchange/v1/records")?);
    let asked: Narrow = if body.is_empty() { Narrow::default() } else { read(&body)? };
    let (access, standing, subject, keys) = exchange.look_up(&visit.ctx, &caller, None).await?;
    let ctx = as_client(&visit.ctx, &access.client);
    let answer = exchange
        .release(&ctx, &caller, true, (standing, subject, keys), asked.registers.as_deref())
        .await?;
    Ok(jwt(&exchange, &ctx, answer))
}

/// `POST /exchange/v1/node`: another node asks; the body is its signed question.
pub(crate) async fn node(
    State(exchange): State<Exchange>,
    visit: Visit,
    body: Bytes,
) -> Outcome<Response> {
    let token = std::str::from_utf8(&body).map_err(|_| Problem::new(401, "question-refused"))?;
    let answer = exchange.answer_node(&visit.ctx, token).await?;
    let headers = [(header::CONTENT_TYPE, "application/jwt"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, answer).into_response())
}

/// An encrypted answer, with the nonce for the next proof.
fn jwt(exchange: &Exchange, ctx: &Ctx, answer: String) -> Response {
    let nonce = exchange.nonces.make(ctx.now.as_second());
    let headers = [
        (header::CONTENT_TYPE, "application/jwt".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::HeaderName::from_static("dpop-nonce"), nonce),
    ];
    (headers, answer).into_response()
}

/// `POST /exchange/v1/batch`: many consents with one client token; each answer stands alone.
pub(crate) async fn batch(
    State(exchange): State<Exchange>,
    visit: Visit,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome<Json<Value>> {
    let caller = Arc::new(exchange.caller(&visit.ctx, &headers, "POST", "/exchange/v1/batch")?);
    let batch: Batch = read(&body)?;
    if batch.consents.is_empty() || batch.consents.len() > BATCH {
        return Err(Problem::new(400, "batch-too-large").arg("most", BATCH).into());
    }
    let access = exchange.spend(&visit.ctx, &caller).await?;
    if !access.scope.split(' ').any(|scope| scope == "exchange:batch") {
        return Err(Problem::new(403, "insufficient-scope")
            .header(
                "www-authenticate",
                "DPoP error=\"insufficient_scope\", scope=\"exchange:batch\"",
            )
            .into());
    }
    let ctx = as_client(&visit.ctx, &access.client);
    let answers = join_all(
        batch.consents.iter().map(|consent| one_of_batch(&exchange, &ctx, &caller, consent)),
    )
    .await;
    Ok(Json(json!({ "answers": answers })))
}

async fn one_of_batch(exchange: &Exchange, ctx: &Ctx, caller: &Arc<Caller>, consent: &Id) -> Value {
    let answer = async {
        let (_, standing, subject, keys) =
            exchange.look_up(ctx, caller, Some(consent.clone())).await?;
        exchange.release(ctx, caller, false, (standing, subject, keys), None).await
    };
    match answer.await {
        Ok(jwt) => json!({"consent": consent, "status": 200, "jwt": jwt}),
        Err(problem) => {
            let retry = problem
                .headers
                .iter()
                .find(|(name, _)| *name == "retry-after")
                .map(|(_, value)| value);
            json!({"consent": consent, "status": problem.status, "code": problem.code, "retry_after": retry})
        }
    }
}

/// `GET /exchange/v1/consents/{id}`: the consent as a record shaped on ISO/IEC TS 27560, for its consumer.
pub(crate) async fn consent(
    State(exchange): State<Exchange>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<Id>,
) -> Outcome<Json<Value>> {
    let caller =
        exchange.caller(&visit.ctx, &headers, "GET", &format!("/exchange/v1/consents/{id}"))?;
    let (deps, context) = (exchange.deps.clone(), visit.ctx.clone());
    let found = exchange
        .db
        .write(move |tx| {
            deps.authorizations.spend(
                tx,
                &caller.proof.jkt,
                &caller.proof.jti,
                caller.proof.iat,
            )?;
            let access =
                deps.authorizations.access(tx, &caller.token, &caller.proof.jkt, context.now)?;
            let consent = ops::find(tx, &id)?;
            if consent.terms.consumer != access.client {
                return Err(Problem::new(404, "consent-unknown"));
            }
            let history = ops::history(tx, &id)?;
            Ok((consent, history))
        })
        .await?;
    Ok(Json(crate::receipts::consent_record(&exchange, &found.0, &found.1)))
}

/// `POST /exchange/v1/deletions/{consent}`: the consumer attests that it deleted what it held.
/// Authenticated by a client assertion (RFC 7523) in the body; a DPoP token may have ended long ago.
pub(crate) async fn deletion(
    State(exchange): State<Exchange>,
    visit: Visit,
    Path(id): Path<Id>,
    body: Bytes,
) -> Outcome<Json<Value>> {
    #[derive(Deserialize)]
    struct Attestation {
        client_assertion: String,
        deleted_at: kernel::Timestamp,
        #[serde(default)]
        statement: Option<String>,
    }
    let attestation: Attestation = read(&body)?;
    if attestation.deleted_at > visit.ctx.now {
        return Err(Problem::new(400, "request-unreadable")
            .field("deleted_at", "date-in-future")
            .into());
    }
    let (deps, context, issuer, pack) =
        (exchange.deps.clone(), visit.ctx.clone(), exchange.issuer.clone(), exchange.pack.clone());
    exchange
        .db
        .write(move |tx| {
            let refused = || challenge("client-unknown", "invalid_client");
            let assertion = wire::assertion::Unverified::new(&attestation.client_assertion).map_err(|_| refused())?;
            let consumer = deps.directory.consumer(tx, assertion.client_id())?.ok_or_else(refused)?;
            let keys = wire::jwk::Jwks::parse(consumer.jwks.to_string().as_bytes()).map_err(|_| refused())?;
            let assertion = assertion.verify(&keys, &issuer, context.now.as_second()).map_err(|_| refused())?;
            deps.authorizations.spend(tx, &consumer.id, &assertion.jti, context.now.as_second())?;
            let ctx = as_client(&context, &consumer.id);
            let consent = ops::find(tx, &id)?;
            let departments = pack.departments_of(&consent.terms.registers);
            let statement = json!({"deleted_at": attestation.deleted_at, "statement": attestation.statement, "assertion": attestation.client_assertion});
            ops::attest(tx, &ctx, &id, &departments, &statement)
        })
        .await?;
    Ok(Json(json!({"attested": true})))
}
