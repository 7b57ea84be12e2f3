//! `/metrics`: what is counted and measured, for Prometheus and its like, on a listener of its own.
//!
//! Nothing of it is secret, and nothing of people; but how much is asked, of which models, and what that costs is nobody's business who merely
//! reaches the port that Mattermost uses. So it has one of its own, which is off until it is configured.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::get;

use super::panics;
use crate::domain::id::ServerId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, Store, timeout};
use crate::telemetry::{Gauged, Metrics, OPENMETRICS, Waiting};

/// Connections to `/metrics` at once, at most: a collector or two, and somebody who looks.
pub const MAX_READERS: usize = 8;

/// How often the store is asked what waits, at most, however many read.
pub const COUNT_BACKLOG_EVERY: Duration = Duration::from_secs(5);

/// How long the store may take to say so; then what it said before stands.
pub const LONGEST_COUNT: Duration = Duration::from_secs(2);

/// What is read, and whom to ask how it is first. The page for administrators reads it in this process.
pub struct Measured {
    metrics: Arc<Metrics>,
    gauged: Vec<Arc<dyn Gauged>>,
    servers: Vec<ServerId>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// When the store is asked again.
    due: Mutex<Timestamp>,
}

/// Whose state is looked at when metrics are read.
pub struct Watched {
    /// Models and limiters.
    pub gauged: Vec<Arc<dyn Gauged>>,
    /// Whose questions are counted.
    pub servers: Vec<ServerId>,
    /// Asked how many there are.
    pub store: Arc<dyn Store>,
}

impl Measured {
    /// Brings together what is read and whom to ask.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, watched: Watched, clock: Arc<dyn Clock>) -> Self {
        let Watched {
            gauged,
            servers,
            store,
        } = watched;
        Self {
            metrics,
            gauged,
            servers,
            store,
            clock,
            due: Mutex::new(Timestamp::EPOCH),
        }
    }

    /// Returns everything as it is now, in the text form of OpenMetrics.
    pub async fn text(&self) -> String {
        for gauged in &self.gauged {
            gauged.gauge(&self.metrics);
        }
        if self.is_due() {
            let counting = timeout(&*self.clock, LONGEST_COUNT, self.count());
            if counting.await.is_err() {
                tracing::debug!("what waits could not be counted in time");
            }
        }
        self.metrics.text()
    }

    /// Whether to ask the store now; whoever is told so asks.
    fn is_due(&self) -> bool {
        let now = self.clock.now();
        let mut due = self.due();
        let is_due = *due <= now;
        if is_due {
            *due = now.after(COUNT_BACKLOG_EVERY);
        }
        is_due
    }

    fn due(&self) -> MutexGuard<'_, Timestamp> {
        // A time, whoever panicked while holding it.
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn count(&self) {
        for server in &self.servers {
            match self.store.backlog(server).await {
                Ok(backlog) => self.metrics.waits(
                    server.as_str(),
                    Waiting {
                        waiting: backlog.waiting,
                        running: backlog.running,
                        dead: backlog.dead,
                    },
                ),
                Err(error) => tracing::debug!(error = %error, "what waits could not be counted"),
            }
        }
    }
}

/// Routes `/metrics`, and nothing else.
pub fn metrics_router(measured: Arc<Measured>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(measured)
        .fallback(refuse_path)
        .layer(middleware::from_fn(panics::catch))
}

async fn metrics(State(measured): State<Arc<Measured>>) -> impl IntoResponse {
    let text = measured.text().await;
    ([(header::CONTENT_TYPE, OPENMETRICS)], text)
}

async fn refuse_path() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "not found\n")
}
