//! Against an authenticator written here, byte by byte (WebAuthn §6), that can also lie.

use super::site::{ISSUER, Reply, Site, each};
use crate::{ops, verify::Registered};
use http::StatusCode;
use kernel::Id;
use ports::Signatures as _;
use serde_json::{Value as Json, json};
use wire::{
    b64,
    jwk::{PrivateJwk, Public},
    jws::SigningKey,
    sha256,
};

const UP: u8 = 1;
const UV: u8 = 4;

pub(super) struct Device {
    key: SigningKey,
    id: [u8; 32],
    user: String,
    counter: u32,
    origin: String,
    flags: u8,
}

impl Device {
    pub(super) fn new(id: u8) -> Self {
        let key = SigningKey::new(&PrivateJwk::generate_p256("sig").unwrap()).unwrap();
        Self {
            key,
            id: [id; 32],
            user: String::new(),
            counter: 0,
            origin: ISSUER.to_owned(),
            flags: UP | UV,
        }
    }

    fn client_data(&self, kind: &str, options: &Json) -> Vec<u8> {
        let challenge = &options["publicKey"]["challenge"];
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = sha256(&[b"localhost"]).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    pub(super) fn create(&mut self, options: &Json) -> String {
        self.user = options["publicKey"]["user"]["id"].as_str().unwrap().to_owned();
        let Public::P256(point) = self.key.public().key else { panic!() };
        let mut data = self.data(self.flags | 0x40);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(self.id);
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let id = b64::encode(self.id);
        let client = b64::encode(self.client_data("webauthn.create", options));
        json!({"id": id, "rawId": id, "type": "public-key", "extensions": {},
            "response": {"attestationObject": b64::encode(object), "clientDataJSON": client}})
        .to_string()
    }

    pub(super) fn get(&mut self, options: &Json) -> String {
        self.counter += 1;
        let (data, client) = (self.data(self.flags), self.client_data("webauthn.get", options));
        let signature =
            der(&self.key.sign_bytes(&[&data[..], &sha256(&[&client])].concat()).unwrap());
        let id = b64::encode(self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "extensions": {},
            "response": {"authenticatorData": b64::encode(data), "clientDataJSON": b64::encode(client),
                "signature": b64::encode(signature), "userHandle": self.user}})
        .to_string()
    }
}

/// `r ‖ s` as an ASN.1 sequence.
fn der(fixed: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let start = bytes.iter().position(|b| *b != 0).unwrap();
        let mut body = bytes[start..].to_vec();
        if body[0] & 0x80 != 0 {
            body.insert(0, 0);
        }
        [&[2, u8::try_from(body.len()).unwrap()], &body[..]].concat()
    };
    let body = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

pub(super) async fn invite(site: &Site, person: &Id) -> String {
    let (ctx, person) = (site.system(), person.clone());
    site.db.write(move |tx| ops::invite(tx, &ctx, &person)).await.unwrap()
}

