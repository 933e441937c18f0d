//! Where records come from: four kinds behind one face. All are asked at once; one that is down, slow
//! or lying costs its own register alone.

mod breaker;
mod file;
mod http;
pub mod mapping;
mod node;
mod rows;
mod sql;

pub use breaker::BreakerState;
pub use file::{LoadReport, Unmapped};
pub use rows::{Row, Rows};

use crate::{
    node::Asking,
    pack::{Cardinality, Pack, Register, Source, SourceKind},
};
use breaker::Breaker;
use futures_util::future::join_all;
use kernel::{Date, Timestamp, World};
use mapping::{Mapping, Named, Raw};
use serde::Serialize;
use sql::Found;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// More rows than this for one subject are a mistake of the source.
const MOST_ROWS: usize = 1000;

/// What is asked of a register.
#[derive(Clone)]
pub struct Lookup<'a> {
    /// The subject's key: BRN or HKID.
    pub key: &'a str,
    /// The fields wanted.
    pub fields: &'a [String],
    /// Only records of these dates, both included.
    pub range: Option<(Date, Date)>,
    /// What another node must know, if the source is one; without it such a source is only asked whether
    /// it is ready.
    pub asking: Option<Arc<Asking>>,
}

/// What a source answered, mapped to the register's fields.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// The rows, only with the wanted fields.
    pub rows: Rows<'a>,
    /// When it was read.
    pub as_of: Timestamp,
    /// Another node's signed answer, kept as it came.
    pub passed: Option<String>,
}

/// Why a source gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// Cannot be reached.
    #[error("cannot be reached")]
    Unreachable,
    /// Its address leads inside, where no address of a source may lead without a reason.
    #[error("an address that points inside")]
    Inside,
    /// Answered with a refusal.
    #[error("refused with status {0}")]
    Refused(u16),
    /// More than is read.
    #[error("the answer is too large")]
    TooLarge,
    /// Not what its register promises.
    #[error("field {field} is {what}")]
    BadShape {
        /// The field.
        field: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Records of somebody else.
    #[error("answered with somebody else's records")]
    WrongSubject,
    /// Left alone for a while after failures.
    #[error("left alone after failures")]
    CircuitOpen,
    /// The definition cannot be carried out: for the administrator.
    #[error("is not set up: {0}")]
    NotSetUp(String),
}

impl SourceError {
    /// A stable code, as answers carry it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Inside => "inside",
            Self::Refused(_) => "refused",
            Self::TooLarge => "too-large",
            Self::BadShape { .. } => "bad-shape",
            Self::WrongSubject => "wrong-subject",
            Self::CircuitOpen => "circuit-open",
            Self::NotSetUp(_) => "not-set-up",
        }
    }

    /// Whether the source is none the worse for it: only this subject's records are wrong, and one bad row
    /// must not close a register to everybody; or the mistake is ours, and the source was not asked.
    fn is_not_the_sources(&self) -> bool {
        match self {
            Self::WrongSubject | Self::TooLarge | Self::NotSetUp(_) | Self::Inside => true,
            Self::BadShape { field, .. } => !field.starts_with('('),
            _ => false,
        }
    }
}

/// How a source has been answering.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// Its circuit breaker.
    pub state: BreakerState,
    /// When it was last asked, and had answered or failed.
    pub checked_at: Option<Timestamp>,
    /// Its last good answer.
    pub last_ok: Option<Timestamp>,
    /// The code of its last failure, if that came after.
    pub last_error: Option<&'static str>,
    /// The middle of its last answer times, in milliseconds.
    pub p50_ms: Option<u64>,
}

enum Reader {
    Sql(sql::SqlSource),
    Http(http::HttpSource),
    File(Arc<file::FileSource>),
    Node(Box<node::NodeSource>),
}

#[derive(Default)]
struct Watch {
    breaker: Breaker,
    checked_at: Option<Timestamp>,
    last_ok: Option<Timestamp>,
    last_error: Option<&'static str>,
    times: VecDeque<u64>,
}

