//! What the bank remembers, in memory: visitors, their applications, notices, keys.

use crate::{
    Settings, clock,
    jose::{Checked, Opener, Signer, random},
    receipt::LogKey,
    show::Answer,
    words::Lang,
};
use http::{HeaderMap, header};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a cookie is for.
#[derive(Clone, Copy)]
pub(crate) enum Cookie {
    /// The visitor.
    Visit,
    /// The language.
    Lang,
}

/// A visit is forgotten after this many seconds without a request.
const LIFE: i64 = 8 * 3600;
/// Most visits held at once; the longest unused goes first.
const MOST_VISITS: usize = 10_000;
/// Most notices held.
const MOST_NOTICES: usize = 1_000;

/// The bank.
pub(crate) struct Bank {
    pub(crate) settings: Settings,
    pub(crate) http: reqwest::Client,
    pub(crate) signer: Signer,
    pub(crate) opener: Opener,
    pub(crate) log: LogKey,
    visits: Mutex<HashMap<String, Visit>>,
    notices: Mutex<Vec<Notice>>,
    nonce: Mutex<Option<String>>,
}

/// One browser's visit.
#[derive(Clone)]
pub(crate) struct Visit {
    /// Goes with every form.
    pub(crate) csrf: String,
    /// One DPoP key for the whole visit.
    pub(crate) key: Arc<Signer>,
    /// What was asked for.
    pub(crate) loan: Option<Loan>,
    /// Sent away to Praya, not yet back.
    pub(crate) pending: Option<Pending>,
    /// What Praya gave.
    pub(crate) grant: Option<Grant>,
    /// The last answer, verified or not.
    pub(crate) answer: Option<Answer>,
    /// Why the last step did not work.
    pub(crate) trouble: Option<Trouble>,
    /// What the last step did, where the page would not show it.
    pub(crate) told: Option<Told>,
    seen: i64,
}

/// A loan application.
#[derive(Clone)]
pub(crate) struct Loan {
    /// Whole Hong Kong dollars.
    pub(crate) amount: u64,
    /// What it is for, as written.
    pub(crate) purpose: String,
}

/// What must come back unchanged.
#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) state: String,
    pub(crate) verifier: String,
}

/// Tokens and what they are for.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) consent: String,
    /// Given back: only its notices still matter.
    pub(crate) ended: bool,
}

/// What a step did.
#[derive(Clone, Copy)]
pub(crate) enum Told {
    GivenBack,
    Renewed,
}

/// A notice from Praya.
#[derive(Clone)]
pub(crate) struct Notice {
    pub(crate) event: String,
    pub(crate) consent: String,
    pub(crate) state: String,
    pub(crate) at: Option<jiff::Timestamp>,
}

/// Why something did not work, in a problem's own words where Praya gave them (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) title: String,
    pub(crate) detail: String,
    /// Seconds.
    pub(crate) retry_after: Option<u64>,
    /// What its texts are written in; a page may have been turned to another language since.
    pub(crate) lang: Lang,
}

impl Trouble {
    /// Ours, not the government's: a check failed or nobody answered.
    pub(crate) fn ours(code: &str, detail: impl ToString) -> Self {
        Self { code: code.to_owned(), detail: detail.to_string(), ..Self::default() }
    }
}