async fn start(site: &Site, path: &str) -> Json {
    let reply = site.form(path, "", &[]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.json()
}

pub(super) async fn register(site: &Site, device: &mut Device, token: &str) -> Reply {
    let asked = start(site, &format!("/invitation/{token}/start")).await;
    let answer = device.create(&asked["options"]);
    site.form(
        &format!("/invitation/{token}"),
        "",
        &[("ceremony", asked["ceremony"].as_str().unwrap()), ("credential", &answer)],
    )
    .await
}

async fn sign_in(site: &Site, asked: &Json, answer: &str) -> Reply {
    let pairs = [
        ("ceremony", asked["ceremony"].as_str().unwrap()),
        ("credential", answer),
        ("next", "/my/mandates"),
    ];
    site.form("/sign-in/passkey", "", &pairs).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_a_passkey_once_and_the_passkey_signs_in() {
    for site in each().await {
        let token = invite(&site, &site.chan).await;
        let page = site.get(&format!("/invitation/{token}"), "").await;
        assert!(page.text.contains("Chan Mei Ling"), "{}", page.text);
        let mut device = Device::new(1);
        let asked = start(&site, &format!("/invitation/{token}/start")).await;
        assert_eq!(
            asked["options"]["publicKey"]["authenticatorSelection"]["residentKey"],
            "required"
        );
        assert_eq!(
            asked["options"]["publicKey"]["authenticatorSelection"]["userVerification"],
            "required"
        );
        let reply = register(&site, &mut device, &token).await;
        assert_eq!(reply.location(), "/my/data", "{}", reply.text);
        assert!(site.identity.visitor(&reply.cookie("session")).await.unwrap().is_some());
        assert_eq!(
            site.get(&format!("/invitation/{token}"), "").await.status,
            StatusCode::NOT_FOUND,
            "good once"
        );

        let asked = start(&site, "/sign-in/passkey/start").await;
        assert!(asked["options"].get("mediation").is_none());
        let answer = device.get(&asked["options"]);
        let reply = sign_in(&site, &asked, &answer).await;
        assert_eq!(reply.location(), "/my/mandates", "{}", reply.text);
        assert!(site.identity.visitor(&reply.cookie("session")).await.unwrap().is_some());
        assert_eq!(
            sign_in(&site, &asked, &answer).await.status,
            StatusCode::BAD_REQUEST,
            "a challenge is good once"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_comes_by_the_command_line_and_may_be_invited_again() {
    for site in each().await {
        let invite = async |name: &'static str| {
            let ctx = site.system();
            site.db.write(move |tx| ops::invite_admin(tx, &ctx, name, "dpo")).await
        };
        let first = invite("Ho Siu Ming 何小明").await.unwrap();
        let second = invite("Ho Siu Ming 何小明").await.unwrap();
        let mut device = Device::new(1);
        let reply =
            register(&site, &mut device, second.strip_prefix("/invitation/").unwrap()).await;
        let (actor, user) = site.identity.visitor(&reply.cookie("session")).await.unwrap().unwrap();
        assert!(
            matches!(actor, kernel::Actor::Officer { role: kernel::Role::Admin, .. }) && user.admin
        );
        assert_eq!(site.get(&first, "").await.status, StatusCode::OK, "the first was not used");
        site.clock.advance(crate::rules::INVITATION_LIFE);
        assert_eq!(site.get(&first, "").await.status, StatusCode::NOT_FOUND);
        assert_eq!(invite("!?").await.unwrap_err().code, "name-unreadable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_lies_signs_nobody_in() {
    let site = Site::sqlite().await;
    let mut device = Device::new(1);
    let token = invite(&site, &site.chan).await;
    assert_eq!(register(&site, &mut device, &token).await.status, StatusCode::SEE_OTHER);

    let lie = async |device: &mut Device, why: &str| {
        let asked = start(&site, "/sign-in/passkey/start").await;
        let answer = device.get(&asked["options"]);
        assert_eq!(sign_in(&site, &asked, &answer).await.status, StatusCode::BAD_REQUEST, "{why}");
    };
    device.origin = "http://localhost:9999".to_owned();
    lie(&mut device, "another origin").await;
    device.origin = "https://evil.example".to_owned();
    lie(&mut device, "another site").await;
    device.origin = ISSUER.to_owned();
    device.flags = UP;
    lie(&mut device, "nobody verified the user").await;
    device.flags = UP | UV;
    let user = std::mem::replace(&mut device.user, b64::encode([9; 16]));
    lie(&mut device, "another person's handle").await;
    device.user = user;
    let real = std::mem::replace(&mut device.key, Device::new(2).key);
    lie(&mut device, "another key under the same id").await;
    device.key = real;
    let id = std::mem::replace(&mut device.id, [8; 32]);
    lie(&mut device, "an unknown passkey").await;
    device.id = id;
    let counter = std::mem::replace(&mut device.counter, 0);

    // An answer to another challenge; an attestation instead of an assertion.
    let (first, second) = (
        start(&site, "/sign-in/passkey/start").await,
        start(&site, "/sign-in/passkey/start").await,
    );
    device.counter = counter;
    let answer = device.get(&first["options"]);
    assert_eq!(sign_in(&site, &second, &answer).await.status, StatusCode::BAD_REQUEST);
    let asked = start(&site, "/sign-in/passkey/start").await;
    let answer = device.get(&asked["options"]).replace(
        &b64::encode(device.client_data("webauthn.get", &asked["options"])),
        &b64::encode(device.client_data("webauthn.create", &asked["options"])),
    );
    assert_eq!(sign_in(&site, &asked, &answer).await.status, StatusCode::BAD_REQUEST);
    let asked = start(&site, "/sign-in/passkey/start").await;
    site.clock.advance(crate::rules::CEREMONY_LIFE);
    let answer = device.get(&asked["options"]);
    assert_eq!(sign_in(&site, &asked, &answer).await.status, StatusCode::BAD_REQUEST, "too late");
    let asked = start(&site, "/sign-in/passkey/start").await;
    for answer in ["", "{}", "not json", &"x".repeat(20_000)] {
        assert_eq!(sign_in(&site, &asked, answer).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_of_one_person_cannot_be_made_anothers() {
    for site in each().await {
        let mut device = Device::new(1);
        let chan = invite(&site, &site.chan).await;
        assert_eq!(register(&site, &mut device, &chan).await.status, StatusCode::SEE_OTHER);
        let wong = invite(&site, &site.wong).await;
        let reply = register(&site, &mut device, &wong).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.text);
        assert_eq!(
            site.get(&format!("/invitation/{wong}"), "").await.status,
            StatusCode::OK,
            "the invitation is not lost"
        );
        // A ceremony begun under one invitation cannot end under another.
        let first = invite(&site, &site.chan).await;
        let asked = start(&site, &format!("/invitation/{first}/start")).await;
        let answer = Device::new(3).create(&asked["options"]);
        let pairs =
            [("ceremony", asked["ceremony"].as_str().unwrap()), ("credential", answer.as_str())];
        assert_eq!(
            site.form(&format!("/invitation/{wong}"), "", &pairs).await.status,
            StatusCode::BAD_REQUEST
        );
    }
}

/// What `praya verify` says of a yes, and of those that somebody who can write rows would put in its place.
async fn yes_of(site: &Site, kept: &Json, digest: [u8; 32]) {
    let registered = std::sync::Arc::new(Registered::read(&site.db).await.unwrap());
    let fault = async |person: &Id, digest: [u8; 32], kept: &Json| {
        let (registered, person, kept) = (registered.clone(), person.clone(), kept.clone());
        site.db.read(move |tx| registered.fault(tx, &person, &digest, &kept)).await.unwrap()
    };
    assert_eq!(fault(&site.chan, digest, kept).await, None);
    let other = sha256(&[b"another"]);
    assert_eq!(fault(&site.chan, other, kept).await, Some("its signature does not hold"));
    let unknown = Some("the passkey that signed it was never registered for that person");
    assert_eq!(fault(&site.wong, digest, kept).await, unknown);

    // A key that the operator made: its signature holds, and no registration stands in the log.
    let passkeys = crate::passkeys::Passkeys::new(ISSUER).unwrap();
    let mut own = Device::new(1);
    let name = kernel::Text { en: "A".to_owned(), tc: "A".to_owned(), sc: "A".to_owned() };
    let asked = passkeys.ask_new(&site.chan, "a", &name, &[]).unwrap();
    let key = passkeys.take_new(&asked.state, &own.create(&asked.options)).unwrap();
    let asked = passkeys.ask_signature(std::slice::from_ref(&key), &digest).unwrap();
    let forged = crate::passkeys::transcript(&key, &own.get(&asked.options)).unwrap();
    assert!(passkeys.holds(&forged, &digest));
    assert_eq!(fault(&site.chan, digest, &forged).await, unknown);

    let demo = json!({"kind": "demo"});
    assert_eq!(fault(&site.chan, digest, &demo).await, None, "who is made up");
    assert_eq!(fault(&"per_9".into(), digest, &demo).await, Some("nobody signed it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_signed_by_the_passkey_over_its_digest_and_nothing_else() {
    for site in each().await {
        let key = PrivateJwk::generate_ed25519().unwrap();
        let log = evidence::Log::open(site.db.clone(), &key, "localhost").await.unwrap();
        let mut device = Device::new(1);
        let token = invite(&site, &site.chan).await;
        register(&site, &mut device, &token).await;
        let (digest, other) = (sha256(&[b"consent"]), sha256(&[b"another"]));
        let (port, chan) = (site.port.clone(), site.chan.clone());
        let options =
            site.db.read(move |tx| port.challenge(tx, &chan, &digest)).await.unwrap().unwrap();
        assert_eq!(
            options["publicKey"]["challenge"],
            b64::encode(digest),
            "the challenge is the digest"
        );
        let answer: Json = serde_json::from_str(&device.get(&options)).unwrap();
        let check = async |person: &Id, actor: &Id, digest: [u8; 32], answer: Option<Json>| {
            let (port, ctx, person) = (site.port.clone(), site.as_person(actor), person.clone());
            site.db.write(move |tx| port.check(tx, &ctx, &person, &digest, answer.as_ref())).await
        };
        assert!(
            check(&site.chan, &site.chan, other, Some(answer.clone())).await.is_err(),
            "another consent"
        );
        assert!(
            check(&site.chan, &site.chan, digest, None).await.is_err(),
            "who has a passkey uses it"
        );
        assert!(
            check(&site.chan, &site.wong, digest, Some(answer.clone())).await.is_err(),
            "another person's session"
        );
        let kept = check(&site.chan, &site.chan, digest, Some(answer.clone())).await.unwrap();
        assert_eq!(kept["kind"], "passkey");
        let passkeys = crate::passkeys::Passkeys::new(ISSUER).unwrap();
        assert!(passkeys.holds(&kept, &digest), "anyone can check it later");
        assert!(!passkeys.holds(&kept, &other));
        let mut edited = kept.clone();
        edited["answer"]["response"]["signature"] =
            b64::encode(der(&Device::new(4).key.sign_bytes(b"x").unwrap())).into();
        assert!(!passkeys.holds(&edited, &digest));
        assert!(!passkeys.holds(&json!({"kind": "demo"}), &digest));
        // On PostgreSQL a sequencer orders the registration a moment later.
        while log.size() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        yes_of(&site, &kept, digest).await;

        // The demonstration's people agree by a press; under `serve` nobody does.
        assert_eq!(
            check(&site.wong, &site.wong, digest, None).await.unwrap(),
            json!({"kind": "demo"})
        );
        let (serve, ctx, wong) = (
            crate::Port::new(site.identity.us(), false),
            site.as_person(&site.wong),
            site.wong.clone(),
        );
        let refused =
            site.db.write(move |tx| serve.check(tx, &ctx, &wong, &digest, None)).await.unwrap_err();
        assert_eq!(refused.code, "passkey-needed");
    }
}