struct One {
    source: Source,
    reader: Result<Reader, String>,
    watch: Mutex<Watch>,
}

/// Every source of a pack.
pub struct Sources {
    pack: Arc<Pack>,
    world: World,
    all: BTreeMap<String, One>,
}

impl Sources {
    /// Makes every source ready; `places` fills `{data}`, `{department_api}` and the like. A source that
    /// cannot be made ready says so when it is asked, and in its health.
    pub fn new(
        pack: Arc<Pack>,
        places: &BTreeMap<String, String>,
        world: World,
    ) -> Result<Self, String> {
        let all = pack
            .sources()
            .map(|source| {
                let register = pack.registers().find(|register| register.source == source.id);
                (source.id.clone(), One::new(source.clone(), register, places))
            })
            .collect();
        Ok(Self { pack, world, all })
    }

    /// Asks every register at once; each has its own time, at most `deadline`.
    pub async fn fetch_all(
        &self,
        asked: &[(&str, Lookup<'_>)],
        deadline: Duration,
    ) -> Vec<Result<Answer<'_>, SourceError>> {
        join_all(asked.iter().map(|(register, lookup)| self.fetch(register, lookup, deadline)))
            .await
    }

    async fn fetch(
        &self,
        register: &str,
        lookup: &Lookup<'_>,
        deadline: Duration,
    ) -> Result<Answer<'_>, SourceError> {
        let not_set_up = || SourceError::NotSetUp(format!("register {register} has no source"));
        let register = self.pack.register(register).ok_or_else(not_set_up)?;
        let one = self.all.get(&register.source).ok_or_else(not_set_up)?;
        let now = self.world.clock.now();
        if !one.watch().breaker.admits(now) {
            return Err(SourceError::CircuitOpen);
        }
        let began = Instant::now();
        let limit = Duration::from_millis(one.source.timeout_ms).min(deadline);
        let answer = tokio::time::timeout(limit, one.read(register, lookup, limit, now))
            .await
            .unwrap_or(Err(SourceError::Timeout));
        one.note(answer.as_ref().err(), began.elapsed(), now);
        answer
    }

    /// How each source has been answering, by id.
    pub fn health(&self) -> BTreeMap<String, Health> {
        let now = self.world.clock.now();
        let health = |one: &One| {
            let watch = one.watch();
            let mut times: Vec<_> = watch.times.iter().copied().collect();
            times.sort_unstable();
            Health {
                state: watch.breaker.state(now),
                checked_at: watch.checked_at,
                last_ok: watch.last_ok,
                last_error: watch.last_error,
                p50_ms: times.get(times.len() / 2).copied(),
            }
        };
        self.all.iter().map(|(id, one)| (id.clone(), health(one))).collect()
    }

    /// Asks every source that has a probe key, so that its health is known before anyone is asked.
    pub async fn probe(&self) {
        let probes = self.pack.registers().filter_map(|register| {
            let source = &self.all.get(&register.source)?.source;
            let key = match source.kind {
                SourceKind::Node { .. } => "",
                _ => source.probe_key.as_deref()?,
            };
            Some((register.id.as_str(), Lookup { key, fields: &[], range: None, asking: None }))
        });
        self.fetch_all(&probes.collect::<Vec<_>>(), Duration::from_secs(10)).await;
    }

    /// Probes now and every half minute, for ever: one that came back is found out without asking for
    /// anybody's records.
    pub async fn keep_probing(self: Arc<Self>) {
        let mut every = tokio::time::interval(Duration::from_secs(30));
        loop {
            every.tick().await;
            self.probe().await;
        }
    }

    /// What could not be read of the file sources.
    pub async fn load_reports(&self) -> BTreeMap<String, LoadReport> {
        let mut reports = BTreeMap::new();
        for (id, one) in &self.all {
            if let Ok(Reader::File(file)) = &one.reader {
                reports.insert(id.clone(), file.report().await);
            }
        }
        reports
    }
}

