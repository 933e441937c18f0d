//! `/sign/{id}`: a person sees what is asked and signs or refuses; `/my/signatures`: what they signed.

mod check;
mod mine;
mod programs;
mod sign;

use crate::{Signing, api, pdf};
use axum::{
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use web::{Audience, Routes};

/// Every route of this crate, each with its audience.
pub fn routes(signing: &Signing) -> Routes {
    let with = |handler: axum::routing::MethodRouter<Signing>| handler.with_state(signing.clone());
    let ask = post(api::ask).layer(DefaultBodyLimit::max(api::LONGEST));
    // The file, and what stands around it in the form.
    let bring = post(mine::bring).layer(DefaultBodyLimit::max(pdf::LONGEST + 16 * 1024));
    let checked = post(check::check).layer(DefaultBodyLimit::max(pdf::LONGEST + 16 * 1024));
    Routes::new()
        .route("POST", "/tsa", Audience::Public, with(post(programs::stamp)))
        .route("GET", "/sign/ca.cer", Audience::Public, with(get(programs::certificate)))
        .route("GET", "/sign/ca.crl", Audience::Public, with(get(programs::crl)))
        .route("GET", "/sign/check", Audience::Public, get(check::show))
        .route("POST", "/sign/check", Audience::Public, with(checked))
        .route("POST", "/signing/v1/requests", Audience::Client, with(ask))
        .route("GET", "/signing/v1/requests/{id}", Audience::Client, with(get(api::fetch)))
        .route("GET", "/sign/{id}", Audience::Person, with(get(sign::show)))
        .route("POST", "/sign/{id}", Audience::Person, with(post(sign::answer)))
        .route("GET", "/sign/{id}/document", Audience::Person, with(get(sign::document)))
        .route("POST", "/my/signatures", Audience::Person, with(bring))
        .route("GET", "/my/signatures", Audience::Person, with(get(mine::show)))
        .route("POST", "/my/signatures/{id}/disown", Audience::Person, with(post(mine::disown)))
}
