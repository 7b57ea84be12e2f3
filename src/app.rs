//! The wiring: the only file that names concrete adapters.
//!
//! Listener, time, chance and the signal to stop are given, so that a test owns all of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::domain::id::QuestionId;
use crate::mattermost::socket::Socket;
use crate::pipeline::admit::intake;
use crate::pipeline::listen::Listener;
use crate::pipeline::work::Workforce;
use crate::pipeline::{Ports, World};
use crate::ports::{Clock, IdSource, Store, StoreError};
use crate::text::Trouble;
use crate::{http, llm, mattermost, store};

pub use crate::domain::id::QuotedId;
pub use crate::domain::job::DeadLetter;
pub use crate::ports::Letters;
pub use crate::store::{Access, LeaseTime, OpenError};

/// How long answers that are being written when the process is asked to stop may go on, before they are handed back.
pub const GRACE: Duration = Duration::from_secs(20);

/// How many events may wait for the listener; more are dropped and read back. A busy server makes a few hundred a second.
const HEARD_EVENTS: usize = 4_096;

/// What the process is given from outside.
pub struct Surroundings {
    /// Where requests come in.
    pub listener: TcpListener,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
    /// Whose time leases go by on PostgreSQL.
    pub lease_time: LeaseTime,
}

/// What a command is given that works beside a process which may serve.
pub struct Beside {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
}

/// Why askwell did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The TLS library could not be set up.
    #[error("set up the HTTP client")]
    Client(#[from] reqwest::Error),
    /// A part of the process died of a defect of ours.
    #[error("go on: a part of the process died")]
    Died,
    /// A template does not compile.
    #[error("compile the template of answers")]
    Template(#[from] minijinja::Error),
}

impl StartError {
    /// Returns what is to be explained to whoever runs askwell.
    #[must_use]
    pub fn trouble(&self) -> Trouble<'_> {
        match self {
            Self::Open(error) => trouble_of_opening(error),
            Self::Store(_) => Trouble::StoreFailed,
            Self::Client(_) => Trouble::NoTls,
            Self::Died => Trouble::Died,
            Self::Template(_) => Trouble::TemplateBroken,
        }
    }
}

fn trouble_of_opening(error: &OpenError) -> Trouble<'_> {
    match error {
        OpenError::DirectoryMissing { directory } => Trouble::DirectoryMissing {
            path: directory.to_string_lossy(),
        },
        OpenError::Refused { path, .. } => Trouble::FileRefused {
            path: path.to_string_lossy(),
        },
        OpenError::ServedAlready { path } => Trouble::ServedAlready {
            path: path.to_string_lossy(),
        },
        OpenError::Damaged { path, .. } => Trouble::Damaged {
            path: path.to_string_lossy(),
        },
        OpenError::NewerDatabase { version } => Trouble::NewerDatabase { version: *version },
        OpenError::AddressUnreadable => Trouble::AddressUnreadable,
        OpenError::Unreachable { .. } | OpenError::Silent => Trouble::DatabaseUnreachable,
        OpenError::LoginRefused { .. } => Trouble::LoginRefused,
        OpenError::DatabaseMissing { .. } => Trouble::DatabaseMissing,
        OpenError::Unusable { .. } => Trouble::DatabaseUnusable,
    }
}

/// Waits until every task has ended. One that dies takes the process with it: half a house would look well and answer nobody.
async fn wait_for_all(mut tasks: JoinSet<()>, stop: &CancellationToken) -> Result<(), StartError> {
    let mut result = Ok(());
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(error = %error, "a task of the process died; the process ends");
            stop.cancel();
            result = Err(StartError::Died);
        }
    }
    result
}

/// Opens the database, takes up what an earlier process left, and makes ready to talk to the neighbours.
async fn ports(config: &Config, surroundings: &Surroundings) -> Result<Ports, StartError> {
    let Surroundings {
        listener: _,
        clock,
        ids,
        lease_time,
    } = surroundings;
    let store = store::open(store::Opening {
        settings: &config.store,
        access: Access::Serve,
        lease_time: *lease_time,
        clock: clock.clone(),
        ids: ids.clone(),
    })
    .await?;
    let freed = store.take_over(clock.now()).await?;
    if freed > 0 {
        tracing::info!(
            questions = freed,
            "questions that an earlier process left are taken up again"
        );
    }
    Ok(Ports {
        mattermost: Arc::new(mattermost::Server::new(
            config.mattermost.clone(),
            mattermost::http_client()?,
            clock.clone(),
        )),
        model: Arc::new(llm::ChatCompletions::new(
            config.model.clone(),
            llm::client(&config.model)?,
            clock.clone(),
        )),
        store,
        clock: clock.clone(),
        ids: ids.clone(),
    })
}

