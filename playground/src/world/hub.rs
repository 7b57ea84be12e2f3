//! What reaches people's clients at once: events, and the connections that carry them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

/// Frames that may wait for one client; when they are full the server closes the connection and forgets it.
pub(crate) const SEND_QUEUE: usize = 256;

/// Waiting frames from which on events that nobody misses (typing) are dropped.
pub(crate) const SLOW_QUEUE: usize = SEND_QUEUE / 2;

/// What a connection is, as its socket must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It may listen.
    Authenticated,
    /// It must say who it is, or be closed; also where its token was revoked.
    Unauthenticated,
    /// It was cut off.
    Cut,
}

/// One client's connection.
pub(crate) struct Connection {
    pub(crate) id: String,
    pub(crate) user_id: Option<String>,
    pub(crate) token: String,
    seq: u64,
    queue: mpsc::Sender<String>,
    standing: watch::Sender<Standing>,
}

/// The two ends that a socket holds of its connection.
pub(crate) struct Line {
    pub(crate) frames: mpsc::Receiver<String>,
    pub(crate) standing: watch::Receiver<Standing>,
}

/// Who an event is for, in the words of its envelope.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Broadcast {
    pub(crate) omit_users: Option<BTreeMap<String, bool>>,
    pub(crate) user_id: String,
    pub(crate) channel_id: String,
    pub(crate) team_id: String,
    pub(crate) connection_id: String,
    pub(crate) omit_connection_id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) contains_sanitized_data: bool,
}

impl Broadcast {
    pub(crate) fn to_channel(channel_id: &str) -> Self {
        Self {
            channel_id: channel_id.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn to_user(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            ..Self::default()
        }
    }
}

/// An event that is the same for everybody but for what it says to one reader.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) data: Value,
    pub(crate) broadcast: Broadcast,
    /// Fields of `data` that only some readers get: (reader, field, value).
    pub(crate) only_for: Vec<(String, &'static str, Value)>,
}

impl Event {
    pub(crate) fn new(name: &'static str, data: Value, broadcast: Broadcast) -> Self {
        Self {
            name,
            data,
            broadcast,
            only_for: Vec::new(),
        }
    }

    /// Whether a slow client can do without it.
    fn can_be_dropped(&self) -> bool {
        self.name == "typing"
    }

