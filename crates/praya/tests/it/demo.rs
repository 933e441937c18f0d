//! The built `praya demo` in a folder of its own, and a data consumer of our own to speak to it.

use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use wire::{
    b64,
    jwe::OpeningKey,
    jwk::{Jwk, Jwks, PrivateJwk},
    jws::{Alg, Parsed, SigningKey},
    sha256,
};

/// A running demo.
pub(crate) struct Demo {
    child: Option<Child>,
    pub(crate) folder: TempDir,
    pub(crate) base: String,
    pub(crate) bank: String,
    database: Option<String>,
    issuer: Option<String>,
    pack: Option<PathBuf>,
    /// Where programs show their certificates, if it speaks TLS.
    pub(crate) mtls: Option<String>,
    pub(crate) wrapper: Vec<String>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A copy of one of the packs, to be changed.
pub(crate) fn copy_of(pack: &str) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let to = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &to);
            } else {
                std::fs::copy(&path, &to).unwrap();
            }
        }
    }
    let folder = TempDir::new().unwrap();
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    copy(&packs.join(pack), folder.path());
    folder
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

impl Demo {
    /// Starts one on SQLite.
    pub(crate) async fn start() -> Self {
        Self::on(None).await
    }

    /// Starts one on a database.
    pub(crate) async fn on(database: Option<String>) -> Self {
        let mut demo = Self::prepared(database, None);
        demo.spawn(&free(), &free()).await;
        demo
    }

    /// Starts one on SQLite with another pack.
    pub(crate) async fn with_pack(pack: PathBuf) -> Self {
        let mut demo = Self::prepared(None, Some(pack));
        demo.spawn(&free(), &free()).await;
        demo
    }

    /// Starts one on SQLite that speaks TLS, on two ports.
    pub(crate) async fn over_tls() -> Self {
        let mut demo = Self::prepared(None, None);
        demo.mtls = Some(free());
        demo.spawn(&free(), &free()).await;
        demo
    }

    fn prepared(database: Option<String>, pack: Option<PathBuf>) -> Self {
        Self {
            child: None,
            folder: TempDir::new().unwrap(),
            base: String::new(),
            bank: String::new(),
            database,
            issuer: None,
            pack,
            mtls: None,
            wrapper: Vec::new(),
        }
    }

    /// Starts one under another program, such as a tracer.
    pub(crate) async fn under(wrapper: &[&str]) -> Self {
        let mut demo = Self::on(None).await;
        demo.kill();
        demo.wrapper = wrapper.iter().map(ToString::to_string).collect();
        demo.again().await;
        demo
    }

    /// A second node on the same database and folder of secrets.
    pub(crate) async fn beside(&self) -> Self {
        let mut other = Self::prepared(self.database.clone(), None);
        for file in ["secret", "log-key.json", "bank-signing.json", "bank-encryption.json"] {
            std::fs::copy(self.folder.path().join(file), other.folder.path().join(file)).unwrap();
        }
        other.issuer = Some(self.base.clone());
        other.spawn(&free(), &free()).await;
        other
    }

