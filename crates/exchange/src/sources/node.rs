//! Another Praya node. What it answers is believed only if it is signed by that node, logged there, and an
//! answer to this very question; then it is passed on as it was signed.

use super::{
    Answer, Lookup, Rows, SourceError, count, fill, http,
    mapping::{Mapping, Named},
};
use crate::{
    model::{Request, Selection},
    node::{self, Asking, QUESTION, Question, REPLY, Reply, Whose, digest},
    pack::{Register, Source, SourceKind},
};
use evidence::{Opening, Receipt};
use kernel::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::Mutex;
use url::Url;
use wire::{
    jwe::OpeningKey,
    jwk::{Jwks, PrivateJwk},
    jws::{Alg, Parsed},
    tlog::NoteVerifier,
};

/// Longest answer read, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;
/// Longest set of keys read, in bytes.
const LONGEST_KEYS: usize = 64 * 1024;
/// Keys are read again for an unknown `kid` at most this often, in seconds.
const KEYS_AGAIN: i64 = 60;
/// An answer is from now, give or take this many seconds.
const FRESH: i64 = 60;

pub(super) struct NodeSource {
    client: reqwest::Client,
    url: String,
    client_id: String,
    issuer: String,
    log: NoteVerifier,
    register: String,
    allow_private: bool,
    /// Held while they are read, so that those who need them wait for one reading.
    keys: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: Jwks,
    read_at: Option<Timestamp>,
}

/// A question as it was sent, and the key that opens its answer.
struct Sent {
    token: String,
    question: Question,
    opener: OpeningKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[serde(rename = "alg")]
    _alg: String,
    #[serde(rename = "kid")]
    _kid: String,
    #[serde(rename = "typ")]
    _typ: String,
    receipt: Receipt,
    opening: Opening,
}

/// A register's part as it is read: what an answer may not hold has no place in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    register: String,
    #[serde(rename = "department")]
    _department: String,
    status: Status,
    as_of: Timestamp,
    rows: Vec<Map<String, Json>>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    None,
}

impl NodeSource {
    pub(super) fn new(source: &Source, places: &BTreeMap<String, String>) -> Result<Self, String> {
        let SourceKind::Node { url, client_id, issuer, log_key, register } = &source.kind else {
            return Err("not a node source".to_owned());
        };
        let private = source.allow_private.is_some();
        let base =
            |text: &str| fill(text, places).map(|filled| filled.trim_end_matches('/').to_owned());
        Ok(Self {
            client: outbound::client(private)?,
            url: base(url)?,
            client_id: client_id.clone(),
            issuer: base(issuer)?,
            log: NoteVerifier::new(log_key.trim()).map_err(|why| format!("log_key: {why}"))?,
            register: register.clone(),
            allow_private: private,
            keys: Mutex::default(),
        })
    }

