//! The gateway: token, key, consent, sources, minimise, log, sign, encrypt, answer.
//!
//! Invariant: [`Exchange::let_go`] is the only way out for records, and what it returns was committed to
//! a durable log entry first.

mod node;

use crate::{
    Exchange,
    model::{Range, Request, Selection, Terms},
    node::{Asking, Claim, Why},
    ops::{self, Fields, LookKind, Sight, Standing},
    rules,
    sources::{Answer, Lookup, Rows, SourceError},
};
use kernel::{Actor, Ctx, Date, Id, Problem, Text, Timestamp};
use ports::{Access, Subject, SubjectKind};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use wire::dpop::{self, Proof};

/// All sources together get this long; one that has not answered by then is "unavailable".
const DEADLINE: Duration = Duration::from_secs(10);

/// Bytes that most answers need no more than.
const USUAL: usize = 16 * 1024;

/// Who asks: the token and the proof that came with it.
pub(crate) struct Caller {
    pub(crate) token: String,
    pub(crate) proof: Proof,
}

/// A consumer's encryption key, made ready.
pub(crate) struct ConsumerKeys {
    pub(crate) recipient: wire::jwe::Recipient,
}

/// One register of an answer.
#[derive(Serialize)]
pub(crate) struct Part<'a> {
    pub(crate) register: &'a str,
    pub(crate) department: &'a str,
    /// `ok`, `none` (the register has nothing under this subject) or `unavailable`.
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<Timestamp>,
    pub(crate) rows: Rows<'a>,
    /// Why it is unavailable, as a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<&'static str>,
    /// The signed answer of the node the records came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passed: Option<String>,
}

/// The claims a consumer receives: exactly these bytes are what the log commits to.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    jti: &'a Id,
    consent: &'a Id,
    purpose: &'a str,
    subject: SubjectClaim<'a>,
    delete_by: Date,
    registers: &'a [Part<'a>],
}

#[derive(Serialize)]
struct SubjectClaim<'a> {
    kind: SubjectKind,
    id: &'a Id,
    name: &'a Text,
}

#[derive(Serialize)]
struct ReleaseHeader<'a> {
    typ: &'static str,
    receipt: &'a evidence::Receipt,
    opening: &'a evidence::Opening,
}

impl Exchange {
    /// Reads and checks `Authorization: DPoP …` and its proof (RFC 9449 §7.1).
    pub(crate) fn caller(
        &self,
        ctx: &Ctx,
        headers: &http::HeaderMap,
        method: &str,
        path: &str,
    ) -> Result<Caller, Problem> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let token = header("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("dpop"));
        let (_, token) = token.ok_or_else(|| challenge("invalid-token", "invalid_token"))?;
        let mut proofs = headers.get_all("dpop").iter();
        let (proof, None) = (proofs.next().and_then(|value| value.to_str().ok()), proofs.next())
        else {
            return Err(challenge("invalid-dpop-proof", "invalid_dpop_proof"));
        };
        let proof = proof.ok_or_else(|| challenge("invalid-dpop-proof", "invalid_dpop_proof"))?;
        let url = format!("{}{path}", self.issuer);
        let now = ctx.now.as_second();
        let expected = dpop::Expected {
            method,
            url: &url,
            now,
            token: Some(token),
            nonces: Some(&self.nonces),
        };
        match dpop::check(proof, expected) {
            Ok(proof) => Ok(Caller { token: token.to_owned(), proof }),
            Err(dpop::Refusal::Nonce) => Err(challenge("use-dpop-nonce", "use_dpop_nonce")
                .header("dpop-nonce", self.nonces.make(now))),
            Err(why) => Err(Problem {
                internal: Some(why.to_string()),
                ..challenge("invalid-dpop-proof", "invalid_dpop_proof")
            }),
        }
    }

