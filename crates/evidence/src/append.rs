//! Writing entries, and reading them with what they hide.

use crate::{
    entry::{Opening, digest, text},
    error::damaged,
    sql,
};
use kernel::Ctx;
use serde::Serialize;
use serde_json::value::RawValue;
use store::{Error, Result, Row, Tx};
use wire::b64;

/// An entry that was appended; it counts once the transaction has committed. Ask [`crate::Log::receipt`] then.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// The entry's key in the database: keep it in the row that the entry is about.
    pub seq: i64,
    /// The exact text of the public entry.
    pub entry: String,
    /// What opens it.
    pub opening: Opening,
}

/// An entry ready to be appended. Made before the transaction, so that the one writer does nothing but write.
#[derive(Debug, Clone)]
pub struct Draft {
    kind: String,
    department: String,
    entry: String,
    record: Box<RawValue>,
    salt: [u8; 16],
}

impl Draft {
    /// `kind` is lower-case words joined by hyphens; `department` a pack id or several joined by a space. The
    /// record is JSON of any shape; only its salted digest is published.
    pub fn new(ctx: &Ctx, kind: &str, department: &str, record: &impl Serialize) -> Result<Self> {
        let other = |error: &dyn std::fmt::Display| Error::Other(error.to_string());
        let salt: [u8; 16] = ctx.random();
        let record = wire::jcs::to_string(record).map_err(|error| other(&error))?;
        let entry = text(kind, department, ctx.now, &digest(&salt, record.as_bytes()));
        let entry = entry.ok_or_else(|| {
            Error::Other(format!("not a kind and department of the log: {kind:?}, {department:?}"))
        })?;
        let record = RawValue::from_string(record).map_err(|error| other(&error))?;
        let (kind, department) = (kind.to_owned(), department.to_owned());
        Ok(Self { kind, department, entry, record, salt })
    }

    /// Appends it to the log, in the caller's transaction. **Change state first** (see the crate's page).
    pub fn append(&self, tx: &mut Tx<'_>) -> Result<Ticket> {
        let args = [
            self.kind.as_str().into(),
            self.department.as_str().into(),
            self.entry.as_str().into(),
            self.record.get().into(),
            self.salt.as_slice().into(),
        ];
        let seq = tx.insert(sql::APPEND, &args)?;
        let opening = Opening { record: self.record.clone(), salt: b64::encode(self.salt) };
        Ok(Ticket { seq, entry: self.entry.clone(), opening })
    }
}

/// Makes a [`Draft`] and appends it at once.
pub fn append(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: &str,
    department: &str,
    record: &impl Serialize,
) -> Result<Ticket> {
    Draft::new(ctx, kind, department, record)?.append(tx)
}

/// An entry as the database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its key in the database.
    pub seq: i64,
    /// Its place in the log; none until it is sequenced.
    pub index: Option<u64>,
    /// What was done.
    pub kind: String,
    /// Whose records.
    pub department: String,
    /// The public entry.
    pub entry: String,
    /// The record; none when erased.
    pub record: Option<String>,
    /// The salt; none when erased.
    pub salt: Option<Vec<u8>>,
}

impl Logged {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            seq: row.int(0)?,
            index: row
                .opt_int(1)?
                .map(|index| u64::try_from(index).map_err(|_| damaged("a negative place")))
                .transpose()?,
            kind: row.text(2)?.to_owned(),
            department: row.text(3)?.to_owned(),
            entry: row.text(4)?.to_owned(),
            record: row.opt_text(5)?.map(str::to_owned),
            salt: row.opt_blob(6)?.map(<[u8]>::to_vec),
        })
    }

    /// What opens the entry; none when erased.
    pub fn opening(&self) -> Option<Opening> {
        let record = RawValue::from_string(self.record.clone()?).ok()?;
        Some(Opening { record, salt: b64::encode(self.salt.as_ref()?) })
    }
}

/// One entry by its key.
pub fn logged(tx: &mut Tx<'_>, seq: i64) -> Result<Option<Logged>> {
    tx.query_opt(sql::ONE, &[seq.into()])?.as_ref().map(Logged::read).transpose()
}

/// Forgets what an entry was about: record and salt go, the public entry stays and can no longer be linked.
/// Whether anything was there to forget.
pub fn erase(tx: &mut Tx<'_>, seq: i64) -> Result<bool> {
    Ok(tx.execute(sql::ERASE, &[seq.into()])? > 0)
}

/// Gives every sequenced entry in order, a thousand in memory at a time: for cross-checks of domain rows
/// against what was logged. Use it in [`store::Db::read_long`].
pub fn for_each_record<E: From<Error>>(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(&mut Tx<'_>, Logged) -> Result<(), E>,
) -> Result<(), E> {
    let mut next: i64 = 0;
    loop {
        let rows = tx.query(sql::PAGE, &[next.into()])?;
        let Some(last) = rows.last() else { return Ok(()) };
        next = last.int(1)?.saturating_add(1);
        for row in &rows {
            let logged = Logged::read(row)?;
            each(tx, logged)?;
        }
    }
}