/// Makes the socket over which the bot hears, where it is to.
fn socket(config: &Config, surroundings: &Surroundings) -> Result<Option<Socket>, StartError> {
    let Some(token) = &config.mattermost.bot_token else {
        return Ok(None);
    };
    if config.pipeline.hearing.is_none() {
        return Ok(None);
    }
    Ok(Some(Socket {
        http: mattermost::socket::http_client()?,
        url: config.mattermost.url.clone(),
        token: token.clone(),
        clock: surroundings.clock.clone(),
        ids: surroundings.ids.clone(),
    }))
}

/// Serves until `stop` is cancelled and what was running has ended or was handed back.
///
/// # Errors
/// When it cannot begin; see [`StartError`].
pub async fn serve(
    config: Config,
    surroundings: Surroundings,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let socket = socket(&config, &surroundings)?;
    let ports = ports(&config, &surroundings).await?;
    let Surroundings {
        listener,
        clock,
        ids,
        lease_time: _,
    } = surroundings;
    let server = config.mattermost.server.clone();
    let (store, mattermost, model) = (
        ports.store.clone(),
        ports.mattermost.clone(),
        ports.model.clone(),
    );
    let world = Arc::new(World::new(config.pipeline, ports)?);
    let (intake, committer) = intake(world.clone());
    let intake = Arc::new(intake);
    let edge = http::World {
        server,
        language: config.language,
        intake: intake.clone(),
        clock: clock.clone(),
        ids,
        store,
        mattermost,
        model,
    };
    let router = http::router(&config.http, edge);
    let workforce = Workforce::new(world.clone());
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "askwell listens");
    }
    let mut tasks = JoinSet::new();
    tasks.spawn(http::serve(
        listener,
        router,
        config.http.max_connections,
        clock,
        stop.clone(),
    ));
    match socket {
        Some(socket) => {
            let (heard, hear) = mpsc::channel(HEARD_EVENTS);
            tasks.spawn(socket.hear(heard, stop.clone()));
            tasks.spawn(Listener::new(world, intake, hear).run(stop.clone()));
        }
        // The committer ends when the last who could bring it something is gone.
        None => drop(intake),
    }
    tasks.spawn(committer.run());
    let told_to_stop = stop.clone();
    tasks.spawn(async move {
        let drained = workforce.run(told_to_stop, GRACE).await;
        tracing::info!(?drained, "work has ended");
    });
    wait_for_all(tasks, &stop).await
}

/// Returns dead letters, the last one first, at most `limit`.
///
/// # Errors
/// When the database cannot be opened or read.
pub async fn dead_letters(
    config: &Config,
    beside: &Beside,
    limit: u32,
) -> Result<Vec<DeadLetter>, StartError> {
    let store = open_beside(config, beside).await?;
    Ok(store.dead_letters(limit).await?)
}

/// Makes dead letters due again, each until the deadline it would have if it were asked now; returns them, oldest first.
///
/// A process that serves takes them up within a second, or when it starts.
///
/// # Errors
/// When the database cannot be opened or written.
pub async fn revive(
    config: &Config,
    beside: &Beside,
    letters: &Letters,
) -> Result<Vec<QuestionId>, StartError> {
    let store = open_beside(config, beside).await?;
    let deadline = beside.clock.now().after(config.pipeline.deadline);
    Ok(store.revive(letters, deadline).await?)
}

async fn open_beside(config: &Config, beside: &Beside) -> Result<Arc<dyn Store>, OpenError> {
    store::open(store::Opening {
        settings: &config.store,
        access: Access::Beside,
        lease_time: LeaseTime::Database,
        clock: beside.clock.clone(),
        ids: beside.ids.clone(),
    })
    .await
}
