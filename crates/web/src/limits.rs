use kernel::{Problem, Timestamp};
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// So many callers are told apart; further ones share one allowance, so that a flood of addresses fills no
/// memory and gains nothing.
const CALLERS: usize = 100_000;

/// On a request from this machine: whoever is here needs no request to harm it, and is not limited.
#[derive(Debug, Clone, Copy)]
pub struct Near;

/// The SHA-256 of the certificate by which a program proved itself when its connection began (RFC 8705).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientCertificate(pub [u8; 32]);

/// From which network a sign-in is asked, as our limits see it.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub std::net::IpAddr);

/// How much each caller may ask: `burst` at once, then one in each `every`. In memory, for this node alone.
pub struct Limiter {
    every: i64,
    burst: i64,
    hasher: RandomState,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// When each caller's allowance is whole again, in microseconds.
    whole: HashMap<u64, i64>,
    /// When those whose allowance is whole again were last forgotten: a flood does not make us look each time.
    swept: i64,
}

impl Limiter {
    /// `burst` at once, then one in each `every`.
    pub fn new(burst: u32, every: Duration) -> Self {
        let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
        let hasher = RandomState::new();
        Self { every, burst: i64::from(burst) * every, hasher, known: Mutex::default() }
    }

    /// Takes one from the caller's allowance; `429 too-many-requests` with when to come back.
    pub fn admit(&self, caller: impl Hash, now: Timestamp) -> Result<(), Problem> {
        let (mut caller, now) = (self.hasher.hash_one(caller), now.as_microsecond());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.whole.len() >= CALLERS && !known.whole.contains_key(&caller) {
            if now - known.swept >= 1_000_000 {
                known.whole.retain(|_, at| *at > now);
                known.swept = now;
            }
            if known.whole.len() >= CALLERS {
                caller = 0;
            }
        }
        let at = known.whole.entry(caller).or_insert(now);
        let next = (*at).max(now) + self.every;
        if next - now > self.burst {
            let wait = (next - now - self.burst + 999_999) / 1_000_000;
            return Err(Problem::new(429, "too-many-requests").header("retry-after", wait));
        }
        *at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{CALLERS, Limiter};
    use kernel::Timestamp;
    use std::time::Duration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_caller_is_refused_beyond_the_burst_until_time_has_passed_and_no_other_is() {
        let limiter = Limiter::new(3, Duration::from_secs(10));
        for _ in 0..3 {
            limiter.admit("a", at(100)).unwrap();
        }
        let problem = limiter.admit("a", at(100)).unwrap_err();
        assert_eq!((problem.status, problem.code), (429, "too-many-requests"));
        assert_eq!(problem.headers, [("retry-after", "10".to_owned())]);
        limiter.admit("b", at(100)).unwrap();
        assert!(limiter.admit("a", at(109)).is_err());
        limiter.admit("a", at(110)).unwrap();
        assert!(limiter.admit("a", at(110)).is_err());
        for _ in 0..3 {
            limiter
                .admit("a", at(200))
                .expect("the allowance is whole again, and no more than whole");
        }
        assert!(limiter.admit("a", at(200)).is_err());
    }

    #[test]
    fn a_flood_of_callers_fills_no_memory_and_shares_one_allowance() {
        let limiter = Limiter::new(2, Duration::from_secs(10));
        for caller in 0..CALLERS {
            limiter.admit(caller, at(0)).unwrap();
        }
        let let_in = (0..1000).filter(|n| limiter.admit(CALLERS + n, at(0)).is_ok()).count();
        assert_eq!(let_in, 2);
        limiter.admit(0_usize, at(0)).expect("who was here before keeps an own allowance");
        assert!(limiter.known.lock().unwrap().whole.len() <= CALLERS + 1);
        limiter.admit("later", at(60)).unwrap();
        assert!(limiter.known.lock().unwrap().whole.len() < 10, "what is whole again is forgotten");
    }
}
