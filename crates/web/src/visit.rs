use crate::{Failure, Shell, UserView};
use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::{Ctx, Problem, Text};
use std::sync::Arc;

/// What every page shows of the installation.
#[derive(Debug, Clone)]
pub struct Brand {
    /// The government's name, from the pack.
    pub government: Text,
    /// Whether people and records are made up, said on every page.
    pub demo: bool,
}

/// One request as handlers see it: who, when, which language, and what the page shell needs.
///
/// A middleware of the binary puts it into the request's extensions, once per request.
#[derive(Clone)]
pub struct Visit {
    /// Who, when, in which language.
    pub ctx: Ctx,
    /// The installation.
    pub brand: Arc<Brand>,
    /// Who is signed in, as the header shows them.
    pub user: Option<UserView>,
    /// The token that every form of this browser carries.
    pub csrf: String,
    /// Path and query of this request, for the language switch.
    pub here: String,
}

impl Visit {
    /// The same as if it were at another address: where a form's answer is read again in another language.
    #[must_use]
    pub fn at(&self, here: impl Into<String>) -> Self {
        Self { here: here.into(), ..self.clone() }
    }

    /// The shell of a page titled by a Fluent key.
    pub fn shell(&self, title_key: &str) -> Shell {
        Shell::new(self, crate::text(self.ctx.locale, title_key, &[]))
    }

    /// The shell of a page whose title is already in the reader's language.
    pub fn titled(&self, title: impl Into<String>) -> Shell {
        Shell::new(self, title.into())
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            Problem::internal("no Visit in the request: the middleware is missing").into()
        })
    }
}
