//! `/healthz` says that the process serves; `/readyz` says whether it can keep what it accepts, and how its neighbours are.
//!
//! Ready is who can write its store: a question accepted while Mattermost or the model is down is answered later. What a probe asks is
//! remembered for a while, so that probes, which carry no token, cannot make us work; and no probe waits longer than
//! [`LONGEST_CHECK`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use futures_util::future::{join, join_all};
use serde::Serialize;
use tokio::sync::watch;

use super::reply;
use super::router::Site;
use crate::domain::completion::ModelFailure;
use crate::domain::id::ServerId;
use crate::domain::time::Timestamp;
use crate::mattermost::socket::Hears;
use crate::ports::{
    Backlog, Clock, LanguageModel, Mattermost, MattermostFailure, Store, StoreError, timeout,
};

/// How often Mattermost and the model are asked how they are, at most.
pub const CHECK_NEIGHBOURS_EVERY: Duration = Duration::from_secs(10);

/// How often the store is written to see whether it can be, at most.
pub const CHECK_STORE_EVERY: Duration = Duration::from_secs(1);

/// How long one of them may take to answer, before it counts as failing.
pub const LONGEST_CHECK: Duration = Duration::from_secs(2);

/// How something was when it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Condition {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
}

impl Condition {
    const UNKNOWN: Self = Self {
        state: "unknown",
        failure: None,
    };
    const OK: Self = Self {
        state: "ok",
        failure: None,
    };

    fn failing(failure: &'static str) -> Self {
        Self {
            state: "failing",
            failure: Some(failure),
        }
    }
}

/// What is remembered of the last checks.
#[derive(Clone, Copy, Debug)]
struct Seen {
    store: Condition,
    store_due: Timestamp,
    neighbours_due: Timestamp,
}

/// A bot that is asked after.
pub(super) struct Neighbours {
    server: ServerId,
    hears: Option<watch::Receiver<Hears>>,
    mattermost: Arc<dyn Mattermost>,
    model: Arc<dyn LanguageModel>,
    /// Never held across an await.
    seen: Mutex<SeenNeighbours>,
}

/// What is remembered of a bot's last checks.
#[derive(Clone, Copy, Debug)]
struct SeenNeighbours {
    backlog: Backlog,
    mattermost: Condition,
    model: Condition,
}

/// Asks, and remembers what was answered.
pub(super) struct Health {
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    neighbours: Vec<Neighbours>,
    /// Never held across an await.
    seen: Mutex<Seen>,
}

/// The body of `/readyz`: how the first bot's neighbours are, and then the others'.
#[derive(Debug, Serialize)]
struct Report {
    ready: bool,
    store: Condition,
    #[serde(flatten)]
    first: Told,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<Other>,
}

#[derive(Debug, Serialize)]
struct Other {
    name: String,
    #[serde(flatten)]
    told: Told,
}

/// What is told of one bot.
#[derive(Debug, Serialize)]
struct Told {
    mattermost: Condition,
    /// Whether the bot hears over its WebSocket; absent where it is not to.
    #[serde(skip_serializing_if = "Option::is_none")]
    socket: Option<Condition>,
    model: Condition,
    backlog: Counts,
}

#[derive(Debug, Serialize)]
struct Counts {
    waiting: u64,
    running: u64,
    dead: u64,
}

/// `/healthz`.
pub(super) async fn healthz() -> &'static str {
    "ok"
}

/// `/readyz`.
pub(super) async fn readyz(State(health): State<Arc<Health>>) -> Response<Body> {
    let (store, neighbours) = health.due();
    join(
        async {
            if store {
                health.check_store().await;
            }
        },
        async {
            if neighbours {
                health.check_neighbours().await;
            }
        },
    )
    .await;
    let report = health.report();
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    reply::json(status, &report)
}

