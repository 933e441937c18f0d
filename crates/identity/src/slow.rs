//! Passwords: slow to try on purpose, so few at once, and whoever comes when all are busy is sent away to come
//! back, instead of waiting in a row that an attacker could fill.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use kernel::Problem;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::Semaphore;

/// So many are tried at once.
const AT_ONCE: usize = 2;

/// What an unknown account's password is held against, so that it costs what a known one's does: a hash that no
/// password is known for.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRmb3Jub2JvZHk$2Z1dN1y3sQn5oWZ2k1x0m9n0nqk1H0M1b4k8u8m2Q5I";

/// The pool.
#[derive(Clone)]
pub(crate) struct Slow {
    places: Arc<Semaphore>,
    /// How much was worked: kilobytes of memory filled.
    worked: Arc<AtomicU64>,
}

impl Slow {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), worked: Arc::default() }
    }

    /// How much was worked so far, in kilobytes of memory filled: the measure of what a try costs.
    #[cfg(test)]
    pub(crate) fn worked(&self) -> u64 {
        self.worked.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = |_| Problem::new(503, "busy").header("retry-after", 2);
        let place = self.places.clone().try_acquire_owned().map_err(busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(Problem::internal)
    }

    /// A password as it is kept.
    pub(crate) async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, Problem> {
        self.run(move || {
            let salt = SaltString::encode_b64(&salt).map_err(Problem::internal)?;
            let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(Problem::internal)
        })
        .await?
    }

    /// Whether a password is the kept one; without one it is not, after as much work.
    pub(crate) async fn holds(
        &self,
        password: String,
        kept: Option<String>,
    ) -> Result<bool, Problem> {
        let worked = self.worked.clone();
        self.run(move || {
            let known = kept.is_some();
            let hash = PasswordHash::new(kept.as_deref().unwrap_or(NOBODY));
            let hash = hash.map_err(Problem::internal)?;
            let cost = argon2::Params::try_from(&hash).map_err(Problem::internal)?;
            let holds = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            worked
                .fetch_add(u64::from(cost.m_cost()) * u64::from(cost.t_cost()), Ordering::Relaxed);
            Ok(holds && known)
        })
        .await?
    }

    /// Takes every place, for a test of what happens then.
    #[cfg(test)]
    pub(crate) fn fill(&self) -> Vec<tokio::sync::OwnedSemaphorePermit> {
        (0..AT_ONCE).filter_map(|_| self.places.clone().try_acquire_owned().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{NOBODY, Slow};

    #[tokio::test]
    async fn what_is_full_sends_away_at_once_and_takes_again_when_there_is_room() {
        let slow = Slow::new();
        let kept = slow.hash("correct horse battery".to_owned(), [1; 16]).await.unwrap();
        assert!(slow.holds("correct horse battery".to_owned(), Some(kept.clone())).await.unwrap());
        assert!(!slow.holds("correct horse".to_owned(), Some(kept.clone())).await.unwrap());
        assert!(!slow.holds("correct horse battery".to_owned(), None).await.unwrap());
        let full = slow.fill();
        let busy = slow.holds("x".to_owned(), Some(kept.clone())).await.unwrap_err();
        assert_eq!((busy.status, busy.code), (503, "busy"));
        assert_eq!(busy.headers, [("retry-after", "2".to_owned())]);
        drop(full);
        assert!(slow.holds("correct horse battery".to_owned(), Some(kept)).await.unwrap());
    }

    #[test]
    fn nobodys_password_is_kept_as_everybodys_is() {
        let hash = argon2::password_hash::PasswordHash::new(NOBODY).unwrap();
        let params = argon2::Params::try_from(&hash).unwrap();
        assert_eq!(params.m_cost(), argon2::Params::default().m_cost());
        assert_eq!(params.t_cost(), argon2::Params::default().t_cost());
        assert_eq!(hash.hash.unwrap().len(), 32);
    }
}
