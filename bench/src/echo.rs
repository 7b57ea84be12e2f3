//! What any web service costs on this machine: axum says back what it is sent. On another path it makes one write durable.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::disk::Log;

/// Serves on the runtime that `#[tokio::main]` would make, which is also the one askwell runs on.
pub(crate) fn serve(listen: SocketAddr, log: &Path) -> anyhow::Result<()> {
    let log = Log::create(log).with_context(|| format!("write {}", log.display()))?;
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
            .route("/readyz", get(|| async { "ready" }))
            .route("/sync", get(sync))
            .with_state(Arc::new(Mutex::new(log)));
        axum::serve(listener, routes)
            .await
            .context("serve the echo")
    })
}

async fn say_back(body: Bytes) -> Bytes {
    body
}

/// Writes once and replies how many nanoseconds the `fdatasync` took: here and not in the generator, because what it takes depends on
/// the core that waits for the disk.
async fn sync(State(log): State<Arc<Mutex<Log>>>) -> Result<String, StatusCode> {
    let took = tokio::task::spawn_blocking(move || {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.sync_once()
    });
    match took.await {
        Ok(Ok(took)) => Ok(took.as_nanos().to_string()),
        Ok(Err(_)) | Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
