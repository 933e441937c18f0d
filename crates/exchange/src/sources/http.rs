//! A JSON API by GET: TLS, bearer or client certificate, bounded answers, repeated only where safe.

use super::{SourceError, fill};
use crate::pack::{Source, SourceKind};
use futures_util::StreamExt;
use serde_json::{Map, Value as Json};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use url::Url;

pub(super) struct HttpSource {
    url: String,
    rows: String,
    secrets: Secrets,
    most: usize,
    allow_private: bool,
    made: Mutex<Option<Arc<Made>>>,
}

/// The files by which we and the source know each other.
struct Secrets {
    bearer: Option<PathBuf>,
    ca: Option<PathBuf>,
    /// Our certificate and its key.
    certificate: Option<(PathBuf, PathBuf)>,
}

/// What was made of the secrets as they were at their marks.
struct Made {
    marks: Vec<Option<(SystemTime, u64)>>,
    client: reqwest::Client,
    bearer: Option<String>,
}

impl Secrets {
    fn marks(&self) -> Vec<Option<(SystemTime, u64)>> {
        let pair = self.certificate.iter().flat_map(|(certificate, key)| [certificate, key]);
        let mark = |path: &PathBuf| {
            let facts = std::fs::metadata(path).ok()?;
            Some((facts.modified().ok()?, facts.len()))
        };
        self.bearer.iter().chain(&self.ca).chain(pair).map(mark).collect()
    }

    fn make(
        &self,
        marks: Vec<Option<(SystemTime, u64)>>,
        allow_private: bool,
    ) -> Result<Made, String> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let mut builder = outbound::builder(allow_private);
        if let Some(path) = &self.ca {
            let ca =
                reqwest::Certificate::from_pem(&read(path)?).map_err(|error| error.to_string())?;
            builder = builder.tls_certs_only([ca]);
        }
        if let Some((certificate, key)) = &self.certificate {
            let pem = [read(certificate)?, read(key)?].concat();
            builder = builder
                .identity(reqwest::Identity::from_pem(&pem).map_err(|error| error.to_string())?);
        }
        let bearer = self.bearer.as_ref().map(read).transpose()?;
        Ok(Made {
            marks,
            client: builder.build().map_err(|error| error.to_string())?,
            bearer: bearer.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()),
        })
    }
}

impl HttpSource {
    pub(super) fn new(source: &Source, places: &BTreeMap<String, String>) -> Result<Self, String> {
        let SourceKind::Http {
            url,
            rows,
            bearer_file,
            client_certificate,
            client_key,
            ca,
            max_bytes,
        } = &source.kind
        else {
            return Err("not an http source".to_owned());
        };
        let path = |text: &Option<String>| {
            text.as_ref().map(|text| fill(text, places).map(PathBuf::from)).transpose()
        };
        let secrets = Secrets {
            bearer: path(bearer_file)?,
            ca: path(ca)?,
            certificate: path(client_certificate)?.zip(path(client_key)?),
        };
        Ok(Self {
            url: fill(url, places)?,
            rows: rows.clone(),
            secrets,
            most: usize::try_from(*max_bytes).unwrap_or(usize::MAX),
            allow_private: source.allow_private.is_some(),
            made: Mutex::default(),
        })
    }

    /// The client with the secrets as their files hold them now. A file in the middle of being replaced
    /// cannot be read: then those from before.
    fn made(&self) -> Result<Arc<Made>, String> {
        let marks = self.secrets.marks();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref().filter(|made| made.marks == marks) {
            return Ok(made.clone());
        }
        match (self.secrets.make(marks, self.allow_private), made.as_ref()) {
            (Ok(new), _) => Ok(made.insert(Arc::new(new)).clone()),
            (Err(why), Some(before)) => {
                tracing::warn!(why, "a source's changed secrets cannot be used");
                Ok(before.clone())
            }
            (Err(why), None) => Err(why),
        }
    }

    pub(super) async fn rows(
        &self,
        key: &str,
        retries: u32,
    ) -> Result<Vec<Map<String, Json>>, SourceError> {
        let mut attempt = 0;
        let body = loop {
            match self.get(key).await {
                // One that never arrived, or that a gateway lost.
                Err((_, Again::Safe)) if attempt < retries => {
                    attempt += 1;
                    tokio::time::sleep(Duration::from_millis(50 << attempt.min(5))).await;
                }
                Err((error, _)) => return Err(error),
                Ok(body) => break body,
            }
        };
        let answer: Json = serde_json::from_slice(&body).map_err(|_| bad("not JSON"))?;
        match answer.pointer(&self.rows) {
            Some(Json::Array(rows)) => rows
                .iter()
                .map(|row| row.as_object().cloned().ok_or_else(|| bad("not an object")))
                .collect(),
            Some(Json::Object(row)) => Ok(vec![row.clone()]),
            Some(Json::Null) => Ok(Vec::new()),
            _ => Err(bad("missing")),
        }
    }

    /// The answer's body. A 404 is a refusal: a mistyped path says the same, and unknown is not "none".
    async fn get(&self, key: &str) -> Result<Vec<u8>, (SourceError, Again)> {
        let not_set_up = |why: String| (SourceError::NotSetUp(why), Again::Never);
        let safe: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let url = Url::parse(&self.url.replace("{key}", &safe))
            .map_err(|error| not_set_up(error.to_string()))?;
        outbound::check_url(&url, self.allow_private).map_err(|why| match why {
            outbound::INSIDE => (SourceError::Inside, Again::Never),
            other => not_set_up(other.to_owned()),
        })?;
        let made = self.made().map_err(not_set_up)?;
        let mut request = made.client.get(url).header("accept", "application/json");
        if let Some(bearer) = &made.bearer {
            request = request.bearer_auth(bearer);
        }
        let answer = request.send().await.map_err(|error| failure(&error))?;
        match answer.status().as_u16() {
            200 => {}
            status @ 502..=504 => return Err((SourceError::Refused(status), Again::Safe)),
            status => return Err((SourceError::Refused(status), Again::Never)),
        }
        body(answer, self.most).await.map_err(|error| (error, Again::Never))
    }
}

/// An answer's body, given up as soon as it is longer than `most`.
pub(super) async fn body(answer: reqwest::Response, most: usize) -> Result<Vec<u8>, SourceError> {
    let mut body = Vec::new();
    let mut pieces = answer.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| failure(&error).0)?;
        if body.len() + piece.len() > most {
            return Err(SourceError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Whether the same request may be sent once more: a source that has begun to answer is not asked again.
pub(super) enum Again {
    Safe,
    Never,
}

pub(super) fn failure(error: &reqwest::Error) -> (SourceError, Again) {
    if outbound::leads_inside(error) {
        return (SourceError::Inside, Again::Never);
    }
    let again = if error.is_connect() { Again::Safe } else { Again::Never };
    let kind = if error.is_timeout() { SourceError::Timeout } else { SourceError::Unreachable };
    (kind, again)
}

fn bad(what: &'static str) -> SourceError {
    SourceError::BadShape { field: "(answer)".to_owned(), what }
}
