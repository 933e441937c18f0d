//! The description of every JSON endpoint (OpenAPI 3.1), for programs. A test holds it against the route tables.

/// The document at `/openapi.json`.
pub(crate) const DOCUMENT: &str = include_str!("openapi.json");
