//! Pages that belong to no domain: what this is, accessibility, nothing here.

use crate::{Audience, Failure, Outcome, Routes, Shell, Visit};
use axum::{response::Html, routing::get};
use kernel::Problem;

/// `/about` and `/accessibility`.
pub fn pages_routes() -> Routes {
    Routes::new().route("GET", "/about", Audience::Public, get(about)).route(
        "GET",
        "/accessibility",
        Audience::Public,
        get(accessibility),
    )
}

#[derive(askama::Template)]
#[template(path = "about.html")]
struct About {
    shell: Shell,
}

#[derive(askama::Template)]
#[template(path = "accessibility.html")]
struct Accessibility {
    shell: Shell,
}

async fn about(visit: Visit) -> Outcome<Html<String>> {
    page(&About { shell: visit.shell("about-title") })
}

async fn accessibility(visit: Visit) -> Outcome<Html<String>> {
    page(&Accessibility { shell: visit.shell("accessibility-title") })
}

/// Renders a page.
pub fn page(template: &impl askama::Template) -> Outcome<Html<String>> {
    template.render().map(Html).map_err(|error| Problem::internal(error).into())
}

pub(crate) async fn not_found() -> Failure {
    Problem::new(404, "not-found").into()
}

pub(crate) async fn method_not_allowed() -> Failure {
    Problem::new(405, "method-not-allowed").into()
}
