//! A passkey in software (WebAuthn §6), as a phone would hold it.

use crate::Failure;
use serde_json::{Value, json};
use wire::{
    b64,
    jwk::{PrivateJwk, Public},
    jws::SigningKey,
    sha256,
};

/// User present and verified.
const FLAGS: u8 = 5;

/// One passkey of one person.
pub(super) struct Device {
    key: SigningKey,
    id: String,
    user: String,
    counter: u32,
    origin: String,
}

impl Device {
    pub(super) fn new(origin: &str) -> Result<Self, Failure> {
        let key = SigningKey::new(&PrivateJwk::generate_p256("sig")?)?;
        let id = key.public().key.thumbprint();
        Ok(Self { key, id, user: String::new(), counter: 0, origin: origin.to_owned() })
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
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

    /// The answer to a registration.
    pub(super) fn create(&mut self, options: &Value) -> Result<String, Failure> {
        options["publicKey"]["user"]["id"].as_str().unwrap_or_default().clone_into(&mut self.user);
        let Public::P256(point) = self.key.public().key else { return Err("a P-256 key".into()) };
        let id = b64::decode(&self.id)?;
        let mut data = self.data(FLAGS | 0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(id.len())?.to_be_bytes());
        data.extend(&id);
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len())?);
        object.extend(data);
        let client = b64::encode(self.client_data("webauthn.create", options));
        Ok(json!({"id": self.id, "rawId": self.id, "type": "public-key", "extensions": {},
            "response": {"attestationObject": b64::encode(object), "clientDataJSON": client}})
        .to_string())
    }

    /// The answer to a sign-in.
    pub(super) fn get(&mut self, options: &Value) -> Result<String, Failure> {
        self.counter += 1;
        let (data, client) = (self.data(FLAGS), self.client_data("webauthn.get", options));
        let signature = der(&self.key.sign_bytes(&[&data[..], &sha256(&[&client])].concat())?);
        Ok(json!({"id": self.id, "rawId": self.id, "type": "public-key", "extensions": {},
            "response": {"authenticatorData": b64::encode(data), "clientDataJSON": b64::encode(client),
                "signature": b64::encode(signature), "userHandle": self.user}})
        .to_string())
    }
}

/// `r ‖ s` as an ASN.1 sequence.
fn der(fixed: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let start = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len() - 1);
        let mut body = bytes[start..].to_vec();
        if body[0] & 0x80 != 0 {
            body.insert(0, 0);
        }
        [&[2, u8::try_from(body.len()).unwrap_or(0)], &body[..]].concat()
    };
    let body = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    [&[0x30, u8::try_from(body.len()).unwrap_or(0)], &body[..]].concat()
}
