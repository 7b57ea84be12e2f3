//! A whole house: a Mattermost with people, a scripted model, and askwell between them, over real sockets.
//!
//! askwell runs within the test's process, under a clock in the test's hands ([`House::open`]), or as the process that people start
//! ([`super::process`]).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use askwell::app::{LeaseTime, Reread, Surroundings, serve};
use askwell::clock::SystemIds;
use askwell::config::{FileText, Inputs, load};
use askwell::ports::{Clock as _, IdSource};
use askwell_playground::model::ScriptedModel;
use askwell_playground::{
    CommandSpec, HookFormat, Options, Playground, SeenPost, TimeSource, View,
};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::clock::ManualClock;

/// How long a call to Mattermost may take, where nothing else is configured.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a model may take to begin, and between two words, where nothing else is configured.
pub(super) const MODEL_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a file may be read.
const READING_TIMEOUT: Duration = Duration::from_secs(45);

/// How time passes where nobody looks at it: shorter than anything that is waited for.
const TICK: Duration = Duration::from_secs(1);

/// Which account askwell is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    Bot,
    Nothing,
}

/// A Mattermost with alice and bob in the lobby and the garden, a model, and askwell.
pub(crate) struct House {
    pub(crate) playground: Playground,
    pub(crate) model: ScriptedModel,
    pub(crate) clock: Arc<ManualClock>,
    pub(super) command_token: String,
    pub(super) address: SocketAddr,
    pub(super) url: String,
    pub(super) directory: tempfile::TempDir,
    pub(super) environment: BTreeMap<String, String>,
    /// Chance, for when askwell opens.
    pub(super) ids: Arc<dyn IdSource>,
    /// Where askwell says how it does.
    metrics_address: SocketAddr,
    /// Holds the address for askwell until it opens.
    door: Option<std::net::TcpListener>,
    /// The address of the page for administrators, where there is one.
    page: Option<SocketAddr>,
    running: Option<Running>,
}

/// askwell, running within this process.
struct Running {
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
    /// What it reads when it is asked to look at its configuration again.
    inputs: Arc<Mutex<Inputs>>,
    reload: mpsc::Sender<oneshot::Sender<bool>>,
}

impl House {
    /// Builds a house and opens it.
    pub(super) async fn with(account: Account, toml: &str) -> Self {
        let mut house = Self::built(account, TimeSource::Real).await;
        house.open(toml);
        house
    }

    /// Builds a house in which askwell does not run yet, its Mattermost going by a time.
    pub(crate) async fn built(account: Account, time: TimeSource) -> Self {
        let door = lasting_door();
        let address = door.local_addr().unwrap();
        let url = format!("http://{address}");
        let options = Options {
            time,
            listen: lasting_address(),
            ..Options::default()
        };
        let playground = Playground::start(options).await.unwrap();
        playground.create_admin("admin");
        playground.create_user("alice");
        playground.create_user("bob");
        for person in ["admin", "alice", "bob"] {
            playground.set_locale(person, "ko");
        }
        let bot = playground.create_bot("gptbot");
        playground.create_team("acme");
        playground.join_team("acme", &["admin", "alice", "bob", "gptbot"]);
        playground.create_channel("acme", "lobby", &["admin", "alice", "bob", "gptbot"]);
        playground.create_channel("acme", "garden", &["admin", "alice", "bob", "gptbot"]);
        let hook = format!("{url}/mattermost-gpt");
        let command = playground.create_command("acme", &CommandSpec::new("askgpt", &hook));
        let model = ScriptedModel::start_at(lasting_address()).await.unwrap();
        let mut environment = BTreeMap::from([
            ("OPENAI_BASE_URL".to_owned(), model.base_url()),
            ("ASKWELL_MODEL".to_owned(), "scripted".to_owned()),
            // Time passes in these stories for what they are about.
            ("ASKWELL_WATCH".to_owned(), "false".to_owned()),
            ("MATTERMOST_URL".to_owned(), playground.url()),
            (
                "MATTERMOST_COMMAND_TOKENS".to_owned(),
                command.token.clone(),
            ),
        ]);
        if account == Account::Bot {
            environment.insert("MATTERMOST_BOT_TOKEN".to_owned(), bot.token);
        }
        Self {
            playground,
            model,
            clock: Arc::new(ManualClock::new()),
            command_token: command.token,
            address,
            url,
            directory: tempfile::tempdir().unwrap(),
            environment,
            ids: Arc::new(SystemIds),
            metrics_address: lasting_address(),
            door: Some(door),
            page: None,
            running: None,
        }
    }

    /// Gives askwell an empty database on PostgreSQL.
    pub(super) async fn move_to_postgres(&mut self) {
        let database = crate::postgres::fresh_database().await;
        self.environment
            .insert("ASKWELL_DATABASE".to_owned(), database);
    }

