//! What was acknowledged was on disk first: seen from the kernel's side.

use crate::demo::{Consumer, Demo};

/// The system calls that matter here: what comes in, what is synced, what goes out.
const CALLS: &str = "trace=recvfrom,read,fdatasync,fsync,sendto,write,writev";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_leaves_only_after_its_entry_was_synced_to_disk() {
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: needs strace");
        return;
    }
    let trace = tempfile::NamedTempFile::new().unwrap();
    let path = trace.path().to_str().unwrap().to_owned();
    let demo = Demo::under(&["strace", "-f", "-y", "-s", "96", "-e", CALLS, "-o", &path]).await;
    let bank = Consumer::bank(&demo);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    for _ in 0..3 {
        bank.fetch(&tokens.access, None).await.unwrap();
    }
    let mut demo = demo;
    demo.kill();
    let text = std::fs::read_to_string(&path).unwrap();
    let (mut waiting, mut synced, mut proven) = (false, false, 0);
    for line in text.lines() {
        if line.contains("\"POST /exchange/v1/records") {
            (waiting, synced) = (true, false);
        } else if line.contains("sync(") && line.contains("praya.sqlite-wal") {
            synced = true;
        } else if waiting && line.contains("\"HTTP/1.1 200") && line.contains("application/jwt") {
            assert!(synced, "an answer went out before the log's write was synced: {line}");
            (waiting, proven) = (false, proven + 1);
        }
    }
    assert_eq!(proven, 3, "every one of the three answers was seen");
}