    /// The token's access, the consent as it stands, whose it is, and the consumer.
    pub(crate) async fn look_up(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        consent: Option<Id>,
    ) -> Result<(Access, Standing, Subject, Arc<ConsumerKeys>), Problem> {
        let (deps, now) = (self.deps.clone(), ctx.now);
        let (token, jkt) = (caller.token.clone(), caller.proof.jkt.clone());
        let cached = self.clone();
        self.db
            .read(move |tx| {
                let mut access = deps.authorizations.access(tx, &token, &jkt, now)?;
                if consent.is_some() {
                    access.consent = consent;
                }
                let standing = ops::standing(tx, &access)?;
                if standing.terms.consumer != access.client {
                    return Err(Problem::new(404, "consent-unknown"));
                }
                let subject =
                    deps.directory.subject(tx, &standing.terms.subject)?.ok_or_else(|| {
                        Problem::internal("a consent's subject is not in the directory")
                    })?;
                let keys = cached.consumer_keys(tx, &access.client)?;
                Ok((access, standing, subject, keys))
            })
            .await
    }

    /// A consumer's keys, from memory until a notice says that the client changed.
    pub(crate) fn consumer_keys(
        &self,
        tx: &mut store::Tx<'_>,
        client: &str,
    ) -> Result<Arc<ConsumerKeys>, Problem> {
        if let Some(keys) = self.consumers.get(client) {
            return Ok(keys);
        }
        let consumer = self
            .deps
            .directory
            .consumer(tx, client)?
            .ok_or_else(|| challenge("invalid-token", "invalid_token"))?;
        if !consumer.active {
            return Err(Problem::new(403, "client-stopped"));
        }
        let missing = || Problem::new(400, "client-key-missing");
        let jwks =
            wire::jwk::Jwks::parse(consumer.jwks.to_string().as_bytes()).map_err(|_| missing())?;
        let recipient = wire::jwe::Recipient::new(jwks.encryption_key().ok_or_else(missing)?)
            .map_err(|_| missing())?;
        let keys = Arc::new(ConsumerKeys { recipient });
        self.consumers.put(client, keys.clone());
        Ok(keys)
    }

    /// Fetches what is consented, notes the look durably, and only then signs and encrypts the answer.
    /// `spend` uses up the proof in the same transaction (a batch spends it once, before).
    pub(crate) async fn release(
        &self,
        ctx: &Ctx,
        caller: &Arc<Caller>,
        spend: bool,
        (standing, subject, keys): (Standing, Subject, Arc<ConsumerKeys>),
        asked: Option<&[Selection]>,
    ) -> Result<String, Problem> {
        let terms = &standing.terms;
        rules::may_look(
            terms,
            standing.state,
            standing.window_start,
            standing.window_used,
            ctx.now,
            &ctx.zone,
        )?;
        let selections = rules::narrow(&terms.registers, asked)?;
        let asking = || {
            let why = claim(terms, &standing.digest);
            self.asking(ctx, &subject, terms.details(&ctx.zone), why)
        };
        let asking = self.pack.asks_nodes(selections).then(asking).transpose()?;
        let parts = self.fetch(selections, &subject.key, terms.range, asking).await;
        if parts.iter().all(|part| part.status == "unavailable") {
            return Err(Problem::new(503, "source-unavailable").header("retry-after", 30));
        }
        let id = ctx.id("look");
        let claims = Claims {
            iss: &self.issuer,
            aud: &terms.consumer,
            iat: ctx.now.as_second(),
            jti: &id,
            consent: &terms.id,
            purpose: &terms.purpose,
            subject: SubjectClaim { kind: subject.kind, id: &subject.id, name: &subject.name },
            delete_by: terms.data_life.last_day(ctx.now, &ctx.zone),
            registers: &parts,
        };
        let mut payload = Vec::with_capacity(USUAL);
        serde_json::to_writer(&mut payload, &claims).map_err(Problem::internal)?;
        let sight = Sight {
            id,
            kind: LookKind::Release,
            subject: subject.id.clone(),
            consent: Some((terms.id.clone(), standing.digest.clone())),
            consumer: terms.consumer.clone(),
            key: Some(caller.proof.jkt.clone()),
            purpose: terms.purpose.clone(),
            fields: fields(selections),
            payload: wire::sha256(&[&payload]),
            departments: self.pack.departments_of(selections),
        };
        let look = sight.draft(ctx)?;
        let (deps, caller, context, terms) =
            (self.deps.clone(), caller.clone(), ctx.clone(), terms.clone());
        let ticket = self
            .db
            .write(move |tx| {
                if spend {
                    deps.authorizations.spend(
                        tx,
                        &caller.proof.jkt,
                        &caller.proof.jti,
                        caller.proof.iat,
                    )?;
                }
                let access = deps.authorizations.access(
                    tx,
                    &caller.token,
                    &caller.proof.jkt,
                    context.now,
                )?;
                if access.client != terms.consumer {
                    return Err(challenge("invalid-token", "invalid_token"));
                }
                ops::use_consent(tx, &context, &terms)?;
                ops::note_look(tx, &look)
            })
            .await?;
        self.let_go(ctx, &ticket, &payload, &keys.recipient).await
    }

