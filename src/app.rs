//! The wiring: the only file that names concrete adapters.
//!
//! Listener, time, chance and the signal to stop are given, so that a test owns all of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::Config;
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::id::{QuestionId, ServerId};
use crate::mattermost::socket::Socket;
use crate::mattermost::{BotToken, Pace};
use crate::pipeline::admit::intake;
use crate::pipeline::control::Controls;
use crate::pipeline::listen::Listener;
use crate::pipeline::retain::Keeper;
use crate::pipeline::work::Workforce;
use crate::pipeline::{Ports, World};
use crate::ports::{Clock, FileReader, IdSource, ImageModel, SpeechToText, Store, StoreError};
use crate::text::Trouble;
use crate::{http, llm, mattermost, reading, store};

pub use crate::domain::audit::{AuditFlaw, AuditRecord, AuditVerdict};
pub use crate::domain::csv;
pub use crate::domain::id::QuotedId;
pub use crate::domain::job::DeadLetter;
pub use crate::domain::time::Timestamp;
pub use crate::ports::{AuditTrail, Letters};
pub use crate::store::{Access, LeaseTime, OpenError};

/// How long answers that are being written when the process is asked to stop may go on, before they are handed back.
pub const GRACE: Duration = Duration::from_secs(20);

/// How many events may wait for the listener; more are dropped and read back. A busy server makes a few hundred a second.
const HEARD_EVENTS: usize = 4_096;

/// What reading a file may cost.
const READING: reading::Limits = reading::Limits {
    text_bytes: 1024 * 1024,
    cpu: Duration::from_secs(20),
    wall: Duration::from_secs(45),
    at_once: 2,
};

/// How often the configuration is read again while a bot's token is refused.
const REREAD_EVERY: Duration = Duration::from_secs(10);

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
    /// Reads the configuration once more, for a token that may have been replaced; `None` where it does not hold. It may block.
    pub reread: Reread,
    /// The program that has the command `extract`, which files are read by: this one.
    pub extractor: PathBuf,
}

/// See [`Surroundings::reread`].
pub type Reread = Arc<dyn Fn() -> Option<Config> + Send + Sync>;

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
    /// A model's certificates or proxy cannot be used.
    #[error("make the models ready")]
    Models(#[from] llm::ClientError),
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
            Self::Client(_)
            | Self::Models(llm::ClientError::Client(_) | llm::ClientError::Tls(_)) => {
                Trouble::NoTls
            }
            Self::Models(_) => Trouble::ModelWay,
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
        OpenError::SealKeyMissing { names } => Trouble::SealKeyMissing {
            names: names.join(", ").into(),
        },
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

/// Serves until `stop` is cancelled and what was running has ended or was handed back.
///
/// # Errors
/// When it cannot begin; see [`StartError`].
pub async fn serve(
    mut config: Config,
    surroundings: Surroundings,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let also = std::mem::take(&mut config.also);
    let store = open(&config, &surroundings).await?;
    let Surroundings {
        listener,
        clock,
        ids,
        lease_time: _,
        reread,
        extractor,
    } = surroundings;
    let (listening, max_connections) = (config.http.clone(), config.http.max_connections);
    let mut building = Building {
        store: store.clone(),
        clock: clock.clone(),
        ids: ids.clone(),
        stop: stop.clone(),
        reread,
        reader: Arc::new(reading::Reader::new(extractor, clock.clone(), READING)),
        paces: Vec::new(),
        tasks: JoinSet::new(),
    };
    let mut sites = Vec::new();
    for bot in std::iter::once(config).chain(also) {
        sites.push(building.move_in(bot)?);
    }
    let mut tasks = building.tasks;
    let world = http::World {
        sites,
        clock: clock.clone(),
        ids,
        store,
    };
    let router = http::router(&listening, world);
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "askwell listens");
    }
    let served = http::serve(listener, router, max_connections, clock, stop.clone());
    tasks.spawn(served);
    wait_for_all(tasks, &stop).await
}

