//! One client's connection: what waits for it, what it was sent, and what its socket is to do next.
//!
//! It outlives its socket: a connection that was lost goes on collecting events, and keeps the last that it sent, so
//! that its client can come back and miss nothing. What happens at which moment is decided here, without a socket.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::world::event::{Broadcast, Event, go_json};

/// Frames that may wait for one client; when they are full the server closes the connection and forgets it.
pub(crate) const SEND_QUEUE: usize = 256;

/// Waiting frames from which on events that nobody misses (typing) are dropped.
pub(crate) const SLOW_QUEUE: usize = SEND_QUEUE / 2;

/// Sent events that are kept for a client that comes back.
pub(crate) const RING: usize = 128;

/// How long a connection may stay without saying who it is.
pub(crate) const AUTHENTICATION_MS: i64 = 5_000;

/// How often the server asks whether a client is still there.
const PING_EVERY_MS: i64 = 60_000;

/// How long a client may leave that unanswered.
const PONG_WITHIN_MS: i64 = 100_000;

/// How long a client may leave a frame unread.
const WRITE_WITHIN_MS: i64 = 30_000;

/// How a test has spoiled a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Spoiled {
    #[default]
    No,
    /// Nothing passes in either direction, and neither side knows.
    HalfOpen,
    /// The client reads nothing.
    Stalled,
}

/// What happens to one event on its way to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFault {
    /// It has a number and never arrives: the gap shows.
    Lost,
    /// It never gets a number: nothing shows.
    Unpublished,
    /// It arrives twice, with the same number.
    Doubled,
    /// It arrives after the next one.
    Late,
}

/// What a socket is to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Send(String),
    Ping,
    /// Nothing, until it is woken or this moment comes.
    Wait(i64),
    /// Say good-bye without a reason, and end.
    Close,
    End,
}

enum Waiting {
    /// An event without its number.
    Event(Arc<str>),
    Reply(String),
}

/// What a client says that it looks at; it wants the passing events of other channels no more.
#[derive(Default)]
pub(crate) struct Presence {
    pub(crate) channel: Option<String>,
    pub(crate) thread_beside: Option<String>,
    pub(crate) thread_view: Option<String>,
}

pub(crate) struct Connection {
    pub(crate) id: String,
    /// Which socket serves it; a number is never used again.
    pub(crate) socket: u64,
    pub(crate) user_id: Option<String>,
    pub(crate) token: String,
    pub(crate) presence: Presence,
    pub(crate) spoiled: Spoiled,
    /// Whether a socket serves it.
    pub(crate) is_active: bool,
    /// When its client last did something; one that is quiet for long is forgotten soon after it is lost.
    pub(crate) activity_at: i64,
    /// When it lost its socket.
    pub(crate) lost_at: i64,
    pub(crate) wake: Arc<Notify>,
    seq: u64,
    queue: VecDeque<Waiting>,
    /// The last events that were sent, with their numbers.
    ring: VecDeque<(u64, Arc<str>)>,
    /// Frames that have their numbers and are to be sent first.
    outbox: VecDeque<String>,
    /// A frame that a test holds back until after the next one.
    late: Option<String>,
    is_cut: bool,
    is_full: bool,
    /// When it is closed for not saying who it is.
    lapses_at: Option<i64>,
    last_pong: i64,
    next_ping: i64,
    blocked_since: Option<i64>,
}

impl Connection {
    pub(crate) fn new(id: String, socket: u64, now: i64) -> Self {
        Self {
            id,
            socket,
            user_id: None,
            token: String::new(),
            presence: Presence::default(),
            spoiled: Spoiled::No,
            is_active: true,
            activity_at: now,
            lost_at: 0,
            wake: Arc::new(Notify::new()),
            seq: 0,
            queue: VecDeque::new(),
            ring: VecDeque::new(),
            outbox: VecDeque::new(),
            late: None,
            is_cut: false,
            is_full: false,
            lapses_at: Some(now + AUTHENTICATION_MS),
            last_pong: now,
            next_ping: now + PING_EVERY_MS,
            blocked_since: None,
        }
    }

