//! The administration: clients, sources' health, consents, jobs, the log's state.

use crate::{Exchange, ops, pages::colour};
use axum::{
    extract::{Path, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use kernel::{Id, Problem};
use web::{Cell, Outcome, Shell, Visit, page};

#[derive(askama::Template)]
#[template(path = "admin.html")]
struct AdminPage {
    shell: Shell,
    clients: Vec<ports::Consumer>,
    sources: Vec<SourceLine>,
    states: Vec<(String, &'static str, i64)>,
    newest_head: Vec<Cell>,
    newest: Vec<Vec<Cell>>,
    waiting_jobs: i64,
    dead: Vec<jobs::DeadLetter>,
    limits_head: Vec<Cell>,
    limits: Vec<Vec<Cell>>,
    log_size: u64,
    log_checkpoint: String,
    log_key: String,
}

struct SourceLine {
    id: String,
    /// The registers that are read from it.
    registers: String,
    state: String,
    colour: &'static str,
    latency: String,
    last_ok: String,
    error: String,
}

/// `GET /admin`.
#[expect(clippy::too_many_lines, reason = "one page of many tables, each filled in a few lines")]
pub(crate) async fn show(State(exchange): State<Exchange>, visit: Visit) -> Outcome<Html<String>> {
    visit.ctx.admin()?;
    let deps = exchange.deps.clone();
    let (clients, states, newest, (waiting_jobs, _), dead) = exchange
        .db
        .read(move |tx| {
            Ok::<_, Problem>((
                deps.directory.consumers(tx)?,
                ops::counts(tx)?,
                ops::newest(tx)?,
                jobs::counts(tx)?,
                jobs::dead_letters(tx)?,
            ))
        })
        .await?;
    let shell = visit.shell("admin-title").wide();
    let sources = sources(&exchange, &shell);
    let states = states
        .into_iter()
        .map(|(state, count)| (shell.t(&format!("state-{}", state.name())), colour(state), count))
        .collect();
    let newest = newest
        .iter()
        .map(|consent| {
            let terms = &consent.terms;
            let consumer = clients
                .iter()
                .find(|client| client.id == terms.consumer)
                .map_or(terms.consumer.as_str(), |client| shell.of(&client.name));
            let purpose = exchange
                .pack
                .purpose(&terms.purpose)
                .map_or(terms.purpose.as_str(), |purpose| shell.of(&purpose.name));
            vec![
                terms.id.to_string().into(),
                consumer.into(),
                purpose.into(),
                shell.t(&format!("state-{}", consent.state.name())).into(),
                Cell::figure(consent.used_total.to_string()),
                shell.moment(&terms.given).into(),
            ]
        })
        .collect();
    let limits = exchange
        .pack
        .purposes()
        .map(|purpose| {
            let limits = &purpose.limits;
            vec![
                shell.of(&purpose.name).to_owned().into(),
                shell
                    .t1(
                        &format!("frequency-{}", limits.frequency.unit.name()),
                        "times",
                        i64::from(limits.frequency.times),
                    )
                    .into(),
                shell
                    .t1(
                        &format!("life-{}", limits.data_life.unit.name()),
                        "value",
                        i64::from(limits.data_life.value),
                    )
                    .into(),
                Cell::figure(limits.look_back_days.to_string()),
                Cell::figure(limits.length_days.to_string()),
            ]
        })
        .collect();
    let log_checkpoint = exchange.log.checkpoint().await.map_err(Problem::internal)?;
    let log_size = wire::tlog::Checkpoint::verify(&log_checkpoint, exchange.log.verifier())
        .map(|checkpoint| checkpoint.size)
        .unwrap_or_default();
    let log_key = exchange.log.key().to_owned();
    let newest_head = ["admin-consent", "admin-client", "fact-purpose", "admin-state"]
        .map(|key| shell.t(key).into())
        .into_iter()
        .chain([Cell::figure(shell.t("admin-looks")), shell.t("admin-given").into()])
        .collect();
    let limits_head = ["fact-purpose", "fact-frequency", "fact-life"]
        .map(|key| shell.t(key).into())
        .into_iter()
        .chain(["admin-look-back", "admin-length"].map(|key| Cell::figure(shell.t(key))))
        .collect();
    page(&AdminPage {
        shell,
        clients,
        sources,
        states,
        newest_head,
        newest,
        waiting_jobs,
        dead,
        limits_head,
        limits,
        log_size,
        log_checkpoint,
        log_key,
    })
}

fn sources(exchange: &Exchange, shell: &Shell) -> Vec<SourceLine> {
    let joint = if shell.chinese() { "、" } else { ", " };
    let read_from = |id: &str| {
        let registers = exchange.pack.registers().filter(|register| register.source == id);
        registers.map(|register| shell.of(&register.name)).collect::<Vec<_>>().join(joint)
    };
    let line = |(id, health): (String, crate::sources::Health)| SourceLine {
        registers: read_from(&id),
        id,
        state: shell.t(&format!("source-{}", health.state.name())),
        colour: match health.state.name() {
            "closed" => "green",
            "open" => "red",
            _ => "yellow",
        },
        latency: health.p50_ms.map_or_else(String::new, |ms| format!("{ms} ms")),
        last_ok: health.last_ok.map_or_else(String::new, |at| shell.moment(&at)),
        error: health.last_error.unwrap_or_default().to_owned(),
    };
    exchange.sources.health().into_iter().map(line).collect()
}

/// `POST /admin/jobs/{id}/retry`: a dead letter is tried again.
pub(crate) async fn retry(
    State(exchange): State<Exchange>,
    visit: Visit,
    Path(id): Path<Id>,
    _: web::Form<serde_json::Value>,
) -> Outcome<Response> {
    visit.ctx.admin()?;
    let ctx = visit.ctx.clone();
    if !exchange.db.write(move |tx| Ok::<_, Problem>(jobs::retry(tx, &ctx, &id)?)).await? {
        return Err(Problem::new(404, "not-found").into());
    }
    Ok(Redirect::to("/admin#jobs").into_response())
}
