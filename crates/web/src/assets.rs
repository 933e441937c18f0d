//! Style, script and mark, inside the program, under an address that changes with their content.

use crate::{Audience, Routes};
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use kernel::Problem;

struct File {
    name: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address of an asset in this build, such as `/assets/3f…/praya.css`.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{HASH}/{name}")
}

/// Serves `crates/web/assets` and govuk-frontend, joined by the build script.
pub fn assets_routes() -> Routes {
    Routes::new().route("GET", "/assets/{hash}/{name}", Audience::Public, get(serve))
}

async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    // An address of an earlier build is gone: what stands there now would not be what the page meant.
    let Some(file) = FILES.iter().find(|file| hash == HASH && file.name == name) else {
        return crate::Failure(Problem::new(404, "not-found")).into_response();
    };
    let etag = format!("\"{HASH}\"");
    let said = |name| {
        headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).unwrap_or("")
    };
    let common = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ETAG, etag.clone()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    if said(header::IF_NONE_MATCH).split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
    {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let kind = [(header::CONTENT_TYPE, content_type(file.name))];
    if said(header::ACCEPT_ENCODING)
        .split(',')
        .any(|coding| coding.trim().split(';').next() == Some("gzip"))
    {
        return (common, kind, [(header::CONTENT_ENCODING, "gzip")], file.gzip).into_response();
    }
    (common, kind, file.plain).into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// The bytes of an asset, for tests.
#[cfg(test)]
pub(crate) fn plain(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|file| file.name == name).map(|file| file.plain)
}
