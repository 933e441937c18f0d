//! Where a secret must not be: in an address, in a log, in a refusal, in the evidence log, in the database.

use super::{Rp, access};
use crate::demo::{Consumer, Demo, client, random};
use std::path::Path;

/// Every endpoint that takes a token or a client's secret, where one stands in the address.
const ENDPOINTS: [(&str, &str); 9] = [
    ("GET", "/oauth/userinfo"),
    ("POST", "/oauth/userinfo"),
    ("POST", "/oauth/introspect"),
    ("POST", "/oauth/token"),
    ("POST", "/oauth/par"),
    ("POST", "/oauth/revoke"),
    ("GET", "/oauth/grants/any"),
    ("POST", "/exchange/v1/records"),
    ("POST", "/exchange/v1/batch"),
];

/// Asks with something in the address that belongs elsewhere; what was answered.
async fn in_the_address(base: &str, (method, path): (&str, &str), query: &str) -> (u16, String) {
    let request = client().request(method.parse().unwrap(), format!("{base}{path}?{query}"));
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_address_is_refused_and_nothing_we_send_carries_one() {
    let demo = Demo::start().await;
    let rp = Rp::new(&demo);
    let asked = [("scope", "openid profile offline_access"), ("prompt", "consent")];
    let tokens = rp.tokens(&asked).await.unwrap();
    let bank = Consumer::bank(&demo);
    let records = bank.consented("chan-mei-ling", &[]).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(rp.userinfo(access(&tokens)).await.0, 200, "good where it belongs");
    for token in [access(&tokens), refresh, &records.access] {
        for endpoint in ENDPOINTS {
            let (status, said) =
                in_the_address(&demo.base, endpoint, &format!("access_token={token}")).await;
            assert!((400..=401).contains(&status), "{endpoint:?}: {status} {said}");
            assert!(!said.contains(token), "{endpoint:?} repeats it: {said}");
        }
    }
    let browser = rp.browser.seen();
    assert!(browser.iter().any(|one| one.starts_with(&rp.back)), "the walk was seen");
    for token in [access(&tokens), refresh, tokens["id_token"].as_str().unwrap()] {
        let leak = browser.iter().find(|one| one.contains(token));
        assert!(leak.is_none(), "a token went through the browser: {leak:?}");
    }
}

/// Everything that a walk used and that nobody else may have.
async fn walk(demo: &Demo) -> Vec<(&'static str, String)> {
    let rp = Rp::new(demo);
    let asked = [("scope", "openid profile offline_access"), ("prompt", "consent")];
    let landing = rp.landed(&asked).await.unwrap();
    let code = landing["code"].clone();
    let (_, tokens) = rp.token(&code).await;
    assert_eq!(rp.userinfo(access(&tokens)).await.0, 200);
    let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    let (status, later) =
        rp.ask(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_eq!(status, 200, "{later}");
    // A code used twice, which ends everything and is logged.
    rp.token(&code).await;

    let bank = Consumer::bank(demo);
    let records = bank.consented("chan-mei-ling", &[]).await;
    bank.fetch(&records.access, None).await.unwrap();
    bank.oauth("/oauth/introspect", &[("token", &records.access)]).await;
    let (assertion, proof) = (bank.assertion(), bank.proof("POST", "/oauth/token", None));
    let sessions = rp.browser.session();
    assert!(!sessions.is_empty());
    let mut secrets = vec![
        ("a client's secret", rp.secret.clone()),
        ("a code", code),
        ("an access token", access(&tokens).to_owned()),
        ("another", access(&later).to_owned()),
        ("a refresh token", refresh),
        ("an ID token", tokens["id_token"].as_str().unwrap().to_owned()),
        ("a verifier", rp.verifier.clone()),
        ("a token for records", records.access.clone()),
        ("a refresh token for records", records.refresh.clone()),
        ("an assertion", assertion.clone()),
        ("a proof", proof.clone()),
    ];
    secrets.extend(sessions.into_iter().map(|session| ("a session", session)));

    // Sent where each fails, and what is answered.
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let request = client().post(format!("{}{path}", demo.base)).form(fields);
        request.header("dpop", &proof).send().await.unwrap().text().await.unwrap()
    };
    let planted = |what: &'static str| (what, format!("planted{}", random()));
    let mut wrong = vec![
        planted("a wrong secret"),
        planted("a wrong code"),
        planted("a wrong token"),
        planted("a wrong password"),
        planted("a secret in an address"),
        planted("a wrong cookie"),
    ];
    let text = |index: usize| wrong[index].1.clone();
    let by = [("client_id", rp.id.as_str()), ("client_secret", &text(0))];
    let mut answers = vec![
        post("/oauth/token", &[by[0], by[1], ("grant_type", "client_credentials")]).await,
        post("/oauth/introspect", &[by[0], by[1], ("token", &text(2))]).await,
        post("/oauth/token", &[("client_assertion", &assertion), ("code", &text(1))]).await,
        rp.token(&text(1)).await.1.to_string(),
        rp.userinfo(&text(2)).await.1.to_string(),
        rp.browser
            .post(
                "/sign-in/code",
                &[("account", "chan"), ("password", &text(3)), ("code", "123456")],
            )
            .await
            .body,
        in_the_address(&demo.base, ENDPOINTS[2], &format!("client_secret={}", text(4))).await.1,
        in_the_address(&demo.base, ENDPOINTS[0], &format!("access_token={}", text(4))).await.1,
    ];
    let stranger = client().get(format!("{}/my/data", demo.base));
    let stranger = stranger.header("cookie", format!("praya-session={0}; praya={0}", text(5)));
    answers.push(stranger.send().await.unwrap().text().await.unwrap());
    secrets.append(&mut wrong);
    for (what, secret) in &secrets {
        let repeated = answers.iter().find(|answer| answer.contains(secret));
        assert!(repeated.is_none(), "{what} is repeated: {repeated:?}");
    }
    secrets
}

/// Every file below a folder.
fn files(folder: &Path, all: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, all) } else { all.push(path) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_whole_walk_is_in_a_log_a_refusal_the_evidence_or_the_database() {
    let shown = "debug,praya=trace,identity=trace,exchange=trace,evidence=trace,forms=trace,inbox=trace,\
                 jobs=trace,signing=trace,store=trace,web=trace,wire=trace";
    let logs = tempfile::NamedTempFile::new().unwrap();
    let run = format!("exec \"$@\" 2>>{}", logs.path().display());
    let said = format!("RUST_LOG={shown}");
    let mut demo = Demo::under(&["env", &said, "sh", "-c", &run, "sh"]).await;
    let secrets = walk(&demo).await;
    demo.kill();

    let log = std::fs::read(logs.path()).unwrap();
    assert!(log.len() > 1000, "something was logged");
    let mut all = Vec::new();
    files(demo.folder.path(), &mut all);
    let database = all.iter().filter(|path| path.to_string_lossy().contains("praya.sqlite"));
    assert!(database.count() >= 1, "the database, with its log of entries");
    let mut places: Vec<_> = all
        .into_iter()
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    places.push(("the program's own log".to_owned(), log));
    let within = |place: &[u8], secret: &str| {
        place.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    // That it would be found: what is no secret stands in both.
    let public = "harbour-bank";
    assert!(places.iter().any(|(_, bytes)| within(bytes, public)), "the search finds nothing");
    for (what, secret) in &secrets {
        for (place, bytes) in &places {
            assert!(!within(bytes, secret), "{what} ({secret}) stands in {place}");
        }
    }
}
