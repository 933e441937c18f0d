//! `/signing/v1/requests`: a service asks for a signature, and fetches it.

use crate::{
    Signing,
    model::{Form, Request, State},
    ops, pki,
    rules::{Ask, SCOPE},
};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State as With},
    response::{IntoResponse, Response},
};
use base64_simd::STANDARD;
use http::{HeaderMap, StatusCode, header};
use kernel::{Actor, Ctx, Id, Problem};
use serde_json::{Value, json};
use store::Tx;
use web::{Outcome, Visit};
use wire::dpop::{self, Proof};

/// A request body is no longer than this: a PDF in base64, and some words.
pub(crate) const LONGEST: usize = 14 * 1024 * 1024;

/// Who asks: the token and the proof that came with it (RFC 9449 §7.1).
struct Caller {
    token: String,
    proof: Proof,
}

fn challenge(code: &'static str, error: &str) -> Problem {
    Problem { code, ..Problem::new(401, "invalid-token") }
        .header("www-authenticate", format!("DPoP error=\"{error}\", algs=\"ES256 EdDSA\""))
}

fn caller(
    signing: &Signing,
    ctx: &Ctx,
    headers: &HeaderMap,
    method: &str,
    path: &str,
) -> Result<Caller, Problem> {
    let mut tokens = headers.get_all("authorization").iter();
    let mut proofs = headers.get_all("dpop").iter();
    let text = |value: Option<&http::HeaderValue>| value?.to_str().ok().map(str::to_owned);
    let token = text(tokens.next()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("dpop").then(|| token.to_owned())
    });
    let token = token.ok_or_else(|| challenge("invalid-token", "invalid_token"))?;
    let refused = || challenge("invalid-dpop-proof", "invalid_dpop_proof");
    let proof = text(proofs.next()).filter(|_| proofs.next().is_none()).ok_or_else(refused)?;
    let (url, now) = (format!("{}{path}", signing.base), ctx.now.as_second());
    let expected = dpop::Expected {
        method,
        url: &url,
        now,
        token: Some(&token),
        nonces: Some(&signing.nonces),
    };
    match dpop::check(&proof, expected) {
        Ok(proof) => Ok(Caller { token, proof }),
        Err(dpop::Refusal::Nonce) => Err(challenge("use-dpop-nonce", "use_dpop_nonce")
            .header("dpop-nonce", signing.nonces.make(now))),
        Err(why) => Err(Problem { internal: Some(why.to_string()), ..refused() }),
    }
}

/// Uses up the proof and gives the context of the client, if its token reaches this far.
fn admitted(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    signing: &Signing,
    caller: &Caller,
) -> Result<(Ctx, String), Problem> {
    let Caller { token, proof } = caller;
    signing.authorizations.spend(tx, &proof.jkt, &proof.jti, proof.iat)?;
    let access = signing.authorizations.access(tx, token, &proof.jkt, ctx.now)?;
    // In its own name: a token under a person's consent reaches what was consented to, and not this.
    if access.consent.is_some() || !access.scope.split(' ').any(|one| one == SCOPE) {
        return Err(Problem::new(403, "insufficient-scope").header(
            "www-authenticate",
            format!("DPoP error=\"insufficient_scope\", scope=\"{SCOPE}\""),
        ));
    }
    let actor = Actor::Client { id: access.client.clone() };
    Ok((Ctx { actor, ..ctx.clone() }, access.client))
}

fn read(body: &[u8]) -> Result<Ask, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem {
        internal: Some(error.to_string()),
        ..Problem::new(400, "request-unreadable")
    })
}

/// A request as its service sees it.
fn said(signing: &Signing, ctx: &Ctx, request: &Request) -> Value {
    let state = request.state_at(ctx.now);
    let mut said = json!({
        "id": request.id, "state": state, "code": request.code, "expires_at": request.expires_at,
        "sign_at": format!("{}/sign/{}", signing.base, request.id),
        "document": {"name": request.name, "sha256": request.digest, "form": request.form},
    });
    if state == State::Signed {
        said["serial"] = json!(request.serial);
        said["signed_at"] = json!(request.answered_at);
    }
    said
}

fn answer(signing: &Signing, ctx: &Ctx, status: StatusCode, body: Value) -> Response {
    let nonce = signing.nonces.make(ctx.now.as_second());
    let headers = [
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::HeaderName::from_static("dpop-nonce"), nonce),
    ];
    (status, headers, Json(body)).into_response()
}

/// `POST /signing/v1/requests`.
pub(crate) async fn ask(
    With(signing): With<Signing>,
    visit: Visit,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let caller = caller(&signing, &ctx, &headers, "POST", "/signing/v1/requests")?;
    let ask = read(&body)?;
    let pdf = ask.document.pdf.as_ref().map(|text| {
        let packed: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        STANDARD
            .decode_to_vec(packed)
            .map_err(|_| Problem::new(400, "request-refused").field("/document/pdf", "base64-form"))
    });
    let pdf = pdf.transpose()?;
    let asked = ask.read(pdf.as_ref().map(|pdf| wire::sha256(&[pdf])))?;
    let (this, with) = (signing.clone(), ctx.clone());
    let request = signing
        .db
        .write(move |tx| {
            let (ctx, _) = admitted(tx, &with, &this, &caller)?;
            ops::ask(tx, &ctx, &this, &asked, pdf.as_deref())
        })
        .await?;
    Ok(answer(&signing, &ctx, StatusCode::CREATED, said(&signing, &ctx, &request)))
}

/// `GET /signing/v1/requests/{id}`: where it stands, and the signature once it is whole.
pub(crate) async fn fetch(
    With(signing): With<Signing>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<Id>,
) -> Outcome<Response> {
    let ctx = visit.ctx.clone();
    let caller = caller(&signing, &ctx, &headers, "GET", &format!("/signing/v1/requests/{id}"))?;
    let (this, with) = (signing.clone(), ctx.clone());
    let (request, pdf) = signing
        .db
        .write(move |tx| {
            let (_, client) = admitted(tx, &with, &this, &caller)?;
            let request = ops::of_client(tx, &client, &id)?;
            let signed = request.state == State::Signed && request.form == Form::Pdf;
            let pdf = signed.then(|| ops::pdf(tx, &this, &request)).transpose()?;
            Ok::<_, Problem>((request, pdf))
        })
        .await?;
    let mut body = said(&signing, &ctx, &request);
    if request.state == State::Signed {
        let signature =
            request.signature.as_ref().ok_or_else(|| Problem::new(410, "signature-gone"))?;
        body["signature"] = json!(STANDARD.encode_to_string(signature));
        if let Some(pdf) = &pdf {
            body["pdf"] = json!(STANDARD.encode_to_string(pdf));
        }
        let chain = crate::cms::certificates(signature).map_err(Problem::from)?;
        let chain = chain.iter().map(pki::certificate_pem).collect::<Result<String, _>>();
        body["certificates"] = json!(chain.map_err(Problem::from)?);
    }
    Ok(answer(&signing, &ctx, StatusCode::OK, body))
}
