//! A JSON API by GET: TLS, bearer or client certificate, bounded answers, repeated only where safe.

use super::{SourceError, fill, net};
use crate::pack::{Source, SourceKind};
use futures_util::StreamExt;
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, time::Duration};
use url::Url;

pub(super) struct HttpSource {
    client: reqwest::Client,
    url: String,
    rows: String,
    bearer: Option<String>,
    most: usize,
    allow_private: bool,
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
        let read = |path: &String| {
            fill(path, places)
                .and_then(|path| std::fs::read(&path).map_err(|error| format!("{path}: {error}")))
        };
        let mut builder = net::builder(source.allow_private.is_some());
        if let Some(path) = ca {
            let ca =
                reqwest::Certificate::from_pem(&read(path)?).map_err(|error| error.to_string())?;
            builder = builder.tls_certs_only([ca]);
        }
        if let (Some(certificate), Some(key)) = (client_certificate, client_key) {
            let pem = [read(certificate)?, read(key)?].concat();
            builder = builder
                .identity(reqwest::Identity::from_pem(&pem).map_err(|error| error.to_string())?);
        }
        let bearer = bearer_file
            .as_ref()
            .map(read)
            .transpose()?
            .map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        Ok(Self {
            client: builder.build().map_err(|error| error.to_string())?,
            url: fill(url, places)?,
            rows: rows.clone(),
            bearer,
            most: usize::try_from(*max_bytes).unwrap_or(usize::MAX),
            allow_private: source.allow_private.is_some(),
        })
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
        net::check_url(&url, self.allow_private).map_err(|why| not_set_up(why.to_owned()))?;
        let mut request = self.client.get(url).header("accept", "application/json");
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        let answer = request.send().await.map_err(|error| failure(&error))?;
        match answer.status().as_u16() {
            200 => {}
            status @ 502..=504 => return Err((SourceError::Refused(status), Again::Safe)),
            status => return Err((SourceError::Refused(status), Again::Never)),
        }
        let mut body = Vec::new();
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| failure(&error))?;
            if body.len() + piece.len() > self.most {
                return Err((SourceError::TooLarge, Again::Never));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

/// Whether the same request may be sent once more: a source that has begun to answer is not asked again.
enum Again {
    Safe,
    Never,
}

fn failure(error: &reqwest::Error) -> (SourceError, Again) {
    let again = if error.is_connect() { Again::Safe } else { Again::Never };
    let kind = if error.is_timeout() { SourceError::Timeout } else { SourceError::Unreachable };
    (kind, again)
}

fn bad(what: &'static str) -> SourceError {
    SourceError::BadShape { field: "(answer)".to_owned(), what }
}
