//! Two governments: one node asks, the other holds. Both are the built program.

use crate::demo::{Browser, Consumer, Demo, client, copy_of, fields, now, random};
use exchange::{
    model::Request,
    node::{Claim, QUESTION, Question, Whose, Why},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use wire::{
    jwe::OpeningKey,
    jwk::{Jwks, PrivateJwk},
    jws::{Alg, Parsed, SigningKey},
};

/// The register that the asking node does not hold itself.
const REGISTER: &str = "annual-returns";

/// The Hong Kong pack, but for one register that another node holds.
fn pack_that_asks(holding: &Demo) -> TempDir {
    let folder = copy_of("hong-kong");
    let (base, log_key) = (&holding.base, holding.description()["log_key"].clone());
    let source = format!(
        "id = \"{REGISTER}\"\nkind = \"node\"\nurl = \"{base}\"\nissuer = \"{base}\"\nclient_id = \"neighbour\"\nlog_key = {log_key}\nregister = \"{REGISTER}\"\nretries = 0\nallow_private = \"a test on loopback\"\n"
    );
    std::fs::write(folder.path().join(format!("sources/{REGISTER}.toml")), source).unwrap();
    folder
}

/// Registers a node with the operator's own command.
fn register(holding: &Demo, id: &str, jwks: &Value) {
    let node = json!({
        "id": id, "name": {"en": "Neighbour", "tc": "鄰埠", "sc": "邻埠"}, "profile": "confidential", "jwks": jwks,
        "node": {"registers": [REGISTER, "identity-particulars"], "purposes": ["loan-assessment"]},
    });
    holding.add_client(&node);
}

async fn keys(of: &Demo) -> Value {
    client().get(format!("{}/oauth/jwks", of.base)).send().await.unwrap().json().await.unwrap()
}

fn part<'a>(claims: &'a Value, register: &str) -> &'a Value {
    let parts = claims["registers"].as_array().unwrap();
    parts.iter().find(|part| part["register"] == register).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_gets_records_that_another_node_holds_with_the_proofs_of_both() {
    let mut holding = Demo::start().await;
    let pack = pack_that_asks(&holding);
    let asking = Demo::with_pack(pack.path().to_owned()).await;
    register(&holding, "neighbour", &keys(&asking).await);
    let bank = Consumer::bank(&asking);
    let tokens = bank.consented("chan-mei-ling", &[]).await;
    let records = bank.fetch(&tokens.access, None).await.unwrap();
    bank.check(&records, asking.description()["log_key"].as_str().unwrap()).await;

    // What the holding node signed comes whole, and holds by its own keys and its own log.
    let returns = part(&records.claims, REGISTER);
    assert_eq!(returns["status"], "ok", "{returns}");
    assert_eq!(part(&records.claims, "business-registration").get("passed"), None);
    let passed = returns["passed"].as_str().unwrap();
    let jwks = Jwks::parse(keys(&holding).await.to_string().as_bytes()).unwrap();
    let parsed = Parsed::new(passed, 1 << 24).unwrap();
    let claims: Value =
        serde_json::from_slice(parsed.verify_by_set(&jwks, &[Alg::Es256]).unwrap()).unwrap();
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(holding.base), &json!("neighbour")));
    assert_eq!(claims["subject"]["id"], records.claims["subject"]["id"]);
    assert_eq!(claims["registers"][0]["rows"], returns["rows"]);
    let (file, set) = (holding.file("passed.jws"), holding.file("jwks.json"));
    std::fs::write(&file, passed).unwrap();
    std::fs::write(&set, keys(&holding).await.to_string()).unwrap();
    let log_key = holding.description()["log_key"].as_str().unwrap().to_owned();
    let (file, set) = (file.to_str().unwrap(), set.to_str().unwrap());
    let (good, said) =
        holding.praya(&["verify", file, "--jwks", set, "--log-key", log_key.as_str()]);
    assert!(good && said.contains("signature verifies"), "{said}");
    assert!(
        said.contains(&tokens.consent),
        "the log of the holder has the claimed consent: {said}"
    );

    // She sees both looks there: her own before she agreed, and the bank's.
    let director = Browser::as_persona(&holding.base, "chan-mei-ling").await;
    let mine = director.get("/my/data").await.body;
    assert!(
        mine.contains(&format!("/my/data/looks/{}", claims["jti"].as_str().unwrap())),
        "{mine}"
    );
    for look in ["Neighbour was shown records", "Neighbour received records"] {
        assert_eq!(mine.matches(look).count(), 1, "{look}: {mine}");
    }

    // Down: its register is missing, and says so; the others come.
    holding.kill();
    let records = bank.fetch(&tokens.access, None).await.unwrap();
    let returns = part(&records.claims, REGISTER);
    assert_eq!(
        (&returns["status"], &returns["note"]),
        (&json!("unavailable"), &json!("unreachable"))
    );
    assert_eq!(part(&records.claims, "business-registration")["status"], "ok");
    for node in [&holding, &asking] {
        let (good, said) = node.praya(&["verify", "--data", node.folder.path().to_str().unwrap()]);
        assert!(good, "{said}");
    }
}

