//! The WebSocket: greeting, authentication, actions, and the events of the hub.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;
use crate::wire::caller::token_of;
use crate::wire::gate::Origin;
use crate::world::AppError;
use crate::world::client_config::{FULL_VERSION, VERSION};
use crate::world::hub::{Line, Standing};

/// The longest frame that a client may send.
pub(crate) const MAX_INBOUND: usize = 8192;

/// How long a connection may stay without saying who it is.
pub(crate) const AUTHENTICATION_TIME: Duration = Duration::from_secs(5);

/// How often the server asks whether a client is still there.
const PING_EVERY_MS: i64 = 60_000;

/// How long a client may leave that unanswered.
const PONG_WITHIN_MS: i64 = 100_000;

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// Upgrades a connection. A wrong token is no reason to refuse: the connection stays silent, and is closed.
pub(crate) async fn upgrade(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let headers = request.headers().clone();
    let (Some(key), Some(upgrade)) = (
        headers.get(header::SEC_WEBSOCKET_KEY),
        request.extensions_mut().remove::<OnUpgrade>(),
    ) else {
        return refused("api.web_socket.connect.upgrade.app_error");
    };
    if !same_origin(&headers, &shared.read(|world| world.site_url.clone())) {
        return refused("api.web_socket.connect.upgrade.app_error");
    }
    let cut = request
        .extensions()
        .get::<Origin>()
        .map_or_else(CancellationToken::new, |origin| origin.cut.clone());
    let accept = derive_accept_key(key.as_bytes());
    let task = serve(Arc::clone(&shared), upgrade, token_of(&headers), cut);
    drop(shared.tasks.spawn(task));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

fn refused(id: &'static str) -> Response {
    AppError::new(400, id, "Failed to upgrade websocket connection.").into_response()
}

/// Whether a browser's page may connect: pages of this server only. Other clients send no origin.
fn same_origin(headers: &HeaderMap, site_url: &str) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    let host = text(header::HOST).unwrap_or_default();
    origin == site_url
        || origin
            .split_once("://")
            .is_some_and(|(_, from)| from == host)
}

async fn serve(
    shared: Arc<Shared>,
    upgrade: OnUpgrade,
    token: Option<String>,
    cut: CancellationToken,
) {
    let Ok(upgraded) = upgrade.await else {
        return;
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_INBOUND))
        .max_frame_size(Some(MAX_INBOUND));
    let io = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let (id, line) = shared.change(|world| {
        let id = world.ids.next_id();
        let line = world.hub.open(id.clone());
        (id, line)
    });
    if let Some(token) = token {
        authenticate(&shared, &id, &token);
    }
    let conversation = Conversation {
        shared: Arc::clone(&shared),
        last_pong: shared.time.now_ms(),
        next_ping: shared.time.now_ms() + PING_EVERY_MS,
        id: id.clone(),
        socket,
        line,
    };
    tokio::select! {
        () = conversation.run() => {}
        () = cut.cancelled() => {}
    }
    shared.change(|world| world.hub.close(&id));
}

/// Ties a connection to a token's account; answers whether there is one.
fn authenticate(shared: &Shared, id: &str, token: &str) -> bool {
    shared.change(|world| {
        let Some(user_id) = world.authenticate(token).map(|user| user.id.clone()) else {
            return false;
        };
        world.hub.greet(id, &user_id, token, FULL_VERSION);
        true
    })
}

struct Conversation {
    shared: Arc<Shared>,
    id: String,
    socket: Socket,
    line: Line,
    /// When the client last answered a ping, or connected.
    last_pong: i64,
    /// When it is asked next.
    next_ping: i64,
}

/// Whether a conversation goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Continue,
    End,
}

impl Conversation {
    async fn run(mut self) {
        let mut standing = self.line.standing.clone();
        loop {
            let stands = *standing.borrow_and_update();
            if stands == Standing::Cut {
                self.close(CloseCode::Normal).await;
                return;
            }
            let time = self.shared.time.clone();
            let lapses = async move {
                if stands == Standing::Authenticated {
                    std::future::pending::<()>().await;
                }
                time.sleep(AUTHENTICATION_TIME).await;
            };
            tokio::select! {
                // The bound of five seconds starts anew only when the standing changes.
                () = lapses => return,
                changed = standing.changed() => if changed.is_err() { return },
                () = self.talk() => return,
            }
        }
    }

    /// Carries frames both ways until the connection ends.
    async fn talk(&mut self) {
        let time = self.shared.time.clone();
        loop {
            let until_ping = self.next_ping.saturating_sub(time.now_ms());
            let until_ping = Duration::from_millis(u64::try_from(until_ping).unwrap_or(0));
            let next = tokio::select! {
                () = time.sleep(until_ping) => self.ping().await,
                frame = self.line.frames.recv() => self.send(frame).await,
                message = self.socket.next() => self.receive(message).await,
            };
            if next == Next::End {
                return;
            }
        }
    }

