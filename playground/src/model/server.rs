//! The server: its script, its records and its life.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection;
use super::gate::Gates;
use super::journal::{Journal, Outcome};
use super::media::Medium;
use super::reply::Reply;
use super::request::Request;

/// How long a test may wait for something that never comes, before it fails and says for what. Nothing is timed by
/// it: it is far above what any machine needs.
pub const SAFETY_LIMIT: Duration = Duration::from_mins(1);

/// A model server on loopback, which does what its script says until it is dropped.
///
/// A completion, on whichever [wire](super::Wire) it is asked for, is answered by the first rule
/// ([`answer_when`](Self::answer_when)) that fits, else by the next reply in the queue
/// ([`answer_next`](Self::answer_next)), else by the default.
#[derive(Debug)]
pub struct ScriptedModel {
    address: SocketAddr,
    state: Arc<State>,
    life: CancellationToken,
    connections: TaskTracker,
}

type Condition = Box<dyn Fn(&Request) -> bool + Send + Sync>;
type Answer = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

/// What all connections of one server share.
#[derive(Debug, Default)]
pub(super) struct State {
    script: Mutex<Script>,
    pub(super) gates: Gates,
    completions: Journal,
    others: Journal,
}

struct Script {
    rules: Vec<(Condition, VecDeque<Reply>)>,
    queue: VecDeque<Reply>,
    media: Vec<(Medium, Reply)>,
    default: Answer,
    models: Reply,
    key: Option<String>,
}

/// Life.
impl ScriptedModel {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// Where loopback has no free port.
    pub async fn start() -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let model = Self::start_at(address).await;
        model.expect("loopback has a free port")
    }

    /// Starts at an address: the one of a server that was dropped, to play its return.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub async fn start_at(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        let life = CancellationToken::new();
        let connections = TaskTracker::new();
        connections.spawn(accept(
            listener,
            Arc::clone(&state),
            life.clone(),
            connections.clone(),
        ));
        Ok(Self {
            address,
            state,
            life,
            connections,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to configure as `OPENAI_BASE_URL`: ends with `/v1`, without a slash.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Drops the server and waits until its port is free and every connection closed.
    pub async fn stop(self) {
        self.life.cancel();
        self.connections.close();
        self.connections.wait().await;
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.life.cancel();
    }
}

/// The script.
impl ScriptedModel {
    /// Answers the next completion that no rule fits with this, once.
    pub fn answer_next(&self, reply: Reply) {
        self.script(|script| script.queue.push_back(reply));
    }

    /// Answers every completion whose last user message contains the text with this.
    pub fn answer_when(&self, text: &str, reply: Reply) {
        self.answer_when_in_turn(text, [reply]);
    }

    /// Answers the completions whose last user message contains the text with these in turn; the last one stays.
    pub fn answer_when_in_turn(&self, text: &str, replies: impl IntoIterator<Item = Reply>) {
        let text = text.to_owned();
        let condition = move |request: &Request| request.last_user_message().contains(&text);
        self.answer_where(condition, replies);
    }

    /// Answers the completions that fulfil the condition with these replies in turn; the last one stays. Without any
    /// the rule fits nothing.
    pub fn answer_where(
        &self,
        condition: impl Fn(&Request) -> bool + Send + Sync + 'static,
        replies: impl IntoIterator<Item = Reply>,
    ) {
        let rule = (
            Box::new(condition) as Condition,
            replies.into_iter().collect(),
        );
        self.script(|script| script.rules.push(rule));
    }

    /// Answers the next request about a medium with this, once.
    pub(super) fn answer_medium_next(&self, medium: Medium, reply: Reply) {
        self.script(|script| script.media.push((medium, reply)));
    }

    /// Answers every other completion with this.
    pub fn answer_otherwise(&self, reply: Reply) {
        self.answer_otherwise_by(move |_| reply.clone());
    }

    /// Answers every other completion with what the function makes of it.
    pub fn answer_otherwise_by(&self, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        self.script(|script| script.default = Box::new(answer));
    }

    /// Forgets rules and queue. The default stays.
    pub fn forget_script(&self) {
        self.script(|script| {
            script.rules.clear();
            script.queue.clear();
            script.media.clear();
        });
    }

    /// Lists these models at `GET /v1/models`, in Anthropic's shape where its client asks.
    pub fn list_models(&self, ids: &[&str]) {
        self.answer_models_with(Reply::models(ids));
    }

    /// Answers `GET /v1/models` with this.
    pub fn answer_models_with(&self, reply: Reply) {
        self.script(|script| script.models = reply);
    }

    /// Answers 401 to everything without `Authorization: Bearer <key>`, or without `X-Api-Key: <key>` where
    /// Anthropic's client asks.
    pub fn require_key(&self, key: &str) {
        self.script(|script| script.key = Some(key.to_owned()));
    }

    /// Lets the replies that wait at the gate on, and those that come later.
    pub fn open_gate(&self, name: &str) {
        self.state.gates.open(name);
    }

    fn script(&self, change: impl FnOnce(&mut Script)) {
        let mut script = self
            .state
            .script
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut script);
    }
}