    /// What a source that is another node must know of a fetch.
    pub(crate) fn asking(
        &self,
        ctx: &Ctx,
        subject: &Subject,
        request: Request,
        why: Why,
    ) -> Result<Arc<Asking>, Problem> {
        let (key, subject) = (self.signer.current(ctx.now)?, subject.id.clone());
        Ok(Arc::new(Asking { key, subject, request, why }))
    }

    /// Asks every source at once and keeps only the selected fields.
    pub(crate) async fn fetch(
        &self,
        selections: &[Selection],
        key: &str,
        range: Option<Range>,
        asking: Option<Arc<Asking>>,
    ) -> Vec<Part<'_>> {
        let lookups = selections.iter().map(|selection| {
            let lookup = Lookup {
                key,
                fields: &selection.fields,
                range: range.map(|range| (range.from, range.to)),
                asking: asking.clone(),
            };
            (selection.register.as_str(), lookup)
        });
        let lookups: Vec<_> = lookups.collect();
        let answers = self.sources.fetch_all(&lookups, DEADLINE).await;
        selections
            .iter()
            .zip(answers)
            .filter_map(|(selection, answer)| self.part(selection, answer))
            .collect()
    }

    fn part<'a>(
        &'a self,
        selection: &Selection,
        answer: Result<Answer<'a>, SourceError>,
    ) -> Option<Part<'a>> {
        let register = self.pack.register(&selection.register)?;
        let empty = Part {
            register: &register.id,
            department: &register.department,
            status: "unavailable",
            as_of: None,
            rows: Rows::default(),
            note: None,
            passed: None,
        };
        Some(match answer {
            Err(error) => Part { note: Some(error.code()), ..empty },
            Ok(Answer { mut rows, as_of, passed }) => {
                let status = if rows.is_empty() { "none" } else { "ok" };
                rows.keep(&selection.fields);
                Part { status, as_of: Some(as_of), rows, passed, ..empty }
            }
        })
    }

    /// Uses up a batch's proof once, before its releases.
    pub(crate) async fn spend(&self, ctx: &Ctx, caller: &Arc<Caller>) -> Result<Access, Problem> {
        let (deps, caller, now) = (self.deps.clone(), caller.clone(), ctx.now);
        self.db
            .write(move |tx| {
                deps.authorizations.spend(
                    tx,
                    &caller.proof.jkt,
                    &caller.proof.jti,
                    caller.proof.iat,
                )?;
                deps.authorizations.access(tx, &caller.token, &caller.proof.jkt, now)
            })
            .await
    }
}

/// A consent as another node is told of it.
fn claim(terms: &Terms, digest: &[u8]) -> Why {
    Why::Consent(Claim {
        id: terms.id.clone(),
        digest: wire::b64::encode(digest),
        consumer: terms.consumer.clone(),
        given: terms.given,
        start: terms.start,
    })
}

/// Selections as looks and the log name them.
pub(crate) fn fields(selections: &[Selection]) -> Fields {
    selections
        .iter()
        .map(|selection| (selection.register.clone(), selection.fields.clone()))
        .collect()
}

/// A 401 with the RFC's own header beside the problem body.
pub(crate) fn challenge(code: &'static str, error: &str) -> Problem {
    Problem::new(401, code)
        .header("www-authenticate", format!("DPoP error=\"{error}\", algs=\"ES256\""))
}

/// The same request, acting as the client that the token was issued to.
pub(crate) fn as_client(ctx: &Ctx, client: &str) -> Ctx {
    Ctx { actor: Actor::Client { id: client.to_owned() }, ..ctx.clone() }
}
