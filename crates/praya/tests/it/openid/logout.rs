//! `oidcc-rp-initiated-logout-certification-test-plan` and
//! `oidcc-backchannel-rp-initiated-logout-certification-test-plan`.

use super::{Outcome, Rp, check, recorded};
use crate::demo::{Demo, Page};
use axum::{Router, body::Bytes, extract::State, routing::post};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

const GONE: &str = "https://rp.example/gone";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Signs in at a relying party that registered where people go who signed out; its ID token.
async fn signed_in(demo: &Demo, rp: &mut Rp) -> Result<String, String> {
    *rp = Rp::with(demo, &json!({"post_logout_redirect_uris": [GONE]}));
    let tokens = rp.tokens(&[]).await?;
    Ok(tokens["id_token"].as_str().unwrap_or_default().to_owned())
}

async fn leave(rp: &Rp, pairs: &[(&str, &str)]) -> Page {
    let mut url = url::Url::parse(&format!("{}/oauth/logout", rp.base)).unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    rp.browser.get(url.as_str()).await
}

/// Says yes on the page that asks; where the browser goes.
async fn yes(rp: &Rp, page: &Page) -> Result<Option<String>, String> {
    if page.status != 200 || !page.body.contains("Sign out?") {
        return Err(format!("nobody is asked: {}", page.status));
    }
    // The page's own form, not the one at the top of every page.
    let html = scraper::Html::parse_document(&page.body);
    let inputs = scraper::Selector::parse("main form input[type='hidden']").unwrap();
    let input = |input: scraper::ElementRef<'_>| {
        let (name, value) = (input.attr("name")?, input.attr("value")?);
        (name != "csrf").then(|| (name.to_owned(), value.to_owned()))
    };
    let fields: Vec<_> = html.select(&inputs).filter_map(input).collect();
    drop(html);
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Ok(rp.browser.post("/sign-out", &fields).await.location)
}

/// Whether the browser is still signed in.
async fn stays(rp: &Rp) -> bool {
    rp.browser.get("/my/services").await.status == 200
}

async fn refused(rp: &Rp, pairs: &[(&str, &str)]) -> Outcome {
    let page = leave(rp, pairs).await;
    check(
        page.status == 400 && page.location.is_none(),
        format!("{} {:?}", page.status, page.location),
    )?;
    check(stays(rp).await, "signed out all the same")
}

macro_rules! module {
    ($name:ident($demo:ident, $rp:ident, $hint:ident) $body:block) => {
        async fn $name($demo: &Demo, $rp: &mut Rp) -> Outcome {
            let $hint = signed_in($demo, $rp).await?;
            $body
        }
    };
}