/// A node of our own, to ask what a well-behaved one would not.
struct Asker {
    key: SigningKey,
    holding: String,
}

impl Asker {
    fn question(&self, reply: &PrivateJwk) -> Question {
        let request: Request = serde_json::from_value(Consumer::details()[0].clone()).unwrap();
        let given = kernel::from_micros((now() - 5) * 1_000_000);
        let registers = vec![exchange::model::Selection {
            register: REGISTER.to_owned(),
            fields: fields(REGISTER, 2),
        }];
        let frequency = exchange::model::Frequency { times: 2, ..request.frequency };
        Question {
            iss: "asker".to_owned(),
            aud: self.holding.clone(),
            iat: now(),
            jti: random(),
            subject: Whose { id: "com_there".into(), key: "70000000".to_owned() },
            request: Request { registers, frequency, ..request },
            why: Why::Consent(Claim {
                id: "con_there".into(),
                digest: random(),
                consumer: "a-bank".to_owned(),
                given,
                start: given,
            }),
            reply_to: reply.public.clone(),
        }
    }

    fn signed(&self, question: &Question) -> String {
        let claims = serde_json::to_vec(question).unwrap();
        self.key.sign(&json!({"typ": QUESTION}), &claims).unwrap()
    }

    /// The answer, or the refusal's status and code.
    async fn ask(&self, token: &str) -> Result<String, (u16, String)> {
        let answer = client()
            .post(format!("{}/exchange/v1/node", self.holding))
            .body(token.to_owned())
            .send()
            .await
            .unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        if status == 200 {
            return Ok(text);
        }
        let problem: Value = serde_json::from_str(&text).unwrap();
        Err((status, problem["code"].as_str().unwrap().to_owned()))
    }

