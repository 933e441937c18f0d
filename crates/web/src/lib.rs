//! Pages: the shell, components, translations, assets, and how a request becomes a [`Ctx`](kernel::Ctx).
//! Knows HTML and HTTP, not the domain.
//!
//! Invariants: every page works without JavaScript; every state-changing form carries a token
//! ([`Form`] refuses one without it); every route says for whom it is ([`Routes`]); every problem
//! leaves through [`Failure`], in the reader's language.

mod failure;
mod form;
mod routes;
mod shell;
mod texts;
mod visit;

pub use failure::{Failure, render_problems};
pub use form::Form;
pub use routes::{Audience, RouteInfo, Routes};
pub use shell::{Shell, UserView};
pub use texts::{Value, text};
pub use visit::{Brand, Visit};

/// The result of a page or API handler.
pub type Outcome<T> = Result<T, Failure>;
