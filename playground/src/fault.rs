//! Faults in a test's hands: what the next requests to a route meet instead of, or around, the server's work.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Routes by their names in counts and faults: the method and the path as the router has it.
pub mod route {
    /// Every route.
    pub const ANY: &str = "*";
    /// Creating a post.
    pub const CREATE_POST: &str = "POST /api/v4/posts";
    /// Changing a post.
    pub const PATCH_POST: &str = "PUT /api/v4/posts/{post_id}/patch";
    /// Reading a post.
    pub const GET_POST: &str = "GET /api/v4/posts/{post_id}";
    /// Deleting a post.
    pub const DELETE_POST: &str = "DELETE /api/v4/posts/{post_id}";
    /// Uploading a file.
    pub const UPLOAD_FILE: &str = "POST /api/v4/files";
    /// Reading a thread.
    pub const GET_THREAD: &str = "GET /api/v4/posts/{post_id}/thread";
    /// Reading a channel's posts.
    pub const CHANNEL_POSTS: &str = "GET /api/v4/channels/{channel_id}/posts";
    /// Reading a channel.
    pub const GET_CHANNEL: &str = "GET /api/v4/channels/{channel_id}";
    /// Reading a member of a channel.
    pub const CHANNEL_MEMBER: &str = "GET /api/v4/channels/{channel_id}/members/{user_id}";
    /// Reading an account (also one's own).
    pub const GET_USER: &str = "GET /api/v4/users/{user_id}";
    /// Saying that somebody types.
    pub const TYPING: &str = "POST /api/v4/users/{user_id}/typing";
    /// Adding a reaction.
    pub const ADD_REACTION: &str = "POST /api/v4/reactions";
    /// Reading the configuration for clients.
    pub const CLIENT_CONFIG: &str = "GET /api/v4/config/client";
    /// Opening a WebSocket.
    pub const WEBSOCKET: &str = "GET /api/v4/websocket";
    /// Answering a command later, by its `response_url`.
    pub const COMMAND_WEBHOOK: &str = "POST /hooks/commands/{hook_id}";
    /// Posting through an incoming webhook.
    pub const INCOMING_WEBHOOK: &str = "POST /hooks/{hook_id}";
}

/// What a request meets.
#[derive(Clone, Debug)]
pub enum Fault {
    /// 500 with the server's error JSON; nothing is done.
    InternalError,
    /// 502 with a proxy's HTML; nothing is done.
    BadGateway,
    /// 200 with the HTML of a proxy that wants to be logged in to; nothing is done.
    LoginPage,
    /// 429 in plain text, with `Retry-After` where given; nothing is done.
    TooManyRequests {
        /// The header's value.
        retry_after_seconds: Option<u64>,
    },
    /// The connection closes without a reply; nothing is done.
    DropBefore,
    /// The work is done, and the connection closes without a reply.
    DropAfter,
    /// Nothing is done until the gate opens.
    HangBefore(Gate),
    /// Only for creating a post: its `pending_post_id` is taken, and the post is made when the gate opens.
    HangInside(Gate),
    /// The work is done, and the reply waits for the gate.
    HangAfter(Gate),
}

/// Where requests hang until a test lets them go on; clones share it.
#[derive(Clone, Debug)]
pub struct Gate {
    state: Arc<watch::Sender<(usize, bool)>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// Makes a closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Arc::new(watch::Sender::new((0, false))),
        }
    }

    /// Lets everything through, now and later.
    pub fn release(&self) {
        self.state.send_modify(|(_, is_open)| *is_open = true);
    }

    /// How many requests have arrived.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.state.borrow().0
    }

    /// Waits until a request hangs here.
    pub async fn reached(&self) {
        let mut state = self.state.subscribe();
        // The sender lives in `self`, so the wait ends only by an arrival.
        drop(state.wait_for(|(arrived, _)| *arrived > 0).await);
    }

    pub(crate) async fn pass(&self) {
        self.state.send_modify(|(arrived, _)| *arrived += 1);
        let mut state = self.state.subscribe();
        drop(state.wait_for(|(_, is_open)| *is_open).await);
    }
}

/// The faults that are still to come.
#[derive(Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

struct Rule {
    route: String,
    left: usize,
    fault: Fault,
}

impl Faults {
    /// Lets the next `count` requests to a route meet a fault; several for one route follow each other.
    pub fn next(&self, route: &str, count: usize, fault: Fault) {
        let rule = Rule {
            route: route.to_owned(),
            left: count,
            fault,
        };
        self.rules().push(rule);
    }

    /// Lets every request to a route meet a fault, until [`Faults::clear`].
    pub fn always(&self, route: &str, fault: Fault) {
        self.next(route, usize::MAX, fault);
    }

    /// Forgets every fault that is still to come.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// How many faults are still to come.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rules()
            .iter()
            .fold(0, |sum, rule| sum.saturating_add(rule.left))
    }

    pub(crate) fn take(&self, route: &str) -> Option<Fault> {
        let mut rules = self.rules();
        let at = rules
            .iter()
            .position(|rule| rule.route == route || rule.route == route::ANY)?;
        let rule = rules.get_mut(at)?;
        let fault = rule.fault.clone();
        if rule.left != usize::MAX {
            rule.left -= 1;
        }
        if rule.left == 0 {
            rules.remove(at);
        }
        Some(fault)
    }

    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