    async fn spawn(&mut self, listen: &str, bank: &str) {
        let program = env!("CARGO_BIN_EXE_praya");
        let mut command = match self.wrapper.split_first() {
            None => Command::new(program),
            Some((wrapper, args)) => {
                let mut command = Command::new(wrapper);
                command.args(args).arg(program);
                command
            }
        };
        command
            .arg("demo")
            .args(["--listen", listen, "--bank", bank])
            .arg("--data")
            .arg(self.folder.path())
            .stdout(Stdio::null());
        if let Some(database) = &self.database {
            command.args(["--database", database]);
        }
        if let Some(pack) = &self.pack {
            command.arg("--pack").arg(pack);
        }
        if let Some(mtls) = &self.mtls {
            command.args(["--tls", "--mtls", mtls]);
        }
        if let Some(issuer) = &self.issuer {
            command.args(["--issuer", issuer]);
        }
        self.child = Some(command.spawn().unwrap());
        let scheme = if self.mtls.is_some() { "https" } else { "http" };
        let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
        (self.base, self.bank) = (
            format!("{scheme}://localhost:{}", port(listen)),
            format!("{scheme}://localhost:{}", port(bank)),
        );
        let began = Instant::now();
        loop {
            if client()
                .get(format!("{}/readyz", self.base))
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
            {
                return;
            }
            assert!(
                self.child.as_mut().unwrap().try_wait().unwrap().is_none(),
                "the demo stopped before it was ready"
            );
            assert!(
                began.elapsed() < Duration::from_mins(1),
                "the demo is not ready after a minute"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            if !self.wrapper.is_empty() {
                // A tracer that is killed lets its program run on.
                let parent = child.id().to_string();
                Command::new("pkill").args(["-KILL", "-P", &parent]).status().ok();
            }
            child.kill().ok();
            child.wait().ok();
        }
    }

    /// Starts it again on the same addresses and data.
    pub(crate) async fn again(&mut self) {
        self.kill();
        let at = |url: &str| url.replace("http://localhost", "127.0.0.1");
        let (listen, bank) = (at(&self.base), at(&self.bank));
        self.spawn(&listen, &bank).await;
    }

    /// `demo.json`.
    pub(crate) fn description(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.path().join("demo.json")).unwrap())
            .unwrap()
    }

    /// Runs `praya` with arguments; whether it succeeded, and what it said.
    #[expect(clippy::unused_self, reason = "read as: this demo's program")]
    pub(crate) fn praya(&self, args: &[&str]) -> (bool, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_praya")).args(args).output().unwrap();
        (
            out.status.success(),
            String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned(),
        )
    }

    /// Registers a client with the operator's own command.
    pub(crate) fn add_client(&self, client: &Value) {
        let (config, file) = (self.file("praya.toml"), self.file("client.json"));
        let database = self.file("praya.sqlite");
        std::fs::write(&config, format!("database = \"sqlite:{}\"\n", database.display())).unwrap();
        std::fs::write(&file, client.to_string()).unwrap();
        let (config, file) = (config.to_str().unwrap(), file.to_str().unwrap());
        let (good, said) = self.praya(&["client", "add", "--config", config, file]);
        assert!(good, "{said}");
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A client that follows no redirect, so that each step is seen.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // The demo's authority is made anew with it.
        .danger_accept_invalid_certs(true)
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

/// A browser without JavaScript: cookies, links, forms.
pub(crate) struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
    /// Everything it was sent: where it was led, and what it was shown.
    seen: Mutex<Vec<String>>,
}

/// What a page answered.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        Self {
            http: client(),
            base: base.to_owned(),
            cookies: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Signed in as a persona of the demo.
    pub(crate) async fn as_persona(base: &str, key: &str) -> Self {
        let browser = Self::new(base);
        browser.get("/sign-in").await;
        let page = browser.post("/sign-in/persona", &[("persona", key), ("next", "/")]).await;
        assert_eq!(page.status, 303, "{}", page.body);
        browser
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let cookies = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ");
        let answer =
            request.header("cookie", cookies).header("accept", "text/html").send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        let location =
            answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let page = Page { status, location, body: answer.text().await.unwrap() };
        self.seen.lock().unwrap().extend(page.location.iter().chain([&page.body]).cloned());
        page
    }

    /// Everything it was sent.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Its session: the cookies that scripts may not read.
    pub(crate) fn session(&self) -> Vec<String> {
        let cookies = self.cookies.lock().unwrap();
        let kept =
            cookies.iter().filter(|(name, value)| !name.ends_with("-csrf") && value.len() > 20);
        kept.map(|(_, value)| value.clone()).collect()
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(self.http.get(self.url(path))).await
    }

    /// Follows redirects within the portal.
    pub(crate) async fn follow(&self, path: &str) -> Page {
        let mut page = self.get(path).await;
        while let Some(next) = page
            .location
            .clone()
            .filter(|next| next.starts_with('/') || next.starts_with(&self.base))
        {
            page = self.get(&next).await;
        }
        page
    }

    /// Posts a form with this browser's token.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .find(|(name, _)| name.ends_with("-csrf"))
            .map(|(_, value)| value.clone())
            .unwrap_or_default();
        let mut all = fields.to_vec();
        all.push(("csrf", &csrf));
        self.send(self.http.post(self.url(path)).form(&all)).await
    }
}

