//! The route table of the exchange, and what it does regularly.

use crate::{Exchange, api, ops, pages, state::departments, tell, webhooks};
use axum::routing::{get, post};
use jobs::Runner;
use kernel::{Actor, Ctx, Locale};
use web::{Audience, Routes};

/// Every endpoint, each with its audience.
pub fn routes(exchange: &Exchange) -> Routes {
    let s = || exchange.clone();
    Routes::new()
        .route(
            "GET",
            "/exchange/v1/registers",
            Audience::Public,
            get(api::registers).with_state(s()),
        )
        .route("GET", "/exchange/v1/purposes", Audience::Public, get(api::purposes).with_state(s()))
        .route("GET", "/exchange/v1/health", Audience::Public, get(api::health).with_state(s()))
        .route("POST", "/exchange/v1/records", Audience::Client, post(api::records).with_state(s()))
        .route("POST", "/exchange/v1/batch", Audience::Client, post(api::batch).with_state(s()))
        .route("POST", "/exchange/v1/node", Audience::Client, post(api::node).with_state(s()))
        .route(
            "GET",
            "/exchange/v1/consents/{id}",
            Audience::Client,
            get(api::consent).with_state(s()),
        )
        .route(
            "POST",
            "/exchange/v1/deletions/{consent}",
            Audience::Client,
            post(api::deletion).with_state(s()),
        )
        .route(
            "GET",
            "/consent/{interaction}",
            Audience::Person,
            get(pages::consent::show).with_state(s()),
        )
        .route(
            "POST",
            "/consent/{interaction}",
            Audience::Person,
            post(pages::consent::answer).with_state(s()),
        )
        .route("GET", "/my/data", Audience::Person, get(pages::data::show).with_state(s()))
        .route(
            "GET",
            "/my/data/looks/{id}",
            Audience::Person,
            get(pages::data::look).with_state(s()),
        )
        .route(
            "GET",
            "/my/data/looks/{id}/receipt",
            Audience::Person,
            get(pages::data::receipt).with_state(s()),
        )
        .route("GET", "/my/consents/{id}", Audience::Person, get(pages::mine::show).with_state(s()))
        .route(
            "GET",
            "/my/consents/{id}/receipt",
            Audience::Person,
            get(pages::mine::receipt).with_state(s()),
        )
        .route(
            "POST",
            "/my/consents/{id}/{action}",
            Audience::Person,
            post(pages::mine::act).with_state(s()),
        )
        .route("GET", "/admin", Audience::Admin, get(pages::admin::show).with_state(s()))
        .route(
            "POST",
            "/admin/jobs/{id}/retry",
            Audience::Admin,
            post(pages::admin::retry).with_state(s()),
        )
}

/// Webhooks, expiry, and the end of data life.
pub fn jobs_of(exchange: &Exchange, runner: Runner) -> Runner {
    let (expiring, ending) = (exchange.clone(), exchange.clone());
    tell::jobs_of(exchange, runner)
        .on(webhooks::JOB, webhooks::handler(exchange.clone()))
        .every("consent-expiry", 60, move || {
            let exchange = expiring.clone();
            Box::pin(async move {
                let ctx = Ctx::new(&exchange.world, Actor::System("expiry"), Locale::En);
                let (whole, names, db) =
                    (exchange.clone(), departments(exchange.pack.clone()), exchange.db.clone());
                let done = db
                    .write(move |tx| {
                        ops::expire(tx, &ctx, whole.deps.authorizations.as_ref(), &names)
                    })
                    .await;
                done.map(drop).map_err(|problem| problem.to_string())
            })
        })
        .every("data-life", 60, move || {
            let exchange = ending.clone();
            Box::pin(async move {
                let ctx = Ctx::new(&exchange.world, Actor::System("data-life"), Locale::En);
                exchange
                    .db
                    .write(move |tx| ops::end_data_life(tx, &ctx))
                    .await
                    .map(drop)
                    .map_err(|problem| problem.to_string())
            })
        })
}
