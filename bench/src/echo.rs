//! What any web service costs on this machine: axum says back what it is sent, and does nothing else.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::net::TcpListener;

/// Serves on the runtime that `#[tokio::main]` would make, which is also the one askwell runs on.
pub(crate) fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("listen on {listen}"))?;
        let routes = Router::new()
            .route("/mattermost-gpt", post(say_back))
            .route("/readyz", get(|| async { "ready" }));
        axum::serve(listener, routes)
            .await
            .context("serve the echo")
    })
}

async fn say_back(body: Bytes) -> Bytes {
    body
}