impl Health {
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        store: Arc<dyn Store>,
        neighbours: Vec<Neighbours>,
    ) -> Self {
        let now = clock.now();
        Self {
            clock,
            store,
            neighbours,
            seen: Mutex::new(Seen {
                store: Condition::UNKNOWN,
                store_due: now,
                neighbours_due: now,
            }),
        }
    }

    /// Says whom to ask now, and puts off the next time; whoever comes meanwhile is told what is remembered.
    fn due(&self) -> (bool, bool) {
        let now = self.clock.now();
        let mut seen = self.lock();
        let store = now >= seen.store_due;
        if store {
            seen.store_due = now.after(CHECK_STORE_EVERY);
        }
        let neighbours = now >= seen.neighbours_due;
        if neighbours {
            seen.neighbours_due = now.after(CHECK_NEIGHBOURS_EVERY);
        }
        (store, neighbours)
    }

    async fn check_store(&self) {
        let asked = async {
            self.store.check_writable(self.clock.now()).await?;
            for neighbours in &self.neighbours {
                let backlog = self.store.backlog(&neighbours.server).await?;
                neighbours.lock().backlog = backlog;
            }
            Ok::<_, StoreError>(())
        };
        let answer = timeout(&*self.clock, LONGEST_CHECK, asked).await;
        let mut seen = self.lock();
        match answer {
            Ok(Ok(())) => seen.store = Condition::OK,
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "the store cannot be written");
                seen.store = Condition::failing("unavailable");
            }
            Err(_elapsed) => seen.store = Condition::failing("silent"),
        }
    }

    async fn check_neighbours(&self) {
        let checks = self.neighbours.iter().map(|bot| bot.check(&*self.clock));
        join_all(checks).await;
    }

    fn report(&self) -> Report {
        let store = self.lock().store;
        let mut bots = self.neighbours.iter();
        let first = bots.next().map_or(Told::UNKNOWN, Neighbours::told);
        let other = |bot: &Neighbours| Other {
            name: bot.server.to_string(),
            told: bot.told(),
        };
        Report {
            ready: store == Condition::OK,
            store,
            first,
            also: bots.map(other).collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // A check writes whole values, so a panic elsewhere leaves nothing half done.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Neighbours {
    pub(super) fn of(site: &Site) -> Self {
        Self {
            server: site.server.clone(),
            hears: site.hears.clone(),
            mattermost: site.mattermost.clone(),
            model: site.model.clone(),
            seen: Mutex::new(SeenNeighbours {
                backlog: Backlog::default(),
                mattermost: Condition::UNKNOWN,
                model: Condition::UNKNOWN,
            }),
        }
    }

    async fn check(&self, clock: &dyn Clock) {
        let (mattermost, model) = join(
            timeout(clock, LONGEST_CHECK, self.mattermost.ping()),
            timeout(clock, LONGEST_CHECK, self.model.ping()),
        )
        .await;
        let mattermost = condition(mattermost, |error| mattermost_word(error.kind));
        let model = condition(model, |error| model_word(error.failure));
        let mut seen = self.lock();
        seen.mattermost = mattermost;
        seen.model = model;
    }

    fn told(&self) -> Told {
        let SeenNeighbours {
            backlog,
            mattermost,
            model,
        } = *self.lock();
        Told {
            mattermost,
            socket: self.hears.as_ref().map(|hears| socket(*hears.borrow())),
            model,
            backlog: Counts {
                waiting: backlog.waiting,
                running: backlog.running,
                dead: backlog.dead,
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, SeenNeighbours> {
        // As above: values are written whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    const UNKNOWN: Self = Self {
        mattermost: Condition::UNKNOWN,
        socket: None,
        model: Condition::UNKNOWN,
        backlog: Counts {
            waiting: 0,
            running: 0,
            dead: 0,
        },
    };
}

fn socket(hears: Hears) -> Condition {
    match hears {
        Hears::Unknown => Condition::UNKNOWN,
        Hears::Yes => Condition::OK,
        Hears::Lost => Condition::failing("lost"),
        Hears::TokenRefused => Condition::failing("token_refused"),
    }
}

fn condition<E, T>(
    answer: Result<Result<(), E>, T>,
    word: impl Fn(&E) -> &'static str,
) -> Condition {
    match answer {
        Ok(Ok(())) => Condition::OK,
        Ok(Err(error)) => Condition::failing(word(&error)),
        Err(_elapsed) => Condition::failing("silent"),
    }
}

fn mattermost_word(failure: MattermostFailure) -> &'static str {
    match failure {
        MattermostFailure::TokenRefused => "token_refused",
        MattermostFailure::Forbidden => "forbidden",
        MattermostFailure::NotFound => "not_found",
        MattermostFailure::Rejected => "rejected",
        MattermostFailure::UsedUp => "used_up",
        MattermostFailure::RateLimited { .. } => "rate_limited",
        MattermostFailure::Unreachable => "unreachable",
        MattermostFailure::Ambiguous => "failed",
    }
}

/// Takes the word under which the outcome would be stored, without its kind; `unknown` is what was never asked, so a model that the
/// server does not know keeps it.
fn model_word(failure: ModelFailure) -> &'static str {
    match failure {
        ModelFailure::ModelUnknown => "model_unknown",
        other => {
            let word = other.as_outcome();
            word.strip_prefix("failed:model_").unwrap_or(word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_failure_is_said_in_one_word() {
        assert_eq!(model_word(ModelFailure::KeyRefused), "key_refused");
        assert_eq!(model_word(ModelFailure::ModelUnknown), "model_unknown");
        assert_eq!(model_word(ModelFailure::TooLarge), "too_large");
    }
}
