//! A whole house: a Mattermost with people, a scripted model, and askwell between them, in one process and over real sockets.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use askwell::app::{LeaseTime, Surroundings, serve};
use askwell::clock::SystemIds;
use askwell::config::{FileText, Inputs, load};
use askwell::ports::IdSource;
use askwell_playground::model::ScriptedModel;
use askwell_playground::{CommandSpec, HookFormat, Options, Playground, SeenPost};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::ManualClock;

/// Which account askwell is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    Bot,
    Nothing,
}

/// A Mattermost with alice and bob in the lobby, a model, and askwell.
pub(super) struct House {
    pub(super) playground: Playground,
    pub(super) model: ScriptedModel,
    pub(super) clock: Arc<ManualClock>,
    pub(super) command_token: String,
    pub(super) url: String,
    pub(super) directory: tempfile::TempDir,
    pub(super) environment: BTreeMap<String, String>,
    ids: Arc<dyn IdSource>,
    stop: CancellationToken,
}

/// The word that an outgoing webhook listens for.
pub(super) const HOOK_WORD: &str = "#ask";

impl House {
    pub(super) async fn with(account: Account, toml: &str) -> Self {
        Self::with_ids(account, toml, Arc::new(SystemIds)).await
    }

    /// The same with chance in the test's hands.
    pub(super) async fn with_ids(account: Account, toml: &str, ids: Arc<dyn IdSource>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let playground = Playground::start(Options::default()).await.unwrap();
        playground.create_admin("admin");
        playground.create_user("alice");
        playground.create_user("bob");
        let bot = playground.create_bot("gptbot");
        playground.create_team("acme");
        playground.join_team("acme", &["admin", "alice", "bob", "gptbot"]);
        playground.create_channel("acme", "lobby", &["admin", "alice", "bob", "gptbot"]);
        playground.create_channel("acme", "garden", &["admin", "alice", "bob", "gptbot"]);
        let hook = format!("{url}/mattermost-gpt");
        let command = playground.create_command("acme", &CommandSpec::new("askgpt", &hook));
        let outgoing =
            playground.create_outgoing_webhook("acme", HOOK_WORD, &hook, HookFormat::Form);
        let model = ScriptedModel::start().await;
        let mut environment = BTreeMap::from([
            ("OPENAI_BASE_URL".to_owned(), model.base_url()),
            ("ASKWELL_MODEL".to_owned(), "scripted".to_owned()),
            ("MATTERMOST_URL".to_owned(), playground.url()),
            (
                "MATTERMOST_COMMAND_TOKENS".to_owned(),
                command.token.clone(),
            ),
            ("MATTERMOST_OUTGOING_TOKENS".to_owned(), outgoing),
        ]);
        if account == Account::Bot {
            environment.insert("MATTERMOST_BOT_TOKEN".to_owned(), bot.token);
        }
        let house = Self {
            playground,
            model,
            clock: Arc::new(ManualClock::new()),
            command_token: command.token,
            url,
            directory: tempfile::tempdir().unwrap(),
            environment,
            ids,
            stop: CancellationToken::new(),
        };
        house.open(listener, toml);
        house
    }

    fn open(&self, listener: std::net::TcpListener, toml: &str) {
        let inputs = Inputs {
            environment: self.environment.clone(),
            toml: Some(FileText {
                name: "askwell.toml".to_owned(),
                text: toml.to_owned(),
            }),
            directory: PathBuf::from(self.directory.path()),
            ..Inputs::default()
        };
        let config = load(inputs).unwrap();
        let clock = self.clock.clone();
        let (ids, stop) = (self.ids.clone(), self.stop.clone());
        // A runtime of its own, as a process would have.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let given = surroundings(listener, clock, ids);
                serve(config, given, stop).await.unwrap();
            });
        });
    }

    /// Asks as a person would, in the lobby, and returns what the person's client was told at once.
    pub(super) async fn ask(&self, person: &str, text: &str) -> String {
        let typed = format!("/askgpt {text}");
        let seen = self
            .playground
            .run_command(person, "lobby", &typed, None)
            .await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        seen.body.to_string()
    }

    /// Waits for a post that a person sees in the lobby, and returns it.
    pub(super) async fn see(
        &self,
        person: &str,
        what: &str,
        is_it: impl Fn(&SeenPost) -> bool,
    ) -> SeenPost {
        self.playground
            .wait_for(what, |view| {
                view.posts_seen_by(person, "lobby")
                    .into_iter()
                    .find(|post| is_it(post))
            })
            .await
    }

    /// The texts a person sees in the lobby, oldest first.
    pub(super) fn texts(&self, person: &str) -> Vec<String> {
        self.playground.look(|view| {
            view.posts_seen_by(person, "lobby")
                .into_iter()
                .map(|post| post.text)
                .collect()
        })
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // Not waited for: what still runs under a clock that nobody moves would never end.
        self.stop.cancel();
    }
}

fn surroundings(
    listener: std::net::TcpListener,
    clock: Arc<ManualClock>,
    ids: Arc<dyn IdSource>,
) -> Surroundings {
    listener.set_nonblocking(true).unwrap();
    Surroundings {
        listener: TcpListener::from_std(listener).unwrap(),
        clock,
        ids,
        lease_time: LeaseTime::Clock,
    }
}
