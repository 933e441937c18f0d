use crate::{Currency, Id, Locale, Problem, Zone};
use jiff::Timestamp;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands until a test moves it.
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// Stands at `at`.
    pub fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.as_microsecond()))
    }

    /// Moves by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        crate::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Where randomness comes from.
pub trait Entropy: Send + Sync {
    /// Fills `into` with random bytes.
    fn fill(&self, into: &mut [u8]);
}

/// The operating system's randomness.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::expect_used, reason = "without randomness nothing may go on")]
    fn fill(&self, into: &mut [u8]) {
        getrandom::fill(into).expect("the operating system gives randomness");
    }
}

/// Repeatable bytes for tests and for the demo's made-up people (SplitMix64). Never for a secret.
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// The same seed gives the same bytes.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, into: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in into.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            for (to, from) in chunk.iter_mut().zip(z.to_le_bytes()) {
                *to = from;
            }
        }
    }
}

/// Clock and randomness, handed down from `main`.
#[derive(Clone)]
pub struct World {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Where days begin and end.
    pub zone: Zone,
    /// In what people pay.
    pub currency: Currency,
}

impl World {
    /// The machine's clock and randomness, in UTC, without a currency.
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            zone: Zone::utc(),
            currency: Currency::NONE,
        }
    }
}

/// What an officer may do beside reading their own department's cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Handles a department's records and cases.
    Officer,
    /// Runs the installation: clients, sources, limits, the log's state.
    Admin,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody signed in.
    Anonymous,
    /// A person, signed in.
    Person {
        /// The person.
        id: Id,
        /// The session's id.
        session: Id,
    },
    /// An officer or administrator, signed in.
    Officer {
        /// The officer's own person id.
        id: Id,
        /// The session's id.
        session: Id,
        /// The department's pack id.
        department: String,
        /// What they may do.
        role: Role,
    },
    /// An OAuth client, authenticated.
    Client {
        /// Its client id.
        id: String,
    },
    /// The program itself: a job, the command line, by name.
    System(&'static str),
}

/// One request's who, when and in which language; the first argument of every operation.
#[derive(Clone)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// When; one time for the whole request.
    pub now: Timestamp,
    /// In which language problems and pages are said.
    pub locale: Locale,
    /// The request's trace id, shown to people as the reference of an error.
    pub trace: String,
    /// Randomness for ids, salts and tokens.
    pub entropy: Arc<dyn Entropy>,
    /// Where days begin and end.
    pub zone: Zone,
    /// In what people pay.
    pub currency: Currency,
}

impl Ctx {
    /// The context of a request or job that begins now.
    pub fn new(world: &World, actor: Actor, locale: Locale) -> Self {
        let mut trace = [0; 8];
        world.entropy.fill(&mut trace);
        Self {
            actor,
            now: world.clock.now(),
            locale,
            trace: format!("{:016x}", u64::from_be_bytes(trace)),
            entropy: world.entropy.clone(),
            zone: world.zone.clone(),
            currency: world.currency,
        }
    }

    /// A new id, as `prefix_…`.
    pub fn id(&self, prefix: &str) -> Id {
        Id::new(prefix, self.now, self.entropy.as_ref())
    }

    /// `N` random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// The person signed in, or `401 sign-in-required`.
    pub fn person(&self) -> Result<&Id, Problem> {
        match &self.actor {
            Actor::Person { id, .. } | Actor::Officer { id, .. } => Ok(id),
            _ => Err(Problem::new(401, "sign-in-required")),
        }
    }

    /// The officer's department, or `401` for nobody and `403 officers-only` for anyone else.
    pub fn officer(&self) -> Result<(&Id, &str), Problem> {
        match &self.actor {
            Actor::Officer { id, department, .. } => Ok((id, department)),
            Actor::Anonymous => Err(Problem::new(401, "sign-in-required")),
            _ => Err(Problem::new(403, "officers-only")),
        }
    }

    /// The administrator, or `401` for nobody and `403 administrators-only` for anyone else.
    pub fn admin(&self) -> Result<&Id, Problem> {
        match &self.actor {
            Actor::Officer { id, role: Role::Admin, .. } => Ok(id),
            Actor::Anonymous => Err(Problem::new(401, "sign-in-required")),
            _ => Err(Problem::new(403, "administrators-only")),
        }
    }
}
