//! Every version of every definition that was ever in force, by its hash: what a consent was given under.

use super::Result;
use crate::{pack::Pack, sql};
use kernel::{Ctx, micros};
use store::Tx;

/// Keeps the definitions of a pack as they stand; a version that is kept already stays as it is.
pub fn publish(tx: &mut Tx<'_>, ctx: &Ctx, pack: &Pack) -> Result<()> {
    for (path, bytes) in pack.files() {
        let (kind, id) = path.trim_end_matches(".toml").split_once('/').unwrap_or(("pack", path));
        let hash = pack.hash(path).unwrap_or_default();
        let args = [kind.into(), id.into(), hash.into(), bytes.into(), micros(ctx.now).into()];
        tx.execute(sql::ADD_DEFINITION, &args)?;
    }
    Ok(())
}