    /// Ties it to an account and greets it.
    pub(crate) fn greet(&mut self, user_id: &str, token: &str, server_version: &str) {
        self.user_id = Some(user_id.to_owned());
        token.clone_into(&mut self.token);
        self.lapses_at = None;
        let hello = self.hello(server_version);
        self.enqueue(Waiting::Event(hello));
    }

    fn hello(&self, server_version: &str) -> Arc<str> {
        let user_id = self.user_id.as_deref().unwrap_or_default();
        let data = json!({
            "connection_id": self.id,
            "server_hostname": "playground",
            "server_version": server_version,
        });
        let hello = Event::new("hello", data, Broadcast::to_user(user_id));
        hello.render(user_id).into()
    }

    /// Gives it a new socket. Its client expects the event of a number next: what it missed is sent again where it is
    /// still kept; where it is not, the connection becomes a new one, which says hello before what waits.
    pub(crate) fn resume(&mut self, socket: u64, expected: u64, new: &NewLife<'_>) {
        self.socket = socket;
        new.token.clone_into(&mut self.token);
        self.wake = Arc::new(Notify::new());
        self.is_active = true;
        self.is_cut = false;
        self.activity_at = new.now;
        self.last_pong = new.now;
        self.next_ping = new.now + PING_EVERY_MS;
        self.seq = expected;
        if expected == 0 {
            return;
        }
        if let Some(from) = self.ring.iter().position(|(seq, _)| *seq == expected) {
            for (seq, frame) in self.ring.iter().skip(from) {
                self.outbox.push_back(numbered(frame, *seq));
                self.seq = seq + 1;
            }
        } else if self.ring.back().is_some_and(|(seq, _)| seq + 1 != expected) {
            self.ring.clear();
            new.id.clone_into(&mut self.id);
            self.seq = 0;
            let hello = self.hello(new.server_version);
            self.queue.push_front(Waiting::Event(hello));
        }
    }

    /// Takes its account away: it hears nothing more, and is closed a little later.
    pub(crate) fn silence(&mut self, now: i64) {
        self.user_id = None;
        self.token.clear();
        self.lapses_at = Some(now + AUTHENTICATION_MS);
        self.wake.notify_one();
    }

    /// Ends its socket, as if the network had.
    pub(crate) fn cut(&mut self) {
        self.is_cut = true;
        self.wake.notify_one();
    }

    /// Notes that its socket is gone; answers whether it can come back.
    pub(crate) fn lose(&mut self, now: i64) -> bool {
        self.is_active = false;
        self.lost_at = now;
        self.spoiled = Spoiled::No;
        self.blocked_since = None;
        self.outbox.clear();
        self.late = None;
        self.presence = Presence::default();
        self.user_id.is_some() && !self.is_full
    }

    pub(crate) fn pong(&mut self, now: i64) {
        self.last_pong = now;
    }

    /// Whether an event is of interest where its client looks.
    fn wants(&self, event: &Event) -> bool {
        let not_here = |place: &Option<String>| {
            place
                .as_ref()
                .is_some_and(|id| *id != event.broadcast.channel_id)
        };
        let Presence {
            channel,
            thread_beside,
            thread_view,
        } = &self.presence;
        !(event.is_scoped()
            && not_here(channel)
            && not_here(thread_beside)
            && not_here(thread_view))
    }

    /// Lets an event wait for the socket.
    pub(crate) fn send_event(&mut self, frame: &Arc<str>, event: &Event) {
        let is_slow = self.queue.len() >= SLOW_QUEUE;
        if (event.can_be_dropped() && is_slow) || !self.wants(event) {
            return;
        }
        self.enqueue(Waiting::Event(Arc::clone(frame)));
    }

