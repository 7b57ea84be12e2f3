//! A Mattermost that accepts everything: the few calls an answer takes, counted, and a WebSocket that tells what it is told to.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use super::line::Line;
use super::sightings::Sightings;
use super::thread::Thread;
use crate::load::{Asked, Said};

/// The bot's access token, in the shape of Mattermost's.
pub(crate) const BOT_TOKEN: &str = "benchbottokenxxxxxxxxxxxxx";

const BOT: &str = "benchbotxxxxxxxxxxxxxxxxxx";

/// The server; it ends when it is dropped.
pub(crate) struct FakeMattermost {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// When each answer by `response_url` arrived.
    pub(crate) answered: Sightings,
    /// What the bot hears.
    pub(crate) line: Line,
    posts: Arc<Posts>,
    _serving: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Posts {
    created: AtomicUsize,
    read_back: AtomicUsize,
    answered: Sightings,
    changed: Notify,
    known: Mutex<Known>,
}

/// What people have said, and what became of it.
#[derive(Debug, Default)]
struct Known {
    /// Posts by their id.
    said: HashMap<String, Value>,
    /// Whole threads by their root.
    threads: HashMap<String, Arc<Thread>>,
    /// The root under which a post of the bot's stands.
    roots: HashMap<String, String>,
    /// When something was last shown under a root.
    shown: HashMap<String, Instant>,
}

impl Posts {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections of another kind than a WebSocket.
struct Doors {
    address: SocketAddr,
    opened: mpsc::Receiver<(TcpStream, SocketAddr)>,
}

impl axum::serve::Listener for Doors {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        match self.opened.recv().await {
            Some(opened) => opened,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// Lets connections in, each by its own door.
async fn let_in(listener: TcpListener, line: Line, doors: mpsc::Sender<(TcpStream, SocketAddr)>) {
    const SOCKET: &[u8] = b"GET /api/v4/websocket";
    let mut guests = JoinSet::new();
    while let Ok((stream, from)) = listener.accept().await {
        let (line, doors) = (line.clone(), doors.clone());
        guests.spawn(async move {
            let mut first = [0; SOCKET.len()];
            let seen = stream.peek(&mut first).await.unwrap_or_default();
            if first.get(..seen) == Some(SOCKET) {
                // That it breaks is how a connection ends.
                drop(line.serve(stream).await);
            } else {
                drop(doors.send((stream, from)).await);
            }
        });
        while guests.try_join_next().is_some() {}
    }
}

impl FakeMattermost {
    /// Starts on a free port of loopback.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let posts = Arc::new(Posts::default());
        let routes = routes(Arc::clone(&posts));
        let line = Line::default();
        let (door, opened) = mpsc::channel(1_024);
        let mut serving = JoinSet::new();
        serving.spawn(let_in(listener, line.clone(), door));
        serving.spawn(async move {
            let doors = Doors { address, opened };
            if let Err(error) = axum::serve(doors, routes).await {
                eprintln!("the fake Mattermost has ended: {error}");
            }
        });
        Ok(Self {
            address,
            answered: posts.answered.clone(),
            line,
            posts,
            _serving: serving,
        })
    }

    /// What to configure as `MATTERMOST_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Has a person say something, and the bot hear it.
    ///
    /// # Errors
    /// When the bot is not connected.
    pub(crate) async fn say(&self, said: &Said) -> anyhow::Result<()> {
        self.remember(said);
        self.line.tell(&said.event()).await
    }

    /// Knows a post from now on, as a server does before it tells of it.
    pub(crate) fn remember(&self, said: &Said) {
        self.posts.known().said.insert(said.post_id(), said.post());
    }

    /// Keeps a thread in which people replied so often.
    pub(crate) fn keep_thread(&self, root: &Said, replies: u64) {
        let thread = Arc::new(Thread::under(root, replies));
        self.posts.known().threads.insert(root.post_id(), thread);
    }

    /// How often the bot has looked for what it missed.
    pub(crate) fn read_back(&self) -> usize {
        self.posts.read_back.load(Ordering::Relaxed)
    }