    /// Has askwell serve the page for administrators when it opens; returns where.
    pub(crate) fn lay_out_page(&mut self) -> String {
        let address = lasting_address();
        self.page = Some(address);
        self.environment
            .insert("ASKWELL_ADMIN_LISTEN".to_owned(), address.to_string());
        format!("http://{address}")
    }

    /// Lets askwell hear of posts that begin with a word, by an outgoing webhook.
    pub(super) fn listen_for(&mut self, word: &str, format: HookFormat) {
        let hook = format!("{}/mattermost-gpt", self.url);
        let token = self
            .playground
            .create_outgoing_webhook("acme", word, &hook, format);
        self.environment
            .insert("MATTERMOST_OUTGOING_TOKENS".to_owned(), token);
    }

    /// Opens askwell, with a configuration file of this text.
    pub(crate) fn open(&mut self, toml: &str) {
        // Time that only these stories are about stands still for nobody else: the bot hears where a story is about hearing.
        let deaf = if toml.contains("[bot]") {
            ""
        } else {
            "[bot]\nhears = \"nothing\"\n"
        };
        let inputs = self.inputs(&format!("{toml}\n{deaf}"));
        let config = load(inputs.clone()).unwrap();
        let inputs = Arc::new(Mutex::new(inputs));
        let read = inputs.clone();
        let reread: Reread = Arc::new(move || load(read.lock().unwrap().clone()));
        let (reload, reloads) = mpsc::channel(1);
        let listener = self.take_door();
        let page = self
            .page
            .map(|address| std::net::TcpListener::bind(address).unwrap());
        let metrics_listener = std::net::TcpListener::bind(self.metrics_address).unwrap();
        let (clock, ids) = (self.clock.clone(), self.ids.clone());
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let (end, ended) = oneshot::channel();
        // A runtime of its own, as a process would have.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let given = Surroundings {
                    extractor: env!("CARGO_BIN_EXE_askwell").into(),
                    listener: within_runtime(listener),
                    page: page.map(within_runtime),
                    metrics_listener: Some(within_runtime(metrics_listener)),
                    clock,
                    ids,
                    lease_time: LeaseTime::Clock,
                    reread,
                    reloads,
                };
                serve(config, given, asked).await.unwrap();
            });
            // What still holds the database goes with its runtime.
            drop(runtime);
            drop(end);
        });
        self.running = Some(Running {
            stop,
            ended,
            inputs,
            reload,
        });
    }

    /// What askwell reads, with a configuration file of this text.
    fn inputs(&self, toml: &str) -> Inputs {
        Inputs {
            environment: self.environment.clone(),
            toml: Some(FileText {
                name: "askwell.toml".to_owned(),
                text: toml.to_owned(),
            }),
            directory: PathBuf::from(self.directory.path()),
            ..Inputs::default()
        }
    }

    /// Writes the configuration file anew, of this text exactly, and asks askwell to look at it; returns whether it is in force then.
    pub(super) async fn reload(&self, toml: &str) -> bool {
        self.write(toml);
        let running = self.running.as_ref().unwrap();
        let (asker, told) = oneshot::channel();
        running.reload.send(asker).await.unwrap();
        self.meanwhile(told).await.unwrap()
    }

    /// Writes the configuration file anew, of this text exactly, and tells nobody.
    pub(super) fn write(&self, toml: &str) {
        let running = self.running.as_ref().unwrap();
        *running.inputs.lock().unwrap() = self.inputs(toml);
    }

    /// Gives away the address: the first time as it was held, later anew.
    pub(super) fn take_door(&mut self) -> std::net::TcpListener {
        let held = self.door.take();
        held.unwrap_or_else(|| std::net::TcpListener::bind(self.address).unwrap())
    }

    /// Asks askwell to end, as SIGTERM does.
    pub(super) fn ask_to_end(&self) {
        self.running.as_ref().unwrap().stop.cancel();
    }

    /// Waits until askwell has ended.
    pub(super) async fn ended(&mut self) {
        let running = self.running.take().unwrap();
        // It ends by being dropped.
        running.ended.await.ok();
    }

    /// Closes askwell; what is still being answered has the time that it takes.
    pub(super) async fn close(&mut self) {
        self.ask_to_end();
        let running = self.running.take().unwrap();
        // It ends by being dropped.
        self.meanwhile(running.ended).await.ok();
    }

    /// Asks as a person would, in the lobby, and returns what the person's client was told at once.
    pub(crate) async fn ask(&self, person: &str, text: &str) -> String {
        let typed = format!("/askgpt {text}");
        let seen = self
            .playground
            .run_command(person, "lobby", &typed, None)
            .await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        seen.body.to_string()
    }

    /// Waits for a post that a person sees in the lobby, and returns it.
    pub(crate) async fn see(
        &self,
        person: &str,
        what: &str,
        is_it: impl Fn(&SeenPost) -> bool,
    ) -> SeenPost {
        self.playground
            .wait_for(what, |view| find(view, person, "lobby", &is_it))
            .await
    }

    /// Waits as [`House::see`] does, while time passes whenever askwell has nothing to do but to wait.
    pub(super) async fn see_in_time(
        &self,
        person: &str,
        what: &str,
        is_it: impl Fn(&SeenPost) -> bool,
    ) -> SeenPost {
        self.meanwhile(self.see(person, what, is_it)).await
    }

    /// Waits for something, while time passes whenever askwell has nothing to do but to wait.
    pub(super) async fn meanwhile<T>(&self, wait: impl Future<Output = T>) -> T {
        let passing = async {
            loop {
                self.tick(&[CALL_TIMEOUT, MODEL_TIMEOUT, READING_TIMEOUT])
                    .await;
            }
        };
        tokio::select! {
            biased;
            found = wait => found,
            () = passing => unreachable!("time passes for ever"),
        }
    }

    /// Lets time pass, in steps that wait for every call to Mattermost, but for no model.
    pub(crate) async fn pass(&self, time: Duration) {
        for _ in 0..time.as_secs() {
            self.tick(&[CALL_TIMEOUT, READING_TIMEOUT]).await;
        }
    }

    /// What askwell's clock shows, in milliseconds since 1970.
    pub(super) fn clock_ms(&self) -> i64 {
        self.clock.now().as_micros() / 1_000
    }

    /// Lets a second pass, once nobody waits for as long as one of these: no call that has such a time-out is under way.
    pub(super) async fn tick(&self, time_outs: &[Duration]) {
        self.clock.until_only_pauses(TICK, time_outs).await;
        self.clock.advance(TICK);
    }

    /// The texts a person sees in the lobby, oldest first.
    pub(crate) fn texts(&self, person: &str) -> Vec<String> {
        self.texts_in("lobby", person)
    }

    /// The texts a person sees in a channel, oldest first.
    pub(super) fn texts_in(&self, channel: &str, person: &str) -> Vec<String> {
        self.playground.look(|view| {
            view.posts_seen_by(person, channel)
                .into_iter()
                .map(|post| post.text)
                .collect()
        })
    }

    /// What `/readyz` says.
    pub(crate) async fn readiness(&self) -> serde_json::Value {
        let body = read(&format!("{}/readyz", self.url)).await;
        serde_json::from_str(&body).unwrap()
    }

    /// What `/metrics` says.
    pub(super) async fn metrics(&self) -> String {
        read(&self.metrics_url()).await
    }

    /// Where it says so.
    pub(super) fn metrics_url(&self) -> String {
        format!("http://{}/metrics", self.metrics_address)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // Not waited for: what still runs under a clock that nobody moves would never end.
        if let Some(running) = &self.running {
            running.stop.cancel();
        }
    }
}