module!(whole(demo, rp, hint) {
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", GONE), ("state", "s")];
    let to = yes(rp, &leave(rp, &pairs).await).await?;
    check(to.as_deref() == Some("https://rp.example/gone?state=s"), format!("{to:?}"))?;
    check(!stays(rp).await, "still signed in")?;
    let landing = rp.landed(&[("prompt", "none")]).await?;
    check(landing.get("error").is_some_and(|error| error == "login_required"), format!("{landing:?}"))
});
module!(no_state(demo, rp, hint) {
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", GONE)];
    let to = yes(rp, &leave(rp, &pairs).await).await?;
    check(to.as_deref() == Some(GONE), format!("{to:?}"))
});
module!(bad_address(demo, rp, hint) {
    refused(rp, &[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://rp.example/other")]).await
});
module!(query_added(demo, rp, hint) {
    let more = format!("{GONE}?foo=bar");
    refused(rp, &[("id_token_hint", &hint), ("post_logout_redirect_uri", &more)]).await
});
module!(bad_hint(demo, rp, _hint) {
    refused(rp, &[("id_token_hint", "nonsense"), ("post_logout_redirect_uri", GONE), ("state", "s")]).await
});
module!(modified_hint(demo, rp, hint) {
    let parts: Vec<_> = hint.split('.').collect();
    let claims = wire::b64::decode(parts[1]).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["sub"] = "somebody else".into();
    let other = format!("{}.{}.{}", parts[0], wire::b64::encode(claims.to_string()), parts[2]);
    refused(rp, &[("id_token_hint", &other), ("post_logout_redirect_uri", GONE)]).await
});
module!(no_hint(demo, rp, _hint) {
    // Without a hint nothing says whose address it is: the person stays where they are.
    refused(rp, &[("post_logout_redirect_uri", GONE), ("state", "s")]).await
});
module!(no_params(demo, rp, _hint) {
    let to = yes(rp, &leave(rp, &[]).await).await?;
    check(to.as_deref() == Some("/") && !stays(rp).await, format!("{to:?}"))
});
module!(no_address(demo, rp, hint) {
    let to = yes(rp, &leave(rp, &[("id_token_hint", &hint), ("state", "s")]).await).await?;
    check(to.as_deref() == Some("/") && !stays(rp).await, format!("{to:?}"))
});
module!(only_state(demo, rp, _hint) {
    let to = yes(rp, &leave(rp, &[("state", "s")]).await).await?;
    check(to.as_deref() == Some("/") && !stays(rp).await, format!("{to:?}"))
});

async fn discovery(_: &Demo, rp: &mut Rp) -> Outcome {
    let said = rp.discovery().await;
    let at = said["end_session_endpoint"].as_str().unwrap_or_default();
    check(at.starts_with(&rp.base), at)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_module_of_the_rp_initiated_logout_plan_passes() {
    let demo = Demo::start().await;
    let mut failed = String::new();
    let mut ran = Vec::new();
    macro_rules! run {
        ($($module:ident => $run:path),+ $(,)?) => {$(
            let mut rp = Rp::new(&demo);
            ran.push(stringify!($module));
            if let Err(why) = $run(&demo, &mut rp).await {
                writeln!(failed, "{}: {why}", stringify!($module)).unwrap();
            }
        )+};
    }
    run!(
        OIDCCRpInitiatedLogoutDiscoveryEndpointVerification => discovery,
        OIDCCRpInitiatedLogout => whole,
        OIDCCRpInitiatedLogoutBadLogoutRedirectUri => bad_address,
        OIDCCRpInitiatedLogoutQueryAddedToLogoutRedirectUri => query_added,
        OIDCCRpInitiatedLogoutNoState => no_state,
        OIDCCRpInitiatedLogoutBadIdTokenHint => bad_hint,
        OIDCCRpInitiatedLogoutModifiedIdTokenHint => modified_hint,
        OIDCCRpInitiatedLogoutNoIdTokenHint => no_hint,
        OIDCCRpInitiatedLogoutNoParams => no_params,
        OIDCCRpInitiatedLogoutNoPostLogoutRedirectUri => no_address,
        OIDCCRpInitiatedLogoutOnlyState => only_state,
    );
    assert!(failed.is_empty(), "{failed}");
    recorded("oidcc-rp-initiated-logout-certification-test-plan", &ran);
}

type Heard = Arc<Mutex<Vec<String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn every_module_of_the_backchannel_logout_plan_passes() {
    let demo = Demo::start().await;
    let heard = Heard::default();
    let hear = async |State(heard): State<Heard>, body: Bytes| {
        heard.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
    };
    let router = Router::new().route("/logout", post(hear)).with_state(heard.clone());
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/logout", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await });

    let rp = Rp::new(&demo);
    let said = rp.discovery().await;
    assert_eq!(said["backchannel_logout_supported"], true);
    assert_eq!(said["backchannel_logout_session_supported"], true);

    let terms = json!({"post_logout_redirect_uris": [GONE], "backchannel_logout_uri": at});
    let rp = Rp::with(&demo, &terms);
    let tokens = rp.tokens(&[]).await.unwrap();
    let hint = tokens["id_token"].as_str().unwrap();
    let pairs = [("id_token_hint", hint), ("post_logout_redirect_uri", GONE)];
    yes(&rp, &leave(&rp, &pairs).await).await.unwrap();
    let told = async {
        loop {
            if let Some(body) = heard.lock().unwrap().first().cloned() {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let body = tokio::time::timeout(Duration::from_secs(30), told).await.expect("nothing was told");
    let token = body.strip_prefix("logout_token=").unwrap().to_owned();
    let header = wire::b64::decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["typ"], &header["alg"]), (&json!("logout+jwt"), &json!("ES256")));
    let claims = rp.believed(&token.into()).await.unwrap();
    let signed = rp.believed(&tokens["id_token"]).await.unwrap();
    for name in ["iss", "aud", "sub", "sid"] {
        assert_eq!(claims[name], signed[name], "{name}");
    }
    assert!(claims["jti"].is_string() && claims.get("nonce").is_none());
    assert_eq!(claims["events"], json!({EVENT: {}}));
    assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 120);
    let ran = [
        "OIDCCBackchannelLogoutDiscoveryEndpointVerification",
        "OIDCCBackChannelRpInitiatedLogout",
    ];
    recorded("oidcc-backchannel-rp-initiated-logout-certification-test-plan", &ran);
}
