//! A database edited by hand, in every way we can think of, is found out.

use super::{ORIGIN, add, filled, key};
use crate::{
    Log,
    verify::{Fault, Report, database},
};
use store::{Db, Sql, Value, testing};
use wire::{jwk::PrivateJwk, tlog::NoteVerifier};

struct Case {
    key: PrivateJwk,
    log: Log,
    /// A handle of someone who has the database but not the program.
    intruder: Db,
    _test: testing::TestDb,
}

impl Case {
    async fn each(entries: u64) -> Vec<Self> {
        let mut cases = Vec::new();
        for test in testing::each().await.unwrap() {
            let key = key();
            let log = filled(&test.db, &key, entries).await;
            let intruder = Db::open(&test.url).await.unwrap();
            cases.push(Self { key, log, intruder, _test: test });
        }
        cases
    }

    async fn run(&self, sql: &'static str, args: Vec<Value>) {
        self.intruder.write(move |tx| tx.execute(Sql::both(sql), &args)).await.unwrap();
    }

    async fn report(&self, signed: Vec<String>) -> Report {
        database(&self.intruder, NoteVerifier::new(self.log.key()).unwrap(), signed, |_, _| ())
            .await
            .unwrap()
    }

    async fn faults(&self) -> Vec<Fault> {
        self.report(vec![]).await.faults
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_log_has_no_fault() {
    for case in Case::each(600).await {
        let report = case.report(vec![case.log.checkpoint().await.unwrap()]).await;
        assert_eq!(
            (report.size, report.entries, report.erased, report.faults),
            (600, 600, 0, vec![])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_record_is_found() {
    for case in Case::each(40).await {
        case.run(
            "update evidence_entry set record = replace(record, 'per_7', 'per_8') where idx = 7",
            vec![],
        )
        .await;
        case.run("update evidence_entry set salt = $1 where idx = 9", vec![vec![0; 16].into()])
            .await;
        assert_eq!(case.faults().await, [Fault::Record(7), Fault::Record(9)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_moved_to_another_entry_is_found() {
    for case in Case::each(40).await {
        case.run(
            "update evidence_entry set record = (select other.record from evidence_entry as other where other.idx = 4),
             salt = (select other.salt from evidence_entry as other where other.idx = 4) where idx = 5",
            vec![],
        )
        .await;
        assert_eq!(case.faults().await, [Fault::Record(5)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_entry_is_found_by_its_place() {
    for case in Case::each(600).await {
        case.run(
            "update evidence_entry set entry = replace(entry, 'T04:', 'T05:') where idx = 300",
            vec![],
        )
        .await;
        assert_eq!(case.faults().await, [Fault::Entry(300)]);
        case.run("update evidence_entry set kind = 'preview' where idx = 2", vec![]).await;
        assert_eq!(case.faults().await, [Fault::Entry(300), Fault::Form(2)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_and_record_rewritten_together_are_found() {
    for case in Case::each(40).await {
        // The forger makes record, salt and entry agree; the tree still says otherwise.
        case.run(
            "update evidence_entry set entry = (select other.entry from evidence_entry as other where other.idx = 4),
             record = (select other.record from evidence_entry as other where other.idx = 4),
             salt = (select other.salt from evidence_entry as other where other.idx = 4) where idx = 5",
            vec![],
        )
        .await;
        assert_eq!(case.faults().await, [Fault::Entry(5)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_places_are_found() {
    for case in Case::each(40).await {
        case.run("update evidence_entry set idx = 1000 where idx = 3", vec![]).await;
        case.run("update evidence_entry set idx = 3 where idx = 30", vec![]).await;
        case.run("update evidence_entry set idx = 30 where idx = 1000", vec![]).await;
        assert_eq!(case.faults().await, [Fault::Entry(3), Fault::Entry(30)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_and_truncated_entries_are_found() {
    for case in Case::each(600).await {
        case.run("delete from evidence_entry where idx = 17", vec![]).await;
        case.run("delete from evidence_entry where idx >= 550", vec![]).await;
        assert_eq!(case.faults().await, [Fault::Missing(17, 18), Fault::Missing(550, 600)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_slipped_in_at_the_end_is_found() {
    for case in Case::each(40).await {
        case.run(
            "insert into evidence_entry (seq, idx, kind, department, entry) select 9000, 40, kind, department, entry from evidence_entry where idx = 1",
            vec![],
        )
        .await;
        assert_eq!(case.faults().await, [Fault::Beyond(40)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edited_tiles_are_found_without_blaming_the_entries() {
    for case in Case::each(600).await {
        case.run(
            "update evidence_tile set hashes = $1 where level = 0 and n = 1",
            vec![vec![7; 8192].into()],
        )
        .await;
        case.run(
            "update evidence_tile set hashes = $1 where level = 1 and n = 0",
            vec![vec![7; 64].into()],
        )
        .await;
        case.run(
            "insert into evidence_tile (level, n, hashes) values (3, 0, $1)",
            vec![vec![7; 32].into()],
        )
        .await;
        assert_eq!(case.faults().await, [Fault::Tile(0, 1), Fault::Tile(1, 0), Fault::Tile(3, 0)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_head_is_found() {
    for case in Case::each(40).await {
        case.run("update evidence_head set size = 39", vec![]).await;
        assert!(matches!(case.faults().await[..], [Fault::Head(_)]));
        case.run("update evidence_head set checkpoint = 'x'", vec![]).await;
        assert!(matches!(case.faults().await[0], Fault::Head(_)));
        case.run("delete from evidence_head", vec![]).await;
        assert!(case.faults().await.contains(&Fault::Head("absent".to_owned())));
    }
}

/// The operator holds the key: entries, tiles and head are all rewritten and signed anew. Only what others kept
/// can tell.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_rewritten_by_its_own_operator_is_found_by_a_checkpoint_kept_elsewhere() {
    for case in Case::each(40).await {
        let kept = case.log.checkpoint().await.unwrap();
        let other = testing::sqlite().await.unwrap();
        let rewritten = filled(&other.db, &case.key, 20).await;
        let verifier = || NoteVerifier::new(rewritten.key()).unwrap();
        let shorter = database(&other.db, verifier(), vec![kept.clone()], |_, _| ()).await.unwrap();
        assert_eq!(shorter.faults, [Fault::Shorter(40)]);
        for n in 0..30 {
            add(&other.db, 5000 + n).await;
        }
        let forked = database(&other.db, verifier(), vec![kept.clone()], |_, _| ()).await.unwrap();
        assert_eq!(forked.faults, [Fault::Forked(40)]);
        assert_eq!(rewritten.size(), 50);
        assert_eq!(Log::open(case.intruder.clone(), &case.key, ORIGIN).await.unwrap().size(), 40);
    }
}