/// What happened.
impl ScriptedModel {
    /// All completions asked for until now on all wires, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state.completions.all()
    }

    /// All other requests until now: model lists, other media and unknown paths.
    #[must_use]
    pub fn other_requests(&self) -> Vec<Request> {
        self.state.others.all()
    }

    /// Waits until `count` completions were asked for in all, and returns those that then were.
    ///
    /// # Panics
    /// After [`SAFETY_LIMIT`].
    pub async fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        let what = format!("{count} requests");
        self.within_limit(&what, self.state.completions.until(count, |_| true))
            .await
    }

    /// Waits until `count` completions were answered in all, to the last byte or the scripted cut.
    ///
    /// # Panics
    /// After [`SAFETY_LIMIT`].
    pub async fn wait_for_answers(&self, count: usize) -> Vec<Request> {
        let what = format!("{count} answered requests");
        let answered = |request: &Request| request.outcome == Outcome::Answered;
        self.within_limit(&what, self.state.completions.until(count, answered))
            .await
    }

    /// Waits until `count` clients in all left before their completion was complete.
    ///
    /// # Panics
    /// After [`SAFETY_LIMIT`].
    pub async fn wait_for_disconnects(&self, count: usize) -> Vec<Request> {
        let what = format!("{count} clients to leave");
        let left = |request: &Request| request.outcome == Outcome::ClientLeft;
        self.within_limit(&what, self.state.completions.until(count, left))
            .await
    }

    /// Waits until a client left before its completion was complete.
    ///
    /// # Panics
    /// After [`SAFETY_LIMIT`].
    pub async fn wait_for_disconnect(&self) {
        self.wait_for_disconnects(1).await;
    }

    /// Waits until a reply stands at the gate.
    ///
    /// # Panics
    /// After [`SAFETY_LIMIT`].
    pub async fn wait_at_gate(&self, name: &str) {
        let what = format!("a reply at the gate {name:?}");
        self.within_limit(&what, self.state.gates.until_reached(name))
            .await;
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "not a wait but the end of one: a test that would hang fails and says for what it waited"
    )]
    async fn within_limit<T>(&self, what: &str, wait: impl Future<Output = T>) -> T {
        let Ok(value) = tokio::time::timeout(SAFETY_LIMIT, wait).await else {
            let seconds = SAFETY_LIMIT.as_secs();
            panic!(
                "waited {seconds} s for {what} at the scripted model; {}",
                self.state.summary()
            );
        };
        value
    }
}

impl State {
    /// Where a request is recorded.
    pub(super) fn journal_of(&self, request: &Request) -> &Journal {
        if request.wire().is_some() {
            &self.completions
        } else {
            &self.others
        }
    }

    /// What to answer.
    pub(super) fn choose(&self, request: &Request) -> Reply {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &script.key
            && !has_key(request, key)
        {
            return Reply::unauthorized();
        }
        if request.wire().is_some() {
            script.choose(request)
        } else if let Some(medium) = Medium::of(request) {
            script.choose_for(medium)
        } else if request.method == "GET" && path(request).ends_with("/models") {
            script.models.clone()
        } else {
            Reply::error(
                404,
                "Unknown request URL.",
                "invalid_request_error",
                Some("unknown_url"),
            )
        }
    }

    fn summary(&self) -> String {
        let outcomes: Vec<Outcome> = self
            .completions
            .all()
            .iter()
            .map(|request| request.outcome)
            .collect();
        format!(
            "completions until now: {outcomes:?}, other requests: {}",
            self.others.all().len()
        )
    }
}

impl Script {
    fn choose(&mut self, request: &Request) -> Reply {
        let rule = self
            .rules
            .iter_mut()
            .find(|(condition, replies)| !replies.is_empty() && condition(request));
        if let Some((_, replies)) = rule
            && let Some(reply) = replies.pop_front()
        {
            if replies.is_empty() {
                replies.push_back(reply.clone());
            }
            return reply;
        }
        match self.queue.pop_front() {
            Some(reply) => reply,
            None => (self.default)(request),
        }
    }
}

impl Script {
    fn choose_for(&mut self, medium: Medium) -> Reply {
        let next = self.media.iter().position(|(known, _)| *known == medium);
        match next {
            Some(next) => self.media.remove(next).1,
            None => medium.default_reply(),
        }
    }
}

impl Default for Script {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            queue: VecDeque::new(),
            media: Vec::new(),
            default: Box::new(|_| Reply::text("A scripted answer.")),
            models: Reply::models(&["scripted-model"]),
            key: None,
        }
    }
}

impl std::fmt::Debug for Script {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut script = formatter.debug_struct("Script");
        script
            .field("rules", &self.rules.len())
            .field("queue", &self.queue.len());
        script.finish_non_exhaustive()
    }
}

async fn accept(
    listener: TcpListener,
    state: Arc<State>,
    life: CancellationToken,
    connections: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            () = life.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // The client's error, gone before it was accepted; or ours, out of descriptors until others close.
            tokio::task::yield_now().await;
            continue;
        };
        let serving = connection::serve(stream, Arc::clone(&state));
        let life = life.clone();
        connections.spawn(async move {
            tokio::select! {
                () = life.cancelled() => {}
                () = serving => {}
            }
        });
    }
}

/// Whether the key is where the client's service wants it.
fn has_key(request: &Request, key: &str) -> bool {
    if request.is_for_anthropic() {
        request.header("x-api-key") == Some(key)
    } else {
        request.header("authorization") == Some(&format!("Bearer {key}"))
    }
}

fn path(request: &Request) -> &str {
    request.path.split('?').next().unwrap_or_default()
}
