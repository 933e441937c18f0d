//! What must hold when things go wrong: replays, stolen tokens, power cuts, edited rows, races.

use crate::demo::{Browser, Consumer, Demo, Records, code_of, say_yes};
use serde_json::json;
use tokio::task::JoinHandle;
use wire::{jwk::PrivateJwk, jws::SigningKey};

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_good_once_and_a_token_is_worth_nothing_with_another_key() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    bank.fetch(&tokens.access, None).await.unwrap();
    let proof = bank.proof("POST", "/exchange/v1/records", Some(&tokens.access));
    bank.fetch_with(&tokens.access, &proof, None).await.unwrap();
    let (status, problem) = bank.fetch_with(&tokens.access, &proof, None).await.unwrap_err();
    assert_eq!((status, problem["code"].as_str()), (401, Some("proof-replayed")));

    let thief = SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap();
    let proof = bank.proof_by(&thief, "POST", "/exchange/v1/records", Some(&tokens.access));
    let (status, problem) = bank.fetch_with(&tokens.access, &proof, None).await.unwrap_err();
    assert_eq!((status, problem["code"].as_str()), (401, Some("invalid-token")));
    let proof = bank.proof("POST", "/exchange/v1/batch", Some(&tokens.access));
    let (status, problem) = bank.fetch_with(&tokens.access, &proof, None).await.unwrap_err();
    assert_eq!((status, problem["code"].as_str()), (401, Some("invalid-dpop-proof")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_used_twice_takes_back_what_it_gave() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let (address, verifier) = bank.push(&Consumer::details()).await;
    let browser = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    let code = code_of(&say_yes(&browser, &address, &[]).await);
    let tokens = bank.redeem(&code, &verifier).await;
    let redirect =
        demo.description()["clients"][0]["redirect_uris"][0].as_str().unwrap().to_owned();
    let (status, body) = bank
        .oauth(
            "/oauth/token",
            &[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", &redirect),
                ("code_verifier", &verifier),
            ],
        )
        .await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")));
    let (status, _) = bank.fetch(&tokens.access, None).await.unwrap_err();
    assert_eq!(status, 401);
    let again = browser.follow(&address).await;
    assert!(again.status >= 400, "a request_uri is good once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_asks_for_more_is_refused_with_the_field_named() {
    let demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let mut details = Consumer::details();
    details[0]["registers"][0]["fields"][0] = json!("salary");
    details[0]["data_life"] = json!({"unit": "year", "value": 40});
    let details = details.to_string();
    let (status, body) = bank
        .oauth(
            "/oauth/par",
            &[
                ("response_type", "code"),
                (
                    "redirect_uri",
                    demo.description()["clients"][0]["redirect_uris"][0].as_str().unwrap(),
                ),
                ("scope", "records"),
                ("code_challenge", &wire::b64::encode([7; 32])),
                ("code_challenge_method", "S256"),
                ("authorization_details", &details),
            ],
        )
        .await;
    assert_eq!(
        (status, body["error"].as_str()),
        (400, Some("invalid_authorization_details")),
        "{body}"
    );
}

/// How often the server is killed: four times, or as often as `cargo xtask test --kills N` says.
#[expect(clippy::disallowed_methods, reason = "a test's setting, read here alone")]
fn rounds() -> u32 {
    std::env::var("PRAYA_TEST_KILLS").map_or(4, |count| count.parse().unwrap())
}

/// How many of the answers that arrived have no entry in the log as it stands now.
pub(crate) async fn lost(demo: &Demo, answers: &[Records], log_key: &str) -> usize {
    let (bank, http) = (Consumer::bank(demo), crate::demo::client());
    let key = wire::tlog::NoteVerifier::new(log_key).unwrap();
    let mut lost = 0;
    for records in answers {
        let place = bank.check(records, log_key).await;
        let now = http.get(format!("{}/log/proof/{place}", demo.base)).send().await.unwrap();
        let receipt = evidence::Receipt {
            entry: records.header["receipt"]["entry"].as_str().unwrap().to_owned(),
            proof: now.text().await.unwrap(),
        };
        lost += usize::from(evidence::verify::receipt(&receipt, &key).is_err());
    }
    lost
}

/// Fetches under each token until it is refused or cut off; which of the two, and what arrived.
pub(crate) fn ask(demo: &Demo, tokens: Vec<String>) -> Vec<JoinHandle<(Vec<Records>, bool)>> {
    let ask = |token: String| {
        let bank = Consumer::bank(demo);
        tokio::spawn(async move {
            let mut got = Vec::new();
            loop {
                match bank.fetch(&token, None).await {
                    Ok(records) => got.push(records),
                    Err((status, _)) => return (got, status == 0),
                }
            }
        })
    };
    tokens.into_iter().map(ask).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_the_log_has_not_reached_is_not_found() {
    let demo = Demo::start().await;
    let url = format!("{}/log/proof/1000000", demo.base);
    assert_eq!(crate::demo::client().get(url).send().await.unwrap().status(), 404);
}

async fn kills(database: Option<String>) {
    let rounds = rounds();
    let mut demo = Demo::on(database.clone()).await;
    let log_key = demo.description()["log_key"].as_str().unwrap().to_owned();
    let (mut answers, mut cut_off) = (Vec::new(), 0);
    for round in 0..rounds {
        let bank = Consumer::bank(&demo);
        let mut tokens = Vec::new();
        // New consents for each round: the frequency of one is soon used up, and nobody would be asking.
        for _ in 0..3 {
            tokens.push(bank.consented("chan-mei-ling", &[]).await.access);
        }
        let tasks = ask(&demo, tokens);
        tokio::time::sleep(std::time::Duration::from_millis(5 + u64::from(round) * 37 % 80)).await;
        demo.kill();
        for task in tasks {
            let (got, cut) = task.await.unwrap();
            answers.extend(got);
            cut_off += u32::from(cut);
        }
        demo.again().await;
    }
    assert!(!answers.is_empty() && cut_off > 0, "nobody was asking when the server was killed");
    assert_eq!(lost(&demo, &answers, &log_key).await, 0, "of {} answers", answers.len());
    let url = database.unwrap_or_else(|| format!("sqlite:{}", demo.file("praya.sqlite").display()));
    demo.kill();
    let (good, said) = demo.praya(&["verify", "--database", &url, "--log-key", &log_key]);
    assert!(good, "{said}");
    println!(
        "{rounds} kills, {cut_off} of {} clients cut off while they asked, {} answers arrived and each has its entry",
        rounds * 3,
        answers.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_every_answer_that_arrived_has_its_entry_on_sqlite() {
    kills(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_every_answer_that_arrived_has_its_entry_on_postgresql() {
    match store::testing::postgres().await.unwrap() {
        Some(database) => kills(Some(database.url.clone())).await,
        None => println!("skipped: needs PRAYA_TEST_POSTGRES"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_after_a_stop_is_refused_on_every_node_and_no_look_comes_after_the_stop_in_the_log()
{
    let Some(database) = store::testing::postgres().await.unwrap() else {
        println!("skipped: needs PRAYA_TEST_POSTGRES");
        return;
    };
    let one = Demo::on(Some(database.url.clone())).await;
    let two = one.beside().await;
    let bank = Consumer::bank(&one);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    let racing: Vec<_> = [&one, &two]
        .into_iter()
        .map(|node| {
            let (bank, token) = (bank.same_issuer_at(node), tokens.access.clone());
            tokio::spawn(async move {
                let mut places = Vec::new();
                while let Ok(records) = bank.fetch(&token, None).await {
                    places.push(records);
                }
                places
            })
        })
        .collect();
    let director = Browser::as_persona(&one.base, "chan-mei-ling").await;
    let stopped = director.post(&format!("/my/consents/{}/revoke", tokens.consent), &[]).await;
    assert_eq!(stopped.status, 303);
    for node in [&one, &two] {
        let (status, _) = bank.same_issuer_at(node).fetch(&tokens.access, None).await.unwrap_err();
        assert!((400..500).contains(&status), "refused after the stop was acknowledged");
    }
    for task in racing {
        task.await.unwrap();
    }
    // The stop is durable when it is acknowledged; its place in the log follows within a second or two.
    let (mut places, mut stop) = (Vec::new(), None);
    for _ in 0..100 {
        let consent = tokens.consent.clone();
        places = database.db.read(move |tx| evidence_places(tx, &consent)).await.unwrap();
        stop = places.iter().find(|(kind, _)| kind == "consent-revoked").map(|(_, place)| *place);
        if stop.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let stop = stop.expect("the stop has its place in the log");
    assert!(
        places.iter().filter(|(kind, _)| kind == "look-release").all(|(_, place)| *place < stop),
        "{places:?}"
    );
}

fn evidence_places(tx: &mut store::Tx<'_>, consent: &str) -> store::Result<Vec<(String, u64)>> {
    let mut places = Vec::new();
    evidence::for_each_record(tx, |_, logged| {
        if logged.record.as_deref().is_some_and(|record| record.contains(consent)) {
            places.push((logged.kind.clone(), logged.index.unwrap()));
        }
        Ok::<_, store::Error>(())
    })?;
    Ok(places)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_edited_by_hand_is_found() {
    const EDITS: [(&str, &str); 4] = [
        (
            "update look set purpose = 'account-opening' where id = (select id from look limit 1)",
            "look",
        ),
        (
            "update consent_state set state = 'active' where consent = (select consent from consent_state where state = 'revoked' limit 1)",
            "log says",
        ),
        (
            "update consent set consumer = 'other-bank' where id = (select id from consent limit 1)",
            "not what was agreed",
        ),
        (
            "update evidence_entry set record = replace(record, 'release', 'preview') where seq = (select seq from evidence_entry where kind = 'look-release' limit 1)",
            "record",
        ),
    ];
    let mut demo = Demo::start().await;
    let bank = Consumer::bank(&demo);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    bank.fetch(&tokens.access, None).await.unwrap();
    let director = Browser::as_persona(&demo.base, "chan-mei-ling").await;
    director.post(&format!("/my/consents/{}/revoke", tokens.consent), &[]).await;
    demo.kill();
    let data = demo.folder.path().to_str().unwrap().to_owned();
    let (good, said) = demo.praya(&["verify", "--data", &data]);
    assert!(good, "{said}");
    for (edit, word) in EDITS {
        let copy = tempfile::TempDir::new().unwrap();
        for name in ["praya.sqlite", "log.vkey"] {
            std::fs::copy(demo.file(name), copy.path().join(name)).unwrap();
        }
        for suffix in ["-wal", "-shm"] {
            let name = format!("praya.sqlite{suffix}");
            if demo.file(&name).exists() {
                std::fs::copy(demo.file(&name), copy.path().join(&name)).unwrap();
            }
        }
        let db = store::Db::open(&format!("sqlite:{}", copy.path().join("praya.sqlite").display()))
            .await
            .unwrap();
        let changed = db.write(move |tx| tx.execute(store::Sql::both(edit), &[])).await.unwrap();
        assert_eq!(changed, 1, "{edit}");
        let (good, said) = demo.praya(&["verify", "--data", copy.path().to_str().unwrap()]);
        assert!(!good && said.contains(word), "{edit}: {said}");
    }
}
