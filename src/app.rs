//! The wiring: the only file that names concrete adapters.
//!
//! Listener, time, chance and the signal to stop are given, so that a test owns all of them.

mod backup;
mod beside;
mod keys;
mod reload;
mod resident;
mod written;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::{self, Config, Problems};
use crate::domain::agent::Agents;
use crate::domain::budget::Budgets;
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::id::{ChannelId, ServerId};
use crate::http::admin;
use crate::mattermost::socket::{Counter, Socket};
use crate::mattermost::{BotToken, Pace};
use crate::pipeline::admit::intake;
use crate::pipeline::control::Controls;
use crate::pipeline::listen::Listener;
use crate::pipeline::retain::Keeper;
use crate::pipeline::work::Workforce;
use crate::pipeline::{self, Ports, World};
use crate::ports::{Clock, FileReader, IdSource, ImageModel, SpeechToText, Store, StoreError};
use crate::telemetry::{Gauged, Instruments, Metrics, Names, TraceSettings, Wait};
use crate::text::Trouble;
use crate::{http, llm, mattermost, reading, store, telemetry};
use reload::Household;
use resident::{Rate, Resident, bots};

pub use self::beside::{Beside, audit_trail, dead_letters, explain_access, revive, usage};
pub use crate::domain::audit::{AuditFlaw, AuditRecord, AuditVerdict};
pub use crate::domain::completion::Usage;
pub use crate::domain::csv;
pub use crate::domain::id::QuotedId;
pub use crate::domain::job::DeadLetter;
pub use crate::domain::money::Money;
pub use crate::domain::time::Timestamp;
pub use crate::http::admin::Settings as PageSettings;
pub use crate::pipeline::explain::{Explained, Query, Unexplained};
pub use crate::ports::{AuditTrail, Dimension, Letters, UsageQuery, UsageRow, UsageSpan};
pub use crate::store::{Access, Contents, CopyError, LeaseTime, OpenError, Restored};
pub use backup::{BackupError, back_up, inspect_backup, restore};
pub use keys::{new_seal_key, rotate_keys};

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
    /// Where the page for administrators is asked for; where absent, there is none.
    pub page: Option<TcpListener>,
    /// Where metrics are asked for, where they are served.
    pub metrics_listener: Option<TcpListener>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
    /// Whose time leases go by on PostgreSQL.
    pub lease_time: LeaseTime,
    /// Reads the configuration once more, for a token that may have been replaced; `None` where it does not hold. It may block.
    pub reread: Reread,
    /// Who wants the configuration read again and put in place, and is told whether it is in force.
    pub reloads: mpsc::Receiver<oneshot::Sender<bool>>,
    /// The program that has the command `extract`, which files are read by: this one.
    pub extractor: PathBuf,
}

/// See [`Surroundings::reread`].
pub type Reread = Arc<dyn Fn() -> Result<Config, Problems> + Send + Sync>;

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
    /// It could not be explained who may be answered.
    #[error(transparent)]
    Access(#[from] Unexplained),
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
            Self::Store(_) | Self::Access(Unexplained::Store(_)) => Trouble::StoreFailed,
            Self::Access(_) => Trouble::MattermostUnasked,
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

/// Serves until `stop` is cancelled and what was running has ended or was handed back.
///
/// # Errors
/// When it cannot begin; see [`StartError`].
pub async fn serve(
    mut config: Config,
    surroundings: Surroundings,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let store = open(&config, &surroundings).await?;
    let Surroundings {
        listener,
        page,
        metrics_listener,
        clock,
        ids,
        lease_time: _,
        reread,
        reloads,
        extractor,
    } = surroundings;
    let max_connections = config.http.max_connections;
    let page = config.page.take().zip(page);
    let traces = config.observing.traces.take();
    let mut building = Building {
        store,
        reader: Arc::new(reading::Reader::new(extractor, clock.clone(), READING)),
        clock,
        ids,
        stop,
        reread,
        paces: Vec::new(),
        residents: Vec::new(),
        before: Vec::new(),
        page: page.as_ref().map(|(settings, _)| settings.clone()),
        looked_after: Vec::new(),
        gauged: Vec::new(),
        instruments: Instruments {
            metrics: Arc::new(Metrics::new(names(&config))),
            ..Instruments::default()
        },
        tasks: JoinSet::new(),
    };
    if let Some(traces) = traces {
        building.trace(traces)?;
    }
    let mut household = Household::move_in(building, config)?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "askwell listens");
    }
    household.serve(listener, max_connections);
    if let Some((_, listener)) = page {
        household.serve_page(listener);
    }
    if let Some(listener) = metrics_listener {
        household.serve_metrics(listener);
    }
    Box::pin(household.live(reloads)).await
}

