//! A Mattermost that accepts everything: the few calls an answer takes, counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::sightings::Sightings;
use crate::load::Asked;

/// The bot's access token, in the shape of Mattermost's.
pub(crate) const BOT_TOKEN: &str = "benchbottokenxxxxxxxxxxxxx";

const BOT: &str = "benchbotxxxxxxxxxxxxxxxxxx";

/// The server; it ends when it is dropped.
pub(crate) struct FakeMattermost {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// When each answer by `response_url` arrived.
    pub(crate) answered: Sightings,
    posts: Arc<Posts>,
    _serving: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Posts {
    created: AtomicUsize,
    answered: Sightings,
    changed: Notify,
}

impl FakeMattermost {
    /// Starts on a free port of loopback.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let posts = Arc::new(Posts::default());
        let routes = routes(Arc::clone(&posts));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                eprintln!("the fake Mattermost has ended: {error}");
            }
        });
        Ok(Self {
            address,
            answered: posts.answered.clone(),
            posts,
            _serving: serving,
        })
    }

    /// What to configure as `MATTERMOST_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the bot has created so many posts.
    ///
    /// # Errors
    /// When `limit` passes first.
    pub(crate) async fn wait_for_posts(&self, count: usize, limit: Duration) -> anyhow::Result<()> {
        let wait = async {
            loop {
                let mut changed = std::pin::pin!(self.posts.changed.notified());
                changed.as_mut().enable();
                if self.posts.created.load(Ordering::Relaxed) >= count {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(limit, wait)
            .await
            .with_context(|| format!("wait for {count} posts"))
    }
}

fn routes(posts: Arc<Posts>) -> Router {
    Router::new()
        .route("/hooks/commands/{id}", post(respond))
        .route(
            "/api/v4/system/ping",
            get(|| async { Json(json!({"status": "OK"})) }),
        )
        .route("/api/v4/users/me", get(me))
        .route(
            "/api/v4/users/{user}/typing",
            post(|| async { Json(json!({"status": "OK"})) }),
        )
        .route("/api/v4/channels/{channel}", get(channel))
        .route("/api/v4/channels/{channel}/members/{user}", get(member))
        .route(
            "/api/v4/channels/{channel}/posts",
            get(|| async { Json(json!({"order": [], "posts": {}})) }),
        )
        .route("/api/v4/posts", post(create))
        .route("/api/v4/posts/{post}/patch", put(patch))
        .fallback(unknown)
        .with_state(posts)
}

async fn respond(State(posts): State<Arc<Posts>>, Path(id): Path<String>) -> &'static str {
    if let Some(asked) = Asked::of_response_id(&id) {
        posts.answered.note(asked, Instant::now());
    }
    "ok"
}

async fn me() -> Json<Value> {
    Json(json!({"id": BOT, "username": "gptbot", "is_bot": true, "delete_at": 0}))
}

async fn channel(Path(channel): Path<String>) -> Json<Value> {
    Json(json!({"id": channel, "name": "lobby", "type": "O", "delete_at": 0}))
}

async fn member(Path((channel, user)): Path<(String, String)>) -> Json<Value> {
    Json(json!({"channel_id": channel, "user_id": user, "roles": "channel_user"}))
}

async fn create(
    State(posts): State<Arc<Posts>>,
    Json(mut sent): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let before = posts.created.fetch_add(1, Ordering::Relaxed);
    let id = format!("benchpostxxxxxxx{before:0>10}");
    posts.changed.notify_waiters();
    sent["id"] = json!(id);
    sent["user_id"] = json!(BOT);
    sent["create_at"] = json!(1);
    sent["delete_at"] = json!(0);
    (StatusCode::CREATED, Json(sent))
}

async fn patch(Path(post): Path<String>, Json(mut sent): Json<Value>) -> Json<Value> {
    sent["id"] = json!(post);
    sent["user_id"] = json!(BOT);
    Json(sent)
}

async fn unknown(uri: Uri) -> (StatusCode, Json<Value>) {
    eprintln!("the fake Mattermost does not know {}", uri.path());
    let error =
        json!({"id": "api.context.404.app_error", "message": "not here", "status_code": 404});
    (StatusCode::NOT_FOUND, Json(error))
}