/// A data consumer: the bank's keys, and requests signed by them.
pub(crate) struct Consumer {
    http: reqwest::Client,
    /// The issuer.
    base: String,
    /// The node.
    speaks_to: String,
    pub(crate) id: String,
    redirect: String,
    pub(crate) key: SigningKey,
    opening: OpeningKey,
    nonce: Mutex<Option<String>>,
}

/// What a token request gave.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) consent: String,
}

/// An answer of the gateway, opened.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) jws: String,
    pub(crate) claims: Value,
    pub(crate) header: Value,
}

pub(crate) fn now() -> i64 {
    i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap()
}

pub(crate) fn random() -> String {
    let mut bytes = [0; 16];
    kernel::Entropy::fill(&kernel::SystemEntropy, &mut bytes);
    b64::encode(bytes)
}

impl Consumer {
    pub(crate) fn bank(demo: &Demo) -> Self {
        let description = demo.description();
        let client = &description["clients"][0];
        let key = |usage: &str| {
            let key = client["jwks"]["keys"]
                .as_array()
                .unwrap()
                .iter()
                .find(|key| key["use"] == usage)
                .unwrap();
            PrivateJwk::parse(key.to_string().as_bytes()).unwrap()
        };
        Self {
            http: self::client(),
            base: demo.base.clone(),
            speaks_to: demo.base.clone(),
            id: client["client_id"].as_str().unwrap().to_owned(),
            redirect: client["redirect_uris"][0].as_str().unwrap().to_owned(),
            key: SigningKey::new(&key("sig")).unwrap(),
            opening: OpeningKey::new(&key("enc")).unwrap(),
            nonce: Mutex::default(),
        }
    }

    /// The same consumer, speaking to another node of the same issuer.
    pub(crate) fn same_issuer_at(&self, demo: &Demo) -> Self {
        Self { speaks_to: demo.base.clone(), base: self.base.clone(), ..Self::bank(demo) }
    }

    pub(crate) fn assertion(&self) -> String {
        let claims = json!({"iss": self.id, "sub": self.id, "aud": self.base, "iat": now(), "exp": now() + 60, "jti": random()});
        self.key.sign(&json!({"typ": "JWT"}), claims.to_string().as_bytes()).unwrap()
    }

    pub(crate) fn proof(&self, method: &str, path: &str, token: Option<&str>) -> String {
        self.proof_by(&self.key, method, path, token)
    }

    pub(crate) fn proof_by(
        &self,
        key: &SigningKey,
        method: &str,
        path: &str,
        token: Option<&str>,
    ) -> String {
        let mut claims = json!({"jti": random(), "htm": method, "htu": format!("{}{path}", self.base), "iat": now()});
        if let Some(nonce) = &*self.nonce.lock().unwrap() {
            claims["nonce"] = nonce.as_str().into();
        }
        if let Some(token) = token {
            claims["ath"] = b64::encode(sha256(&[token.as_bytes()])).into();
        }
        let public = Jwk::from(key.public().key.clone());
        key.sign_header(
            &json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": public}),
            claims.to_string().as_bytes(),
        )
        .unwrap()
    }

    fn keep_nonce(&self, answer: &reqwest::Response) -> bool {
        let fresh =
            answer.headers().get("dpop-nonce").map(|value| value.to_str().unwrap().to_owned());
        let any = fresh.is_some();
        if any {
            *self.nonce.lock().unwrap() = fresh;
        }
        any
    }

    /// Posts to an OAuth endpoint with assertion and proof; tries again once for a nonce.
    pub(crate) async fn oauth(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        for _ in 0..2 {
            let assertion = self.assertion();
            let mut all = fields.to_vec();
            all.extend([
                ("client_id", self.id.as_str()),
                ("client_assertion", &assertion),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ]);
            let answer = self
                .http
                .post(format!("{}{path}", self.base))
                .header("dpop", self.proof("POST", path, None))
                .form(&all)
                .send()
                .await
                .unwrap();
            let (status, fresh) = (answer.status().as_u16(), self.keep_nonce(&answer));
            let body: Value = answer.json().await.unwrap_or_default();
            if !(fresh && body["error"] == "use_dpop_nonce") {
                return (status, body);
            }
        }
        panic!("the server asks for nonces without end");
    }