/// Returns the names that labels of metrics may hold.
fn names(config: &Config) -> Names {
    let targets = bots(config).flat_map(|bot| &bot.models.targets);
    Names {
        targets: targets.map(|target| target.id.clone()).collect(),
        servers: bots(config)
            .map(|bot| bot.mattermost.server.as_str().to_owned())
            .collect(),
        budgets: bots(config)
            .flat_map(|bot| bot.pipeline.budgets.iter())
            .map(|budget| budget.name.clone())
            .collect(),
    }
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
    /// The pace of each Mattermost server, by its address, and as it was configured.
    paces: Vec<(Url, Rate, Pace)>,
    /// The bots that are served.
    residents: Vec<Resident>,
    /// Those whose place they take, while they move in.
    before: Vec<Resident>,
    /// Where the page for administrators stands, where there is one.
    page: Option<admin::Settings>,
    /// What the page shows of each bot.
    looked_after: Vec<Arc<admin::Site>>,
    /// Whose state is looked at when metrics are read.
    gauged: Vec<Arc<dyn Gauged>>,
    instruments: Instruments,
    tasks: JoinSet<()>,
}

impl Building {
    /// Sets going the task that hands traces over. It ends when the last who records any is gone.
    fn trace(&mut self, settings: TraceSettings) -> Result<(), StartError> {
        let clock = self.clock.clone();
        let wait: Wait = Arc::new(move |duration| {
            let clock = clock.clone();
            Box::pin(async move { clock.sleep_until(clock.now().after(duration)).await })
        });
        let metrics = self.instruments.metrics.clone();
        let (tracer, exporter) = telemetry::tracer(settings, metrics, self.ids.token(), wait)?;
        self.instruments.tracer = tracer;
        self.tasks.spawn(exporter.run(self.stop.clone()));
        Ok(())
    }

    /// Holds no bot and records nothing any more.
    fn let_go(&mut self) {
        self.residents.clear();
        self.looked_after.clear();
        self.gauged.clear();
        self.instruments = Instruments::default();
    }

    /// Sets all bots of a configuration going.
    fn move_all_in(&mut self, config: &Config) -> Result<Vec<http::Site>, StartError> {
        // A pace that is configured otherwise begins anew; any other goes on as it is.
        self.paces.retain(|(url, rate, _)| {
            let mut comers = bots(config).filter(|bot| bot.mattermost.url == *url);
            let first = comers.next();
            first.is_some_and(|bot| Rate::of(&bot.mattermost) == *rate)
        });
        self.instruments.metrics.know(names(config));
        self.looked_after.clear();
        self.gauged.clear();
        for (_, _, pace) in &self.paces {
            self.gauged.push(Arc::new(pace.clone()));
        }
        bots(config).map(|bot| self.move_in(bot.clone())).collect()
    }

    /// Tries whether everything can be made that a configuration needs, and sets nothing going.
    fn rehearse(&mut self, config: &Config) -> Result<(), StartError> {
        for bot in bots(config) {
            let (ports, token) = self.ports(bot)?;
            self.socket(bot, token)?;
            World::new(bot.pipeline.clone(), ports)?;
        }
        Ok(())
    }

    fn router(&self, settings: &http::Settings, sites: Vec<http::Site>) -> axum::Router {
        let world = http::World {
            sites,
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            store: self.store.clone(),
        };
        http::router(settings, world)
    }

    /// Returns where metrics are read of all that was built.
    fn metrics_router(&self) -> axum::Router {
        let servers = self.residents.iter();
        let watched = http::Watched {
            gauged: self.gauged.clone(),
            servers: servers.map(|resident| resident.server.clone()).collect(),
            store: self.store.clone(),
        };
        let metrics = self.instruments.metrics.clone();
        let measured = http::Measured::new(metrics, watched, self.clock.clone());
        http::metrics_router(Arc::new(measured))
    }

    /// Returns the page for administrators, where there is one.
    fn page_router(&mut self) -> Option<axum::Router> {
        let settings = self.page.clone()?;
        Some(admin::router(admin::World {
            settings,
            sites: std::mem::take(&mut self.looked_after),
            store: self.store.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        }))
    }

