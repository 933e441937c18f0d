use super::{ORIGIN, add, ctx, filled, key, record};
use crate::{Error, Log, Ticket, append, erase, logged, sql, verify};
use serde_json::Value;
use std::{collections::HashSet, sync::Arc};
use store::{Db, Engine, Sql, Tx, testing};
use wire::tlog::{
    Bundle, Checkpoint, TilePath, leaf_hash, tile_node, verify_consistency, verify_inclusion,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_prepared_on_each_engine() {
    for test in testing::each().await.unwrap() {
        assert_eq!(test.db.prepare_all(&[sql::ALL]).await.unwrap(), sql::ALL.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_many_tasks_get_one_place_each_and_a_receipt_that_verifies() {
    for test in testing::each().await.unwrap() {
        let log = Log::open(test.db.clone(), &key(), ORIGIN).await.unwrap();
        let tasks: Vec<_> = (0..24)
            .map(|task| {
                let (db, log) = (test.db.clone(), log.clone());
                tokio::spawn(async move {
                    let mut proven = Vec::new();
                    for n in 0..20 {
                        let ticket = add(&db, task * 1000 + n).await;
                        let receipt = log.receipt(&ticket).await.unwrap();
                        let found = verify::receipt(&receipt, log.verifier()).unwrap();
                        let opened = verify::opening(&found.entry, &ticket.opening).unwrap();
                        assert_eq!(opened, record(task * 1000 + n));
                        proven.push((found.index, found.checkpoint));
                    }
                    proven
                })
            })
            .collect();
        let mut checkpoints = Vec::new();
        let mut places = HashSet::new();
        for task in tasks {
            for (index, checkpoint) in task.await.unwrap() {
                assert!(places.insert(index), "place {index} was given twice");
                checkpoints.push(checkpoint);
            }
        }
        assert_eq!(places, (0..480).collect());
        checkpoints.sort_by_key(|checkpoint| checkpoint.size);
        checkpoints.dedup();
        let newest = Checkpoint::verify(&log.checkpoint().await.unwrap(), log.verifier()).unwrap();
        assert_eq!((newest.size, log.size()), (480, 480));
        for old in checkpoints {
            let proof = log.consistency(old.size, newest.size).await.unwrap();
            verify_consistency(old.size, &old.root, newest.size, &newest.root, &proof).unwrap();
        }
        let report = verify::database(
            &test.db,
            wire::tlog::NoteVerifier::new(log.key()).unwrap(),
            vec![],
            |_, _| (),
        )
        .await;
        let report = report.unwrap();
        assert_eq!((report.entries, report.erased, report.faults), (480, 0, vec![]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_proof_of_every_size_up_to_300_verifies() {
    for test in testing::each().await.unwrap() {
        let log = filled(&test.db, &key(), 300).await;
        let bundles = [log.entries(0, 256).await.unwrap(), log.entries(1, 44).await.unwrap()];
        let entries: Vec<Vec<u8>> = bundles
            .into_iter()
            .flat_map(|bundle| {
                Bundle(bundle)
                    .entries()
                    .unwrap()
                    .into_iter()
                    .map(<[u8]>::to_vec)
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(entries.len(), 300);
        let tiles = [log.tile(0, 0, 256).await.unwrap(), log.tile(0, 1, 44).await.unwrap()];
        let read = |height: u8, index: u64| {
            let first = index << height;
            let tile = &tiles[usize::try_from(first / 256).unwrap()];
            match height {
                8 => Ok(log_root(&tiles[0])),
                _ => tile_node(tile, height, index).ok_or(()),
            }
        };
        // Through the log for each size and a place of it; the rest over its own tiles, which is the same code.
        for size in 1..=300 {
            let root = wire::tlog::root(size, read).unwrap();
            for index in 0..size {
                let leaf = leaf_hash(&entries[usize::try_from(index).unwrap()]);
                let proof = if index == size * 7 / 11 {
                    log.proof(index, size).await.unwrap()
                } else {
                    wire::tlog::inclusion_proof(index, size, read).unwrap()
                };
                verify_inclusion(&leaf, index, size, &root, &proof).unwrap();
            }
            let old = size * 5 / 9;
            let proof = log.consistency(old, size).await.unwrap();
            let old_root = wire::tlog::root(old, read).unwrap();
            verify_consistency(old, &old_root, size, &root, &proof).unwrap();
        }
        assert!(matches!(log.proof(300, 300).await, Err(Error::Missing)));
        assert!(matches!(log.proof(0, 301).await, Err(Error::Missing)));
        assert!(matches!(log.consistency(0, 301).await, Err(Error::Missing)));
        for (n, width) in [(1, 45), (2, 1), (0, 0), (u64::MAX, 256)] {
            assert!(log.entries(n, width).await.is_err(), "{n} {width}");
        }
        for (level, n, width) in [(0, 1, 45), (0, 2, 1), (1, 0, 2), (2, 0, 1), (0, 0, 0)] {
            assert!(
                matches!(log.tile(level, n, width).await, Err(Error::Missing)),
                "{level} {n} {width}"
            );
        }
    }
}

fn log_root(tile: &[u8]) -> wire::tlog::Hash {
    let read = |height: u8, index: u64| tile_node(tile, height, index).ok_or(());
    let (left, right) = (read(7, 0).unwrap(), read(7, 1).unwrap());
    wire::tlog::node_hash(&left, &right)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oracles_read_our_log() {
    let test = testing::sqlite().await.unwrap();
    let log = filled(&test.db, &key(), 700).await;
    let note = log.checkpoint().await.unwrap();
    let verifier = signed_note::StandardVerifier::new(log.key()).unwrap();
    let read = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    read.verify(&signed_note::VerifierList::new(vec![Box::new(verifier)])).unwrap();
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();
    assert_eq!(checkpoint.size(), 700);
    let seq = 333;
    let receipt = log.receipt_of(seq).await.unwrap();
    let proof = wire::tlog::TlogProof::parse(&receipt.proof).unwrap();
    let hashes = proof.hashes.iter().map(|hash| tlog_tiles::tlog::Hash(*hash)).collect();
    let leaf = tlog_tiles::tlog::record_hash(receipt.entry.as_bytes());
    tlog_tiles::tlog::check_record(&hashes, 700, *checkpoint.hash(), proof.index, leaf).unwrap();
    for tile in tlog_tiles::tile::Tile::new_tiles(8, 0, 700) {
        let path = TilePath::parse(tile.path().strip_prefix("tile/8/").unwrap()).unwrap();
        assert_eq!(
            log.tile(path.level.unwrap(), path.n, path.width).await.unwrap().len(),
            usize::from(path.width) * 32
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_of_more_entries_than_one_sequencing_takes_leaves_none_behind() {
    for test in testing::each().await.unwrap() {
        let log = Log::open(test.db.clone(), &key(), ORIGIN).await.unwrap();
        let entries = 2 * sql::MOST as u64 + 5;
        let ctx = ctx(1);
        let write = move |tx: &mut Tx<'_>| {
            (0..entries)
                .map(|n| append(tx, &ctx, "look", "ird", &record(n)))
                .collect::<store::Result<Vec<_>>>()
        };
        let tickets = test.db.write(write).await.unwrap();
        for ticket in [&tickets[0], &tickets[sql::MOST], tickets.last().unwrap()] {
            verify::receipt(&log.receipt(ticket).await.unwrap(), log.verifier()).unwrap();
        }
        assert_eq!(log.size(), entries);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_rolled_back_leaves_no_leaf() {
    for test in testing::each().await.unwrap() {
        let log = Log::open(test.db.clone(), &key(), ORIGIN).await.unwrap();
        let tasks: Vec<_> = (0..60)
            .map(|n| {
                let (db, ctx) = (test.db.clone(), ctx(n));
                tokio::spawn(async move {
                    let write = move |tx: &mut Tx<'_>| {
                        let ticket = append(tx, &ctx, "look", "ird", &record(n))?;
                        if n % 3 == 0 {
                            Err(store::Error::Other("refused".into()))
                        } else {
                            Ok(ticket)
                        }
                    };
                    db.write(write).await.ok()
                })
            })
            .collect();
        let mut tickets = Vec::new();
        for task in tasks {
            tickets.extend(task.await.unwrap());
        }
        assert_eq!(tickets.len(), 40);
        let mut places = HashSet::new();
        for ticket in &tickets {
            let receipt = log.receipt(ticket).await.unwrap();
            places.insert(verify::receipt(&receipt, log.verifier()).unwrap().index);
        }
        assert_eq!(places, (0..40).collect());
        assert_eq!(log.size(), 40);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_opened_again_goes_on_where_it_was() {
    for test in testing::each().await.unwrap() {
        let key = key();
        let log = filled(&test.db, &key, 520).await;
        let before = Checkpoint::verify(&log.checkpoint().await.unwrap(), log.verifier()).unwrap();
        let again = Db::open(&test.url).await.unwrap();
        let reopened = Log::open(again.clone(), &key, ORIGIN).await.unwrap();
        assert_eq!(reopened.size(), 520);
        let ticket = add(&again, 1).await;
        let receipt = reopened.receipt(&ticket).await.unwrap();
        assert_eq!(verify::receipt(&receipt, reopened.verifier()).unwrap().index, 520);
        // The first handle learns that another wrote.
        let ticket = add(&test.db, 2).await;
        let found = verify::receipt(&log.receipt(&ticket).await.unwrap(), log.verifier()).unwrap();
        assert_eq!((found.index, found.checkpoint.size), (521, 522));
        let proof = log.consistency(520, 522).await.unwrap();
        verify_consistency(520, &before.root, 522, &found.checkpoint.root, &proof).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_another_key_or_with_changed_tiles_is_not_opened() {
    const EDIT: store::Sql =
        store::Sql::both("update evidence_tile set hashes = $1 where level = 0 and n = 1");
    for test in testing::each().await.unwrap() {
        let key_of_log = key();
        drop(filled(&test.db, &key_of_log, 300).await);
        let again = Db::open(&test.url).await.unwrap();
        assert!(Log::open(again.clone(), &key(), ORIGIN).await.is_err());
        assert!(Log::open(again.clone(), &key_of_log, "log.praya.example/other").await.is_err());
        again.write(|tx| tx.execute(EDIT, &[vec![7; 44 * 32].into()])).await.unwrap();
        let refused = Log::open(again, &key_of_log, ORIGIN).await.err().unwrap();
        assert!(refused.to_string().contains("do not give the signed root"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_over_a_head_that_went_back() {
    const BACK: store::Sql =
        store::Sql::both("update evidence_head set size = $1, root = $2, checkpoint = $3");
    let test = testing::sqlite().await.unwrap();
    let key = key();
    let log = filled(&test.db, &key, 10).await;
    let old = log.checkpoint().await.unwrap();
    let head = Checkpoint::verify(&old, log.verifier()).unwrap();
    add(&test.db, 11).await;
    let other = Db::open(&test.url).await.unwrap();
    let args = [10i64.into(), head.root.into(), old.into()];
    other.write(move |tx| tx.execute(BACK, &args)).await.unwrap();
    let ctx = ctx(12);
    let refused =
        test.db.write(move |tx| append(tx, &ctx, "look", "ird", &record(12))).await.err().unwrap();
    assert!(refused.to_string().contains("went back"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_one_database_never_fork() {
    let Some(test) = testing::postgres().await.unwrap() else { return };
    assert_eq!(test.db.engine(), Engine::Postgres);
    let key = key();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let db = Db::open(&test.url).await.unwrap();
        nodes.push((db.clone(), Log::open(db, &key, ORIGIN).await.unwrap()));
    }
    let nodes = Arc::new(nodes);
    let tasks: Vec<_> = (0..12usize)
        .map(|task| {
            let nodes = nodes.clone();
            tokio::spawn(async move {
                let (db, log) = &nodes[task % 3];
                let mut proven = Vec::new();
                for n in 0..25 {
                    let ticket = add(db, (task * 100 + n) as u64).await;
                    // Any node may answer for any entry.
                    let asked = &nodes[(task + n) % 3].1;
                    let log = if n % 5 == 0 { asked } else { log };
                    proven.push(
                        verify::receipt(&log.receipt(&ticket).await.unwrap(), log.verifier())
                            .unwrap(),
                    );
                }
                proven
            })
        })
        .collect();
    let mut proven = Vec::new();
    for task in tasks {
        proven.extend(task.await.unwrap());
    }
    assert_eq!(proven.iter().map(|found| found.index).collect::<HashSet<_>>(), (0..300).collect());
    let log = &nodes[0].1;
    let newest = Checkpoint::verify(&log.checkpoint().await.unwrap(), log.verifier()).unwrap();
    for found in &proven {
        let old = &found.checkpoint;
        let proof = log.consistency(old.size, newest.size).await.unwrap();
        verify_consistency(old.size, &old.root, newest.size, &newest.root, &proof).unwrap();
    }
}

const THING: Sql = Sql::both(
    "create table thing (id bigint primary key, looks bigint not null, open boolean not null)",
);
const PUT: Sql = Sql::both("insert into thing (id, looks, open) values (1, 0, true)");
const LOOK: Sql = Sql::both("update thing set looks = looks + 1 where id = 1 and open");
const STOP: Sql = Sql::both("update thing set open = false where id = 1");

async fn look(db: &Db, n: u64) -> store::Result<Option<Ticket>> {
    let ctx = ctx(n);
    // State first, entry second: the row's lock orders the two.
    db.write(move |tx| match tx.execute(LOOK, &[])? {
        0 => Ok(None),
        _ => append(tx, &ctx, "look", "ird", &record(n)).map(Some),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_look_has_a_higher_place_than_the_stop_it_raced_against() {
    for test in testing::each().await.unwrap() {
        let key = key();
        test.db.write(|tx| tx.execute(THING, &[])).await.unwrap();
        test.db.write(|tx| tx.execute(PUT, &[])).await.unwrap();
        let mut nodes = Vec::new();
        for _ in 0..2 {
            let db = if test.db.engine() == Engine::Sqlite {
                test.db.clone()
            } else {
                Db::open(&test.url).await.unwrap()
            };
            nodes.push((db.clone(), Log::open(db, &key, ORIGIN).await));
            if test.db.engine() == Engine::Sqlite {
                break;
            }
        }
        let nodes: Arc<Vec<(Db, Log)>> =
            Arc::new(nodes.into_iter().map(|(db, log)| (db, log.unwrap())).collect());
        let lookers: Vec<_> = (0..8usize)
            .map(|task| {
                let nodes = nodes.clone();
                tokio::spawn(async move {
                    let (db, log) = &nodes[task % nodes.len()];
                    let mut places = Vec::new();
                    for n in 0.. {
                        match look(db, (task * 10_000 + n) as u64).await {
                            Ok(None) => break,
                            Ok(Some(ticket)) => {
                                let receipt = log.receipt(&ticket).await.unwrap();
                                places
                                    .push(verify::receipt(&receipt, log.verifier()).unwrap().index);
                            }
                            Err(store::Error::Retry(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    places
                })
            })
            .collect();
        let (db, log) = &nodes[0];
        while log.size() < 30 {
            tokio::task::yield_now().await;
        }
        let stop = loop {
            let ctx = ctx(1);
            let stopped = db.write(move |tx| {
                tx.execute(STOP, &[])?;
                append(tx, &ctx, "consent-revoked", "ird", &record(1))
            });
            if let Ok(ticket) = stopped.await {
                break ticket;
            }
        };
        let stop =
            verify::receipt(&log.receipt(&stop).await.unwrap(), log.verifier()).unwrap().index;
        assert!(look(&nodes[nodes.len() - 1].0, 2).await.unwrap().is_none());
        for looker in lookers {
            assert!(looker.await.unwrap().into_iter().all(|place| place < stop));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_whose_node_died_is_sequenced_by_another() {
    let Some(test) = testing::postgres().await.unwrap() else { return };
    // No log is open on the handle that appends: as if its node died between commit and sequencing.
    let orphan = add(&test.db, 1).await;
    let db = Db::open(&test.url).await.unwrap();
    let log = Log::open(db.clone(), &key(), ORIGIN).await.unwrap();
    let receipt = log.receipt(&orphan).await.unwrap();
    assert_eq!(verify::receipt(&receipt, log.verifier()).unwrap().index, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_is_gone_and_the_proof_still_stands() {
    for test in testing::each().await.unwrap() {
        let log = filled(&test.db, &key(), 20).await;
        let ticket = add(&test.db, 99).await;
        log.receipt(&ticket).await.unwrap();
        let seq = ticket.seq;
        let before = test.db.read(move |tx| logged(tx, seq)).await.unwrap().unwrap();
        let opened: Value = serde_json::from_str(before.opening().unwrap().record.get()).unwrap();
        assert_eq!(opened, record(99));
        assert!(test.db.write(move |tx| erase(tx, seq)).await.unwrap());
        let after = test.db.read(move |tx| logged(tx, seq)).await.unwrap().unwrap();
        assert!(after.opening().is_none());
        verify::receipt(&log.receipt_of(seq).await.unwrap(), log.verifier()).unwrap();
        let key = wire::tlog::NoteVerifier::new(log.key()).unwrap();
        let report = verify::database(&test.db, key, vec![], |_, _| ()).await.unwrap();
        assert_eq!((report.erased, report.faults), (1, vec![]));
    }
}

#[test]
fn a_payload_is_told_from_one_with_a_changed_byte() {
    let record = serde_json::json!({"digest": wire::b64::encode(wire::sha256(&[b"released"]))});
    assert!(verify::payload(&record, b"released").is_ok());
    assert!(verify::payload(&record, b"Released").is_err());
    assert!(verify::payload(&serde_json::json!({}), b"released").is_err());
}
