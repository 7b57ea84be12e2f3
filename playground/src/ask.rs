//! One question from a terminal: runs the slash command as a person, and follows the channel until the answer is there.
//!
//! It is a client like any other and knows only the wire, so it works against a real server too.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::clock::real_sleep;

/// How much longer than [`Question::quiet`] an answer that was never edited may still be a beginning.
const UNEDITED_PATIENCE: u32 = 4;

/// A question, and how long its answer is waited for.
#[derive(Clone, Debug)]
pub struct Question {
    /// The server's base URL.
    pub url: String,
    /// Who asks.
    pub user: String,
    /// Their password.
    pub password: String,
    /// Where: the channel's name.
    pub channel: String,
    /// The line, from the slash on.
    pub line: String,
    /// For how long nothing may change before an answer is called complete.
    pub quiet: Duration,
    /// When to give up.
    pub timeout: Duration,
}

/// A post of the conversation, as it stands.
#[derive(Clone, Debug)]
struct Line {
    author: String,
    text: String,
    standing: Standing,
}

/// How final a post looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Of a person; no answer at all.
    Human,
    /// Only the asker sees it: often just an acknowledgement.
    Ephemeral,
    /// A bot's first words.
    Begun,
    /// Words that a bot changed, or that an integration posted whole.
    Whole,
}

/// Asks, and answers the conversation that followed.
///
/// # Errors
/// When the server cannot be reached, refuses, or shows no complete answer in time; the message carries what was seen.
pub async fn ask(question: &Question) -> anyhow::Result<String> {
    let limit = real_sleep(question.timeout);
    let mut lines = Lines::default();
    let outcome = tokio::select! {
        outcome = converse(question, &mut lines) => outcome,
        () = limit => Err(anyhow::anyhow!("no complete answer within {} s", question.timeout.as_secs())),
    };
    let seen = lines.print(question);
    match outcome {
        Ok(()) => Ok(seen),
        Err(error) => Err(error.context(format!("what was seen:\n{seen}"))),
    }
}

async fn converse(question: &Question, lines: &mut Lines) -> anyhow::Result<()> {
    let session = Session::open(question).await?;
    let mut socket = session.listen().await?;
    let command = session.run(question);
    tokio::pin!(command);
    let mut is_running = true;
    loop {
        let patience = lines.patience(question.quiet);
        let quiet = async {
            match patience {
                Some(patience) => real_sleep(patience).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            reply = &mut command, if is_running => {
                reply?;
                is_running = false;
            }
            message = socket.next() => {
                let message = message.context("the connection for events ended")??;
                if let Message::Text(text) = message {
                    lines.hear(&session, text.as_str());
                }
            }
            () = quiet, if !is_running => return Ok(()),
        }
    }
}

/// The posts of the conversation by id, in the order of their ids' first sight.
#[derive(Default)]
struct Lines {
    order: Vec<String>,
    by_id: BTreeMap<String, Line>,
}

impl Lines {
    /// Takes an event in, where it is of the channel.
    fn hear(&mut self, session: &Session, text: &str) {
        let Ok(event) = serde_json::from_str::<Value>(text) else {
            return;
        };
        let name = text_at(&event, "/event");
        let Ok(post) = serde_json::from_str::<Value>(text_at(&event, "/data/post")) else {
            return;
        };
        if text_at(&post, "/channel_id") != session.channel_id {
            return;
        }
        let id = text_at(&post, "/id").to_owned();
        if name == "post_deleted" {
            self.by_id.remove(&id);
            return;
        }
        let is_known = self.by_id.contains_key(&id);
        let from = |prop: &str| text_at(&post, &format!("/props/{prop}")) == "true";
        let standing = if name == "ephemeral_message" {
            Standing::Ephemeral
        } else if from("from_webhook") || (is_known && from("from_bot")) {
            Standing::Whole
        } else if from("from_bot") {
            Standing::Begun
        } else {
            Standing::Human
        };
        let author = match self.by_id.get(&id) {
            Some(line) => line.author.clone(),
            None if name == "ephemeral_message" => "(only you)".to_owned(),
            None => text_at(&event, "/data/sender_name")
                .trim_start_matches('@')
                .to_owned(),
        };
        let line = Line {
            author,
            text: text_at(&post, "/message").to_owned(),
            standing,
        };
        if !is_known {
            self.order.push(id.clone());
        }
        self.by_id.insert(id, line);
    }

    /// How long nothing may change before this is a whole answer; `None` where there is none yet.
    fn patience(&self, quiet: Duration) -> Option<Duration> {
        let has = |standing| self.by_id.values().any(|line| line.standing == standing);
        if has(Standing::Whole) {
            Some(quiet)
        } else if has(Standing::Begun) || has(Standing::Ephemeral) {
            Some(quiet * UNEDITED_PATIENCE)
        } else {
            None
        }
    }

    fn print(&self, question: &Question) -> String {
        let mut text = format!("{} → {}\n", question.user, question.line);
        for line in self.order.iter().filter_map(|id| self.by_id.get(id)) {
            text.extend(["\n", &line.author, ":\n", &line.text, "\n"]);
        }
        text
    }
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A person's session and the place where they ask.
struct Session {
    http: reqwest::Client,
    url: String,
    token: String,
    team_id: String,
    channel_id: String,
}

impl Session {
    async fn open(question: &Question) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = question.url.trim_end_matches('/').to_owned();
        let body = json!({"login_id": question.user, "password": question.password});
        let response = http
            .post(format!("{url}/api/v4/users/login"))
            .body(body.to_string())
            .send()
            .await
            .with_context(|| format!("reach {url}"))?;
        let token = response
            .headers()
            .get("token")
            .and_then(|token| token.to_str().ok())
            .with_context(|| format!("log in as {}: {}", question.user, response.status()))?
            .to_owned();
        let mut session = Self {
            http,
            url,
            token,
            team_id: String::new(),
            channel_id: String::new(),
        };
        let teams = session.get("/users/me/teams").await?;
        session.team_id = text_at(&teams, "/0/id").to_owned();
        let path = format!(
            "/teams/{}/channels/name/{}",
            session.team_id, question.channel
        );
        let channel = session.get(&path).await?;
        text_at(&channel, "/id").clone_into(&mut session.channel_id);
        Ok(session)
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.http.get(format!("{}/api/v4{path}", self.url));
        self.send(request, path).await
    }

    async fn run(&self, question: &Question) -> anyhow::Result<()> {
        let path = "/commands/execute";
        let body = json!({
            "channel_id": self.channel_id,
            "team_id": self.team_id,
            "command": question.line,
        });
        let request = self
            .http
            .post(format!("{}/api/v4{path}", self.url))
            .body(body.to_string());
        self.send(request, path).await.map(drop)
    }

    async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> anyhow::Result<Value> {
        let response = request
            .header("authorization", format!("Bearer {}", self.token))
            .send()
            .await
            .with_context(|| format!("call {path}"))?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{path} answered {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    async fn listen(&self) -> anyhow::Result<WebSocketStream<TcpStream>> {
        let url = url::Url::parse(&self.url)?;
        if url.scheme() != "http" {
            bail!("only http:// servers can be followed from here");
        }
        let host = url.host_str().context("the URL has a host")?;
        let port = url.port_or_known_default().unwrap_or(80);
        let stream = TcpStream::connect((host, port)).await?;
        let socket_url = format!("ws://{host}:{port}/api/v4/websocket");
        let mut request = socket_url.into_client_request()?;
        request
            .headers_mut()
            .insert("authorization", format!("Bearer {}", self.token).parse()?);
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(socket)
    }
}
