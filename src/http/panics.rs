//! A panic in a handler fails its own request and no other.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;

use super::reply;

/// Answers 500, without a word of what happened, where a handler panics.
pub(super) async fn catch(request: Request, next: Next) -> Response {
    // Nothing of the request survives the panic; what handlers share keeps its own invariants.
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    handled.unwrap_or_else(|_panic| {
        tracing::error!("a request's handler panicked");
        reply::empty(StatusCode::INTERNAL_SERVER_ERROR)
    })
}
