use crate::{Runner, TRIES, back_off, dead_letters, enqueue, retry, spread};
use kernel::{Actor, Ctx, FixedClock, Locale, SeededEntropy, SystemEntropy, Timestamp, World};
use serde_json::json;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};
use store::{Error, testing};

fn world() -> (World, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::new(Timestamp::UNIX_EPOCH));
    (
        World {
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            zone: kernel::Zone::utc(),
            currency: kernel::Currency::NONE,
        },
        clock,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_job_is_tried_later_each_time_until_it_is_a_dead_letter_that_can_be_revived() {
    for one in testing::each().await.unwrap() {
        let (world, clock) = world();
        let ctx = Ctx::new(&world, Actor::System("test"), Locale::En);
        let tries = Arc::new(AtomicU32::new(0));
        let counter = tries.clone();
        let runner = Runner::new(one.db.clone(), world.clone()).on(
            "mail",
            Arc::new(move |_| {
                counter.fetch_add(1, Ordering::SeqCst);
                Box::pin(async { Err("the server is away".to_owned()) })
            }),
        );
        let (c, now) = (ctx.clone(), world.clock.now());
        let id = one
            .db
            .write(move |tx| enqueue(tx, &c, "mail", &json!({"to": "x"}), now))
            .await
            .unwrap();
        for attempt in 1..=TRIES {
            assert!(runner.one().await.unwrap(), "try {attempt}");
            assert!(!runner.one().await.unwrap(), "not before its time");
            clock.advance(back_off(attempt) * 5 / 4 + 1);
        }
        assert!(!runner.one().await.unwrap());
        assert_eq!(i64::from(tries.load(Ordering::SeqCst)), TRIES);
        let dead = one.db.read(dead_letters).await.unwrap();
        assert_eq!(
            (dead[0].id.clone(), dead[0].error.as_str()),
            (id.clone(), "the server is away")
        );
        let c = ctx.clone();
        assert!(one.db.write::<_, Error>(move |tx| retry(tx, &c, &id)).await.unwrap());
        assert!(runner.one().await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_runners_do_each_job_once() {
    for one in testing::each().await.unwrap() {
        let (world, _) = world();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let ctx = Ctx::new(&world, Actor::System("test"), Locale::En);
        let now = world.clock.now();
        one.db
            .write::<_, Error>(move |tx| {
                (0..20).try_for_each(|n| enqueue(tx, &ctx, "n", &json!(n), now).map(drop))
            })
            .await
            .unwrap();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (seen, db, world) = (seen.clone(), one.db.clone(), world.clone());
                tokio::spawn(async move {
                    let runner = Runner::new(db, world).on(
                        "n",
                        Arc::new(move |n| {
                            seen.lock().unwrap().push(n.as_i64().unwrap());
                            Box::pin(async { Ok(()) })
                        }),
                    );
                    while runner.one().await.unwrap() {}
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let mut seen = seen.lock().unwrap().clone();
        seen.sort_unstable();
        assert_eq!(seen, (0..20).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_prepares_on_both_engines() {
    for one in testing::each().await.unwrap() {
        assert_eq!(one.db.prepare_all(&[crate::ALL]).await.unwrap(), crate::ALL.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_together_does_not_come_back_together() {
    const RUN_AT: store::Sql = store::Sql::both("select run_at from job order by run_at");
    for one in testing::each().await.unwrap() {
        let (mut world, _) = world();
        world.entropy = Arc::new(SeededEntropy::new(7));
        let ctx = Ctx::new(&world, Actor::System("test"), Locale::En);
        let now = world.clock.now();
        one.db
            .write::<_, Error>(move |tx| {
                (0..20).try_for_each(|n| enqueue(tx, &ctx, "mail", &json!(n), now).map(drop))
            })
            .await
            .unwrap();
        let runner = Runner::new(one.db.clone(), world)
            .on("mail", Arc::new(|_| Box::pin(async { Err("the server is away".to_owned()) })));
        while runner.one().await.unwrap() {}
        let rows = one.db.read::<_, Error>(|tx| tx.query(RUN_AT, &[])).await.unwrap();
        let mut times: Vec<_> = rows.iter().map(|row| row.int(0).unwrap()).collect();
        times.dedup();
        assert!(times.len() > 15, "{times:?}");
        let least = back_off(1) * 1_000_000;
        assert!(times.iter().all(|at| (least..least * 5 / 4).contains(at)), "{times:?}");
        let waits = |seed| spread(3, &SeededEntropy::new(seed));
        assert!(waits(1) == waits(1) && waits(1) != waits(2), "drawn, and the same draw again");
    }
}

proptest::proptest! {
    #[test]
    fn the_wait_never_shrinks_and_never_exceeds_half_a_day(n in 0_i64..100) {
        proptest::prop_assert!(back_off(n) <= back_off(n + 1) && back_off(n + 1) <= 12 * 3600);
    }
}
