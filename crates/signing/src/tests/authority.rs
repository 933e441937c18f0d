//! A database with both authorities.

use crate::authority::{self, Called};
use kernel::{Actor, Ctx, Locale, Problem, World};
use std::sync::Arc;
use store::{Tx, testing::TestDb};
use wire::seal::Sealer;

/// A moment that OpenSSL, which looks at the machine's clock, finds good too.
pub(super) fn ctx() -> Ctx {
    static NOW: std::sync::OnceLock<kernel::Timestamp> = std::sync::OnceLock::new();
    let ctx = Ctx::new(&World::system(), Actor::System("test"), Locale::En);
    let now = *NOW.get_or_init(|| kernel::Timestamp::from_second(ctx.now.as_second()).unwrap());
    Ctx { now, ..ctx }
}

#[derive(Clone)]
pub(super) struct Place {
    pub(super) sealer: Arc<Sealer>,
    db: Arc<TestDb>,
}

impl Place {
    pub(super) async fn each() -> Vec<Self> {
        let mut all = Vec::new();
        for db in store::testing::each().await.unwrap() {
            let place =
                Self { sealer: Arc::new(authority::sealer(&[7; 32]).unwrap()), db: Arc::new(db) };
            place
                .write(|tx, place| {
                    let called = |name| Called { country: "HK", organisation: "Test", name };
                    authority::new_ca(tx, &ctx(), &place.sealer, "https://x", &called("Test CA"))?;
                    authority::new_tsa(tx, &ctx(), &place.sealer, "https://x", &called("Test TSA"))
                })
                .await;
            all.push(place);
        }
        all
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        what: impl Fn(&mut Tx<'_>, &Self) -> Result<T, Problem> + Send + Sync + 'static,
    ) -> T {
        self.try_write(what).await.unwrap()
    }

    pub(super) async fn try_write<T: Send + 'static>(
        &self,
        what: impl Fn(&mut Tx<'_>, &Self) -> Result<T, Problem> + Send + Sync + 'static,
    ) -> Result<T, Problem> {
        let this = self.clone();
        self.db.db.write(move |tx| what(tx, &this)).await
    }
}
