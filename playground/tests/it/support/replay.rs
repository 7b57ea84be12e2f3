//! The recorded server's world, and the steps of a recording.

use std::path::Path;

use askwell_playground::{
    BotAccount, CommandSpec, ManualTime, Options, Playground, Settings, TimeSource,
};
use serde_json::{Value, json};

use super::client::{Client, Listener, Reply};
use super::compare::{Names, assert_same};
use super::integration::{Integration, Received, Told};

/// The steps of a recording, each once and in order.
pub(crate) struct Steps {
    steps: std::vec::IntoIter<Value>,
}

impl Steps {
    pub(crate) fn of(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../recorded")
            .join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let recording: Value = serde_json::from_str(&text).unwrap();
        let steps = recording["steps"].as_array().unwrap().clone();
        Self {
            steps: steps.into_iter(),
        }
    }

    /// The next step, which must be called this.
    #[track_caller]
    pub(crate) fn next(&mut self, what: &str) -> Value {
        let step = self.steps.next().expect("another step is recorded");
        assert_eq!(step["what"], what);
        step
    }

    pub(crate) fn rest(self) -> impl Iterator<Item = Value> {
        self.steps
    }

    #[track_caller]
    pub(crate) fn end(mut self) {
        assert_eq!(self.steps.next(), None, "a recorded step was not replayed");
    }
}

/// The world in which the recordings were made.
pub(crate) struct Recorded {
    pub(crate) playground: Playground,
    pub(crate) integration: Integration,
    pub(crate) time: ManualTime,
    pub(crate) names: Names,
    pub(crate) bot: BotAccount,
    pub(crate) alice: Client,
    pub(crate) admin: Client,
    pub(crate) gptbot: Client,
}

impl Recorded {
    pub(crate) async fn world() -> Self {
        Self::with_settings(Settings::prepared()).await
    }

    pub(crate) async fn with_settings(settings: Settings) -> Self {
        let time = ManualTime::default();
        let options = Options {
            time: TimeSource::Manual(time.clone()),
            settings,
            ..Options::default()
        };
        let playground = Playground::start(options).await.unwrap();
        let integration = Integration::start().await;
        playground.create_admin("admin");
        playground.create_user("alice");
        playground.create_user("bob");
        let bot = playground.create_bot("gptbot");
        playground.create_team("acme");
        playground.join_team("acme", &["alice", "bob", "gptbot"]);
        let url = playground.url();
        let client = |name: &str| Client::new(&url, Some(&playground.session_of(name)));
        let (alice, admin) = (client("alice"), client("admin"));
        let gptbot = Client::new(&url, Some(&bot.token));
        let to = format!("{}/mattermost-gpt", integration.url);
        let spec = CommandSpec {
            username: "gptbot",
            ..CommandSpec::new("askgpt", &to)
        };
        playground.create_command("acme", &spec);
        let mut recorded = Self {
            playground,
            integration,
            time,
            names: Names::default(),
            bot,
            alice,
            admin,
            gptbot,
        };
        recorded.create_places().await;
        recorded.learn_names();
        recorded
    }

    async fn create_places(&self) {
        let team_id = self.playground.team_id("acme");
        for (name, title, kind) in [("lobby", "Lobby", "O"), ("den", "Den", "P")] {
            let body =
                json!({"team_id": team_id, "name": name, "display_name": title, "type": kind});
            assert_eq!(self.admin.post("/api/v4/channels", body).await.status, 201);
        }
        self.playground
            .join_channel("lobby", &["alice", "bob", "gptbot"]);
        self.playground.join_channel("den", &["alice", "gptbot"]);
        self.playground.direct_channel("alice", "bob");
        self.playground.direct_channel("alice", "gptbot");
        self.playground.direct_channel("gptbot", "admin");
        self.playground.group_channel(&["alice", "bob", "gptbot"]);
    }

    fn learn_names(&mut self) {
        for (recorded, name) in [
            ("69n4rt3oxpyxdq8idgu6ctjx5h", "alice"),
            ("6kmqozrsb3np8jfqwptj3u1s8r", "bob"),
            ("ejwg1yf16384ipb445sj7mh98r", "gptbot"),
            ("cbn4cguzdfd4zfk4yhbjp5p3ec", "admin"),
        ] {
            self.names.learn(recorded, &self.playground.user_id(name));
        }
        for (recorded, name) in [
            ("5y9gmg3343depb6sytofa1y1eh", "lobby"),
            ("8hkbwc8d1ff3zpfggkikk6infr", "den"),
        ] {
            self.names
                .learn(recorded, &self.playground.channel_id(name));
        }
        let team_id = self.playground.team_id("acme");
        self.names.learn("yd1uz8ndyj86fbi45f3n8fs6wr", &team_id);
        let between_people = self.playground.direct_channel("alice", "bob");
        self.names
            .learn("g6duudoubj8nfy445o33t6a16y", &between_people);
    }

    pub(crate) fn lobby(&self) -> String {
        self.playground.channel_id("lobby")
    }