/// Listens at an address that no outgoing connection is given by the system, so that it can be let go of and taken again.
fn lasting_door() -> std::net::TcpListener {
    /// Below the ports of outgoing connections on every system that we know.
    const PORTS: std::ops::Range<u32> = 10_000..30_000;
    static TRIED: AtomicU32 = AtomicU32::new(0);
    loop {
        // Test processes that run side by side begin at different places.
        let begin = std::process::id().wrapping_mul(127);
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let offset = begin.wrapping_add(tried) % (PORTS.end - PORTS.start);
        let port = u16::try_from(PORTS.start + offset).unwrap();
        if let Ok(door) = std::net::TcpListener::bind(("127.0.0.1", port)) {
            return door;
        }
    }
}

pub(crate) fn lasting_address() -> SocketAddr {
    lasting_door().local_addr().unwrap()
}

/// Finds the first post of a channel that a person sees and that is the one looked for.
pub(super) fn find(
    view: &View<'_>,
    person: &str,
    channel: &str,
    is_it: impl Fn(&SeenPost) -> bool,
) -> Option<SeenPost> {
    view.posts_seen_by(person, channel)
        .into_iter()
        .find(|post| is_it(post))
}

fn within_runtime(listener: std::net::TcpListener) -> TcpListener {
    listener.set_nonblocking(true).unwrap();
    TcpListener::from_std(listener).unwrap()
}

async fn read(url: &str) -> String {
    let client = reqwest::Client::builder().build().unwrap();
    let reply = client.get(url).send().await.unwrap();
    reply.text().await.unwrap()
}
