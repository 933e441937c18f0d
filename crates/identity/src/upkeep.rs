//! What runs beside the requests: hearing of other nodes' keys, forgetting what is over.

use crate::{Identity, ops};
use kernel::{Actor, Ctx, Id, Problem, Text, identifiers::Brn};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Held by the node that sweeps.
const SWEEP_LOCK: i64 = 0x7072_6179_6103;
/// Held by the node that takes a company to read.
const COMPANIES_LOCK: i64 = 0x7072_6179_6117;

impl Identity {
    /// Hears of changes on other nodes and forgets what is over, for as long as the program runs: spawn it once.
    pub async fn listen(self) {
        let mut notices = self.0.db.notices();
        let mut tick = tokio::time::interval(Duration::from_secs(10));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                notice = notices.recv() => match notice {
                    Ok(notice) if notice.payload == "restored" => self.look_again().await,
                    Ok(notice) if notice.payload != "keys" => {}
                    Err(RecvError::Closed) => return,
                    // A key, or we fell behind: read again.
                    _ => self.reload().await,
                },
                // What the command line changes on SQLite is heard of by nobody.
                _ = tick.tick() => {
                    self.reload().await;
                    self.look_again().await;
                    self.sweep().await;
                    self.follow_registers().await;
                }
            }
        }
    }

    async fn look_again(&self) {
        if let Err(problem) = self.heed().await {
            tracing::error!(%problem, "whether the database was restored could not be read");
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
            let (ctx, all) = (self.ctx(Actor::System("sweep")), self.0.holdings.clone());
            match self.0.db.exclusive(SWEEP_LOCK, move |tx| ops::sweep(tx, &ctx, &all)).await {
                Ok(true) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(false) => return,
                Err(problem) => {
                    return tracing::warn!(%problem, "what is over could not be forgotten; it will be tried again");
                }
            }
        }
    }

    /// Reads the officers of the companies again whose list is a day old: who has left may do nothing more.
    pub async fn follow_registers(&self) {
        loop {
            let ctx = self.ctx(Actor::System("companies"));
            let taking = ctx.clone();
            let due = self.0.db.exclusive(COMPANIES_LOCK, move |tx| ops::take_due(tx, &taking));
            match due.await {
                Ok(Some((company, brn))) => {
                    if let Err(problem) = self.follow_register(&ctx, &company, brn).await {
                        tracing::warn!(%problem, "a company's officers could not be read; they are asked for again in an hour");
                    }
                }
                Ok(None) => return,
                Err(problem) => {
                    return tracing::warn!(%problem, "the companies that are due could not be read");
                }
            }
        }
    }

    /// Asks the register of one company, and follows what it says.
    pub(crate) async fn follow_register(
        &self,
        ctx: &Ctx,
        company: &Id,
        brn: Brn,
    ) -> Result<(), Problem> {
        let found = self.0.companies.registered(ctx, brn.as_str(), company).await?;
        // A company that the register no longer knows has no directors.
        let found = found.unwrap_or_else(|| ports::Registered {
            name: Text::default(),
            live: false,
            officers: Vec::new(),
            at: ctx.now,
        });
        let (ctx, company, inbox) = (ctx.clone(), company.clone(), self.0.inbox.clone());
        let follow = move |tx: &mut store::Tx<'_>| {
            ops::check_company(tx, &ctx, inbox.as_ref(), &company, &found)
        };
        self.0.db.write(follow).await
    }
}
