//! Our signing keys: each announced before it signs, and published until what it signed is old.

use super::{after, operator};
use crate::{model::IdTokenAlg, rules, sql};
use kernel::{Ctx, Problem, micros};
use store::Tx;
use wire::{
    jwk::PrivateJwk,
    jws::{SigningKey, generate_rsa},
    seal::Sealer,
};

/// Adds a key that signs from `sign_from` (microseconds). The private part is sealed under the installation's key.
pub fn add_key(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    alg: IdTokenAlg,
    sign_from: i64,
) -> Result<String, Problem> {
    operator(ctx)?;
    let body = match alg {
        IdTokenAlg::Es256 => PrivateJwk::generate_p256("sig").map(|key| key.to_json().into_bytes()),
        IdTokenAlg::Rs256 => generate_rsa(),
    };
    let body = body.map_err(Problem::internal)?;
    let key = read_key(alg, &body)?;
    let sealed = sealer.seal(key.kid(), &body).map_err(Problem::internal)?;
    let args = [
        key.kid().into(),
        alg.name().into(),
        sealed.into(),
        key.public().to_json().into(),
        micros(ctx.now).into(),
        sign_from.into(),
    ];
    tx.execute(sql::ADD_KEY, &args)?;
    tx.notify("praya_change", "keys")?;
    Ok(key.kid().to_owned())
}

/// A key as it is kept: a JWK, or PKCS #8 for RSA.
pub(crate) fn read_key(alg: IdTokenAlg, body: &[u8]) -> Result<SigningKey, Problem> {
    match alg {
        IdTokenAlg::Es256 => PrivateJwk::parse(body).and_then(|jwk| SigningKey::new(&jwk)),
        IdTokenAlg::Rs256 => SigningKey::rsa(body),
    }
    .map_err(Problem::internal)
}

/// Announces a new key of each kind now; they sign from one overlap on, and the others are gone after two.
pub fn rotate_keys(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer) -> Result<(), Problem> {
    for alg in IdTokenAlg::ALL {
        let kid = add_key(tx, ctx, sealer, alg, after(ctx, rules::KEY_OVERLAP))?;
        let until = after(ctx, 2 * rules::KEY_OVERLAP);
        tx.execute(sql::RETIRE_KEYS, &[kid.into(), until.into(), alg.name().into()])?;
    }
    Ok(())
}