/// A panic elsewhere leaves the map whole: every change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bank {
    pub(crate) fn new(settings: Settings) -> Checked<Self> {
        let signer = Signer::from_jwk(&settings.signing_jwk)?;
        let opener = Opener::from_jwk(&settings.encryption_jwk)?;
        let log = LogKey::parse(&settings.log_vkey)?;
        // The bank's only partner may be this very machine, which a proxy would not reach.
        let mut http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(std::time::Duration::from_secs(3))
            .timeout(std::time::Duration::from_secs(20));
        if let Some(pem) = &settings.ca_pem {
            let ca = reqwest::Certificate::from_pem(pem.as_bytes());
            http = http.tls_certs_merge([ca.map_err(|_| "the CA certificate cannot be read")?]);
        }
        let http = http.build().map_err(|_| "TLS cannot be set up")?;
        let (visits, notices, nonce) = Default::default();
        Ok(Self { settings, http, signer, opener, log, visits, notices, nonce })
    }

    pub(crate) fn issuer(&self) -> &str {
        self.settings.issuer.as_str().trim_end_matches('/')
    }

    pub(crate) fn base(&self) -> &str {
        self.settings.base_url.as_str().trim_end_matches('/')
    }

    pub(crate) fn nonce(&self) -> Option<String> {
        lock(&self.nonce).clone()
    }

    pub(crate) fn keep_nonce(&self, headers: &HeaderMap) {
        if let Some(nonce) = headers.get("dpop-nonce").and_then(|value| value.to_str().ok()) {
            *lock(&self.nonce) = Some(nonce.to_owned());
        }
    }

    /// A cookie's name. All ports of a host share their cookies, so the bank's own address stands in it.
    pub(crate) fn cookie_name(&self, cookie: Cookie) -> String {
        let base = &self.settings.base_url;
        let port = base.port().map_or_else(String::new, |port| port.to_string());
        let word = match cookie {
            Cookie::Visit => "visit",
            Cookie::Lang => "lang",
        };
        format!("harbour{port}_{word}")
    }

    /// The language of a request: the address, then the cookie, then the browser.
    pub(crate) fn language(&self, query: Option<&str>, headers: &HeaderMap) -> Lang {
        let asked = query.into_iter().flat_map(|query| query.split('&'));
        let asked = asked.filter_map(|pair| pair.strip_prefix("lang=")).find_map(Lang::parse);
        let kept = || Lang::parse(&cookie(headers, &self.cookie_name(Cookie::Lang))?);
        asked.or_else(kept).unwrap_or_else(|| {
            let accepted =
                headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
            Lang::accepted(accepted.unwrap_or_default())
        })
    }

    /// The visit of a request, if it has one that still stands.
    pub(crate) fn visit(&self, headers: &HeaderMap) -> Option<(String, Visit)> {
        let id = cookie(headers, &self.cookie_name(Cookie::Visit))?;
        let now = clock::seconds();
        let mut visits = lock(&self.visits);
        let visit = visits.get_mut(&id).filter(|visit| now - visit.seen < LIFE)?;
        visit.seen = now;
        Some((id, visit.clone()))
    }

    /// Begins a visit.
    pub(crate) fn begin(&self) -> Checked<(String, Visit)> {
        let visit = Visit {
            csrf: random()?,
            key: Arc::new(Signer::generate()?),
            loan: None,
            pending: None,
            grant: None,
            answer: None,
            trouble: None,
            told: None,
            seen: clock::seconds(),
        };
        let id = random()?;
        let mut visits = lock(&self.visits);
        if visits.len() >= MOST_VISITS {
            let oldest = visits.iter().min_by_key(|(_, visit)| visit.seen);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                visits.remove(&oldest);
            }
        }
        visits.insert(id.clone(), visit.clone());
        Ok((id, visit))
    }

    /// Changes a visit in one step.
    pub(crate) fn change<T>(&self, id: &str, change: impl FnOnce(&mut Visit) -> T) -> Option<T> {
        lock(&self.visits).get_mut(id).map(change)
    }

    /// Keeps a notice.
    pub(crate) fn note(&self, notice: Notice) {
        let mut notices = lock(&self.notices);
        if notices.len() >= MOST_NOTICES {
            notices.remove(0);
        }
        notices.push(notice);
    }

    /// The notices about a consent, newest first.
    pub(crate) fn notices(&self, consent: &str) -> Vec<Notice> {
        lock(&self.notices)
            .iter()
            .rev()
            .filter(|notice| notice.consent == consent)
            .cloned()
            .collect()
    }

    /// Deletes every record held under a consent.
    pub(crate) fn delete(&self, consent: &str) {
        for visit in lock(&self.visits).values_mut() {
            if visit.grant.as_ref().is_some_and(|grant| grant.consent == consent) {
                visit.answer = None;
            }
        }
    }
}

/// A cookie's value.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// A text in the page's language, from `{"en","tc","sc"}`.
pub(crate) fn in_language(text: &Value, lang: Lang) -> String {
    text[lang.code()].as_str().or(text["en"].as_str()).unwrap_or_default().to_owned()
}