    /// Lets a frame that is no event wait for the socket.
    pub(crate) fn reply(&mut self, frame: &Value) {
        self.enqueue(Waiting::Reply(go_json(frame)));
    }

    fn enqueue(&mut self, waiting: Waiting) {
        self.is_full |= self.queue.len() >= SEND_QUEUE;
        if !self.is_full {
            self.queue.push_back(waiting);
        }
        self.wake.notify_one();
    }

    /// Whether more waited than may.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// What its socket is to do at this moment. Faults of a test meet the events that are numbered now.
    pub(crate) fn step(&mut self, now: i64, faults: &mut VecDeque<EventFault>) -> Step {
        if self.spoiled == Spoiled::HalfOpen {
            while self.number_next(faults) {}
            self.outbox.clear();
        }
        let pong_by = self.last_pong + PONG_WITHIN_MS;
        if self.is_cut || pong_by <= now || self.lapses_at.is_some_and(|at| at <= now) {
            return Step::End;
        }
        let sleep_until = pong_by
            .min(self.next_ping)
            .min(self.lapses_at.unwrap_or(i64::MAX));
        match self.spoiled {
            Spoiled::No => {}
            Spoiled::HalfOpen => return Step::Wait(pong_by),
            Spoiled::Stalled => return self.blocked(now, sleep_until),
        }
        self.blocked_since = None;
        while self.outbox.is_empty() && self.number_next(faults) {}
        if let Some(frame) = self.outbox.pop_front() {
            return Step::Send(frame);
        }
        if self.is_full {
            return Step::Close;
        }
        if self.next_ping <= now {
            self.next_ping = now + PING_EVERY_MS;
            return Step::Ping;
        }
        Step::Wait(sleep_until)
    }

    /// What a socket does whose client reads nothing: it waits, and not for ever.
    fn blocked(&mut self, now: i64, sleep_until: i64) -> Step {
        if self.queue.is_empty() && self.outbox.is_empty() {
            return Step::Wait(sleep_until.max(now + 1));
        }
        let since = *self.blocked_since.get_or_insert(now);
        if since + WRITE_WITHIN_MS <= now {
            return Step::End;
        }
        Step::Wait(since + WRITE_WITHIN_MS)
    }

    /// Gives the next waiting event its number, and its fault; answers whether there was one.
    fn number_next(&mut self, faults: &mut VecDeque<EventFault>) -> bool {
        let frame = match self.queue.pop_front() {
            None => return false,
            Some(Waiting::Reply(frame)) => {
                self.outbox.push_back(frame);
                return true;
            }
            Some(Waiting::Event(frame)) => frame,
        };
        // The greeting is no event that a network would lose alone.
        let fault = if self.seq == 0 {
            None
        } else {
            faults.pop_front()
        };
        if fault == Some(EventFault::Unpublished) {
            return true;
        }
        let seq = self.seq;
        self.seq += 1;
        let whole = numbered(&frame, seq);
        if self.ring.len() == RING {
            self.ring.pop_front();
        }
        self.ring.push_back((seq, frame));
        match fault {
            Some(EventFault::Lost | EventFault::Unpublished) => {}
            Some(EventFault::Late) => {
                self.outbox.extend(self.late.replace(whole));
            }
            Some(EventFault::Doubled) => {
                self.outbox.push_back(whole.clone());
                self.outbox.push_back(whole);
                self.outbox.extend(self.late.take());
            }
            None => {
                self.outbox.push_back(whole);
                self.outbox.extend(self.late.take());
            }
        }
        true
    }
}

/// What a connection gets that comes back.
pub(crate) struct NewLife<'a> {
    /// The id that it takes where it lost events.
    pub(crate) id: &'a str,
    pub(crate) token: &'a str,
    pub(crate) server_version: &'a str,
    pub(crate) now: i64,
}

fn numbered(frame: &str, seq: u64) -> String {
    format!("{frame}{seq}}}")
}
