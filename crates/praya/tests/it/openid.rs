//! The modules of the OpenID Foundation's conformance suite, by their names, against the built program: written
//! here from the standards. A plan is a list of modules; `docs/conformance.md` has a row for each.

/// Runs a plan, each module with a relying party and a browser of its own, and fails with the names of all that
/// failed.
macro_rules! plan {
    ($made:expr, $($module:ident => $run:path),+ $(,)?) => {{
        let mut failed = String::new();
        $(
            let mut rp = $made;
            if let Err(why) = $run(&mut rp).await {
                writeln!(failed, "{}: {why}", stringify!($module)).unwrap();
            }
        )+
        assert!(failed.is_empty(), "{failed}");
        [$(stringify!($module)),+]
    }};
}

mod basic;
mod certificate;
mod fapi;
mod logout;
mod secrets;

use crate::demo::{Browser, Demo, Page, client, form, random};
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::Command};
use wire::{
    b64,
    jwk::Jwks,
    jws::{Alg, Parsed},
    sha256,
};

/// What the browser brought back to the relying party.
pub(crate) type Landing = BTreeMap<String, String>;

/// A relying party of the baseline profile, and the browser of somebody who uses it.
pub(crate) struct Rp {
    base: String,
    pub(crate) id: String,
    secret: String,
    back: String,
    http: reqwest::Client,
    browser: Browser,
    verifier: String,
}

/// A module's outcome: what was wrong, if anything was.
type Outcome = Result<(), String>;

