//! The description of every JSON endpoint (OpenAPI 3.1), for programs.

use utoipa::openapi::OpenApi;

/// The document at `/openapi.json`.
pub(crate) fn document() -> OpenApi {
    serde_json::from_str(include_str!("openapi.json")).unwrap_or_default()
}
