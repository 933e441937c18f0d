//! Another node that answers well, and one that lies: each lie is signed, logged and encrypted as well as it
//! can be.

use super::pack_with;
use crate::{
    model::Request,
    node::{Asking, Question, Unverified, Why, digest},
    pack::{self, Pack},
    sources::{Answer, Lookup, SourceError, Sources},
};
use axum::{Json, Router, routing::get, routing::post};
use evidence::Log;
use kernel::{Actor, Ctx, FixedClock, Locale, SystemEntropy, World};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use store::testing::TestDb;
use wire::{
    jwe::Recipient,
    jwk::{Jwk, PrivateJwk},
    jws::SigningKey,
};

/// An answer before it is signed, as a lie may change it.
struct Said {
    claims: Value,
    /// What the log is told was said, if not the claims.
    logged: Option<Value>,
    header: Map<String, Value>,
    key: Arc<SigningKey>,
    /// Whether it goes into the log whose key the source names.
    own_log: bool,
    reply_to: Jwk,
}

type Lie = fn(&mut Said);

/// The holding node.
struct Holder {
    database: TestDb,
    world: World,
    logs: [Log; 2],
    key: Mutex<Arc<SigningKey>>,
    published: Mutex<Value>,
    keys_read: AtomicU32,
    lie: Mutex<Lie>,
}

fn signing_key() -> Arc<SigningKey> {
    Arc::new(SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap())
}

impl Holder {
    async fn start() -> (Arc<Self>, Arc<FixedClock>) {
        let clock = Arc::new(FixedClock::new("2026-11-23T02:00:00Z".parse().unwrap()));
        let database = store::testing::each().await.unwrap().remove(0);
        let other = store::testing::each().await.unwrap().remove(0);
        let log = async |db: &store::Db| {
            let key = PrivateJwk::generate_ed25519().unwrap();
            Log::open(db.clone(), &key, "holder.test").await.unwrap()
        };
        let (logs, key) = ([log(&database.db).await, log(&other.db).await], signing_key());
        let published = json!({"keys": [key.public()]});
        let holder = Self {
            world: World {
                clock: clock.clone(),
                entropy: Arc::new(SystemEntropy),
                zone: kernel::Zone::utc(),
                currency: kernel::Currency::NONE,
            },
            database,
            logs,
            key: Mutex::new(key),
            published: Mutex::new(published),
            keys_read: AtomicU32::new(0),
            lie: Mutex::new(|_| ()),
        };
        (Arc::new(holder), clock)
    }

    /// The source's definition, and a pack with it whose register has a date.
    async fn serve(self: &Arc<Self>, name: &str) -> (Arc<Pack>, std::path::PathBuf) {
        let (asked, keys) = (self.clone(), self.clone());
        let router = Router::new()
            .route("/exchange/v1/node", post(async move |body: String| asked.answer(&body).await))
            .route(
                "/oauth/jwks",
                get(async move || {
                    keys.keys_read.fetch_add(1, Ordering::SeqCst);
                    Json(keys.published.lock().unwrap().clone())
                }),
            )
            .route("/readyz", get(async || "ready"));
        let base = super::serve(router).await;
        let source = format!(
            "id = \"thing\"\nkind = \"node\"\nurl = \"{base}\"\nissuer = \"{base}/\"\nclient_id = \"us\"\nlog_key = \"{}\"\nregister = \"their-thing\"\nretries = 0\nallow_private = \"a test on loopback\"\n[mapping]\nname = \"their_name\"\n",
            self.logs[0].key()
        );
        let (_, folder) = pack_with(name, &source);
        let path = folder.join("registers/thing.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let dated = text
            .replace("optional = true", "date_field = true")
            .replace("shares = 1\n", "shares = 1\nmade_on = \"2026-01-01\"\n");
        std::fs::write(&path, dated).unwrap();
        let pack = pack::load_dir(&folder)
            .unwrap_or_else(|mistakes| panic!("{}", mistakes[0].to_string()));
        (Arc::new(pack), folder)
    }

    async fn answer(&self, token: &str) -> String {
        let question = Unverified::new(token).unwrap().unverified().clone();
        let mut said = Said {
            claims: claims(token, &question),
            logged: None,
            header: Map::from_iter([("typ".to_owned(), json!("praya-release+jwt"))]),
            key: self.key.lock().unwrap().clone(),
            own_log: true,
            reply_to: question.reply_to.clone(),
        };
        let lie = *self.lie.lock().unwrap();
        lie(&mut said);
        let payload = said.claims.to_string();
        let logged = said.logged.map_or_else(|| payload.clone(), |other| other.to_string());
        let record = json!({"digest": wire::b64::encode(wire::sha256(&[logged.as_bytes()]))});
        let ctx = Ctx::new(&self.world, Actor::System("test"), Locale::En);
        // The other log has entries of its own: ours is not in it.
        let ticket = self
            .database
            .db
            .write(move |tx| evidence::append(tx, &ctx, "look-release", "cr", &record))
            .await
            .unwrap();
        let mut receipt = json!(self.logs[0].receipt(&ticket).await.unwrap());
        if !said.own_log {
            let proof = receipt["proof"].as_str().unwrap();
            let (head, _) = proof.split_once("\n\n").unwrap();
            let checkpoint = self.logs[1].checkpoint().await.unwrap();
            receipt["proof"] = format!("{head}\n\n{checkpoint}").into();
        }
        said.header.insert("receipt".to_owned(), receipt);
        said.header.insert("opening".to_owned(), json!(ticket.opening));
        let signed = said.key.sign(&said.header, payload.as_bytes()).unwrap();
        Recipient::new(&said.reply_to).unwrap().encrypt(Some("JWT"), signed.into_bytes()).unwrap()
    }
}

fn claims(token: &str, question: &Question) -> Value {
    let row = json!({"their_name": "Lucky Star", "shares": 5, "made_on": "2026-05-01"});
    json!({
        "iss": question.aud, "aud": question.iss, "iat": question.iat, "jti": "look_1", "question": digest(token),
        "purpose": question.request.purpose, "subject": {"kind": question.request.subject, "id": question.subject.id},
        "registers": [{"register": "their-thing", "department": "cr", "status": "ok", "as_of": "2026-11-23T02:00:00Z", "rows": [row]}],
    })
}

fn asking() -> Arc<Asking> {
    let request: Request = serde_json::from_value(json!({
        "type": "praya_records", "purpose": "loan", "subject": "company", "registers": [], "mode": "look",
        "frequency": {"unit": "day", "times": 1}, "data_life": {"unit": "day", "value": 1}, "expires": "2026-12-01",
    }))
    .unwrap();
    Arc::new(Asking { key: signing_key(), subject: "com_1".into(), request, why: Why::Preview })
}

async fn ask(sources: &Sources) -> Result<Answer<'_>, SourceError> {
    let fields = ["name", "shares", "made_on"].map(str::to_owned);
    let lookup = Lookup {
        key: "12345678",
        fields: &fields,
        range: Some(("2026-01-01".parse().unwrap(), "2026-12-31".parse().unwrap())),
        asking: Some(asking()),
    };
    sources.fetch_all(&[("thing", lookup)], Duration::from_secs(5)).await.remove(0)
}