fn check(holds: bool, otherwise: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

impl Rp {
    pub(crate) fn new(demo: &Demo) -> Self {
        Self::with(demo, &json!({}))
    }

    /// Registered with more terms.
    fn with(demo: &Demo, more: &Value) -> Self {
        let id = format!("rp-{}", random());
        let back = format!("https://{}.example/back", id.to_lowercase());
        let mut terms = json!({"auth": "client_secret_basic", "flow": "baseline"});
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let described = json!({
            "id": id, "name": {"en": "Relying party", "tc": "服務", "sc": "服务"}, "redirect_uris": [back],
            "jwks": {"keys": []}, "profile": "confidential", "scopes": "openid profile email phone address offline_access",
            "terms": terms,
        });
        let secret = registered(demo, &id, &described)(&["secret", &id]);
        Self {
            base: demo.base.clone(),
            secret,
            back,
            http: client(),
            browser: Browser::new(&demo.base),
            verifier: format!("{0}{0}", random()),
            id,
        }
    }

    /// The address of a request; a parameter given again takes the place of the usual one, an empty one leaves it
    /// out.
    pub(crate) fn address(&self, more: &[(&str, &str)]) -> String {
        let challenge = b64::encode(sha256(&[self.verifier.as_bytes()]));
        let usual = [
            ("client_id", self.id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", &self.back),
            ("scope", "openid"),
            ("state", "a state"),
            ("nonce", "a nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        let all = kept.chain(more).filter(|(_, value)| !value.is_empty());
        let mut url = url::Url::parse(&format!("{}/oauth/authorize", self.base)).unwrap();
        url.query_pairs_mut().extend_pairs(all);
        url.to_string()
    }

    async fn follow(&self, page: Page) -> Result<Landing, Page> {
        follow(&self.browser, &self.base, &self.back, page, "allow").await
    }

    /// A whole authorisation; the page it stopped at, if it did.
    async fn authorize(&self, more: &[(&str, &str)]) -> Result<Landing, Page> {
        self.follow(self.browser.get(&self.address(more)).await).await
    }

    /// What came back of one that must come back.
    pub(crate) async fn landed(&self, more: &[(&str, &str)]) -> Result<Landing, String> {
        self.authorize(more).await.map_err(|page| format!("stopped at a page: {}", page.status))
    }

    /// The code of one that must succeed.
    async fn code(&self, more: &[(&str, &str)]) -> Result<String, String> {
        let landing = self.landed(more).await?;
        landing.get("code").cloned().ok_or_else(|| format!("no code: {landing:?}"))
    }

    /// Redeems a code by `client_secret_basic`.
    async fn token(&self, code: &str) -> (u16, Value) {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.back),
            ("code_verifier", &self.verifier),
        ];
        self.ask(&form).await
    }

    async fn ask(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let request = self.http.post(format!("{}/oauth/token", self.base));
        let answer =
            request.basic_auth(&self.id, Some(&self.secret)).form(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The tokens of a request that must succeed.
    async fn tokens(&self, more: &[(&str, &str)]) -> Result<Value, String> {
        let (status, body) = self.token(&self.code(more).await?).await;
        if status == 200 { Ok(body) } else { Err(format!("the token endpoint said {body}")) }
    }

    /// The claims of an ID token (or another JWT of theirs) whose signature holds.
    async fn believed(&self, token: &Value) -> Result<Value, String> {
        believed(&self.http, &self.base, token.as_str().ok_or("no token")?).await
    }

    async fn userinfo(&self, access: &str) -> (u16, Value) {
        let request = self.http.get(format!("{}/oauth/userinfo", self.base)).bearer_auth(access);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn discovery(&self) -> Value {
        let url = format!("{}/.well-known/openid-configuration", self.base);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }
}

/// Registers a client, and gives what runs `praya client` for it.
fn registered(demo: &Demo, id: &str, described: &Value) -> impl Fn(&[&str]) -> String {
    let file = demo.file(&format!("{id}.json"));
    std::fs::write(&file, described.to_string()).unwrap();
    let run = |args: &[&str]| {
        let database = format!("sqlite:{}", demo.file("praya.sqlite").display());
        let out = Command::new(env!("CARGO_BIN_EXE_praya"))
            .args(["client"])
            .args(args)
            .env("PRAYA_DATABASE", database)
            .env("PRAYA_BASE_URL", &demo.base)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        assert!(out.status.success(), "{said} {}", String::from_utf8_lossy(&out.stderr));
        said
    };
    run(&["add", file.to_str().unwrap()]);
    run
}

/// Goes where a page leads, signing in and giving this answer on the way, until the relying party has the browser
/// back or a page stays.
async fn follow(
    browser: &Browser,
    base: &str,
    back: &str,
    page: Page,
    answer: &str,
) -> Result<Landing, Page> {
    let mut page = page;
    for _ in 0..8 {
        let Some(to) = page.location.clone() else { return Err(page) };
        if to.starts_with(back) {
            let url = url::Url::parse(&to).unwrap();
            return Ok(url.query_pairs().into_owned().collect());
        }
        page = browser.get(&to).await;
        if to.starts_with("/sign-in?") {
            let url = url::Url::parse(&format!("{base}{to}")).unwrap();
            let next = url.query_pairs().find(|(name, _)| name == "next").unwrap().1;
            let who = [("persona", "chan-mei-ling"), ("next", &next)];
            page = browser.post("/sign-in/persona", &who).await;
        } else if to.starts_with("/my/services/decide/") {
            let asked = form(&page.body, "/my/services/decide/");
            let mut said = vec![("action", answer)];
            let claims = ["name", "email", "phone_number", "address"];
            let offered = |claim: &&str| page.body.contains(&format!("value=\"{claim}\""));
            said.extend(claims.into_iter().filter(offered).map(|claim| ("claim", claim)));
            page = browser.post(&asked.action, &said).await;
        }
    }
    Err(page)
}

/// The claims of a JWT of theirs whose signature holds.
async fn believed(http: &reqwest::Client, base: &str, token: &str) -> Result<Value, String> {
    let keys = http.get(format!("{base}/oauth/jwks")).send().await.unwrap();
    let keys = Jwks::parse(&keys.bytes().await.unwrap()).unwrap();
    let parsed = Parsed::new(token, 16_384).map_err(|why| why.to_string())?;
    let payload =
        parsed.verify_by_set(&keys, &[Alg::Es256, Alg::Rs256]).map_err(|why| why.to_string())?;
    serde_json::from_slice(payload).map_err(|why| why.to_string())
}

fn access(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap_or_default()
}

/// The modules that a plan ran are those that the document says pass.
fn recorded(plan: &str, ran: &[&str]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/conformance.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once(&format!("### {plan}")).unwrap();
    let section = section.split("\n### ").next().unwrap();
    let mut said: Vec<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | pass |"))
        .map(|(module, _)| module)
        .collect();
    let mut ran = ran.to_vec();
    said.sort_unstable();
    ran.sort_unstable();
    assert_eq!(said, ran, "{plan}: what the document says passes, and what ran");
}