    /// Sets a bot going: its ears, its intake and its workforce. Nothing but the store, the clock and the pace of its server is another
    /// bot's too.
    fn move_in(&mut self, mut config: Config) -> Result<http::Site, StartError> {
        config.pipeline.page_url = self.page.as_ref().map(admin::Settings::address);
        let in_force = config::in_force(&config);
        let (ports, token) = self.ports(&config)?;
        let server = config.mattermost.server.clone();
        let socket = self.socket(&config, token.clone())?;
        let hearing = socket.as_ref().map(|socket| socket.hearing.subscribe());
        let (mattermost, model) = (ports.mattermost.clone(), ports.model.clone());
        let shown = Shown::of(&config.pipeline);
        let mut world = World::new(config.pipeline, ports)?;
        if let Some(before) = self.before.iter().find(|before| before.server == server) {
            world = world.succeeding(&before.world);
        }
        let world = Arc::new(world);
        let url = config.mattermost.url.clone();
        let resident = Resident::new((server.clone(), url), &world, token.clone(), &self.stop);
        let gone = CancellationToken::new();
        if let Some(token) = token {
            self.keep_token(server.clone(), token, gone.clone());
        }
        let (intake, committer) = intake(world.clone());
        let intake = Arc::new(intake);
        let controls = Arc::new(Controls::new(world.clone()));
        let workforce = Workforce::new(world.clone()).until(resident.replaced.clone());
        let stop = self.stop.clone();
        let keeper = Keeper::new(world.clone());
        self.tasks.spawn(keeper.run(resident.ears.clone()));
        if let Some(socket) = socket {
            let (teller, heard) = mpsc::channel(HEARD_EVENTS);
            let (ears, listening) = (&resident.ears, &resident.listening);
            let hearing = socket.hear(teller, ears.clone());
            self.tasks.spawn(listening.track_future(hearing));
            let listener = Listener::new(world, intake.clone(), heard).run(ears.clone());
            self.tasks.spawn(listening.track_future(listener));
        }
        // The committer ends when the last who could bring it something is gone.
        self.tasks.spawn(committer.run());
        self.tasks.spawn(async move {
            let drained = workforce.run(stop, GRACE).await;
            gone.cancel();
            tracing::info!(?drained, "work has ended");
        });
        self.looked_after.push(Arc::new(admin::Site {
            server: server.clone(),
            language: config.language,
            time_zone: shown.time_zone,
            deadline: shown.deadline,
            mattermost: mattermost.clone(),
            model: model.clone(),
            controls: controls.clone(),
            agents: shown.agents,
            budgets: shown.budgets,
            channels: shown.channels,
            in_force,
        }));
        self.residents.push(resident);
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
        let server = server.counted_by(self.instruments.metrics.clone());
        let token = server.bot_token().cloned();
        let model = Arc::new(llm::Router::measured(
            &config.models,
            self.clock.clone(),
            self.ids.clone(),
            self.instruments.clone(),
        )?);
        self.gauged.push(model.clone());
        let ports = Ports {
            mattermost: Arc::new(server),
            files: Some(self.reader.clone()),
            model,
            images: self.images(config)?,
            speech: self.speech(config)?,
            store: self.store.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            instruments: self.instruments.clone(),
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
    fn keep_token(&mut self, server: ServerId, token: BotToken, gone: CancellationToken) {
        let (reread, clock) = (self.reread.clone(), self.clock.clone());
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
            gone.run_until_cancelled(keeping).await;
        });
    }

    /// Returns the pace of a server: the one of the first bot that came to it.
    fn pace(&mut self, settings: &mattermost::Settings) -> Pace {
        let known = self.paces.iter().find(|(url, ..)| *url == settings.url);
        if let Some((_, _, pace)) = known {
            return pace.clone();
        }
        let pace = Pace::of(settings, &self.clock);
        self.gauged.push(Arc::new(pace.clone()));
        let rate = Rate::of(settings);
        self.paces.push((settings.url.clone(), rate, pace.clone()));
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
            counter: Counter {
                server: config.mattermost.server.clone(),
                metrics: self.instruments.metrics.clone(),
            },
        }))
    }
}

/// What the page shows of a bot's settings.
struct Shown {
    time_zone: String,
    deadline: Duration,
    agents: Agents,
    budgets: Budgets,
    channels: HashMap<ChannelId, ChannelSettings>,
}

impl Shown {
    fn of(settings: &pipeline::Settings) -> Self {
        Self {
            time_zone: settings.time_zone.clone(),
            deadline: settings.deadline,
            agents: settings.agents.clone(),
            budgets: settings.budgets.clone(),
            channels: settings.channels.clone(),
        }
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
            .and_then(Result::ok)
            .and_then(|config| token_of(&config, server));
        if found.is_some_and(|found| token.replace(found)) {
            return;
        }
        clock.sleep_until(clock.now().after(REREAD_EVERY)).await;
    }
}

fn token_of(config: &Config, server: &ServerId) -> Option<SecretString> {
    let bot = bots(config).find(|bot| bot.mattermost.server == *server)?;
    bot.mattermost.bot_token.clone()
}