    pub(super) async fn ask<'a>(
        &self,
        register: &'a Register,
        source: &'a Source,
        lookup: &Lookup<'_>,
        now: Timestamp,
    ) -> Result<Answer<'a>, SourceError> {
        let Some(asking) = &lookup.asking else {
            let ready = format!("{}/readyz", self.url);
            self.call(&ready, None, LONGEST_KEYS, source.retries).await?;
            return Ok(Answer { rows: Rows::default(), as_of: now, passed: None });
        };
        let sent = self.question(source, lookup, asking, now)?;
        let url = format!("{}/exchange/v1/node", self.url);
        let answer = self.call(&url, Some(&sent.token), LONGEST, source.retries).await?;
        let jws = String::from_utf8(answer)
            .ok()
            .and_then(|token| sent.opener.decrypt(&token, LONGEST).ok())
            .and_then(|opened| String::from_utf8(opened.plaintext).ok())
            .ok_or_else(|| bad("(answer)", "not encrypted to the question's key"))?;
        let parsed = Parsed::new(&jws, LONGEST).map_err(|_| bad("(answer)", "not a JWS"))?;
        let kid = parsed
            .header()
            .kid
            .clone()
            .ok_or_else(|| bad("(signature)", "without a key's name"))?;
        let keys = self.keys(&kid, now).await?;
        let told = self.believed(&parsed, &keys, &sent, now)?;
        let rows = rows(register, source, lookup, &told)?;
        Ok(Answer { rows, as_of: told.as_of, passed: Some(jws) })
    }

    fn question(
        &self,
        source: &Source,
        lookup: &Lookup<'_>,
        asking: &Asking,
        now: Timestamp,
    ) -> Result<Sent, SourceError> {
        let broken = |why: wire::Error| SourceError::NotSetUp(why.to_string());
        let reply = PrivateJwk::generate_p256("enc").map_err(broken)?;
        let fields = lookup.fields.iter().map(|field| source.column(field).to_owned()).collect();
        let question = Question {
            iss: self.client_id.clone(),
            aud: self.issuer.clone(),
            iat: now.as_second(),
            // As random as the key.
            jti: reply.public.key.thumbprint(),
            subject: Whose { id: asking.subject.clone(), key: lookup.key.to_owned() },
            request: Request {
                registers: vec![Selection { register: self.register.clone(), fields }],
                // The consent's own start and id are in the claim.
                start: None,
                consent: None,
                ..asking.request.clone()
            },
            why: asking.why.clone(),
            reply_to: reply.public.clone(),
        };
        let claims =
            serde_json::to_vec(&question).map_err(|why| SourceError::NotSetUp(why.to_string()))?;
        let header = serde_json::json!({"typ": QUESTION});
        let token = asking.key.sign(&header, &claims).map_err(broken)?;
        Ok(Sent { token, question, opener: OpeningKey::new(&reply).map_err(broken)? })
    }

    /// Sends a question, or reads an address. Once more only where nothing can have arrived: each question
    /// that arrives is a look.
    async fn call(
        &self,
        url: &str,
        question: Option<&str>,
        most: usize,
        retries: u32,
    ) -> Result<Vec<u8>, SourceError> {
        let url = Url::parse(url).map_err(|why| SourceError::NotSetUp(why.to_string()))?;
        outbound::check_url(&url, self.allow_private).map_err(|why| match why {
            outbound::INSIDE => SourceError::Inside,
            other => SourceError::NotSetUp(other.to_owned()),
        })?;
        let mut attempt = 0;
        let answer = loop {
            let request = match question {
                None => self.client.get(url.clone()),
                Some(token) => self
                    .client
                    .post(url.clone())
                    .header("content-type", "application/jwt")
                    .body(token.to_owned()),
            };
            match request.send().await {
                Err(error) if error.is_connect() && attempt < retries => {
                    attempt += 1;
                    tokio::time::sleep(Duration::from_millis(50 << attempt.min(5))).await;
                }
                sent => break sent.map_err(|error| http::failure(&error).0)?,
            }
        };
        match answer.status().as_u16() {
            200 => http::body(answer, most).await,
            status => Err(SourceError::Refused(status)),
        }
    }

    /// The node's public keys; read again when it signs with one that is not among them.
    async fn keys(&self, kid: &str, now: Timestamp) -> Result<Jwks, SourceError> {
        let mut known = self.keys.lock().await;
        let has = known.keys.keys.iter().any(|key| key.kid.as_deref() == Some(kid));
        let lately = known.read_at.is_some_and(|at| now.as_second() - at.as_second() < KEYS_AGAIN);
        if !has && !lately {
            let url = format!("{}/oauth/jwks", self.issuer);
            let body = self.call(&url, None, LONGEST_KEYS, 0).await?;
            known.keys = Jwks::parse(&body).map_err(|_| bad("(keys)", "not a JWK Set"))?;
            known.read_at = Some(now);
        }
        Ok(known.keys.clone())
    }

    /// What the answer says, if that node signed it, its log holds it, and it answers this question.
    fn believed(
        &self,
        parsed: &Parsed<'_>,
        keys: &Jwks,
        sent: &Sent,
        now: Timestamp,
    ) -> Result<Told, SourceError> {
        if parsed.header().typ.as_deref() != Some(REPLY) {
            return Err(bad("(answer)", "of another kind"));
        }
        let payload = parsed
            .verify_by_set(keys, &[Alg::Es256])
            .map_err(|_| bad("(signature)", "not of a key of that node"))?;
        let header: Header =
            parsed.header_as().map_err(|_| bad("(receipt)", "missing, or not alone"))?;
        let unproven = |_| bad("(receipt)", "not of that node's log");
        let proven = evidence::verify::receipt(&header.receipt, &self.log).map_err(unproven)?;
        let record = evidence::verify::opening(&proven.entry, &header.opening).map_err(unproven)?;
        evidence::verify::payload(&record, payload).map_err(unproven)?;
        let reply: Reply<Told> =
            serde_json::from_slice(payload).map_err(|_| bad("(answer)", "not of its form"))?;
        let asked = &sent.question;
        if reply.iss != self.issuer
            || reply.aud != self.client_id
            || reply.question != digest(&sent.token)
            || reply.purpose != asked.request.purpose
            || (reply.iat - now.as_second()).abs() > FRESH
        {
            return Err(bad("(answer)", "to another question"));
        }
        if reply.subject
            != (node::Named { kind: asked.request.subject, id: asked.subject.id.clone() })
        {
            return Err(SourceError::WrongSubject);
        }
        let mut registers = reply.registers.into_iter();
        match (registers.next(), registers.next()) {
            (Some(told), None) if told.register == self.register => Ok(told),
            _ => Err(bad("(answer)", "of another register")),
        }
    }
}

/// The rows in this pack's fields: nothing but what was asked for, each value as its field says.
fn rows<'a>(
    register: &'a Register,
    source: &'a Source,
    lookup: &Lookup<'_>,
    told: &Told,
) -> Result<Rows<'a>, SourceError> {
    count(register, told.rows.len())?;
    if (told.status == Status::Ok) == told.rows.is_empty() {
        return Err(bad("(answer)", "of a status that its rows deny"));
    }
    let dated =
        register.fields.iter().any(|field| field.date_field && lookup.fields.contains(&field.id));
    let mapping = Mapping::new(register, source, lookup.fields);
    let mut rows = Rows::new(mapping.wanted());
    for raw in &told.rows {
        rows.push(mapping.signed_row(raw, lookup.key)?);
        if dated && !mapping.in_range(&Named::new(raw, &mapping), lookup.range)? {
            return Err(bad("(answer)", "more than was asked for"));
        }
    }
    Ok(rows)
}

fn bad(field: &str, what: &'static str) -> SourceError {
    SourceError::BadShape { field: field.to_owned(), what }
}
