//! Our signing keys: each announced before it signs, and published until what it signed is old.

use super::{after, operator};
use crate::{rules, sql};
use kernel::{Ctx, Problem, micros};
use store::Tx;
use wire::{jwk::PrivateJwk, seal::Sealer};

/// Adds a key that signs from `sign_from` (microseconds). The private part is sealed under the installation's key.
pub fn add_key(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    sign_from: i64,
) -> Result<String, Problem> {
    operator(ctx)?;
    let key = PrivateJwk::generate_p256("sig").map_err(Problem::internal)?;
    let kid = key.public.kid.clone().unwrap_or_else(|| key.public.key.thumbprint());
    let sealed = sealer.seal(&kid, key.to_json().as_bytes()).map_err(Problem::internal)?;
    let args = [
        (&kid).into(),
        sealed.into(),
        key.public.to_json().into(),
        micros(ctx.now).into(),
        sign_from.into(),
    ];
    tx.execute(sql::ADD_KEY, &args)?;
    tx.notify("praya_change", "keys")?;
    Ok(kid)
}

/// Announces a new key now; it signs from one overlap on, and the others are gone after two.
pub fn rotate_key(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer) -> Result<String, Problem> {
    let kid = add_key(tx, ctx, sealer, after(ctx, rules::KEY_OVERLAP))?;
    tx.execute(sql::RETIRE_KEYS, &[(&kid).into(), after(ctx, 2 * rules::KEY_OVERLAP).into()])?;
    Ok(kid)
}
