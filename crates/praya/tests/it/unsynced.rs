//! A power cut on a disk that loses what was not synced: `unsynced.c`, preloaded into the program, keeps a
//! shadow of its data folder that holds only what was.

use crate::{
    demo::{Consumer, Demo, Records, client},
    faults::{ask, lost},
};
use std::{path::Path, process::Command, time::Duration};
use tempfile::TempDir;

/// A layer between the program and the C library, built into a folder; none without a C compiler.
pub(crate) fn layer(name: &str, folder: &Path) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/{name}.c"));
    let library = folder.join(format!("{name}.so"));
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
    let Ok(built) = cc.args([&library, &source]).args(["-ldl", "-lpthread"]).status() else {
        println!("skipped: needs cc");
        return None;
    };
    assert!(built.success(), "the layer is built");
    Some(library.display().to_string())
}

/// The data folder as a disk would hold it; SQLite's shared memory is none of it.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy(&path, &to);
        } else if !path.to_string_lossy().ends_with("-shm") {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

/// Answers that arrived, checkpoints that were seen, and the program as it starts after the cut.
struct After {
    demo: Demo,
    answers: Vec<Records>,
    checkpoints: Vec<String>,
    log_key: String,
}

/// Cuts the power under load, `cuts` times, and starts again on what was synced. From `lies_from` on, the
/// disk says that it has synced and has not.
async fn cut(layer: &str, cuts: u64, lies_from: u64) -> After {
    let demo = Demo::start().await;
    let log_key = demo.description()["log_key"].as_str().unwrap().to_owned();
    let mut after = After { demo, answers: Vec::new(), checkpoints: Vec::new(), log_key };
    for round in 0..cuts {
        let demo = &mut after.demo;
        demo.kill();
        let (shadow, lies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        copy(demo.folder.path(), shadow.path());
        let lie = lies.path().join("lie");
        demo.wrapper = vec![
            "env".to_owned(),
            format!("LD_PRELOAD={layer}"),
            format!("UNSYNCED_DATA={}", demo.folder.path().display()),
            format!("UNSYNCED_SHADOW={}", shadow.path().display()),
            format!("UNSYNCED_LIES={}", lie.display()),
        ];
        demo.again().await;
        let mut tokens = Vec::new();
        for _ in 0..3 {
            tokens.push(Consumer::bank(demo).consented("chan-mei-ling", &[]).await.access);
        }
        if round >= lies_from {
            std::fs::write(&lie, "").unwrap();
        }
        let asking = ask(demo, tokens);
        tokio::time::sleep(Duration::from_millis(150 + round * 61 % 100)).await;
        let seen = client().get(format!("{}/log/checkpoint", demo.base)).send().await.unwrap();
        after.checkpoints.push(seen.text().await.unwrap());
        demo.kill();
        for task in asking {
            after.answers.extend(task.await.unwrap().0);
        }
        demo.wrapper.clear();
        // What was not synced goes with the old folder.
        demo.folder = shadow;
        demo.again().await;
    }
    after
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_power_cut_on_a_disk_that_loses_what_was_not_synced() {
    let built = TempDir::new().unwrap();
    let Some(layer) = layer("unsynced", built.path()) else { return };
    let After { mut demo, answers, checkpoints, log_key } = cut(&layer, 4, u64::MAX).await;
    assert!(!answers.is_empty());
    assert_eq!(lost(&demo, &answers, &log_key).await, 0, "of {} answers", answers.len());
    demo.kill();
    let url = format!("sqlite:{}", demo.file("praya.sqlite").display());
    let db = store::Db::open(&url).await.unwrap();
    let key = wire::tlog::NoteVerifier::new(&log_key).unwrap();
    let said = evidence::verify::database(&db, key, checkpoints, |_, _| ()).await.unwrap();
    assert_eq!(said.faults, [], "the log continues every checkpoint that was seen");
    let data = demo.folder.path().to_str().unwrap();
    let (good, said) = demo.praya(&["verify", "--data", data]);
    assert!(good, "{said}");
    println!("4 power cuts, {} answers arrived and each has its entry", answers.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_lies_about_syncing_loses_what_was_acknowledged_and_it_is_seen() {
    let built = TempDir::new().unwrap();
    let Some(layer) = layer("unsynced", built.path()) else { return };
    let After { demo, answers, log_key, .. } = cut(&layer, 1, 0).await;
    assert!(lost(&demo, &answers, &log_key).await > 0, "of {} answers", answers.len());
}
