//! Puts the made-up people, companies, clients and a little history into the database.

use super::data::Data;
use crate::{App, Error};
use clap::Args;
use exchange::{
    model::{Frequency, Life, LifeUnit, Mode, Period, Selection, Terms},
    ops::{self, LookKind, Sight},
    pack::Pack,
};
use identity::{
    model::{Client, Profile},
    ops::{Mandate, NewCompany, NewPerson},
};
use jiff::ToSpan;
use kernel::{
    Actor, Ctx, Id, Locale, Problem, Role, Text, Timestamp, World,
    identifiers::{Brn, IdentityCard},
};
use ports::SubjectKind;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use store::Db;
use wire::jwk::PrivateJwk;

/// The demo bank's client id.
pub(crate) const BANK: &str = "harbour-bank";
/// A department that looks, too.
const TRANSPORT: &str = "transport-department";

pub(super) fn system(world: &World) -> Ctx {
    Ctx::new(world, Actor::System("demo"), Locale::En)
}

/// Everyone who is made up, once.
pub(crate) async fn people(db: &Db, world: &World, data: &Data) -> Result<(), Error> {
    if !db.read(identity::ops::personas).await?.is_empty() {
        return Ok(());
    }
    let (ctx, people, companies) = (system(world), data.people.clone(), data.companies.clone());
    db.write(move |tx| {
        let mut ids = Vec::new();
        for (i, person) in (0_i64..).zip(&people) {
            // A moment apart, so that they stay in this order.
            let ctx = Ctx { now: ctx.now + jiff::SignedDuration::from_micros(i), ..ctx.clone() };
            let new = NewPerson {
                id: None,
                handle: person.handle.clone(),
                name: person.name.clone(),
                hkid: IdentityCard::parse(&person.card).ok(),
                made_up: true,
            };
            ids.push(identity::ops::add_person(tx, &ctx, &new)?);
        }
        for company in &companies {
            let new = NewCompany {
                id: None,
                brn: Brn::parse(&company.brn).map_err(Problem::internal)?,
                name: company.name.clone(),
                made_up: true,
            };
            let id = identity::ops::add_company(tx, &ctx, &new)?;
            for person in company.directors.iter().filter_map(|i| ids.get(*i)) {
                let mandate = Mandate {
                    company: id.clone(),
                    person: person.clone(),
                    role: "director".to_owned(),
                    scopes: "records mandates".to_owned(),
                    from: ctx.now,
                    delegated_by: None,
                    parent: None,
                    extent: ports::Extent { needs: company.needs, ..ports::Extent::whole() },
                };
                identity::ops::add_mandate(tx, &ctx, &mandate)?;
            }
        }
        // The last two of the sixteen with fixed names: an officer and the administrator.
        for (i, department, role) in [(14, "td", Role::Officer), (15, "dpo", Role::Admin)] {
            if let Some(person) = ids.get(i) {
                identity::ops::add_officer(tx, &ctx, person, department, role)?;
            }
        }
        if let (Some(officer), Some(admin)) = (ids.get(14), ids.get(15)) {
            let actor = kernel::Actor::Officer {
                id: admin.clone(),
                session: kernel::Id::from("ses_demo"),
                department: "dpo".to_owned(),
                role: Role::Admin,
            };
            let ctx = Ctx { actor, ..ctx.clone() };
            for duty in identity::model::Duty::ALL {
                identity::ops::set_duty(tx, &ctx, officer, duty, true)?;
            }
        }
        notices(tx, &ctx)
    })
    .await?;
    Ok(())
}

/// Two made-up notices, of two departments.
fn notices(tx: &mut store::Tx<'_>, ctx: &Ctx) -> Result<(), Problem> {
    let text = |en: &str, tc: &str, sc: &str| Text {
        en: en.to_owned(),
        tc: tc.to_owned(),
        sc: sc.to_owned(),
    };
    let today = ctx.zone.day(ctx.now);
    let mut notice = |department: &str, days: i32, title: Text, body: Text| {
        let until = today.checked_add(days.days()).ok();
        let new = open::NewNotice { title, body, from: Some(today), until, made_up: true };
        open::publish(tx, ctx, department, &new).map(drop)
    };
    notice(
        "td",
        30,
        text(
            "The Sha Tin office is quietest on Tuesday mornings",
            "沙田辦事處星期二上午人流較少",
            "沙田办事处星期二上午人流较少",
        ),
        text(
            "If you can choose your time, come on a Tuesday before noon.\nLicences can be renewed by post as well.",
            "如可選擇時間，請於星期二正午前前往。\n牌照亦可以郵遞方式續期。",
            "如可选择时间，请于星期二正午前前往。\n牌照也可以邮寄方式续期。",
        ),
    )?;
    notice(
        "dpo",
        14,
        text("This portal is being tried out", "本入門網站正在試行", "本门户网站正在试行"),
        text(
            "All people and records here are made up. Tell us what is hard to understand.",
            "此處所有人物及紀錄均屬虛構。如有不明白之處，請告訴我們。",
            "此处所有人物和记录均为虚构。如有不明白之处，请告诉我们。",
        ),
    )
}

