//! The task that hands spans to a collector. It is alone with a collector that is dead, slow or angry: nobody waits for it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::span::Recorded;
use super::wire;
use crate::telemetry::metrics::Metrics;

/// How long is waited for more spans before some are handed over.
pub const GATHER: Duration = Duration::from_secs(1);

/// Spans of one request, at most: some 200 KiB.
const MOST_AT_ONCE: usize = 512;

/// What a request may take.
pub const EXPORT_TIMEOUT: Duration = Duration::from_secs(8);

/// The pause after a failure; twice as long after each further one, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause. Meanwhile the queue fills, and then spans are dropped.
pub const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long the last spans may take once we are asked to stop: longer than answers that are being written have to end.
pub const LAST_SPANS: Duration = Duration::from_secs(30);

/// How to reach a collector.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// Where it takes traces, the path included; trusted, because an operator wrote it.
    pub endpoint: Url,
    /// What is sent with each request; marked as secret.
    pub headers: HeaderMap,
    /// The part of all questions whose traces are kept, up to 1.
    pub sample_ratio: f64,
}

/// Waits for so long, by the Clock port.
pub type Wait = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Hands over what is recorded.
pub struct Exporter {
    client: reqwest::Client,
    settings: TraceSettings,
    recorded: mpsc::Receiver<Recorded>,
    metrics: Arc<Metrics>,
    wait: Wait,
}

/// Why spans were not taken.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error("reach the collector of traces")]
    Unreachable,
    #[error("wait for the collector of traces any longer")]
    Silent,
    #[error("hand traces over: the collector answers {0}")]
    Refused(u16),
}

impl Exporter {
    pub(super) fn new(
        settings: TraceSettings,
        recorded: mpsc::Receiver<Recorded>,
        metrics: Arc<Metrics>,
        wait: Wait,
    ) -> Result<Self, reqwest::Error> {
        // No redirect, so that no other host is shown the headers.
        let client = reqwest::Client::builder()
            .no_gzip()
            .redirect(redirect::Policy::none())
            .user_agent(concat!("askwell/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            client,
            settings,
            recorded,
            metrics,
            wait,
        })
    }

    /// Hands over until nobody records any more, or, after `stop` is cancelled, [`LAST_SPANS`] have passed.
    pub async fn run(mut self, stop: CancellationToken) {
        let wait = self.wait.clone();
        let too_late = async {
            stop.cancelled().await;
            wait(LAST_SPANS).await;
        };
        tokio::select! {
            () = too_late => {}
            () = self.hand_over(&stop) => {}
        }
    }

    async fn hand_over(&mut self, stop: &CancellationToken) {
        let mut failures: u32 = 0;
        let mut batch = Vec::with_capacity(MOST_AT_ONCE);
        while self.recorded.recv_many(&mut batch, MOST_AT_ONCE).await > 0 {
            if batch.len() < MOST_AT_ONCE {
                self.gather(&mut batch, stop).await;
            }
            let spans = std::mem::take(&mut batch);
            match self.send(&spans).await {
                Ok(()) => {
                    if failures > 0 {
                        tracing::info!("the collector takes traces again");
                    }
                    failures = 0;
                    self.metrics.spans("sent", spans.len());
                }
                Err(error) => {
                    self.metrics.spans("dropped", spans.len());
                    if failures == 0 {
                        tracing::warn!(error = %error, "traces are not taken: they are dropped until they are");
                    }
                    let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(10));
                    failures = failures.saturating_add(1);
                    stop.run_until_cancelled((self.wait)(pause.min(LONGEST_PAUSE)))
                        .await;
                }
            }
        }
    }

    /// Waits for what comes soon after the first spans.
    async fn gather(&mut self, batch: &mut Vec<Recorded>, stop: &CancellationToken) {
        stop.run_until_cancelled((self.wait)(GATHER)).await;
        while batch.len() < MOST_AT_ONCE {
            let Ok(recorded) = self.recorded.try_recv() else {
                return;
            };
            batch.push(recorded);
        }
    }

    async fn send(&self, spans: &[Recorded]) -> Result<(), NotTaken> {
        let request = self
            .client
            .post(self.settings.endpoint.clone())
            .headers(self.settings.headers.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(wire::request(spans))
            .send();
        let replied = tokio::select! {
            replied = request => replied,
            () = (self.wait)(EXPORT_TIMEOUT) => return Err(NotTaken::Silent),
        };
        // What the library says can quote the address, which may hold a secret. The body is of no interest, and not read.
        let status = replied.map_err(|_| NotTaken::Unreachable)?.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(NotTaken::Refused(status.as_u16()))
        }
    }
}
