//! What the browser fetches besides the pages: all of it is in the program, and nothing comes from elsewhere.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::domain::hexadecimal::hexadecimal;
use crate::http::reply;

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// htmx 4.0.1 and uPlot 1.6.32 as their packages on npm have them; the rest is ours.
static ASSETS: [Asset; 6] = [
    Asset {
        name: "htmx.js",
        kind: SCRIPT,
        bytes: include_bytes!("assets/htmx.min.js"),
    },
    Asset {
        name: "uplot.js",
        kind: SCRIPT,
        bytes: include_bytes!("assets/uPlot.iife.min.js"),
    },
    Asset {
        name: "page.js",
        kind: SCRIPT,
        bytes: include_bytes!("assets/page.js"),
    },
    Asset {
        name: "uplot.css",
        kind: STYLE,
        bytes: include_bytes!("assets/uPlot.min.css"),
    },
    Asset {
        name: "page.css",
        kind: STYLE,
        bytes: include_bytes!("assets/page.css"),
    },
    Asset {
        name: "mark.svg",
        kind: "image/svg+xml",
        bytes: include_bytes!("assets/mark.svg"),
    },
];

/// Digits that change with any of the files: they stand in their addresses, so that browsers may keep what they fetched.
static EDITION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for asset in &ASSETS {
        digest.update(asset.bytes);
    }
    hexadecimal(&digest.finalize()).chars().take(8).collect()
});

/// Returns what stands behind the name of a file in its address.
pub(super) fn edition() -> &'static str {
    &EDITION
}

/// `/assets/{name}`: needs no session, and tells nothing that is not in the source.
pub(super) async fn fetch(Path(name): Path<String>) -> Response<Body> {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return reply::empty(StatusCode::NOT_FOUND);
    };
    let mut response = Response::new(Body::from(asset.bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    let kept = "public, max-age=31536000, immutable";
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}