fn bad(field: &str, what: &'static str) -> SourceError {
    SourceError::BadShape { field: field.to_owned(), what }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_signed_is_passed_on_whole_and_its_rows_are_read_as_our_fields() {
    let (holder, _) = Holder::start().await;
    let (pack, folder) = holder.serve("node-good").await;
    let sources = Sources::new(pack, &BTreeMap::new(), holder.world.clone()).unwrap();
    let answer = ask(&sources).await.unwrap();
    let row = json!({"name": "Lucky Star", "shares": 5, "made_on": "2026-05-01"});
    assert_eq!(json!(answer.rows), json!([row]));
    let passed = answer.passed.unwrap();
    let parsed = wire::jws::Parsed::new(&passed, 1 << 20).unwrap();
    let said: Value = serde_json::from_slice(parsed.unverified_payload()).unwrap();
    assert_eq!(said["registers"][0]["rows"][0]["their_name"], "Lucky Star");
    assert!(!passed.contains("12345678") && !said.to_string().contains("12345678"));
    sources.probe().await;
    assert!(sources.health()["thing"].last_error.is_none());
    *holder.lie.lock().unwrap() = |said| {
        said.claims["registers"][0]["status"] = "none".into();
        said.claims["registers"][0]["rows"] = json!([]);
    };
    assert!(ask(&sources).await.unwrap().rows.is_empty());
    std::fs::remove_dir_all(folder).unwrap();
}

const ROW: &str = "/registers/0/rows/0";

/// Lies about the proof: what is said, where it was said before, how the source names it.
const UNPROVEN: [(Lie, &str, &str); 6] = [
    (|said| said.key = signing_key(), "(signature)", "not of a key of that node"),
    (|said| said.own_log = false, "(receipt)", "not of that node's log"),
    (
        |said| said.logged = Some(json!({"another": "payload"})),
        "(receipt)",
        "not of that node's log",
    ),
    (
        |said| drop(said.header.insert("more".to_owned(), json!("A1234563"))),
        "(receipt)",
        "missing, or not alone",
    ),
    (
        |said| drop(said.header.insert("typ".to_owned(), json!("JWT"))),
        "(answer)",
        "of another kind",
    ),
    (
        |said| said.reply_to = PrivateJwk::generate_p256("enc").unwrap().public,
        "(answer)",
        "not encrypted to the question's key",
    ),
];

/// Answers to something else.
const BESIDE: [(Lie, &str, &str); 9] = [
    (|said| said.claims["iss"] = "x".into(), "(answer)", "to another question"),
    (|said| said.claims["aud"] = "x".into(), "(answer)", "to another question"),
    (|said| said.claims["iat"] = 1.into(), "(answer)", "to another question"),
    (|said| said.claims["question"] = digest("x").into(), "(answer)", "to another question"),
    (|said| said.claims["purpose"] = "x".into(), "(answer)", "to another question"),
    (|said| said.claims["name"] = "Lucky Star".into(), "(answer)", "not of its form"),
    (
        |said| said.claims["registers"][0]["register"] = "x".into(),
        "(answer)",
        "of another register",
    ),
    (
        |said| {
            let part = said.claims["registers"][0].clone();
            said.claims["registers"].as_array_mut().unwrap().push(part);
        },
        "(answer)",
        "of another register",
    ),
    (
        |said| said.claims["registers"][0]["status"] = "none".into(),
        "(answer)",
        "of a status that its rows deny",
    ),
];

/// Rows that are not what was asked for.
const ROWS: [(Lie, &str, &str); 4] = [
    (
        |said| said.claims.pointer_mut(ROW).unwrap()["hkid"] = "A1234563".into(),
        "(answer)",
        "more than was asked for",
    ),
    (
        |said| said.claims.pointer_mut(ROW).unwrap()["made_on"] = "2025-12-31".into(),
        "(answer)",
        "more than was asked for",
    ),
    (
        |said| said.claims.pointer_mut(ROW).unwrap()["shares"] = "5".into(),
        "shares",
        "not in its plain form",
    ),
    (|said| drop(said.claims.pointer_mut(ROW).unwrap()["their_name"].take()), "name", "missing"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lies_is_not_believed_and_nothing_it_signed_is_passed_on() {
    let (holder, _) = Holder::start().await;
    let (pack, folder) = holder.serve("node-lies").await;
    let told = async |lie: Lie| {
        *holder.lie.lock().unwrap() = lie;
        // A source of its own each time: one that lies is soon left alone.
        let sources = Sources::new(pack.clone(), &BTreeMap::new(), holder.world.clone()).unwrap();
        ask(&sources).await.map(drop)
    };
    for (i, (lie, field, what)) in UNPROVEN.into_iter().chain(BESIDE).chain(ROWS).enumerate() {
        assert_eq!(told(lie).await, Err(bad(field, what)), "lie {i}");
    }
    let other: Lie = |said| said.claims["subject"]["id"] = "com_2".into();
    assert_eq!(told(other).await, Err(SourceError::WrongSubject));
    let flood: Lie = |said| {
        let row = said.claims.pointer(ROW).unwrap().clone();
        said.claims["registers"][0]["rows"] = vec![row; 1001].into();
    };
    assert_eq!(told(flood).await, Err(SourceError::TooLarge));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nodes_new_key_is_found_and_unknown_ones_do_not_make_us_read_again_and_again() {
    let (holder, clock) = Holder::start().await;
    let (pack, folder) = holder.serve("node-keys").await;
    let sources = Sources::new(pack, &BTreeMap::new(), holder.world.clone()).unwrap();
    ask(&sources).await.unwrap();
    ask(&sources).await.unwrap();
    let read = || holder.keys_read.load(Ordering::SeqCst);
    assert_eq!(read(), 1);
    let new = signing_key();
    *holder.published.lock().unwrap() = json!({"keys": [new.public()]});
    *holder.key.lock().unwrap() = new;
    for _ in 0..2 {
        assert_eq!(
            ask(&sources).await.map(drop),
            Err(bad("(signature)", "not of a key of that node"))
        );
    }
    assert_eq!(read(), 1);
    clock.advance(61);
    ask(&sources).await.unwrap();
    assert_eq!(read(), 2);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_refuses_one_question_is_still_asked_others() {
    for (status, expected) in [(403, "closed"), (429, "closed"), (401, "open"), (503, "open")] {
        let refusal = move || async move { axum::http::StatusCode::from_u16(status).unwrap() };
        let base = super::serve(Router::new().route("/exchange/v1/node", post(refusal))).await;
        let (holder, _) = Holder::start().await;
        let source = format!(
            "id = \"thing\"\nkind = \"node\"\nurl = \"{base}\"\nissuer = \"{base}\"\nclient_id = \"us\"\nlog_key = \"{}\"\nregister = \"thing\"\nallow_private = \"a test on loopback\"\n",
            holder.logs[0].key()
        );
        let (pack, folder) = pack_with("node-refuses", &source);
        let sources = Sources::new(pack, &BTreeMap::new(), holder.world.clone()).unwrap();
        for _ in 0..5 {
            assert_eq!(ask(&sources).await.map(drop), Err(SourceError::Refused(status)));
        }
        assert_eq!(sources.health()["thing"].state.name(), expected, "{status}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_at_an_address_inside_is_not_called_unless_its_definition_says_why() {
    let (holder, _) = Holder::start().await;
    let source = format!(
        "id = \"thing\"\nkind = \"node\"\nurl = \"https://localhost:1\"\nissuer = \"https://localhost:1\"\nclient_id = \"us\"\nlog_key = \"{}\"\nregister = \"thing\"\n",
        holder.logs[0].key()
    );
    let (pack, folder) = pack_with("node-inside", &source);
    let sources = Sources::new(pack, &BTreeMap::new(), holder.world.clone()).unwrap();
    assert_eq!(ask(&sources).await.unwrap_err().code(), "inside");
    std::fs::remove_dir_all(folder).unwrap();
}
