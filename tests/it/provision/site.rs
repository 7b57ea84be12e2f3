//! A freshly installed Mattermost with people in it, a model, and a directory in which askwell is to be set up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use askwell_playground::model::ScriptedModel;
use askwell_playground::{ManualTime, Options, Playground, Settings, TimeSource, View};
use serde_json::Value;

use crate::stories::house::lasting_address;
use crate::stories::process::Process;

/// A server, a model and a directory.
pub(super) struct Site {
    pub(super) playground: Playground,
    pub(super) model: ScriptedModel,
    pub(super) directory: tempfile::TempDir,
    pub(super) environment: BTreeMap<String, String>,
    /// Where askwell will listen.
    pub(super) address: SocketAddr,
    /// The administrator's session.
    pub(super) token: String,
}

/// What a run of the program said, and its exit code.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Said {
    pub(super) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            code: output.status.code().unwrap(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Makes sure that all went well, and returns what was said.
    #[track_caller]
    pub(super) fn fine(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// Makes sure that it failed, and returns what was said of it.
    #[track_caller]
    pub(super) fn failed(self) -> String {
        assert_eq!(self.code, 1, "{self:?}");
        self.err
    }
}

impl Site {
    /// Opens a server as it is after its installation, with an administrator, alice and a team.
    pub(super) async fn fresh() -> Self {
        Self::with(Settings::fresh()).await
    }

    pub(super) async fn with(settings: Settings) -> Self {
        Self::by(TimeSource::Real, settings).await
    }

    /// Opens a server whose clock stands still at a moment, in Unix milliseconds.
    pub(super) async fn at(unix_ms: i64, settings: Settings) -> Self {
        let time = TimeSource::Manual(ManualTime::starting_at(unix_ms));
        Self::by(time, settings).await
    }

    async fn by(time: TimeSource, settings: Settings) -> Self {
        let options = Options {
            time,
            settings,
            listen: lasting_address(),
            ..Options::default()
        };
        let playground = Playground::start(options).await.unwrap();
        playground.create_admin("admin");
        playground.create_user("alice");
        playground.create_team("acme");
        playground.join_team("acme", &["admin", "alice"]);
        playground.create_channel("acme", "lobby", &["admin", "alice"]);
        let model = ScriptedModel::start_at(lasting_address()).await.unwrap();
        let address = lasting_address();
        let token = playground.session_of("admin");
        let environment = [
            ("ASKWELL_LANGUAGE", "en".to_owned()),
            ("ASKWELL_LISTEN", address.to_string()),
            ("OPENAI_BASE_URL", model.base_url()),
            ("ASKWELL_MODEL", "scripted".to_owned()),
        ];
        Self {
            directory: tempfile::tempdir().unwrap(),
            environment: environment
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            playground,
            model,
            address,
            token,
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs the program in the directory, as the administrator.
    pub(super) async fn run(&self, arguments: &[&str]) -> Said {
        self.run_as(&self.token, arguments).await
    }

    /// Runs the program in the directory, as whoever has this session; with nobody at a terminal.
    pub(super) async fn run_as(&self, token: &str, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_askwell"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(&self.environment)
            .env("ASKWELL_ADMIN_TOKEN", token)
            .stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output());
        Said::of(&output.await.unwrap().unwrap())
    }

    /// Runs `askwell setup` for the server.
    pub(super) async fn set_up(&self, further: &[&str]) -> Said {
        let url = self.playground.url();
        let mut arguments = vec!["setup", "--url", &url];
        arguments.extend(further);
        self.run(&arguments).await
    }

    /// Starts `askwell serve` and waits until it listens.
    pub(super) async fn serve(&self) -> Process {
        let process = Process::start_in(self.path(), &self.environment, &self.address.to_string());
        process.listening().await;
        process
    }

    /// The files of the directory with what they hold, but for the database.
    pub(super) fn files(&self) -> BTreeMap<String, String> {
        std::fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.file_name().unwrap().to_str().unwrap().contains(".db"))
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect()
    }

    pub(super) fn file(&self, name: &str) -> String {
        self.files().remove(name).unwrap_or_default()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// Waits until alice sees an answer of the bot's.
    pub(super) async fn sees_answer(&self, channel: &str, words: &str) -> String {
        let find = |view: &View<'_>| {
            let posts = view.posts_seen_by("alice", channel).into_iter();
            let mut answers = posts.filter(|post| post.author == "gptbot");
            answers.find(|post| post.text.contains(words))
        };
        self.playground.wait_for(words, find).await.text
    }

    /// Makes the server one whose own address nobody has said.
    pub(super) async fn without_site_url(&self) {
        let patch = r#"{"ServiceSettings":{"SiteURL":""}}"#;
        self.order("PUT", "/config/patch", patch).await;
    }

    /// Does something as the administrator.
    pub(super) async fn order(&self, method: &str, path: &str, body: &'static str) {
        let client = reqwest::Client::builder().build().unwrap();
        let url = format!("{}/api/v4{path}", self.playground.url());
        let request = client.request(method.parse().unwrap(), url);
        let reply = request.bearer_auth(&self.token).body(body).send().await;
        assert!(reply.unwrap().status().is_success(), "{method} {path}");
    }

    /// What the administrator reads at a path of the API.
    pub(super) async fn read(&self, path: &str) -> Value {
        let client = reqwest::Client::builder().build().unwrap();
        let reply = client
            .get(format!("{}/api/v4{path}", self.playground.url()))
            .bearer_auth(&self.token)
            .send()
            .await
            .unwrap();
        let body = reply.bytes().await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Everything on the server that a setup touches, as the administrator sees it.
    pub(super) async fn server(&self) -> BTreeMap<&'static str, Value> {
        let team = self.playground.team_id("acme");
        let mut seen = BTreeMap::new();
        let commands = format!("/commands?team_id={team}&custom_only=true");
        let paths = [
            ("settings", "/config".to_owned()),
            ("bots", "/bots?include_deleted=true".to_owned()),
            ("commands", commands),
            ("outgoing", "/hooks/outgoing".to_owned()),
            ("incoming", "/hooks/incoming".to_owned()),
            ("members", format!("/teams/{team}/members")),
            ("role", "/roles/name/system_post_all".to_owned()),
        ];
        for (name, path) in paths {
            let mut value = self.read(&path).await;
            forget_times(&mut value);
            seen.insert(name, value);
        }
        seen
    }

    /// How many requests changed something: every one that does not read.
    pub(super) fn writes(&self) -> u64 {
        const WRITTEN: [&str; 12] = [
            "PUT /api/v4/config/patch",
            "POST /api/v4/bots",
            "POST /api/v4/bots/{user_id}/enable",
            "POST /api/v4/users/{user_id}/image",
            "PUT /api/v4/users/{user_id}/patch",
            "POST /api/v4/users/{user_id}/tokens",
            "POST /api/v4/teams/{team_id}/members",
            "POST /api/v4/commands",
            "PUT /api/v4/commands/{command_id}",
            "POST /api/v4/hooks/outgoing",
            "POST /api/v4/hooks/incoming",
            "PUT /api/v4/roles/{role_id}/patch",
        ];
        self.playground
            .look(|view| WRITTEN.iter().map(|route| view.requests(route)).sum())
    }
}

/// When something was changed says nothing about what it is.
fn forget_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("update_at");
            fields.values_mut().for_each(forget_times);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}
