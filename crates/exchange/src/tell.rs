//! What people are told: consents that were given, stopped or are about to end, and looks for those who ask.

use crate::{Deps, Exchange, model::Terms, ops, pack::Pack, sql};
use kernel::{Actor, Ctx, Id, Locale, Problem, Text, from_micros, micros};
use ports::{SubjectKind, Word};
use store::Tx;

/// A consent is said to be ending this many days before, if it lasts twice as long.
const ENDING_DAYS: i64 = 14;
/// How far back looks are searched for those who want to be told of each, in seconds.
const LOOK_BACK: i64 = 3600;

/// What has become of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    /// All who must have said yes.
    Given,
    /// One has said yes, and others must.
    Waiting,
    /// It was stopped, by the person or the consumer.
    Stopped,
    /// It soon ends.
    Ending,
}

/// Tells everyone who may decide about a consent; of one that waits, those that have not answered.
pub(crate) fn consent(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    deps: &Deps,
    pack: &Pack,
    terms: &Terms,
    became: Became,
) -> Result<(), Problem> {
    let people = match terms.subject_kind {
        SubjectKind::Person => vec![terms.subject.clone()],
        SubjectKind::Company => {
            let holders = deps.directory.holders(tx, &terms.subject, &terms.purpose, ctx.now)?;
            holders.into_iter().map(|holder| holder.id).collect()
        }
    };
    let consumer = consumer(tx, deps, &terms.consumer)?;
    let subject = subject(tx, deps, &terms.subject)?;
    let purpose = Word::Text(
        pack.purpose(&terms.purpose)
            .map_or_else(|| Text::same(&terms.purpose), |purpose| purpose.name.clone()),
    );
    let until = Word::Moment(terms.expires);
    let both = [("consumer", consumer), ("subject", subject)];
    let (template, more) = match became {
        Became::Given => ("consent-given", vec![("purpose", purpose), ("until", until)]),
        Became::Waiting => ("consent-waiting", vec![("purpose", purpose)]),
        Became::Stopped => ("consent-stopped", Vec::new()),
        Became::Ending => ("consent-ending", vec![("until", until)]),
    };
    let words: Vec<_> = both.into_iter().chain(more).collect();
    let said = match &ctx.actor {
        Actor::Person { id, .. } | Actor::Officer { id, .. } if became == Became::Waiting => {
            Some(id)
        }
        _ => None,
    };
    for person in people.iter().filter(|person| Some(*person) != said) {
        deps.inbox.leave(tx, ctx, person, template, terms.id.as_str(), &words)?;
    }
    Ok(())
}

fn consumer(tx: &mut Tx<'_>, deps: &Deps, id: &str) -> Result<Word, Problem> {
    let found = deps.directory.consumer(tx, id)?;
    Ok(Word::Text(found.map_or_else(|| Text::same(id), |consumer| consumer.name)))
}

fn subject(tx: &mut Tx<'_>, deps: &Deps, id: &Id) -> Result<Word, Problem> {
    let found = deps.directory.subject(tx, id)?;
    Ok(Word::Text(found.map_or_else(|| Text::same(id.as_str()), |subject| subject.name)))
}

/// Tells of the consents that soon end.
fn endings(tx: &mut Tx<'_>, ctx: &Ctx, exchange: &Exchange) -> Result<(), Problem> {
    let ahead = ENDING_DAYS * 86_400_000_000;
    let args = [micros(ctx.now).into(), (micros(ctx.now) + ahead).into(), (2 * ahead).into()];
    for row in &tx.query(sql::ENDING, &args)? {
        let found = ops::find(tx, &row.text(0)?.into())?;
        consent(tx, ctx, &exchange.deps, &exchange.pack, &found.terms, Became::Ending)?;
    }
    Ok(())
}

/// Tells those who asked of every look since. Beside the looks, not in them: a release waits for nobody's mail.
fn looks(tx: &mut Tx<'_>, ctx: &Ctx, exchange: &Exchange) -> Result<(), Problem> {
    let deps = &exchange.deps;
    for (person, since) in deps.inbox.asked_for(tx, "looks")? {
        let from = micros(since).max(micros(ctx.now) - LOOK_BACK * 1_000_000);
        for reach in ops::subjects(tx, deps.directory.as_ref(), &person, ctx.now)? {
            let rows =
                tx.query(sql::LOOKS_SINCE, &[reach.subject.id.as_str().into(), from.into()])?;
            for row in &rows {
                let purpose = row.text(2)?;
                if !reach.covers(purpose) {
                    continue;
                }
                let named = exchange.pack.purpose(purpose).map(|purpose| purpose.name.clone());
                let words = [
                    ("consumer", consumer(tx, deps, row.text(1)?)?),
                    ("subject", Word::Text(reach.subject.name.clone())),
                    ("purpose", Word::Text(named.unwrap_or_else(|| Text::same(purpose)))),
                    ("at", Word::Moment(from_micros(row.int(3)?))),
                ];
                deps.inbox.leave(tx, ctx, &person, "looked", row.text(0)?, &words)?;
            }
        }
    }
    Ok(())
}

/// What is told regularly.
pub(crate) fn jobs_of(exchange: &Exchange, runner: jobs::Runner) -> jobs::Runner {
    type Task = fn(&mut Tx<'_>, &Ctx, &Exchange) -> Result<(), Problem>;
    let task = |task: Task| {
        let exchange = exchange.clone();
        move || -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
            let exchange = exchange.clone();
            Box::pin(async move {
                let ctx = Ctx::new(&exchange.world, Actor::System("telling"), Locale::En);
                let whole = exchange.clone();
                let told = exchange.db.write(move |tx| task(tx, &ctx, &whole)).await;
                told.map_err(|problem| problem.to_string())
            })
        }
    };
    runner.every("tell-endings", 3600, task(endings)).every("tell-looks", 10, task(looks))
}
