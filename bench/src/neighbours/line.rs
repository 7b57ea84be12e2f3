//! The WebSocket of a Mattermost that only tells: one connection at a time, and what is told on it, in order.
//!
//! A connection is cut when 256 messages wait for it, as the real server does, unless whoever tells waits for room.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::tungstenite::Message;

/// Messages that wait for a connection, at most (`sendQueueSize` of Mattermost's `web_conn.go`).
const WAITING: usize = 256;

/// What is told to whoever is connected; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Option<mpsc::Sender<String>>>,
    connections: AtomicUsize,
    connected: Notify,
}

impl Line {
    /// Waits until somebody is connected.
    ///
    /// # Errors
    /// When `limit` passes first.
    pub(crate) async fn connected(&self, limit: Duration) -> anyhow::Result<()> {
        let wait = async {
            loop {
                let mut connected = std::pin::pin!(self.0.connected.notified());
                connected.as_mut().enable();
                if self.queue().is_some() {
                    return;
                }
                connected.await;
            }
        };
        tokio::time::timeout(limit, wait)
            .await
            .context("wait for a WebSocket")
    }

    /// Tells something as soon as there is room for it.
    ///
    /// # Errors
    /// When nobody is connected.
    pub(crate) async fn tell(&self, event: &Value) -> anyhow::Result<()> {
        let queue = self.queue().context("nobody is connected")?;
        queue.send(event.to_string()).await?;
        Ok(())
    }

    /// Tells something prepared; cuts the connection and returns false where too much waits.
    pub(crate) fn tell_at_once(&self, event: String) -> bool {
        let told = self
            .queue()
            .is_some_and(|queue| queue.try_send(event).is_ok());
        if !told {
            *self.lock() = None;
        }
        told
    }

    fn queue(&self) -> Option<mpsc::Sender<String>> {
        self.lock().clone().filter(|queue| !queue.is_closed())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Sender<String>>> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves one connection until it ends.
    pub(super) async fn serve(&self, stream: TcpStream) -> anyhow::Result<()> {
        stream.set_nodelay(true)?;
        let (mut out, mut back) = tokio_tungstenite::accept_async(stream).await?.split();
        let number = self.0.connections.fetch_add(1, Ordering::Relaxed);
        let hello = json!({
            "event": "hello",
            "data": { "server_version": "11.1.0", "connection_id": format!("benchconnectionxxxx{number:0>7}") },
            "broadcast": { "user_id": "", "channel_id": "" },
            "seq": 0,
        });
        out.send(Message::text(hello.to_string())).await?;
        let (queue, mut waiting) = mpsc::channel(WAITING);
        *self.lock() = Some(queue);
        self.0.connected.notify_waiters();
        let mut seq = 1_u64;
        loop {
            tokio::select! {
                event = waiting.recv() => {
                    let Some(mut event) = event else { return Ok(()) };
                    // Every event ends with the brace that its number stands before.
                    event.truncate(event.len() - 1);
                    event.extend([",\"seq\":", &seq.to_string(), "}"]);
                    seq += 1;
                    out.send(Message::text(event)).await?;
                }
                frame = back.next() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        let asked: Value = serde_json::from_str(&text)?;
                        let pong = json!({ "status": "OK", "data": { "text": "pong" }, "seq_reply": asked["seq"] });
                        out.send(Message::text(pong.to_string())).await?;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Ok(()),
                },
            }
        }
    }
}