    /// The event as one reader gets it, up to its sequence number.
    fn render(&self, reader: &str) -> String {
        let mut extra = self
            .only_for
            .iter()
            .filter(|(user_id, ..)| user_id == reader)
            .peekable();
        let data = if extra.peek().is_none() {
            go_json(&self.data)
        } else {
            let mut data = self.data.clone();
            if let Value::Object(fields) = &mut data {
                for (_, name, value) in extra {
                    fields.insert((*name).to_owned(), value.clone());
                }
                fields.sort_keys();
            }
            go_json(&data)
        };
        let broadcast = go_json(&self.broadcast);
        let name = self.name;
        format!(r#"{{"event":"{name}","data":{data},"broadcast":{broadcast},"seq":"#)
    }
}

/// JSON as the server writes it: `<`, `>` and `&` escaped.
pub(crate) fn go_json(value: &impl Serialize) -> String {
    let plain = serde_json::to_string(value).expect("values of this crate have string keys only");
    if !plain.contains(['<', '>', '&']) {
        return plain;
    }
    plain
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// The connections of a server.
#[derive(Default)]
pub(crate) struct Hub {
    connections: Vec<Connection>,
}

impl Hub {
    /// Takes a new connection that has not said who it is.
    pub(crate) fn open(&mut self, id: String) -> Line {
        let (queue, frames) = mpsc::channel(SEND_QUEUE);
        let (standing, seen) = watch::channel(Standing::Unauthenticated);
        self.connections.push(Connection {
            id,
            user_id: None,
            token: String::new(),
            seq: 0,
            queue,
            standing,
        });
        Line {
            frames,
            standing: seen,
        }
    }

    /// Ties a connection to an account and greets it.
    pub(crate) fn greet(&mut self, id: &str, user_id: &str, token: &str, server_version: &str) {
        let Some(connection) = self.connection(id) else {
            return;
        };
        connection.user_id = Some(user_id.to_owned());
        token.clone_into(&mut connection.token);
        connection.seq = 0;
        connection.standing.send_replace(Standing::Authenticated);
        let hello = Event::new(
            "hello",
            json!({"connection_id": id, "server_hostname": "playground", "server_version": server_version}),
            Broadcast::to_user(user_id),
        );
        let frame = hello.render(user_id);
        connection.send_event(&frame, &hello);
    }

    /// Sends a frame that is no event (the reply to an action).
    pub(crate) fn reply(&mut self, id: &str, frame: &Value) {
        if let Some(connection) = self.connection(id) {
            connection.enqueue(go_json(frame));
        }
    }

    pub(crate) fn connection(&mut self, id: &str) -> Option<&mut Connection> {
        self.connections
            .iter_mut()
            .find(|connection| connection.id == id)
    }

    pub(crate) fn close(&mut self, id: &str) {
        self.connections.retain(|connection| connection.id != id);
    }

    /// Whether somebody listens at this moment.
    pub(crate) fn is_online(&self, user_id: &str) -> bool {
        self.connections
            .iter()
            .any(|connection| connection.user_id.as_deref() == Some(user_id))
    }

    /// How many connections listen as an account.
    pub(crate) fn connections_of(&self, user_id: &str) -> usize {
        self.connections
            .iter()
            .filter(|connection| connection.user_id.as_deref() == Some(user_id))
            .count()
    }

    /// Sends an event to the connections whose user it is for.
    pub(crate) fn publish(&mut self, event: &Event, is_for: impl Fn(&str) -> bool) {
        if self.connections.is_empty() {
            return;
        }
        let mut shared: Option<String> = None;
        for connection in &mut self.connections {
            let Some(user_id) = connection.user_id.clone() else {
                continue;
            };
            let omitted = event
                .broadcast
                .omit_users
                .as_ref()
                .is_some_and(|users| users.contains_key(&user_id));
            if omitted || !is_for(&user_id) {
                continue;
            }
            if event.only_for.iter().any(|(reader, ..)| *reader == user_id) {
                let frame = event.render(&user_id);
                connection.send_event(&frame, event);
            } else {
                let frame = shared.get_or_insert_with(|| event.render(""));
                connection.send_event(frame, event);
            }
        }
        self.forget_the_cut();
    }

    /// Silences what listens with a token; the socket is closed a little later.
    pub(crate) fn silence_token(&mut self, token: &str) {
        for connection in &mut self.connections {
            if connection.token == token {
                connection.silence();
            }
        }
    }

    /// Silences what listens as an account.
    pub(crate) fn silence_user(&mut self, user_id: &str) {
        for connection in &mut self.connections {
            if connection.user_id.as_deref() == Some(user_id) {
                connection.silence();
            }
        }
    }

    /// Cuts every connection of an account off, without a word.
    pub(crate) fn cut_user(&mut self, user_id: &str) {
        for connection in &self.connections {
            if connection.user_id.as_deref() == Some(user_id) {
                connection.standing.send_replace(Standing::Cut);
            }
        }
        self.forget_the_cut();
    }

    fn forget_the_cut(&mut self) {
        self.connections
            .retain(|connection| *connection.standing.borrow() != Standing::Cut);
    }
}

impl Connection {
    fn silence(&mut self) {
        self.user_id = None;
        self.token.clear();
        self.standing.send_replace(Standing::Unauthenticated);
    }

    fn send_event(&mut self, frame: &str, event: &Event) {
        if event.can_be_dropped() && self.queue.capacity() <= SEND_QUEUE - SLOW_QUEUE {
            return;
        }
        let seq = self.seq;
        self.seq += 1;
        self.enqueue(format!("{frame}{seq}}}"));
    }

    fn enqueue(&self, frame: String) {
        if self.queue.try_send(frame).is_err() {
            self.standing.send_replace(Standing::Cut);
        }
    }
}