    /// A request for records as the demo bank makes it.
    pub(crate) fn details() -> Value {
        let expires = jiff_date(100);
        json!([{
            "type": "praya_records", "purpose": "loan-assessment", "subject": "company",
            "registers": [
                {"register": "business-registration", "fields": fields("business-registration", 3)},
                {"register": "annual-returns", "fields": fields("annual-returns", 3)},
            ],
            "mode": "store", "frequency": {"unit": "day", "times": 8}, "data_life": {"unit": "day", "value": 90}, "expires": expires,
        }])
    }

    /// Pushes a request; where the browser goes.
    pub(crate) async fn push(&self, details: &Value) -> (String, String) {
        self.push_scoped(details, "records").await
    }

    pub(crate) async fn push_scoped(&self, details: &Value, scope: &str) -> (String, String) {
        let verifier = format!("{}{}", random(), random());
        let (status, body) = self.pushed(details, scope, &verifier).await;
        assert_eq!(status, 201, "{body}");
        let request = body["request_uri"].as_str().unwrap();
        let address = format!("/oauth/authorize?client_id={}&request_uri={request}", self.id);
        (address, verifier)
    }

    /// What is said of a request that is refused.
    pub(crate) async fn push_refused(&self, details: &Value, scope: &str) -> Value {
        let (status, body) = self.pushed(details, scope, &random()).await;
        assert_eq!(status, 400, "{body}");
        body
    }

    async fn pushed(&self, details: &Value, scope: &str, verifier: &str) -> (u16, Value) {
        let challenge = b64::encode(sha256(&[verifier.as_bytes()]));
        let details = details.to_string();
        let fields = [
            ("response_type", "code"),
            ("redirect_uri", &self.redirect),
            ("scope", scope),
            ("state", "s"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("authorization_details", &details),
        ];
        self.oauth("/oauth/par", &fields).await
    }

    /// The whole dance: asks, lets the persona say yes to all but `struck`, and fetches tokens.
    pub(crate) async fn consented(&self, persona: &str, struck: &[&str]) -> Tokens {
        let (address, verifier) = self.push(&Self::details()).await;
        let browser = Browser::as_persona(&self.base, persona).await;
        let callback = say_yes(&browser, &address, struck).await;
        self.redeem(&code_of(&callback), &verifier).await
    }

    /// What the token endpoint says of a code.
    pub(crate) async fn redeem_raw(&self, code: &str, verifier: &str) -> (u16, Value) {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", verifier),
        ];
        self.oauth("/oauth/token", &fields).await
    }

    pub(crate) async fn redeem(&self, code: &str, verifier: &str) -> Tokens {
        let (status, body) = self.redeem_raw(code, verifier).await;
        assert_eq!(status, 200, "{body}");
        Tokens {
            access: body["access_token"].as_str().unwrap().to_owned(),
            refresh: body["refresh_token"].as_str().unwrap_or_default().to_owned(),
            consent: body["authorization_details"][0]["consent"].as_str().unwrap().to_owned(),
        }
    }

    /// Fetches records; the problem when refused.
    pub(crate) async fn fetch(
        &self,
        token: &str,
        body: Option<Value>,
    ) -> Result<Records, (u16, Value)> {
        for _ in 0..2 {
            let proof = self.proof("POST", "/exchange/v1/records", Some(token));
            match self.fetch_with(token, &proof, body.as_ref()).await {
                Err((401, problem)) if problem["code"] == "use-dpop-nonce" => {}
                other => return other,
            }
        }
        panic!("the server asks for nonces without end");
    }

    pub(crate) async fn fetch_with(
        &self,
        token: &str,
        proof: &str,
        body: Option<&Value>,
    ) -> Result<Records, (u16, Value)> {
        let sent = self.send("/exchange/v1/records", token, proof, body).await;
        let (status, text) = sent.map_err(|error| (0, json!(error.to_string())))?;
        if status != 200 {
            return Err((status, serde_json::from_str(&text).unwrap_or_default()));
        }
        Ok(self.open(&text))
    }