    pub(crate) async fn listen_as(&self, name: &str) -> Listener {
        let token = if name == "gptbot" {
            self.bot.token.clone()
        } else {
            self.playground.session_of(name)
        };
        Listener::greeted(self.playground.address(), &token).await
    }

    /// Runs a command through REST as alice.
    pub(crate) async fn execute(&self, channel_id: &str, line: &str, root_id: &str) -> Reply {
        let body = json!({
            "channel_id": channel_id,
            "team_id": self.playground.team_id("acme"),
            "command": line,
            "root_id": root_id,
        });
        self.alice.post("/api/v4/commands/execute", body).await
    }

    /// Compares a recorded part with ours; addresses in the recording are taken for ours.
    #[track_caller]
    pub(crate) fn same(&mut self, what: &str, recorded: &Value, ours: &Value) {
        let recorded = self.relocated(recorded);
        assert_same(what, &recorded, ours, &mut self.names);
    }

    /// Compares a reply's status, body and recorded headers.
    #[track_caller]
    pub(crate) fn same_reply(&mut self, what: &str, recorded: &Value, ours: &Reply) {
        assert_eq!(recorded["status"], ours.status, "{what}: {}", ours.body);
        for (name, value) in recorded["headers"].as_object().into_iter().flatten() {
            let held = ours.header(name);
            assert!(held.is_some(), "{what}: no header {name}");
            self.same(&format!("{what}: header {name}"), value, &json!(held));
        }
        let body = match &recorded["body"] {
            // Some bodies were recorded as text.
            Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            body => body.clone(),
        };
        self.same(what, &body, &ours.body);
    }

    /// Compares what an integration was sent: line, headers, and the order of the body's fields.
    #[track_caller]
    pub(crate) fn same_request(&mut self, what: &str, recorded: &Value, ours: &Received) {
        assert_eq!(recorded["method"], ours.method, "{what}");
        for (name, value) in recorded["headers"].as_object().unwrap() {
            let held = ours.headers.get(name.as_str());
            let held = held.unwrap_or_else(|| panic!("{what}: no header {name}"));
            if name != "Content-Length" {
                let held = json!(held.to_str().unwrap());
                self.same(&format!("{what}: header {name}"), value, &held);
            }
        }
        let (path, query) = split_path(recorded["path"].as_str().unwrap());
        let (our_path, our_query) = split_path(&ours.path);
        assert_eq!(path, our_path, "{what}");
        let (recorded, ours) = if recorded["method"] == "GET" {
            (query.to_owned(), our_query.to_owned())
        } else {
            (
                recorded["body"].as_str().unwrap().to_owned(),
                ours.body.clone(),
            )
        };
        if recorded.starts_with('{') {
            self.same(what, &json!(recorded), &json!(ours));
            let keys = |text: &str| -> Vec<String> {
                let fields: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
                fields.keys().cloned().collect()
            };
            assert_eq!(keys(&recorded), keys(&ours), "{what}: the order of fields");
        } else {
            self.same(what, &form_fields(&recorded), &form_fields(&ours));
        }
    }

    /// A recorded value with the addresses of this run.
    pub(crate) fn relocated(&self, recorded: &Value) -> Value {
        let text = recorded
            .to_string()
            .replace("127.0.0.1:8065", &self.playground.address().to_string())
            .replace(
                "127.0.0.1:9100",
                self.integration.url.trim_start_matches("http://"),
            );
        serde_json::from_str(&text).unwrap()
    }
}

/// Everything a listener heard up to now; a ping's reply comes after whatever was queued before it.
pub(crate) async fn heard_so_far(listener: &mut Listener) -> Vec<Value> {
    listener.send(json!({"seq": 99, "action": "ping"})).await;
    let mut events = Vec::new();
    loop {
        let frame = listener.frame().await;
        if frame["seq_reply"] == 99 {
            return events;
        }
        events.push(frame);
    }
}

fn split_path(path: &str) -> (&str, &str) {
    path.split_once('?').unwrap_or((path, ""))
}

/// A form's fields in their order.
pub(crate) fn form_fields(form: &str) -> Value {
    url::form_urlencoded::parse(form.as_bytes())
        .map(|(name, value)| {
            // A trigger id is opaque: the recording has a placeholder.
            let value = if name == "trigger_id" {
                "…".into()
            } else {
                value
            };
            json!([name, value])
        })
        .collect()
}

/// One field of a form.
pub(crate) fn form_field(form: &str, wanted: &str) -> Option<String> {
    url::form_urlencoded::parse(form.as_bytes())
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
}

/// What an integration was recorded to answer: status, headers, body.
pub(crate) fn told(recorded: &Value) -> Told {
    let status = recorded[0].as_u64().unwrap();
    Told {
        status: u16::try_from(status).unwrap(),
        content_type: recorded[1]["Content-Type"].as_str().map(str::to_owned),
        body: recorded[2].as_str().unwrap().to_owned(),
        hangs: false,
    }
}