    /// When something of an answer was last shown under a post.
    pub(crate) fn shown_under(&self, said: &Said) -> Option<Instant> {
        self.posts.known().shown.get(&said.post_id()).copied()
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
        .route("/api/v4/users/{user}", get(account))
        .route("/api/v4/users/{user}/channels", get(channels))
        .route("/api/v4/users/ids", post(|| async { Json(json!([])) }))
        .route(
            "/api/v4/users/{user}/posts/{post}/reactions/{emoji}",
            delete(|| async { Json(json!({"status": "OK"})) }),
        )
        .route("/api/v4/reactions", post(react))
        .route("/api/v4/teams/{team}", get(team))
        .route("/api/v4/config/client", get(client_config))
        .route("/api/v4/posts/ids", post(posts_of))
        .route("/api/v4/posts/{post}/thread", get(thread))
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
    if let Some(root) = sent["root_id"].as_str().filter(|root| !root.is_empty()) {
        let mut known = posts.known();
        known.roots.insert(id.clone(), root.to_owned());
        known.shown.insert(root.to_owned(), Instant::now());
    }
    posts.changed.notify_waiters();
    sent["id"] = json!(id);
    sent["user_id"] = json!(BOT);
    sent["create_at"] = json!(1);
    sent["delete_at"] = json!(0);
    (StatusCode::CREATED, Json(sent))
}

async fn patch(
    State(posts): State<Arc<Posts>>,
    Path(post): Path<String>,
    Json(mut sent): Json<Value>,
) -> Json<Value> {
    {
        let mut known = posts.known();
        if let Some(root) = known.roots.get(&post).cloned() {
            known.shown.insert(root, Instant::now());
        }
    }
    sent["id"] = json!(post);
    sent["user_id"] = json!(BOT);
    Json(sent)
}

async fn account(Path(user): Path<String>) -> Json<Value> {
    Json(
        json!({"id": user, "username": "alice", "locale": "ko", "roles": "system_user", "delete_at": 0}),
    )
}

/// What was missed is looked for in these, which are none.
async fn channels(State(posts): State<Arc<Posts>>) -> Json<Value> {
    posts.read_back.fetch_add(1, Ordering::Relaxed);
    Json(json!([]))
}

async fn team(Path(team): Path<String>) -> Json<Value> {
    Json(json!({"id": team, "name": "acme", "display_name": "Acme"}))
}

async fn react(Json(sent): Json<Value>) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(sent))
}

async fn client_config() -> Json<Value> {
    Json(
        json!({"MaxPostSize": "16383", "EnableLatex": "false", "PostEditTimeLimit": "-1", "Version": "11.1.0"}),
    )
}

async fn posts_of(
    State(posts): State<Arc<Posts>>,
    Json(ids): Json<Vec<String>>,
) -> Json<Vec<Value>> {
    let known = posts.known();
    Json(
        ids.iter()
            .filter_map(|id| known.said.get(id).cloned())
            .collect(),
    )
}

async fn thread(
    State(posts): State<Arc<Posts>>,
    Path(root): Path<String>,
    uri: Uri,
) -> (StatusCode, [(HeaderName, &'static str); 1], String) {
    let thread = posts.known().threads.get(&root).cloned();
    let page = match thread {
        Some(thread) => thread.page(uri.query().unwrap_or_default()),
        None => Some(r#"{"order":[],"posts":{}}"#.to_owned()),
    };
    let status = if page.is_some() {
        StatusCode::OK
    } else {
        eprintln!("the fake Mattermost does not know {uri}");
        StatusCode::BAD_REQUEST
    };
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, page.unwrap_or_default())
}

async fn unknown(uri: Uri) -> (StatusCode, Json<Value>) {
    eprintln!("the fake Mattermost does not know {}", uri.path());
    let error =
        json!({"id": "api.context.404.app_error", "message": "not here", "status_code": 404});
    (StatusCode::NOT_FOUND, Json(error))
}