    async fn refusal(&self, change: impl FnOnce(&mut Question)) -> (u16, String) {
        let mut question = self.question(&PrivateJwk::generate_p256("enc").unwrap());
        change(&mut question);
        self.ask(&self.signed(&question)).await.unwrap_err()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_asks_for_more_than_it_may_is_refused_and_nothing_is_looked_at() {
    let holding = Demo::start().await;
    let jwk = PrivateJwk::generate_p256("sig").unwrap();
    register(&holding, "asker", &json!({"keys": [jwk.public]}));
    let asker = Asker { key: SigningKey::new(&jwk).unwrap(), holding: holding.base.clone() };
    let log = async || {
        let checkpoint = client().get(format!("{}/log/checkpoint", holding.base)).send();
        checkpoint.await.unwrap().text().await.unwrap()
    };
    let before = log().await;
    let (refused, no) =
        (|code: &str| (401, code.to_owned()), |status: u16, code: &str| (status, code.to_owned()));
    let one = |register: &str, names: &[&str]| {
        vec![exchange::model::Selection {
            register: register.to_owned(),
            fields: names.iter().map(ToString::to_string).collect(),
        }]
    };
    let said = [
        (asker.refusal(|q| q.iss = "harbour-bank".to_owned()).await, refused("question-refused")),
        (asker.refusal(|q| q.iss = "nobody".to_owned()).await, refused("question-refused")),
        (
            asker.refusal(|q| q.aud = "https://elsewhere".to_owned()).await,
            refused("question-refused"),
        ),
        (asker.refusal(|q| q.iat -= 61).await, refused("question-refused")),
        (asker.refusal(|q| q.iat += 61).await, refused("question-refused")),
        (asker.refusal(|q| q.jti = String::new()).await, refused("question-refused")),
        (
            asker.refusal(|q| q.request.registers = one("vehicles", &["brn"])).await,
            no(403, "node-not-allowed"),
        ),
        (
            asker.refusal(|q| q.request.purpose = "trade-finance".to_owned()).await,
            no(403, "node-not-allowed"),
        ),
        (
            // It is registered for it, but the purpose does not serve it.
            asker.refusal(|q| q.request.registers = one("identity-particulars", &["hkid"])).await,
            no(400, "request-refused"),
        ),
        (
            asker.refusal(|q| q.request.registers = one(REGISTER, &["secrets"])).await,
            no(400, "request-refused"),
        ),
        (
            asker.refusal(|q| q.request.registers.extend(one(REGISTER, &["brn"]))).await,
            no(400, "request-refused"),
        ),
        (asker.refusal(|q| q.request.frequency.times = 999).await, no(400, "request-refused")),
        (
            asker.refusal(|q| q.subject.key = "7000 0000".to_owned()).await,
            no(400, "request-unreadable"),
        ),
        (
            asker
                .refusal(|q| {
                    let Why::Consent(claim) = &mut q.why else { return };
                    claim.given = kernel::from_micros((now() + 3600) * 1_000_000);
                })
                .await,
            no(400, "request-refused"),
        ),
    ];
    for (i, (said, expected)) in said.into_iter().enumerate() {
        assert_eq!(said, expected, "question {i}");
    }
    let bank = Asker { key: Consumer::bank(&holding).key, holding: holding.base.clone() };
    let said = bank.refusal(|q| q.iss = "harbour-bank".to_owned()).await;
    assert_eq!(said, no(403, "node-not-allowed"), "a client that is no node");
    let stranger = Asker {
        key: SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap(),
        holding: holding.base.clone(),
    };
    assert_eq!(stranger.refusal(|_| ()).await, refused("question-refused"), "a false signature");
    assert_eq!(log().await, before, "a refused question is no look");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_good_once_and_a_consent_as_often_as_it_says() {
    let holding = Demo::start().await;
    let jwk = PrivateJwk::generate_p256("sig").unwrap();
    register(&holding, "asker", &json!({"keys": [jwk.public]}));
    let asker = Asker { key: SigningKey::new(&jwk).unwrap(), holding: holding.base.clone() };
    let reply = PrivateJwk::generate_p256("enc").unwrap();
    let question = asker.question(&reply);
    let token = asker.signed(&question);
    let answer = asker.ask(&token).await.unwrap();
    assert_eq!(asker.ask(&token).await.unwrap_err(), (401, "proof-replayed".to_owned()));

    let opened = OpeningKey::new(&reply).unwrap().decrypt(&answer, 1 << 24).unwrap();
    let jws = String::from_utf8(opened.plaintext).unwrap();
    let parsed = Parsed::new(&jws, 1 << 24).unwrap();
    let claims: Value = serde_json::from_slice(parsed.unverified_payload()).unwrap();
    assert_eq!(claims["question"], exchange::node::digest(&token));
    assert_eq!(claims["subject"], json!({"kind": "company", "id": "com_there"}));
    let mut asked = fields(REGISTER, 2);
    asked.sort();
    for row in claims["registers"][0]["rows"].as_array().unwrap() {
        let mut got: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
        got.sort();
        assert_eq!(got, asked, "what was asked for and nothing else");
    }

    let another = || Question { jti: random(), ..question.clone() };
    asker.ask(&asker.signed(&another())).await.unwrap();
    let often = asker.ask(&asker.signed(&another())).await.unwrap_err();
    assert_eq!(often, (429, "frequency-exceeded".to_owned()), "the holder counts for itself");
    let preview = Question { why: Why::Preview, ..another() };
    asker.ask(&asker.signed(&preview)).await.unwrap();
    let config = holding.file("praya.toml");
    let (good, said) =
        holding.praya(&["client", "stop", "--config", config.to_str().unwrap(), "asker"]);
    assert!(good, "{said}");
    let stopped = asker.ask(&asker.signed(&Question { why: Why::Preview, ..another() })).await;
    assert_eq!(stopped.unwrap_err(), (403, "client-stopped".to_owned()));

    // What it asked is evidence: `verify` finds a word changed in it.
    let database = holding.file("praya.sqlite");
    let db = store::Db::open(&format!("sqlite:{}", database.display())).await.unwrap();
    let edit = store::Sql::both("update node_look set question = question || 'x'");
    let edited = db.write::<_, store::Error>(move |tx| tx.execute(edit, &[])).await.unwrap();
    assert_eq!(edited, 3);
    let (good, said) =
        holding.praya(&["verify", "--data", holding.folder.path().to_str().unwrap()]);
    assert!(!good && said.matches("question is not what was logged").count() == 3, "{said}");
}
