//! What runs beside the requests: hearing of other nodes' keys, forgetting what is over.

use crate::{Identity, ops};
use kernel::Actor;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Held by the node that sweeps.
const SWEEP_LOCK: i64 = 0x7072_6179_6103;

impl Identity {
    /// Hears of changes on other nodes and forgets what is over, for as long as the program runs: spawn it once.
    pub async fn listen(self) {
        let mut notices = self.0.db.notices();
        let mut tick = tokio::time::interval(Duration::from_secs(10));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                notice = notices.recv() => match notice {
                    Ok(notice) if notice.payload != "keys" => {}
                    Err(RecvError::Closed) => return,
                    // A key, or we fell behind: read again.
                    _ => self.reload().await,
                },
                _ = tick.tick() => self.sweep().await,
            }
        }
    }

    async fn reload(&self) {
        if let Err(problem) = self.0.keys.reload(&self.0.db, self.now()).await {
            tracing::error!(%problem, "the signing keys could not be read again");
        }
    }

    /// Forgets what can no longer be used, in small pieces; one node at a time.
    pub async fn sweep(&self) {
        loop {
            let ctx = self.ctx(Actor::System("sweep"));
            match self.0.db.exclusive(SWEEP_LOCK, move |tx| ops::sweep(tx, &ctx)).await {
                Ok(true) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(false) => return,
                Err(problem) => {
                    return tracing::warn!(%problem, "what is over could not be forgotten; it will be tried again");
                }
            }
        }
    }
}
