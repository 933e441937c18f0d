//! `/tsa`, `/sign/ca.cer`, `/sign/ca.crl`: for programs of others.

use crate::{
    Signing,
    authority::{self, Kind},
    tsp::{self, Question, Refused},
};
use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use der::Encode;
use http::{HeaderMap, header};
use kernel::Problem;
use web::{Outcome, Visit};

/// `POST /tsa`: RFC 3161 §3.4. What is refused is said in the answer, as the protocol has it.
pub(super) async fn stamp(
    State(signing): State<Signing>,
    visit: Visit,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome<Response> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind != Some("application/timestamp-query") {
        return Err(Problem::new(415, "not-a-timestamp-query").into());
    }
    let answer = match Question::read(&body) {
        Err(refused) => refused.answer(),
        Ok(question) => {
            let (this, ctx) = (signing.clone(), visit.ctx.clone());
            let stamped = signing
                .db
                .read(move |tx| authority::stamp(tx, &ctx, this.sealer(), &question))
                .await;
            match stamped {
                Ok(token) => tsp::answer(&token),
                Err(problem) if problem.status == 503 => Refused::Unavailable.answer(),
                Err(problem) => return Err(problem.into()),
            }
        }
    };
    Ok(file("application/timestamp-reply", "no-store", answer.map_err(Problem::internal)?))
}

/// `GET /sign/ca.cer`: the authority's certificate.
pub(super) async fn certificate(State(signing): State<Signing>) -> Outcome<Response> {
    let this = signing.clone();
    let ca =
        signing.db.read(move |tx| authority::needed(tx, this.sealer(), Kind::Certificates)).await?;
    let der = ca.certificate.to_der().map_err(Problem::internal)?;
    Ok(file("application/pkix-cert", "public, max-age=3600", der))
}

/// `GET /sign/ca.crl`: what it revoked.
pub(super) async fn crl(State(signing): State<Signing>, visit: Visit) -> Outcome<Response> {
    let (this, now) = (signing.clone(), visit.ctx.now);
    let list = signing.db.read(move |tx| authority::crl(tx, this.sealer(), now)).await?;
    Ok(file("application/pkix-crl", "public, max-age=60", list))
}

pub(super) fn file(kind: &'static str, cache: &'static str, body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], body).into_response()
}