/// Where the bank may be answered.
pub(crate) fn redirects(bank: &str) -> Vec<String> {
    vec![format!("{bank}/callback"), "http://127.0.0.1/callback".to_owned()]
}

/// The bank and the department as OAuth clients; addresses follow the demo's port.
pub(crate) async fn clients(
    db: &Db,
    world: &World,
    bank: &str,
    keys: &(PrivateJwk, PrivateJwk),
) -> Result<(), Error> {
    let public = |key: &PrivateJwk| {
        let mut key: Json = serde_json::from_str(&key.to_json()).unwrap_or_default();
        if let Some(members) = key.as_object_mut() {
            members.remove("d");
        }
        key
    };
    let jwks = json!({"keys": [public(&keys.0), public(&keys.1)]});
    let client = |id: &str, name: Text, webhook: Option<String>| Client {
        id: id.to_owned(),
        name,
        redirect_uris: redirects(bank),
        jwks: jwks.clone(),
        profile: Profile::Confidential,
        webhook,
        scopes: "records forms exchange:batch signing".to_owned(),
        active: true,
        node: None,
        terms: identity::model::Terms::default(),
    };
    let text = |en: &str, tc: &str, sc: &str| Text {
        en: en.to_owned(),
        tc: tc.to_owned(),
        sc: sc.to_owned(),
    };
    let all = [
        client(
            BANK,
            text("Harbour Bank", "海港銀行", "海港银行"),
            Some(format!("{bank}/webhooks/praya")),
        ),
        client(TRANSPORT, text("Transport Department", "運輸署", "运输署"), None),
    ];
    let ctx = system(world);
    db.write(move |tx| {
        all.iter().try_for_each(|client| identity::ops::register_client(tx, &ctx, client, true))
    })
    .await?;
    Ok(())
}

