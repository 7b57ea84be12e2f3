//! The WebSocket: upgrading, and carrying frames both ways. What is sent at which moment the connection itself decides.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;
use crate::wire::caller::token_of;
use crate::wire::gate::Origin;
use crate::wire::websocket_actions::{Next, act};
use crate::world::AppError;
use crate::world::connecting::Earlier;
use crate::world::connection::{Spoiled, Step};
use crate::world::hub::Line;

/// The longest frame that a client may send.
pub(crate) const MAX_INBOUND: usize = 8192;

/// How long a client may leave a frame unread.
const WRITE_WITHIN: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;
type Sink = SplitSink<Socket, Message>;
type Stream = SplitStream<Socket>;

/// The query of an upgrade.
#[derive(Deserialize)]
pub(crate) struct UpgradeParams {
    connection_id: Option<String>,
    sequence_number: Option<String>,
}

/// Upgrades a connection. A wrong token is no reason to refuse: the connection stays silent, and is closed.
pub(crate) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    Query(params): Query<UpgradeParams>,
    mut request: Request,
) -> Response {
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
    let earlier = Earlier {
        connection_id: params.connection_id.unwrap_or_default(),
        sequence_number: params.sequence_number.unwrap_or_default(),
    };
    let arrival = Arrival {
        upgrade,
        token: token_of(&headers),
        earlier,
        cut,
    };
    let task = serve(Arc::clone(&shared), arrival);
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

/// A connection that was asked for, and who asked.
struct Arrival {
    upgrade: OnUpgrade,
    token: Option<String>,
    earlier: Earlier,
    cut: CancellationToken,
}

async fn serve(shared: Arc<Shared>, arrival: Arrival) {
    let Ok(upgraded) = arrival.upgrade.await else {
        return;
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_INBOUND))
        .max_frame_size(Some(MAX_INBOUND));
    let io = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let Some(line) =
        shared.change(|world| world.connect(arrival.token.as_deref(), &arrival.earlier))
    else {
        return;
    };
    let (mut sink, stream) = socket.split();
    let farewell = tokio::select! {
        farewell = send_all(&shared, &line, &mut sink) => farewell,
        farewell = receive_all(&shared, &line, stream) => farewell,
        () = arrival.cut.cancelled() => Farewell::Silent,
    };
    shared.change(|world| world.hub.lose(line.socket, shared.time.now_ms()));
    let last = match farewell {
        Farewell::Silent => return,
        Farewell::Bare => None,
        Farewell::TooLong => Some(CloseFrame {
            code: CloseCode::Size,
            reason: "".into(),
        }),
    };
    // The client may be gone already, which ends the connection as well.
    in_time(&shared, sink.send(Message::Close(last))).await;
}

/// How the server takes leave.
enum Farewell {
    /// The socket closes without a frame.
    Silent,
    /// A close frame without a code.
    Bare,
    /// The client's frame was too long.
    TooLong,
}

/// Writes what the connection has to say, until that ends.
async fn send_all(shared: &Shared, line: &Line, sink: &mut Sink) -> Farewell {
    let time = &shared.time;
    loop {
        let step = shared.change_quietly(|world| world.hub.step(line.socket, time.now_ms()));
        let written = match step {
            // What waits as well goes out with it.
            Step::Send(frame) => in_time(shared, sink.feed(Message::text(frame))).await,
            Step::Ping => in_time(shared, sink.feed(Message::Ping(Bytes::new()))).await,
            Step::Wait(until) => {
                let flushed = in_time(shared, sink.flush()).await;
                if flushed {
                    tokio::select! {
                        () = line.wake.notified() => {}
                        () = time.sleep_until(until) => {}
                    }
                }
                flushed
            }
            Step::Close => return Farewell::Bare,
            Step::End => return Farewell::Silent,
        };
        if !written {
            return Farewell::Silent;
        }
    }
}

/// Whether something was written before its time was over.
async fn in_time(shared: &Shared, write: impl Future<Output = Result<(), Error>>) -> bool {
    tokio::select! {
        biased;
        written = write => written.is_ok(),
        () = shared.time.sleep(WRITE_WITHIN) => false,
    }
}

/// Reads what the client has to say, until that ends.
async fn receive_all(shared: &Shared, line: &Line, mut stream: Stream) -> Farewell {
    while let Some(message) = stream.next().await {
        if is_half_open(shared, line) {
            std::future::pending::<()>().await;
        }
        match message {
            Ok(Message::Text(text)) => {
                if act(shared, line, text.as_str()) == Next::End {
                    return Farewell::Silent;
                }
            }
            Ok(Message::Pong(_)) => shared.change_quietly(|world| {
                let now = world.now();
                if let Some(connection) = world.hub.connection(line.socket) {
                    connection.pong(now);
                }
            }),
            Ok(Message::Ping(_) | Message::Frame(_)) => {}
            Err(Error::Capacity(_)) => return Farewell::TooLong,
            // Of binary frames the server reads MessagePack, which nothing here speaks.
            Ok(Message::Binary(_) | Message::Close(_)) | Err(_) => return Farewell::Silent,
        }
    }
    // A network that is cut tells neither side.
    if is_half_open(shared, line) {
        std::future::pending::<()>().await;
    }
    Farewell::Silent
}

fn is_half_open(shared: &Shared, line: &Line) -> bool {
    shared.change_quietly(|world| {
        world
            .hub
            .connection(line.socket)
            .is_some_and(|connection| connection.spoiled == Spoiled::HalfOpen)
    })
}