/// Opens the database and takes up what an earlier process left.
async fn open(config: &Config, surroundings: &Surroundings) -> Result<Arc<dyn Store>, StartError> {
    let clock = &surroundings.clock;
    let store = store::open(store::Opening {
        settings: &config.store,
        seals: &config.seals,
        access: Access::Serve,
        lease_time: surroundings.lease_time,
        clock: clock.clone(),
        ids: surroundings.ids.clone(),
    })
    .await?;
    let freed = store.take_over(clock.now()).await?;
    if freed > 0 {
        tracing::info!(
            questions = freed,
            "questions that an earlier process left are taken up again"
        );
    }
    Ok(store)
}

/// What the bots that one process serves have in common, and what each of them sets going.
struct Building {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    stop: CancellationToken,
    reread: Reread,
    /// Reads what people attach, for all bots: memory is the machine's.
    reader: Arc<dyn FileReader>,
    /// The pace of each Mattermost server, by its address.
    paces: Vec<(Url, Pace)>,
    tasks: JoinSet<()>,
}

impl Building {
    /// Sets a bot going: its ears, its intake and its workforce. Nothing but the store, the clock and the pace of its server is another
    /// bot's too.
    fn move_in(&mut self, config: Config) -> Result<http::Site, StartError> {
        let (ports, token) = self.ports(&config)?;
        let server = config.mattermost.server.clone();
        if let Some(token) = &token {
            self.keep_token(server.clone(), token.clone());
        }
        let socket = self.socket(&config, token)?;
        let hearing = socket.as_ref().map(|socket| socket.hearing.subscribe());
        let (mattermost, model) = (ports.mattermost.clone(), ports.model.clone());
        let world = Arc::new(World::new(config.pipeline, ports)?);
        let (intake, committer) = intake(world.clone());
        let intake = Arc::new(intake);
        let controls = Arc::new(Controls::new(world.clone()));
        let workforce = Workforce::new(world.clone());
        let stop = self.stop.clone();
        let keeper = Keeper::new(world.clone());
        self.tasks.spawn(keeper.run(stop.clone()));
        if let Some(socket) = socket {
            let (teller, heard) = mpsc::channel(HEARD_EVENTS);
            self.tasks.spawn(socket.hear(teller, stop.clone()));
            let listener = Listener::new(world, intake.clone(), heard);
            self.tasks.spawn(listener.run(stop.clone()));
        }
        // The committer ends when the last who could bring it something is gone.
        self.tasks.spawn(committer.run());
        self.tasks.spawn(async move {
            let drained = workforce.run(stop, GRACE).await;
            tracing::info!(?drained, "work has ended");
        });
        Ok(http::Site {
            server,
            language: config.language,
            tokens: config.tokens,
            intake,
            controls,
            actions_url: config.mattermost.actions_url,
            hears: hearing,
            mattermost,
            model,
        })
    }

    fn ports(&mut self, config: &Config) -> Result<(Ports, Option<BotToken>), StartError> {
        let pace = self.pace(&config.mattermost);
        let server = mattermost::Server::at_pace(
            config.mattermost.clone(),
            mattermost::http_client()?,
            pace,
            self.clock.clone(),
        );
        let token = server.bot_token().cloned();
        let ports = Ports {
            mattermost: Arc::new(server),
            files: Some(self.reader.clone()),
            model: Arc::new(llm::Router::new(
                &config.models,
                self.clock.clone(),
                self.ids.clone(),
            )?),
            images: self.images(config)?,
            speech: self.speech(config)?,
            store: self.store.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        };
        Ok((ports, token))
    }

    fn images(&self, config: &Config) -> Result<Option<Arc<dyn ImageModel>>, llm::ClientError> {
        let Some(settings) = config.images.clone() else {
            return Ok(None);
        };
        let images = llm::Images::new(settings, self.clock.clone())?;
        Ok(Some(Arc::new(images)))
    }

    fn speech(&self, config: &Config) -> Result<Option<Arc<dyn SpeechToText>>, llm::ClientError> {
        let Some(settings) = config.speech.clone() else {
            return Ok(None);
        };
        let speech = llm::Speech::new(settings, self.clock.clone())?;
        Ok(Some(Arc::new(speech)))
    }

