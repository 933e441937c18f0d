//! Every route says for whom it is, and holds to it.

use crate::demo::{Browser, Demo};

struct Route {
    method: String,
    path: String,
    audience: String,
}

fn table(demo: &Demo) -> Vec<Route> {
    let (good, text) = demo.praya(&["routes"]);
    assert!(good, "{text}");
    let route = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(Route { method: words.next()?, path: words.next()?, audience: words.next()? })
    };
    text.lines().filter_map(route).collect()
}

/// A path with something in each place.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| {
            if part.starts_with("{*") {
                "0/000"
            } else if part.starts_with('{') {
                "x"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everyone_may_reach_is_the_reviewed_list() {
    let demo = Demo::start().await;
    let public: Vec<_> = table(&demo)
        .into_iter()
        .filter(|route| route.audience == "public")
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    insta::assert_snapshot!(public.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_and_the_wrong_role_are_refused_on_every_route() {
    let demo = Demo::start().await;
    let (nobody, person) =
        (Browser::new(&demo.base), Browser::as_persona(&demo.base, "chan-mei-ling").await);
    nobody.get("/about").await;
    for route in table(&demo) {
        let path = filled(&route.path);
        let ask = async |browser: &Browser| {
            if route.method == "GET" {
                browser.get(&path).await
            } else {
                browser.post(&path, &[]).await
            }
        };
        let name = format!("{} {}", route.method, route.path);
        match route.audience.as_str() {
            "public" => {}
            "client" => {
                for page in [ask(&nobody).await, ask(&person).await] {
                    assert!(
                        (400..500).contains(&page.status),
                        "{name}: {} for one without a client's credentials",
                        page.status
                    );
                }
            }
            "person" => {
                let page = ask(&nobody).await;
                let away = page.location.as_deref().is_some_and(|to| to.starts_with("/sign-in"));
                assert!(page.status == 401 || away, "{name}: {} for nobody", page.status);
            }
            _ => {
                let page = ask(&nobody).await;
                let away = page.location.as_deref().is_some_and(|to| to.starts_with("/sign-in"));
                assert!(page.status == 401 || away, "{name}: {} for nobody", page.status);
                assert!(
                    matches!(ask(&person).await.status, 403 | 404),
                    "{name} for a person who is no officer"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_by_one_press_exists_in_the_demo_alone() {
    let demo = Demo::start().await;
    assert!(!table(&demo).iter().any(|route| route.path.contains("persona")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_its_token_changes_nothing() {
    let demo = Demo::start().await;
    let answer = crate::demo::client()
        .post(format!("{}/sign-in/persona", demo.base))
        .form(&[("persona", "chan-mei-ling"), ("next", "/")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_keep_browsers_safe() {
    let demo = Demo::start().await;
    for path in ["/", "/sign-in", "/nowhere", "/log/checkpoint", "/openapi.json"] {
        let answer =
            crate::demo::client().get(format!("{}{path}", demo.base)).send().await.unwrap();
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(
            (header("x-content-type-options").as_str(), header("referrer-policy").as_str()),
            ("nosniff", "no-referrer"),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_prepares_on_both_engines() {
    let all: &'static [&'static [store::Sql]] = &[
        evidence::sql::ALL,
        exchange::sql::ALL,
        exchange::verify::ALL,
        forms::ALL,
        signing::ALL,
        identity::ALL,
        inbox::ALL,
        open::ALL,
        jobs::ALL,
    ];
    for one in store::testing::each().await.unwrap() {
        let count: usize = all.iter().map(|list| list.len()).sum();
        assert_eq!(one.db.prepare_all(all).await.unwrap(), count);
    }
}
