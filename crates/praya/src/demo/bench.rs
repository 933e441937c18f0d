//! A data folder for the benchmark: many consents, a token for each, and the records they are about.

use super::{
    BenchOptions, SEED,
    data::{Company, Data},
    departments, key_file, seed,
};
use crate::Error;
use evidence::Log;
use exchange::{
    model::{Frequency, Life, LifeUnit, Mode, Period, Selection, Terms},
    ops,
    pack::{Pack, Register, SourceKind},
};
use identity::ops::NewCompany;
use jiff::ToSpan;
use kernel::{Actor, Ctx, Id, Locale, Problem, World, identifiers::Brn};
use ports::SubjectKind;
use serde_json::json;
use std::sync::Arc;
use store::{Db, Tx};
use wire::jwk::{Jwk, PrivateJwk};

/// Companies are written this many to a transaction, with their consents.
const CHUNK: usize = 500;
/// No more companies than this, each with ten kilobytes of records: further consents are about the same ones.
const COMPANIES: usize = 100_000;
/// The register of ten kilobytes a company, and how many records make as much.
const REGISTER: (&str, (i64, i64)) = ("vehicles", (38, 42));

/// Fills the folder; writes `tokens.txt`, one access token a line, all bound to the bank's signing key.
pub(crate) async fn fill(options: &BenchOptions) -> Result<(), Error> {
    let folder = options.data.as_path();
    std::fs::create_dir_all(folder)?;
    let pack = exchange::pack::load_embedded()
        .map_err(|mistakes| format!("{} mistakes in the pack", mistakes.len()))?;
    let world = World { zone: pack.zone(), currency: pack.currency(), ..World::system() };
    let url = options
        .database
        .clone()
        .unwrap_or_else(|| format!("sqlite:{}", folder.join("praya.sqlite").display()));
    let db = Db::open(&url).await?;
    db.migrate().await?;
    let log_key = key_file(&folder.join("log-key.json"), PrivateJwk::generate_ed25519)?;
    let log = Log::open(db.clone(), &log_key, "localhost-8443").await?;
    let keys = (
        key_file(&folder.join("bank-signing.json"), || PrivateJwk::generate_p256("sig"))?,
        key_file(&folder.join("bank-encryption.json"), || PrivateJwk::generate_p256("enc"))?,
    );
    seed::clients(&db, &world, "http://localhost:8444", &keys).await?;
    let public: serde_json::Value = serde_json::from_str(&keys.0.to_json())?;
    let jkt = thumbprint(public)?;
    let mut data = Data::new(SEED, options.consents.min(COMPANIES));
    if !options.wide {
        data.vehicles = REGISTER.1;
    }
    // People alone: the companies follow, each with a consent, and the demo finds its people there.
    seed::people(&db, &world, &Data { companies: Vec::new(), ..Data::new(SEED, 0) }).await?;
    let registers: Vec<_> =
        databases(&pack).filter(|register| options.wide || register.id == REGISTER.0).collect();
    let departments = folder.join("departments");
    departments::databases(&departments, &pack, registers.iter().copied(), &data, &world).await?;
    let selections: Vec<_> = registers.into_iter().map(whole).collect();
    let ctx = Ctx::new(&world, Actor::System("bench"), Locale::En);
    let maker = Arc::new(Maker {
        ctx: ctx.clone(),
        departments: pack.departments_of(&selections),
        selections,
        hash: pack.purpose("loan-assessment").map_or_else(String::new, |one| one.hash.clone()),
        jkt,
    });
    let each = options.consents.div_ceil(data.companies.len().max(1));
    let mut tokens = Vec::new();
    for chunk in data.companies.chunks(CHUNK) {
        let (maker, companies, most) =
            (maker.clone(), chunk.to_vec(), options.consents - tokens.len());
        let made = db.write(move |tx| maker.consents(tx, &companies, each, most)).await?;
        tokens.extend(made);
    }
    std::fs::write(folder.join("tokens.txt"), tokens.join("\n"))?;
    entries(&db, &ctx, options.entries.saturating_sub(usize::try_from(log.size()).unwrap_or(0)))
        .await
}

/// Entries of nothing, so that the log is long.
async fn entries(db: &Db, ctx: &Ctx, mut left: usize) -> Result<(), Error> {
    while left > 0 {
        let (n, ctx) = (left.min(20_000), ctx.clone());
        db.write(move |tx| {
            (0..n).try_for_each(|i| {
                evidence::append(tx, &ctx, "look-release", "ird", &json!({"bench": i})).map(drop)
            })
        })
        .await?;
        left -= n;
    }
    Ok(())
}

/// What every consent has in common.
struct Maker {
    ctx: Ctx,
    selections: Vec<Selection>,
    departments: String,
    hash: String,
    /// The thumbprint of the bank's signing key.
    jkt: String,
}

impl Maker {
    /// Companies with `each` consents, `most` in all; the tokens.
    fn consents(
        &self,
        tx: &mut Tx<'_>,
        companies: &[Company],
        each: usize,
        most: usize,
    ) -> Result<Vec<String>, Problem> {
        let (ctx, yes) = (&self.ctx, json!({"kind": "demo"}));
        let mut tokens = Vec::new();
        for company in companies {
            let (brn, name) =
                (Brn::parse(&company.brn).map_err(Problem::internal)?, company.name.clone());
            let subject = identity::ops::add_company(
                tx,
                ctx,
                &NewCompany { id: None, brn, name, made_up: true },
            )?;
            for _ in 0..each.min(most - tokens.len()) {
                let terms = terms(ctx, subject.clone(), &self.selections, &self.hash)?;
                ops::give(tx, ctx, &terms, &self.departments, 1, &yes, None)?;
                let (subject, consent) = (&terms.subject, &terms.id);
                tokens.push(identity::ops::bench_access(
                    tx,
                    ctx,
                    seed::BANK,
                    subject,
                    consent,
                    &self.jkt,
                )?);
            }
        }
        Ok(tokens)
    }
}

fn thumbprint(mut key: serde_json::Value) -> Result<String, Error> {
    if let Some(members) = key.as_object_mut() {
        members.remove("d");
    }
    Ok(Jwk::parse(key.to_string().as_bytes())?.key.thumbprint())
}

/// The company registers that a database serves.
fn databases(pack: &Pack) -> impl Iterator<Item = &Register> {
    let sql = |source: &str| {
        pack.source(source).is_some_and(|source| matches!(source.kind, SourceKind::Sql { .. }))
    };
    pack.registers()
        .filter(move |register| register.subject == SubjectKind::Company && sql(&register.source))
}

/// Every field of a register.
fn whole(register: &Register) -> Selection {
    Selection {
        register: register.id.clone(),
        fields: register.fields.iter().map(|field| field.id.clone()).collect(),
    }
}

fn terms(ctx: &Ctx, subject: Id, selections: &[Selection], hash: &str) -> Result<Terms, Problem> {
    Ok(Terms {
        version: 1,
        id: ctx.id("con"),
        number: 1,
        previous: None,
        subject_kind: SubjectKind::Company,
        subject,
        representative: Id::from("per_bench"),
        mandate: None,
        consumer: seed::BANK.to_owned(),
        purpose: "loan-assessment".to_owned(),
        purpose_hash: hash.to_owned(),
        registers: selections.to_vec(),
        range: None,
        frequency: Frequency { unit: Period::Hour, times: 1_000_000 },
        data_life: Life { unit: LifeUnit::Day, value: 90 },
        mode: Mode::Store,
        start: ctx.now,
        expires: ctx.now.checked_add((30 * 24).hours()).map_err(Problem::internal)?,
        given: ctx.now,
    })
}