    /// Looks for another token whenever the one of a bot is refused.
    fn keep_token(&mut self, server: ServerId, token: BotToken) {
        let (reread, clock, stop) = (self.reread.clone(), self.clock.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let keeping = async {
                loop {
                    token.until_refused().await;
                    tracing::error!(server = %server, "Mattermost refuses the bot's token: nobody is heard or answered. Give it another one in the configuration; that is noticed without a restart");
                    tokio::select! {
                        () = token.until_good() => {}
                        () = renew(&reread, &server, &token, &*clock) => {}
                    }
                    tracing::info!(server = %server, "the bot's token is tried again");
                }
            };
            stop.run_until_cancelled(keeping).await;
        });
    }

    /// Returns the pace of a server: the one of the first bot that came to it.
    fn pace(&mut self, settings: &mattermost::Settings) -> Pace {
        let known = self.paces.iter().find(|(url, _)| *url == settings.url);
        if let Some((_, pace)) = known {
            return pace.clone();
        }
        let pace = Pace::of(settings, &self.clock);
        self.paces.push((settings.url.clone(), pace.clone()));
        pace
    }

    /// Makes the socket over which the bot hears, where it is to.
    fn socket(
        &self,
        config: &Config,
        token: Option<BotToken>,
    ) -> Result<Option<Socket>, StartError> {
        let Some(token) = token else {
            return Ok(None);
        };
        if config.pipeline.hearing.is_none() {
            return Ok(None);
        }
        Ok(Some(Socket {
            http: mattermost::socket::http_client()?,
            url: config.mattermost.url.clone(),
            token,
            hearing: watch::Sender::default(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        }))
    }
}

/// Reads the configuration again and again until it has another token for a bot, and gives it that one.
async fn renew(reread: &Reread, server: &ServerId, token: &BotToken, clock: &dyn Clock) {
    loop {
        let reread = reread.clone();
        // It reads files.
        let read = tokio::task::spawn_blocking(move || reread()).await;
        let found = read
            .ok()
            .flatten()
            .and_then(|config| token_of(config, server));
        if found.is_some_and(|found| token.replace(found)) {
            return;
        }
        clock.sleep_until(clock.now().after(REREAD_EVERY)).await;
    }
}

fn token_of(mut config: Config, server: &ServerId) -> Option<SecretString> {
    let also = std::mem::take(&mut config.also);
    let mut bots = std::iter::once(config).chain(also);
    let bot = bots.find(|bot| bot.mattermost.server == *server)?;
    bot.mattermost.bot_token
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

/// Opens the audit trail.
///
/// # Errors
/// When the database cannot be opened.
pub async fn audit_trail(
    config: &Config,
    beside: &Beside,
) -> Result<Arc<dyn AuditTrail>, StartError> {
    let store = open_beside(config, beside).await?;
    Ok(store)
}

/// Makes a key with which texts are sealed.
#[must_use]
pub fn new_seal_key(ids: &dyn IdSource) -> SecretString {
    let mut bytes = [0; 32];
    for half in bytes.chunks_mut(16) {
        half.copy_from_slice(&ids.token().to_be_bytes());
    }
    store::SealKey::written(&bytes)
}

/// Seals everything with the present key that is not, or unseals it where there is none; returns how many rows that were. What was
/// sealed otherwise is then gone from the disk.
///
/// # Errors
/// When the database cannot be opened or written, or something in it cannot be opened.
pub async fn rotate_keys(config: &Config, beside: &Beside) -> Result<u64, StartError> {
    let store = open_beside(config, beside).await?;
    let (mut after, mut rows) = (String::new(), 0);
    loop {
        let (next, resealed) = store.reseal(&after).await?;
        rows += resealed;
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    store.write_anew().await?;
    let current = config.seals.current.as_ref();
    let key = current.map_or("none", store::SealKey::name);
    let entry = AuditEntry {
        at: beside.clock.now(),
        server: None,
        by: Actor::Operator(std::env::var("USER").unwrap_or_default()),
        action: AuditAction::KeysRotated,
        subject: format!("key:{key}"),
        detail: format!("rows = {rows}"),
    };
    store.append(&entry).await?;
    Ok(rows)
}

async fn open_beside(config: &Config, beside: &Beside) -> Result<Arc<dyn Store>, OpenError> {
    store::open(store::Opening {
        settings: &config.store,
        seals: &config.seals,
        access: Access::Beside,
        lease_time: LeaseTime::Database,
        clock: beside.clock.clone(),
        ids: beside.ids.clone(),
    })
    .await
}
