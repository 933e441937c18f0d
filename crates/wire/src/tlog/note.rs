//! C2SP signed-note with Ed25519 keys.

use crate::{
    Error, Result, b64,
    jwk::{PrivateJwk, Public},
    jws::{SigningKey, VerifyingKey},
    sha256,
};

/// `signature type` of plain Ed25519.
const ED25519: u8 = 1;
/// Longest note read, in bytes: a checkpoint with sixteen post-quantum signatures fits.
const LONGEST: usize = 131_072;
/// Most signature lines read.
const MOST_SIGNATURES: usize = 64;

fn key_id(name: &str, key: &[u8]) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[ED25519], key]);
    [hash[0], hash[1], hash[2], hash[3]]
}

fn name_is_valid(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// Signs notes under a name.
pub struct NoteSigner {
    name: String,
    id: [u8; 4],
    key: SigningKey,
    vkey: String,
}

impl NoteSigner {
    /// From an Ed25519 key; the name of a log's key is its origin.
    pub fn new(name: &str, jwk: &PrivateJwk) -> Result<Self> {
        let Public::Ed25519(public) = jwk.public.key else {
            return Err(Error::Unsupported("this kind of key"));
        };
        if !name_is_valid(name) {
            return Err(Error::Malformed("key name"));
        }
        let id = key_id(name, &public);
        let vkey = vkey(name, id, &public);
        Ok(Self { name: name.to_owned(), id, key: SigningKey::new(jwk)?, vkey })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What verifies its notes, as `name+id+key`.
    pub fn vkey(&self) -> &str {
        &self.vkey
    }

    /// The signed note: the text, an empty line, our signature line.
    pub fn sign(&self, text: &str) -> Result<String> {
        if !text.ends_with('\n') || text.contains(|c: char| c.is_ascii_control() && c != '\n') {
            return Err(Error::Malformed("note text"));
        }
        let signature = [&self.id[..], &self.key.sign_bytes(text.as_bytes())?].concat();
        Ok(format!("{text}\n— {} {}\n", self.name, b64::standard(signature)))
    }
}

fn vkey(name: &str, id: [u8; 4], key: &[u8]) -> String {
    format!("{name}+{:08x}+{}", u32::from_be_bytes(id), b64::standard([&[ED25519], key].concat()))
}

/// Verifies notes signed under one key.
#[derive(Debug)]
pub struct NoteVerifier {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
    vkey: String,
}

impl NoteVerifier {
    /// Reads a vkey, `name+id+key`; the id must be that of the key.
    pub fn new(text: &str) -> Result<Self> {
        let malformed = || Error::Malformed("verifier key");
        let (name, rest) = text.trim().split_once('+').ok_or_else(malformed)?;
        let (id, key) = rest.split_once('+').ok_or_else(malformed)?;
        let key = b64::from_standard(key)?;
        let Some((&ED25519, key)) = key.split_first() else {
            return Err(Error::Unsupported("this kind of key"));
        };
        let public: [u8; 32] = key.try_into().map_err(|_| malformed())?;
        let own = key_id(name, &public);
        if !name_is_valid(name) || id != format!("{:08x}", u32::from_be_bytes(own)) {
            return Err(malformed());
        }
        let key = VerifyingKey::new(&Public::Ed25519(public))?;
        Ok(Self { name: name.to_owned(), id: own, key, vkey: vkey(name, own, &public) })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it was read.
    pub fn vkey(&self) -> &str {
        &self.vkey
    }

    /// The text of a note that our key signed. Signatures of other keys are passed over; a false one of ours
    /// refuses the note.
    pub fn verify<'a>(&self, note: &'a str) -> Result<&'a str> {
        let note = Note::parse(note)?;
        let mut outcome = Err(Error::NoKey);
        for (name, signature) in &note.signatures {
            if *name == self.name
                && let Some((id, signature)) = signature.split_first_chunk::<4>()
                && *id == self.id
            {
                self.key.verify_bytes(note.text.as_bytes(), signature)?;
                outcome = Ok(note.text);
            }
        }
        outcome
    }
}

/// A note, read but **not verified**.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note<'a> {
    /// The text, with its last newline.
    pub text: &'a str,
    /// Names and bytes (four of the key id, then the signature) of the signature lines.
    pub signatures: Vec<(&'a str, Vec<u8>)>,
}

impl<'a> Note<'a> {
    /// Reads a signed note.
    pub fn parse(note: &'a str) -> Result<Self> {
        let malformed = Error::Malformed("signed note");
        if note.len() > LONGEST {
            return Err(Error::TooLong("signed note"));
        }
        if !note.ends_with('\n') || note.contains(|c: char| c.is_ascii_control() && c != '\n') {
            return Err(malformed);
        }
        let at = note.rfind("\n\n").ok_or(malformed)?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        let mut signatures = Vec::new();
        for line in lines.split_terminator('\n') {
            let (name, signature) =
                line.strip_prefix("— ").and_then(|line| line.split_once(' ')).ok_or(malformed)?;
            let signature = b64::from_standard(signature)?;
            if !name_is_valid(name) || signature.len() < 5 || signatures.len() == MOST_SIGNATURES {
                return Err(malformed);
            }
            signatures.push((name, signature));
        }
        if signatures.is_empty() { Err(malformed) } else { Ok(Self { text, signatures }) }
    }
}