    /// Reads with a token and a proof of the key.
    pub(crate) async fn read(&self, path: &str, token: &str, proof: &str) -> (u16, String) {
        let request = self
            .http
            .get(format!("{}{path}", self.speaks_to))
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        let answer = request.send().await.unwrap();
        self.keep_nonce(&answer);
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Posts to the exchange with a token and a proof of the key.
    pub(crate) async fn send(
        &self,
        path: &str,
        token: &str,
        proof: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<(u16, String)> {
        let mut request = self
            .http
            .post(format!("{}{path}", self.speaks_to))
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        self.keep_nonce(&answer);
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Opens an encrypted answer.
    pub(crate) fn open(&self, jwe: &str) -> Records {
        let opened = self.opening.decrypt(jwe, 1 << 24).unwrap();
        let jws = String::from_utf8(opened.plaintext).unwrap();
        let parsed = Parsed::new(&jws, 1 << 24).unwrap();
        let claims = serde_json::from_slice(parsed.unverified_payload()).unwrap();
        let header = parsed.header_as().unwrap();
        Records { jws, claims, header }
    }

    /// Checks an answer as the bank must: signature, receipt, opening, payload.
    pub(crate) async fn check(&self, records: &Records, log_key: &str) -> u64 {
        let jwks = self
            .http
            .get(format!("{}/oauth/jwks", self.base))
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let parsed = Parsed::new(&records.jws, 1 << 24).unwrap();
        let payload = parsed.verify_by_set(&Jwks::parse(&jwks).unwrap(), &[Alg::Es256]).unwrap();
        let receipt = serde_json::from_value(records.header["receipt"].clone()).unwrap();
        let opening = serde_json::from_value(records.header["opening"].clone()).unwrap();
        let key = wire::tlog::NoteVerifier::new(log_key).unwrap();
        let proven = evidence::verify::receipt(&receipt, &key).unwrap();
        let record = evidence::verify::opening(&proven.entry, &opening).unwrap();
        evidence::verify::payload(&record, payload).unwrap();
        proven.index
    }
}

/// The first fields of a register of the pack.
pub(crate) fn fields(register: &str, count: usize) -> Vec<String> {
    let pack = exchange::pack::load_embedded().unwrap();
    pack.register(register)
        .unwrap()
        .fields
        .iter()
        .take(count)
        .map(|field| field.id.clone())
        .collect()
}

fn jiff_date(days: i64) -> String {
    let day = kernel::from_micros((now() + days * 86_400) * 1_000_000);
    day.to_string().chars().take(10).collect()
}

/// Says yes on the consent page for the first company, to everything but `struck`; where the browser is sent.
pub(crate) async fn say_yes(browser: &Browser, address: &str, struck: &[&str]) -> String {
    let mut page = browser.follow(address).await;
    if let Some(link) = links(&page.body).into_iter().find(|link| link.contains("?for=")) {
        page = browser.follow(&link).await;
    }
    let form = form(&page.body, "/consent/");
    let fields: Vec<_> = form
        .fields
        .iter()
        .filter(|(name, value)| !(name == "field" && struck.contains(&value.as_str())))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([("action", "allow")])
        .collect();
    let page = browser.post(&form.action, &fields).await;
    assert_eq!(page.status, 303, "{}", page.body);
    page.location.unwrap()
}

/// A form of a page: where it goes, and its inputs but the token.
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

pub(crate) fn form(body: &str, action: &str) -> Form {
    let html = scraper::Html::parse_document(body);
    let (forms, inputs) =
        (scraper::Selector::parse("form").unwrap(), scraper::Selector::parse("input").unwrap());
    let form = html
        .select(&forms)
        .find(|form| form.attr("action").is_some_and(|to| to.starts_with(action)))
        .unwrap_or_else(|| panic!("no form to {action} in {body}"));
    let value = |input: scraper::ElementRef<'_>| {
        let (name, value) = (input.attr("name")?, input.attr("value").unwrap_or_default());
        let sent = input.attr("type") != Some("checkbox") || input.attr("checked").is_some();
        (sent && name != "csrf").then(|| (name.to_owned(), value.to_owned()))
    };
    Form {
        action: form.attr("action").unwrap().to_owned(),
        fields: form.select(&inputs).filter_map(value).collect(),
    }
}

pub(crate) fn links(body: &str) -> Vec<String> {
    let html = scraper::Html::parse_document(body);
    html.select(&scraper::Selector::parse("a[href]").unwrap())
        .map(|link| link.attr("href").unwrap().to_owned())
        .collect()
}

pub(crate) fn code_of(callback: &str) -> String {
    let query = callback.split_once('?').unwrap().1;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("code="))
        .unwrap_or_else(|| panic!("no code in {callback}"))
        .to_owned()
}
