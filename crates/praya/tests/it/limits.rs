//! Who asks too often, and who may read how much is done: the built program as it serves.

use crate::{
    demo::{Demo, client},
    inside::Site,
};
use serde_json::Value;
use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

async fn ready(base: &str) {
    let began = Instant::now();
    while client().get(format!("{base}/readyz")).send().await.is_err() {
        assert!(began.elapsed() < Duration::from_mins(1), "not ready after a minute");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_asks_too_often_is_told_when_to_come_back_and_no_other_is() {
    let Some(site) = Site::new() else { return };
    let base = format!("http://{}", site.configure("https://departments.example"));
    let _serving = site.serve();
    ready(&base).await;
    let http = client();
    let post = async |path: &str, from: &str| {
        let request = http.post(format!("{base}{path}")).header("x-forwarded-for", from);
        request.header("accept", "application/json").send().await.unwrap()
    };
    let (busy, other) = ("10.9.9.9, 198.51.100.7", "203.0.113.5");
    let (mut let_in, mut refused) = (0, post("/sign-in/passkey/start", busy).await);
    while refused.status() != 429 {
        (let_in, refused) = (let_in + 1, post("/sign-in/passkey/start", busy).await);
        assert!(let_in < 100, "no limit was met");
    }
    assert!(let_in >= 30, "{let_in}");
    let wait: i64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["type"], "/problems/too-many-requests");
    assert_ne!(post("/sign-in/passkey/start", other).await.status(), 429);

    let mut refused = post("/oauth/token", busy).await;
    assert_ne!(refused.status(), 429, "what programs ask is counted apart");
    for _ in 0..5000 {
        if refused.status() == 429 {
            break;
        }
        refused = post("/oauth/token", busy).await;
    }
    assert!(refused.status() == 429 && refused.headers().contains_key("retry-after"));
    assert_eq!(refused.headers()["cache-control"], "no-store");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"], "slow_down");
    assert_ne!(post("/oauth/par", other).await.status(), 429);
    for path in ["/exchange/v1/records", "/exchange/v1/batch"] {
        assert_eq!(
            post(path, busy).await.status(),
            401,
            "what is exchanged is limited by consents"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_on_this_machine_is_not_limited() {
    let demo = Demo::start().await;
    for _ in 0..50 {
        let url = format!("{}/sign-in/passkey/start", demo.base);
        let answer = client().post(url).header("x-forwarded-for", "198.51.100.7").send().await;
        assert_ne!(answer.unwrap().status(), 429);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_much_is_done_is_read_on_an_address_of_its_own_alone() {
    let Some(site) = Site::new() else { return };
    let base = format!("http://{}", site.configure("https://departments.example"));
    let own = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = site.path("praya.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("metrics_listen = \"{own}\"\n{text}")).unwrap();
    let _serving = site.serve();
    ready(&base).await;
    let status = async |url: String| client().get(url).send().await.unwrap().status();
    assert_eq!(status(format!("{base}/metrics")).await, 404);
    assert_eq!(status(format!("http://{own}/metrics")).await, 200);
    assert_eq!(status(format!("http://{own}/")).await, 404);
}
