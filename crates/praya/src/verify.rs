//! Checking offline: a receipt or a signed answer with public keys alone, or a whole database.

use crate::{Error, tools};
use clap::Args;
use evidence::{Opening, Receipt};
use exchange::pack::Pack;
use serde::Deserialize;
use std::path::PathBuf;
use web::Shell;
use wire::{
    jwk::Jwks,
    jws::{Alg, Parsed},
    tlog::NoteVerifier,
};

/// Longest file read, in bytes.
const LONGEST: usize = 32 * 1024 * 1024;

/// `praya verify`.
#[derive(Args)]
pub(crate) struct Options {
    /// A receipt (JSON), a signed answer (JWS, compact) or a signed PDF.
    file: Option<PathBuf>,
    /// For a PDF: the certificates of the authorities you trust (PEM).
    #[arg(long)]
    trust: Option<PathBuf>,
    /// For a PDF: the authority's list of revoked certificates, as /sign/ca.crl gives it.
    #[arg(long)]
    crl: Option<PathBuf>,
    /// The log's public key (a note verifier key), or a file that holds it. A receipt downloaded from
    /// My data names one; give it from elsewhere if you do not trust the file.
    #[arg(long)]
    log_key: Option<String>,
    /// The issuer's public keys (JWK Set), to check an answer's signature.
    #[arg(long)]
    jwks: Option<PathBuf>,
    #[command(flatten)]
    database: tools::Database,
}

/// What a receipt says once it holds.
pub(crate) struct Facts {
    index: u64,
    size: u64,
    entry: evidence::Entry,
    record: Option<serde_json::Value>,
    payload: bool,
    signed: bool,
}

/// Why something does not hold.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// Neither a receipt nor an answer.
    #[error("this is neither a receipt (JSON) nor a signed answer (JWS)")]
    Form,
    /// The proof does not lead to the signed checkpoint.
    #[error("the proof does not hold: {0}")]
    Proof(wire::Error),
    /// The opening is of another entry.
    #[error("the record does not belong to this entry")]
    Opening,
    /// The payload is not what was logged.
    #[error("the records are not those that were logged")]
    Payload,
    /// The answer's signature does not verify.
    #[error("the answer's signature does not verify: {0}")]
    Signature(wire::Error),
}

impl Broken {
    /// What it means to a person: the key of a text.
    pub(crate) const fn text(&self) -> &'static str {
        match self {
            Self::Form => "verify-why-form",
            Self::Proof(_) => "verify-why-proof",
            Self::Opening => "verify-why-opening",
            Self::Payload => "verify-why-payload",
            Self::Signature(_) => "verify-why-signature",
        }
    }
}

#[derive(Deserialize)]
struct Bundle {
    receipt: Receipt,
    opening: Option<Opening>,
}

/// Checks a receipt, a receipt with its opening, or a signed answer.
pub(crate) fn check(text: &str, key: &NoteVerifier, jwks: Option<&Jwks>) -> Result<Facts, Broken> {
    if let Ok(bundle) = serde_json::from_str::<Bundle>(text) {
        return facts(&bundle.receipt, bundle.opening.as_ref(), None, key, false);
    }
    if let Ok(receipt) = serde_json::from_str::<Receipt>(text) {
        return facts(&receipt, None, None, key, false);
    }
    let parsed = Parsed::new(text, LONGEST).map_err(|_| Broken::Form)?;
    let bundle: Bundle = parsed.header_as().map_err(|_| Broken::Form)?;
    if let Some(jwks) = jwks {
        parsed.verify_by_set(jwks, &[Alg::Es256]).map_err(Broken::Signature)?;
    }
    facts(
        &bundle.receipt,
        bundle.opening.as_ref(),
        Some(parsed.unverified_payload()),
        key,
        jwks.is_some(),
    )
}

