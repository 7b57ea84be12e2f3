//! What askwell serves, over real sockets, with a pipeline that only remembers what it was given.

mod bad_input;
mod fakes;
mod health;
mod presses;
mod recorded;
mod replies;
mod serving;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use askwell::domain::event::InboundEvent;
use askwell::domain::id::ServerId;
use askwell::http::{Settings, Site, Tokens, World, router, serve};
use askwell::pipeline::admit::Reply;
use askwell::text::Language;
use reqwest::{Client, Response};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::clock::ManualClock;
use fakes::{Controls, Ids, Intake, Model, Server, Store};

pub(crate) const COMMAND_TOKEN: &str = "commandtokenxxxxxxxxxxxxxx";
pub(crate) const GET_TOKEN: &str = "getcommandtokenxxxxxxxxxxx";
pub(crate) const JSON_HOOK_TOKEN: &str = "hookgptjxxxxxxxxxxxxxxxxxx";
pub(crate) const FORM_HOOK_TOKEN: &str = "hookgptfxxxxxxxxxxxxxxxxxx";
pub(crate) const MAX_BODY_BYTES: usize = 1_048_576;
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// A served edge and everything around it.
pub(crate) struct Edge {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) controls: Arc<Controls>,
    pub(crate) store: Arc<Store>,
    pub(crate) mattermost: Arc<Server>,
    pub(crate) model: Arc<Model>,
    pub(crate) stop: CancellationToken,
    pub(crate) http: Client,
    pub(crate) server: JoinSet<()>,
}

impl Edge {
    pub(crate) async fn start() -> Self {
        Self::with_connections(64).await
    }

    pub(crate) async fn with_connections(max_connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::serve(listener, &[COMMAND_TOKEN, GET_TOKEN], max_connections)
    }

    /// Serves on a listener whose address somebody had to know first.
    pub(crate) fn serve(
        listener: TcpListener,
        command_tokens: &[&str],
        max_connections: usize,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let settings = Settings {
            listen: address,
            max_body_bytes: MAX_BODY_BYTES,
            body_timeout: BODY_TIMEOUT,
            max_connections,
        };
        let clock = Arc::new(ManualClock::new());
        let intake = Arc::new(Intake::default());
        let controls = Arc::new(Controls::default());
        let store = Arc::new(Store::default());
        let mattermost = Arc::new(Server::default());
        let model = Arc::new(Model::default());
        let site = Site {
            server: server_id(),
            language: Language::Korean,
            tokens: Tokens {
                command: command_tokens.iter().map(|token| (*token).into()).collect(),
                outgoing: vec![JSON_HOOK_TOKEN.into(), FORM_HOOK_TOKEN.into()],
            },
            intake: intake.clone(),
            controls: controls.clone(),
            actions_url: Some(actions_url()),
            hears: None,
            mattermost: mattermost.clone(),
            model: model.clone(),
        };
        let world = World {
            sites: vec![site],
            clock: clock.clone(),
            ids: Arc::new(Ids),
            store: store.clone(),
        };
        let stop = CancellationToken::new();
        let mut server = JoinSet::new();
        server.spawn(serve(
            listener,
            router(&settings, world),
            max_connections,
            clock.clone(),
            stop.clone(),
        ));
        Self {
            address,
            clock,
            intake,
            controls,
            store,
            mattermost,
            model,
            stop,
            http: askwell::mattermost::http_client().unwrap(),
            server,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<String>,
    ) -> Response {
        self.http
            .post(self.url(path))
            .header("content-type", content_type)
            .body(body.into())
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn post_form(&self, body: impl Into<String>) -> Response {
        let form = "application/x-www-form-urlencoded";
        self.post("/mattermost-gpt", form, body).await
    }

    pub(crate) fn events(&self) -> Vec<InboundEvent> {
        self.intake.events()
    }

    pub(crate) fn will_reply(&self, reply: Reply) {
        self.intake.will_reply(reply);
    }
}

pub(crate) fn actions_url() -> Url {
    Url::parse("https://askwell.example/mattermost/actions").unwrap()
}

pub(crate) fn server_id() -> ServerId {
    ServerId::parse("main").unwrap()
}

pub(crate) fn content_type(response: &Response) -> Option<&str> {
    response.headers().get("content-type")?.to_str().ok()
}

/// A command as Mattermost sends it, with a `response_url` of its own.
pub(crate) fn command_form(text: &str) -> String {
    let response = "http%3A%2F%2F127.0.0.1%3A8065%2Fhooks%2Fcommands%2Fcf6tnpq1atgxbrsewss7aofqhc";
    format!(
        "channel_id=5y9gmg3343depb6sytofa1y1eh&channel_name=lobby&command=%2Faskgpt&response_url={response}&root_id=&text={text}\
         &token={COMMAND_TOKEN}&user_id=69n4rt3oxpyxdq8idgu6ctjx5h&user_name=alice"
    )
}
