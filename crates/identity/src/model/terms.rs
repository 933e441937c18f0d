//! How a client proves itself, and what it is given.

use serde::{Deserialize, Serialize};

/// How a confidential client proves itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// By its signature (RFC 7523).
    #[default]
    PrivateKeyJwt,
    /// By a secret that we made (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// By a TLS certificate that stands in its keys (`x5c`; RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
}

/// What an access token is that a client gets in its own name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenForm {
    /// 256 random bits, to be asked about.
    #[default]
    Opaque,
    /// A JWT that a service reads by itself (RFC 9068).
    Jwt,
}

/// What a client was registered with beside who it is; kept as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// How it proves itself, if it is confidential.
    pub auth: Auth,
    /// What its own access tokens are.
    pub tokens: TokenForm,
    /// Where its keys are read from, in place of keys that it handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// How it asks a person.
    pub flow: Flow,
    /// How its ID tokens and logout tokens are signed.
    #[serde(skip_serializing_if = "IdTokenAlg::is_usual")]
    pub id_token_signed_response_alg: IdTokenAlg,
    /// Whether its tokens are bound to the TLS certificate that it shows (RFC 8705 §3), where no other key is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Whether its requests must be signed (RFC 9101), as FAPI 2.0 Message Signing wants it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub signed_requests: bool,
    /// Where a person may be sent back to who signed out, exactly.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// What a person's sign-in must be worth where its request does not say so (OpenID Connect Registration §2):
    /// with less it is told nothing of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// How old a sign-in may be, in seconds, where its request does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<i64>,
    /// Where it hears that a person signed out (OpenID Back-Channel Logout).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
}

/// How what a client reads of a sign-in is signed.
///
/// Dynamic registration would have RS256 where a client says nothing. Here a client is told what it got when it is
/// registered, discovery says both, and every library that reads discovery reads ES256: it stays the usual one,
/// RS256 is for those that ask for it, and the high profile never has it (FAPI 2.0 Security Profile §5.4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum IdTokenAlg {
    /// ECDSA over P-256.
    #[default]
    Es256,
    /// RSA of 2048 bits; Core §15.1 wants it of every provider.
    Rs256,
}

impl IdTokenAlg {
    /// Each.
    pub const ALL: [Self; 2] = [Self::Es256, Self::Rs256];

    /// As `alg` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// How a client asks a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// As the FAPI 2.0 Security Profile wants it: a pushed request, tokens bound to a key.
    #[default]
    High,
    /// OpenID Connect Core's code flow with PKCE; for who a person is, never for records.
    Baseline,
}