fn facts(
    receipt: &Receipt,
    opening: Option<&Opening>,
    payload: Option<&[u8]>,
    key: &NoteVerifier,
    signed: bool,
) -> Result<Facts, Broken> {
    let proven = evidence::verify::receipt(receipt, key).map_err(Broken::Proof)?;
    let record = opening
        .map(|opening| evidence::verify::opening(&proven.entry, opening))
        .transpose()
        .map_err(|_| Broken::Opening)?;
    if let (Some(record), Some(payload)) = (&record, payload) {
        evidence::verify::payload(record, payload).map_err(|_| Broken::Payload)?;
    }
    Ok(Facts {
        index: proven.index,
        size: proven.checkpoint.size,
        entry: proven.entry,
        payload: record.is_some() && payload.is_some(),
        record,
        signed,
    })
}

impl Facts {
    /// As lines of a page.
    pub(crate) fn lines(&self, shell: &Shell, pack: &Pack) -> Vec<(String, String)> {
        let entry = crate::log_pages::Line::new(shell, pack, self.index, self.entry.clone());
        let mut lines = vec![
            (
                shell.t("verify-entry"),
                shell.t2(
                    "look-proof-place",
                    "index",
                    i64::try_from(self.index).unwrap_or(i64::MAX),
                    "size",
                    i64::try_from(self.size).unwrap_or(i64::MAX),
                ),
            ),
            (shell.t("verify-kind"), entry.kind),
            (shell.t("verify-department"), entry.department),
            (shell.t("verify-hour"), entry.hour),
        ];
        if self.record.is_some() {
            lines.push((shell.t("verify-record"), shell.t("verify-record-matches")));
        }
        if self.payload {
            lines.push((shell.t("verify-payload"), shell.t("verify-payload-matches")));
        }
        lines
    }

    fn print(&self) {
        let say = |text: String| tools::say(&text);
        say(format!(
            "genuine: entry {} of {} in the log, kind {}, department {}, hour {}",
            self.index, self.size, self.entry.kind, self.entry.department, self.entry.hour
        ));
        match &self.record {
            Some(record) => say(format!(
                "the record belongs to this entry:\n{}",
                serde_json::to_string_pretty(record).unwrap_or_default()
            )),
            None => say("no opening was given: what the entry is about was not checked".to_owned()),
        }
        if self.payload {
            say("the records are exactly those that were logged".to_owned());
            say(if self.signed {
                "the issuer's signature verifies".to_owned()
            } else {
                "the issuer's signature was not checked: give --jwks".to_owned()
            });
        }
    }
}

/// Runs the command.
pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let Some(file) = &options.file else {
        return tools::verify_database(&options.database, options.log_key.as_deref()).await;
    };
    let bytes =
        std::fs::read(file).map_err(|why| format!("cannot read {}: {why}", file.display()))?;
    if bytes.starts_with(b"%PDF-") {
        return crate::signing_keys::verify(
            &bytes,
            options.trust.as_deref(),
            options.crl.as_deref(),
        );
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let named = serde_json::from_str::<serde_json::Value>(&text)
        .ok()
        .and_then(|json| json["log_key"].as_str().map(str::to_owned));
    let key = match (&options.log_key, named) {
        (Some(key), _) if key.contains('+') && !std::path::Path::new(key).exists() => key.clone(),
        (Some(path), _) => {
            std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?
        }
        (None, Some(named)) => {
            tools::say(
                "the log key is the one this file names: give --log-key to check against one you trust",
            );
            named
        }
        (None, None) => {
            return Err(
                "which log? Give --log-key: the text of /log/key, or a file that holds it".into()
            );
        }
    };
    let verifier = NoteVerifier::new(key.trim())
        .map_err(|error| format!("--log-key is not a note verifier key: {error}"))?;
    let jwks = options
        .jwks
        .as_ref()
        .map(std::fs::read)
        .transpose()?
        .map(|bytes| Jwks::parse(&bytes))
        .transpose()
        .map_err(|error| format!("--jwks: {error}"))?;
    check(text.trim(), &verifier, jwks.as_ref())?.print();
    Ok(())
}
