//! Pages: the shell, components, translations, assets, and how a request becomes a [`Ctx`](kernel::Ctx).
//! Knows HTML and HTTP, not the domain.
//!
//! Invariants: every page works without JavaScript; every state-changing form carries a token
//! ([`Form`] refuses one without it); every route says for whom it is ([`Routes`]); every problem
//! leaves through [`Failure`], in the reader's language.
//!
//! A page of another crate: `askama.toml` says `dirs = ["templates", "../web/templates"]`; its texts are in
//! `i18n/{en,tc,sc}.ftl`; its struct holds a [`Shell`] called `shell`; its template begins with
//! `{% extends "shell.html" %}` and `{% import "macros.html" as m %}` and fills the blocks `content` (with one
//! `h1`), `before` (back link, breadcrumbs) and `head`; the handler answers with [`page`]. Scripts are files of
//! `crates/web/assets`, named by [`Shell::asset`].

mod assets;
pub mod chart;
pub mod cookies;
mod failure;
mod form;
mod headers;
mod limits;
mod locale;
mod pages;
mod parts;
mod routes;
mod shell;
mod texts;
mod visit;

// Templates name what they use as other crates do.
#[allow(unused_extern_crates)]
extern crate self as web;

pub use assets::assets_routes;
pub use failure::{Failure, render_problems};
pub use form::Form;
pub use headers::{LeadsAway, Security, security_headers};
pub use limits::{Caller, ClientCertificate, Limiter, Near};
pub use locale::{lang_of, locale_of};
pub use pages::{page, pages_routes};
pub use parts::{Cell, Choice, Errors, Html, Link, Mistake, Row};
pub use routes::{Audience, RouteInfo, Routes};
pub use shell::{Shell, UserView};
pub use texts::{Value, has_text, text};
pub use visit::{Brand, Visit};

/// The result of a page or API handler.
pub type Outcome<T> = Result<T, Failure>;

#[cfg(test)]
mod tests;
