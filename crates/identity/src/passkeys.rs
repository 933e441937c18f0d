//! Passkeys (WebAuthn), by `webauthn-rs`: what the browser is asked, and whether its answer holds. Pure but
//! for the library's own random challenges; what was asked is kept by [`crate::ops`].

pub mod fuzz;

use kernel::{Id, Problem, Text};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use url::Url;
use uuid::Uuid;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication,
        PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    },
};

/// The site that passkeys are for.
#[derive(Clone)]
pub struct Passkeys(Arc<Webauthn>);

/// What a browser is asked, and what must be remembered to judge its answer.
pub struct Asked {
    /// `PublicKeyCredentialCreationOptions` or `…RequestOptions` as JSON, under `publicKey`.
    pub options: Json,
    /// The library's state, as JSON, kept on our side.
    pub state: String,
}

/// The library's reason is for the operator: to a stranger all failures look alike.
fn refused(cause: impl std::fmt::Debug) -> Problem {
    tracing::debug!(?cause, "a passkey was refused");
    Problem::new(400, "passkey-refused")
}

fn stored<T: Serialize>(state: &T) -> Result<String, Problem> {
    serde_json::to_string(state).map_err(Problem::internal)
}

impl Passkeys {
    /// For an issuer's host. `None` where browsers allow no passkeys: under a bare number.
    pub fn new(issuer: &str) -> Option<Self> {
        let origin = Url::parse(issuer).ok()?;
        let host = origin.domain()?.to_owned();
        let site = WebauthnBuilder::new(&host, &origin).ok()?.rp_name("Praya").build().ok()?;
        Some(Self(Arc::new(site)))
    }

    /// Asks for a new passkey, one that the device can find by itself, with user verification.
    pub fn ask_new(
        &self,
        person: &Id,
        handle: &str,
        name: &Text,
        known: &[Passkey],
    ) -> Result<Asked, Problem> {
        let exclude = known.iter().map(|key| key.cred_id().clone()).collect();
        let started =
            self.0.start_passkey_registration(user_handle(person), handle, &name.en, Some(exclude));
        let (options, state) = started.map_err(Problem::internal)?;
        let mut options = serde_json::to_value(options).map_err(Problem::internal)?;
        // The library leaves it to the device; our sign-in page asks nobody for a name first.
        options["publicKey"]["authenticatorSelection"]["residentKey"] = "required".into();
        options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = true.into();
        Ok(Asked { options, state: stored(&state)? })
    }

    /// The new passkey, if the answer holds. That its id is nobody else's is for the table to say.
    pub fn take_new(&self, state: &str, answer: &str) -> Result<Passkey, Problem> {
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(Problem::internal)?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        self.0.finish_passkey_registration(&answer, &state).map_err(refused)
    }

    /// Asks for any passkey of this site.
    pub fn ask_any(&self) -> Result<Asked, Problem> {
        let (options, state) =
            self.0.start_discoverable_authentication().map_err(Problem::internal)?;
        let mut options = serde_json::to_value(options).map_err(Problem::internal)?;
        // A button was pressed: the browser asks at once, and does not wait in an input's list.
        if let Some(options) = options.as_object_mut() {
            options.remove("mediation");
        }
        Ok(Asked { options, state: stored(&state)? })
    }

    /// Whether the answer, by a passkey that `person` holds, is to what was asked.
    pub fn take_any(
        &self,
        state: &str,
        answer: &str,
        person: &Id,
        key: &Passkey,
    ) -> Result<AuthenticationResult, Problem> {
        let state: DiscoverableAuthentication =
            serde_json::from_str(state).map_err(Problem::internal)?;
        let answer: PublicKeyCredential = read(answer)?;
        let (user, _) = self.0.identify_discoverable_authentication(&answer).map_err(refused)?;
        if user != user_handle(person) {
            return Err(refused("the passkey belongs to another person"));
        }
        self.0.finish_discoverable_authentication_v2(&answer, state, key).map_err(refused)
    }

    /// Asks one of these passkeys to sign `digest`: it is the challenge itself.
    pub fn ask_signature(&self, keys: &[Passkey], digest: &[u8; 32]) -> Result<Asked, Problem> {
        let (options, state) =
            self.0.start_passkey_authentication(keys).map_err(Problem::internal)?;
        let mut options = serde_json::to_value(options).map_err(Problem::internal)?;
        let mut state = serde_json::to_value(state).map_err(Problem::internal)?;
        // The library draws its own challenges. Its state is JSON with the challenge in it, so we put ours there:
        // everything else (origin, site, user verification, signature, counter) it still checks.
        let challenge = Json::from(wire::b64::encode(digest));
        options["publicKey"]["challenge"].clone_from(&challenge);
        state["ast"]["challenge"] = challenge;
        Ok(Asked { options, state: state.to_string() })
    }

    /// Whether one of these passkeys signed `digest`. A state whose challenge is another never holds.
    pub fn take_signature(
        &self,
        keys: &[Passkey],
        digest: &[u8; 32],
        answer: &str,
    ) -> Result<AuthenticationResult, Problem> {
        let asked = self.ask_signature(keys, digest)?;
        let state: PasskeyAuthentication =
            serde_json::from_str(&asked.state).map_err(Problem::internal)?;
        let answer: PublicKeyCredential = read(answer)?;
        self.0.finish_passkey_authentication(&answer, &state).map_err(refused)
    }

    /// Whether a kept transcript (see [`transcript`]) holds for `digest`: the public key in it signed it, here.
    pub fn holds(&self, transcript: &Json, digest: &[u8; 32]) -> bool {
        let key = transcript
            .get("passkey")
            .cloned()
            .and_then(|key| serde_json::from_value::<Passkey>(key).ok());
        let answer = transcript.get("answer").map(Json::to_string);
        key.zip(answer)
            .is_some_and(|(key, answer)| self.take_signature(&[key], digest, &answer).is_ok())
    }
}

/// What is kept beside what was signed: the passkey as it was and the browser's whole answer
/// (`clientDataJSON`, whose challenge is the digest, `authenticatorData`, `signature`).
pub fn transcript(key: &Passkey, answer: &str) -> Result<Json, Problem> {
    let answer: Json = read(answer)?;
    Ok(json!({"kind": "passkey", "passkey": key, "answer": answer}))
}

/// The id by which an answer names its passkey.
pub fn answer_id(answer: &str) -> Result<String, Problem> {
    let answer: Json = read(answer)?;
    let id = answer.get("rawId").and_then(Json::as_str).ok_or_else(|| refused("no rawId"))?;
    // One passkey, one spelling.
    wire::b64::decode(id.trim_end_matches('=')).map(wire::b64::encode).map_err(refused)
}

/// A passkey's id as it is stored.
pub fn passkey_id(key: &Passkey) -> String {
    wire::b64::encode(key.cred_id().as_slice())
}

/// What the device knows a person by: not their id, so that a lost device tells nothing.
pub(crate) fn user_handle(person: &Id) -> Uuid {
    let digest = wire::sha256(&[b"praya passkey user ", person.as_str().as_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

fn read<T: serde::de::DeserializeOwned>(answer: &str) -> Result<T, Problem> {
    if answer.len() > 16 * 1024 {
        return Err(refused("the answer is too long"));
    }
    serde_json::from_str(answer).map_err(refused)
}