/// Fills the places of an address; a place nobody filled is an error that names it.
fn fill(text: &str, places: &BTreeMap<String, String>) -> Result<String, String> {
    let filled = places
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
    let rest = filled.replace("{key}", "");
    match rest.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
        Some((name, _)) => Err(format!(
            "nothing says what {{{name}}} is: set it under [places] in the configuration"
        )),
        None => Ok(filled),
    }
}

impl One {
    fn new(source: Source, register: Option<&Register>, places: &BTreeMap<String, String>) -> Self {
        let reader = match &source.kind {
            SourceKind::Sql { url, query } => {
                fill(url, places).and_then(|url| sql::SqlSource::new(&url, query)).map(Reader::Sql)
            }
            SourceKind::File { .. } => file::FileSource::new(&source, register, places)
                .map(|file| Reader::File(Arc::new(file))),
            SourceKind::Http { .. } => http::HttpSource::new(&source, places).map(Reader::Http),
            SourceKind::Node { .. } => {
                node::NodeSource::new(&source, places).map(|node| Reader::Node(Box::new(node)))
            }
        };
        Self { source, reader, watch: Mutex::default() }
    }

    fn watch(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read<'a>(
        &'a self,
        register: &'a Register,
        lookup: &Lookup<'_>,
        limit: Duration,
        now: Timestamp,
    ) -> Result<Answer<'a>, SourceError> {
        let reader = self.reader.as_ref().map_err(|why| SourceError::NotSetUp(why.clone()))?;
        let mapping = Mapping::new(register, &self.source, lookup.fields);
        let mut rows = Rows::new(mapping.wanted());
        let named = match reader {
            Reader::Sql(sql) => {
                let cells = sql.rows(&mapping, lookup.key, limit).await?;
                count(register, cells.len())?;
                for row in 0..cells.len() {
                    add(&mut rows, &mapping, &Found { cells: &cells, row }, lookup)?;
                }
                return Ok(Answer { rows, as_of: now, passed: None });
            }
            Reader::Http(http) => http.rows(lookup.key, self.source.retries).await?,
            Reader::File(file) => file.rows(lookup.key).await?,
            Reader::Node(node) => return node.ask(register, &self.source, lookup, now).await,
        };
        count(register, named.len())?;
        for row in &named {
            add(&mut rows, &mapping, &Named::new(row, &mapping), lookup)?;
        }
        Ok(Answer { rows, as_of: now, passed: None })
    }

    fn note(&self, error: Option<&SourceError>, took: Duration, now: Timestamp) {
        let mut watch = self.watch();
        watch.checked_at = Some(now);
        // A node that refuses a question is well: others' questions are still asked.
        let refused = matches!(self.source.kind, SourceKind::Node { .. })
            && matches!(error, Some(SourceError::Refused(400 | 403 | 429)));
        watch.breaker.note(refused || error.is_none_or(SourceError::is_not_the_sources), now);
        if let Some(error) = error {
            watch.last_error = Some(error.code());
            tracing::warn!(source = self.source.id, code = error.code(), %error, "a source did not answer as it should");
            return;
        }
        watch.last_ok = Some(now);
        watch.last_error = None;
        watch.times.push_back(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        if watch.times.len() > 32 {
            watch.times.pop_front();
        }
    }
}

/// One subject has only so many records, and of some registers only one.
fn count(register: &Register, rows: usize) -> Result<(), SourceError> {
    if rows > MOST_ROWS {
        return Err(SourceError::TooLarge);
    }
    if rows > 1 && register.cardinality == Cardinality::One {
        return Err(SourceError::BadShape {
            field: register.key.clone(),
            what: "in more than one record",
        });
    }
    Ok(())
}

fn add(
    rows: &mut Rows<'_>,
    mapping: &Mapping<'_>,
    raw: &impl Raw,
    lookup: &Lookup<'_>,
) -> Result<(), SourceError> {
    let within = mapping.in_range(raw, lookup.range)?;
    // One that is out is checked as well: a source that lies about others is not believed about these.
    let cells = mapping.row(raw, lookup.key)?;
    if within {
        rows.push(cells);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