    /// Asks a client whether it is there; one that has not answered for too long is given up.
    async fn ping(&mut self) -> Next {
        let now = self.shared.time.now_ms();
        if now - self.last_pong >= PONG_WITHIN_MS {
            return Next::End;
        }
        self.next_ping = now + PING_EVERY_MS;
        match self.socket.send(Message::Ping(Bytes::new())).await {
            Ok(()) => Next::Continue,
            Err(_) => Next::End,
        }
    }

    async fn send(&mut self, frame: Option<String>) -> Next {
        let Some(frame) = frame else {
            return Next::End;
        };
        if self.socket.feed(Message::text(frame)).await.is_err() {
            return Next::End;
        }
        // What waits already goes out with it.
        while let Ok(frame) = self.line.frames.try_recv() {
            if self.socket.feed(Message::text(frame)).await.is_err() {
                return Next::End;
            }
        }
        match self.socket.flush().await {
            Ok(()) => Next::Continue,
            Err(_) => Next::End,
        }
    }

    async fn receive(&mut self, message: Option<Result<Message, Error>>) -> Next {
        match message {
            Some(Ok(Message::Text(text))) => self.act(text.as_str()),
            Some(Ok(Message::Pong(_))) => {
                self.last_pong = self.shared.time.now_ms();
                Next::Continue
            }
            Some(Ok(Message::Ping(_) | Message::Binary(_) | Message::Frame(_))) => Next::Continue,
            Some(Err(Error::Capacity(_))) => {
                self.close(CloseCode::Size).await;
                Next::End
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => Next::End,
        }
    }

    /// Does what a client asks; only authentication is heard from one that is not known.
    fn act(&self, text: &str) -> Next {
        let Ok(request) = serde_json::from_str::<Value>(text) else {
            return Next::Continue;
        };
        let seq = request.get("seq").and_then(Value::as_i64).unwrap_or(0);
        let action = request
            .get("action")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let user_id = self.shared.change(|world| {
            world
                .hub
                .connection(&self.id)
                .and_then(|connection| connection.user_id.clone())
        });
        match (action, user_id) {
            ("authentication_challenge", None) => self.challenge(&request, seq),
            (_, None) => {
                self.reply(&failure(
                    seq,
                    401,
                    "api.web_socket_router.not_authenticated.app_error",
                    "WebSocket connection is not authenticated. Please log in and try again.",
                ));
                Next::Continue
            }
            (action, Some(user_id)) => {
                let reply = self.known(action, &user_id, seq, request.get("data"));
                self.reply(&reply);
                Next::Continue
            }
        }
    }

    fn challenge(&self, request: &Value, seq: i64) -> Next {
        let token = request
            .pointer("/data/token")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !authenticate(&self.shared, &self.id, token) {
            return Next::End;
        }
        self.reply(&json!({"status": "OK", "seq_reply": seq}));
        Next::Continue
    }

    /// What an authenticated client is answered.
    fn known(&self, action: &str, user_id: &str, seq: i64, data: Option<&Value>) -> Value {
        let text = |name: &str| {
            data.and_then(|data| data.get(name))
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        match action {
            "ping" => {
                let now = self.shared.time.now_ms();
                json!({
                    "status": "OK",
                    "seq_reply": seq,
                    "data": {"node_id": "", "server_time": now, "text": "pong", "version": VERSION},
                })
            }
            "user_typing" => {
                let (channel_id, parent_id) = (text("channel_id"), text("parent_id"));
                let told = self
                    .shared
                    .change(|world| world.typing(user_id, channel_id, parent_id));
                match told {
                    Ok(()) => json!({"status": "OK", "seq_reply": seq}),
                    Err(error) => failure(seq, error.status, &error.id, &error.message),
                }
            }
            "presence" | "user_update_active_status" | "posted_notify_ack" => {
                json!({"status": "OK", "seq_reply": seq})
            }
            _ => failure(
                seq,
                400,
                "api.web_socket_router.bad_action.app_error",
                "Unknown WebSocket action.",
            ),
        }
    }

    fn reply(&self, frame: &Value) {
        self.shared.change(|world| world.hub.reply(&self.id, frame));
    }

    async fn close(&mut self, code: CloseCode) {
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        // The client may be gone already, which ends the connection as well.
        drop(self.socket.close(Some(frame)).await);
    }
}

fn failure(seq: i64, status: u16, id: &str, message: &str) -> Value {
    json!({
        "status": "FAIL",
        "seq_reply": seq,
        "error": {"id": id, "message": message, "detailed_error": "", "status_code": status},
    })
}
