//! Cross-checks of signatures against whose yes they were made by: a row edited by hand is found.

use crate::{ops, rules, sql};
use kernel::{Id, Problem};
use serde_json::Value as Json;
use store::{Db, Tx};

/// Reads every request that somebody agreed to: the yes is of the person who is named, to this document as it is
/// named, asked by this service. One line for each that is not. `fault` says what is wrong with a person's kept
/// yes to a digest. Runs away from the threads that serve.
pub async fn rows<F>(db: &Db, mut fault: F) -> Result<Vec<String>, Problem>
where
    F: FnMut(&mut Tx<'_>, &Id, &[u8; 32], &Json) -> Result<Option<&'static str>, Problem>
        + Send
        + 'static,
{
    db.read_long(move |tx| {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let rows = tx.query(sql::AGREED, &[after.as_str().into()])?;
            let Some(last) = rows.last() else { return Ok(found) };
            last.text(0)?.clone_into(&mut after);
            for row in &rows {
                let request = ops::read(row)?;
                let yes = row.opt_text(14)?.and_then(|text| serde_json::from_str(text).ok());
                let (Some(person), Some(yes)) = (&request.person, yes) else {
                    found.push(format!("signature {}: nobody agreed to it", request.id));
                    continue;
                };
                let digest = rules::confirmed(&request, person)?;
                if let Some(why) = fault(tx, person, &digest, &yes)? {
                    found.push(format!("signature {}: the yes of {person}: {why}", request.id));
                }
            }
        }
    })
    .await
}