/// A little history, so that My data and the log are not empty: consents and looks of the last months.
pub(crate) async fn history(app: &App, world: &World) -> Result<(), Error> {
    let (pack, now) = (app.exchange.pack.clone(), world.clock.now());
    let all = app.exchange.db.read(identity::ops::personas).await?;
    let mei_ling = all
        .iter()
        .find(|persona| persona.handle == "chan-mei-ling")
        .map(|persona| persona.id.clone())
        .ok_or("the demo's director is missing")?;
    let (deps, person) = (app.exchange.deps.clone(), mei_ling.clone());
    let companies =
        app.exchange.db.read(move |tx| deps.directory.authorities(tx, &person, now)).await?;
    let company = companies
        .first()
        .map(|authority| authority.company.id.clone())
        .ok_or("the demo's company is missing")?;
    let about = company.clone();
    if !app.exchange.db.read(move |tx| exchange::ops::of_subject(tx, &about)).await?.is_empty() {
        return Ok(());
    }
    let ago = |days: i64| now.checked_sub((days * 24).hours()).unwrap_or(now);
    let base = Past { pack: &pack, person: &mei_ling, world };
    let company_registers = [("business-registration", 3), ("company-particulars", 4)];
    let bank = base.terms(
        (BANK, "loan-assessment"),
        (SubjectKind::Company, &company),
        &company_registers,
        (ago(150), ago(20)),
    );
    let transport = base.terms(
        (TRANSPORT, "licence-application"),
        (SubjectKind::Person, &mei_ling),
        &[("driving-licence", 3), ("address", 2)],
        (ago(95), now.checked_add((90 * 24).hours())?),
    );
    let steps = [(bank, vec![140, 110, 79, 49, 21]), (transport, vec![90, 31, 2])];
    for (terms, looks) in steps {
        let Some(terms) = terms else { continue };
        base.write(app, terms, &looks.into_iter().map(ago).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

struct Past<'a> {
    pack: &'a Pack,
    person: &'a Id,
    world: &'a World,
}

impl Past<'_> {
    /// Terms over the first fields of registers; `None` where the pack has other registers than these.
    fn terms(
        &self,
        (consumer, purpose): (&str, &str),
        (kind, subject): (SubjectKind, &Id),
        registers: &[(&str, usize)],
        (given, expires): (Timestamp, Timestamp),
    ) -> Option<Terms> {
        let selection = |(id, count): &(&str, usize)| {
            let register = self.pack.register(id)?;
            Some(Selection {
                register: register.id.clone(),
                fields: register.fields.iter().take(*count).map(|field| field.id.clone()).collect(),
            })
        };
        Some(Terms {
            version: 1,
            id: Id::new("con", given, self.world.entropy.as_ref()),
            number: 1,
            previous: None,
            subject_kind: kind,
            subject: subject.clone(),
            representative: self.person.clone(),
            mandate: None,
            consumer: consumer.to_owned(),
            purpose: self.pack.purpose(purpose)?.id.clone(),
            purpose_hash: self.pack.purpose(purpose)?.hash.clone(),
            registers: registers.iter().map(selection).collect::<Option<_>>()?,
            range: None,
            frequency: Frequency { unit: Period::Month, times: 4 },
            data_life: Life { unit: LifeUnit::Day, value: 90 },
            mode: Mode::Store,
            start: given,
            expires,
            given,
        })
    }

    async fn write(&self, app: &App, terms: Terms, looks: &[Timestamp]) -> Result<(), Error> {
        let departments = self.pack.departments_of(&terms.registers);
        let mut ctx = system(self.world);
        ctx.actor = Actor::Person { id: self.person.clone(), session: Id::from("demo") };
        ctx.now = terms.given;
        let (given, context, offices) = (terms.clone(), ctx.clone(), departments.clone());
        app.exchange
            .db
            .write(move |tx| {
                ops::give(tx, &context, &given, &offices, 1, &json!({"kind": "demo"}), None)
            })
            .await?;
        for at in looks {
            let mut ctx = ctx.clone();
            ctx.now = *at;
            ctx.actor = Actor::Client { id: terms.consumer.clone() };
            let sight = Sight {
                id: Id::new("look", *at, self.world.entropy.as_ref()),
                kind: LookKind::Release,
                subject: terms.subject.clone(),
                consent: Some((terms.id.clone(), exchange::rules::digest(&terms)?.to_vec())),
                consumer: terms.consumer.clone(),
                key: None,
                purpose: terms.purpose.clone(),
                fields: terms
                    .registers
                    .iter()
                    .map(|selection| (selection.register.clone(), selection.fields.clone()))
                    .collect(),
                payload: wire::sha256(&[b"made up"]),
                departments: departments.clone(),
            };
            let look = sight.draft(&ctx)?;
            let terms = terms.clone();
            app.exchange
                .db
                .write(move |tx| {
                    ops::use_consent(tx, &ctx, &terms)?;
                    ops::note_look(tx, &look)
                })
                .await?;
        }
        Ok(())
    }
}

/// Personas and officers as `demo.json` lists them.
pub(crate) async fn describe(db: &Db) -> Result<(Vec<Json>, Vec<Json>), Error> {
    let all = db.read(identity::ops::personas).await?;
    let mut personas = Vec::new();
    let mut officers = Vec::new();
    for persona in all {
        let (id, now) = (persona.id.clone(), kernel::Clock::now(&kernel::SystemClock));
        let scope = identity::rules::RECORDS;
        let companies = db.read(move |tx| identity::ops::authorities(tx, &id, scope, now)).await?;
        let companies: Vec<_> = companies.iter().map(|a| json!({"id": a.company.id, "name": a.company.name, "brn": a.company.key, "role": a.role, "needs": a.extent.needs})).collect();
        let line = json!({"id": persona.id, "key": persona.handle, "name": persona.name, "role": persona.role, "of": persona.of, "companies": companies});
        if persona.role == "officer" || persona.role == "admin" {
            officers.push(line);
        } else {
            personas.push(line);
        }
    }
    Ok((personas, officers))
}

/// `praya bench-data`.
#[derive(Args)]
pub(crate) struct BenchOptions {
    /// The data folder to fill.
    #[arg(long)]
    pub(super) data: PathBuf,
    /// How many consents, each with a token.
    #[arg(long, default_value_t = 100_000)]
    pub(super) consents: usize,
    /// How many entries the log holds before.
    #[arg(long, default_value_t = 0)]
    pub(super) entries: usize,
    /// Another database than SQLite in the data folder.
    #[arg(long)]
    pub(super) database: Option<String>,
    /// Every company register that a database serves, instead of one of ten kilobytes.
    #[arg(long)]
    pub(super) wide: bool,
}

/// Fills a folder for the benchmark.
pub(crate) async fn bench_data(options: BenchOptions) -> Result<(), Error> {
    super::bench::fill(&options).await
}
