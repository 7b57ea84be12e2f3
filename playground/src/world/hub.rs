//! What reaches people's clients at once: the connections of a server, and who of them hears what.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::world::connection::{Connection, EventFault, NewLife, Spoiled, Step};
use crate::world::event::Event;

/// How often lost connections are looked through, and how quiet one must have been to be forgotten then.
pub(crate) const REAPER_MS: i64 = 5 * 60 * 1000;

/// What a socket holds of its connection.
pub(crate) struct Line {
    pub(crate) socket: u64,
    /// Woken when there is something to do.
    pub(crate) wake: Arc<Notify>,
}

/// The connections of a server.
#[derive(Default)]
pub(crate) struct Hub {
    connections: Vec<Connection>,
    sockets: u64,
    /// The moment from which the reaper counts.
    started_at: i64,
    /// Faults that the next events of an account meet.
    faults: BTreeMap<String, VecDeque<EventFault>>,
}

impl Hub {
    pub(crate) fn starting_at(now: i64) -> Self {
        Self {
            started_at: now,
            ..Self::default()
        }
    }

    /// Takes a new connection that has not said who it is.
    pub(crate) fn open(&mut self, id: String, now: i64) -> Line {
        self.sockets += 1;
        let connection = Connection::new(id, self.sockets, now);
        let line = Line {
            socket: self.sockets,
            wake: Arc::clone(&connection.wake),
        };
        self.connections.push(connection);
        line
    }

    /// Gives a lost connection of an account to a new socket; `None` where there is none, or it is not known to be lost.
    pub(crate) fn resume(
        &mut self,
        (user_id, id): (&str, &str),
        expected: u64,
        new: &NewLife<'_>,
    ) -> Option<Line> {
        self.reap(new.now);
        let connection = self.connections.iter_mut().find(|connection| {
            connection.id == id
                && !connection.is_active
                && connection.user_id.as_deref() == Some(user_id)
        })?;
        self.sockets += 1;
        connection.resume(self.sockets, expected, new);
        Some(Line {
            socket: self.sockets,
            wake: Arc::clone(&connection.wake),
        })
    }

    /// Whether a connection of an account is lost, and could be resumed.
    pub(crate) fn is_lost(&mut self, user_id: &str, id: &str, now: i64) -> bool {
        self.reap(now);
        self.connections.iter().any(|connection| {
            connection.id == id
                && !connection.is_active
                && connection.user_id.as_deref() == Some(user_id)
        })
    }

    /// Forgets the connections that were lost, and quiet, when the reaper last came by.
    fn reap(&mut self, now: i64) {
        let came_by = now - (now - self.started_at) % REAPER_MS;
        self.connections.retain(|connection| {
            connection.is_active
                || connection.lost_at >= came_by
                || came_by - connection.activity_at <= REAPER_MS
        });
    }

    /// The connection that a socket serves.
    pub(crate) fn connection(&mut self, socket: u64) -> Option<&mut Connection> {
        self.connections
            .iter_mut()
            .find(|connection| connection.socket == socket)
    }

    /// What a socket is to do at this moment.
    pub(crate) fn step(&mut self, socket: u64, now: i64) -> Step {
        let Some(connection) = self
            .connections
            .iter_mut()
            .find(|connection| connection.socket == socket && connection.is_active)
        else {
            return Step::End;
        };
        let faults = connection
            .user_id
            .as_ref()
            .and_then(|user_id| self.faults.get_mut(user_id));
        match faults {
            Some(faults) => connection.step(now, faults),
            None => connection.step(now, &mut VecDeque::new()),
        }
    }

    /// Notes that a socket is gone.
    pub(crate) fn lose(&mut self, socket: u64, now: i64) {
        self.connections.retain_mut(|connection| {
            connection.socket != socket || !connection.is_active || connection.lose(now)
        });
    }

    /// Whether somebody listens at this moment.
    pub(crate) fn is_online(&self, user_id: &str) -> bool {
        self.active_of(user_id).next().is_some()
    }

    /// Whether an account has a connection, or could come back to one.
    pub(crate) fn hears(&self, user_id: &str) -> bool {
        self.connections
            .iter()
            .any(|connection| connection.user_id.as_deref() == Some(user_id))
    }

    /// How many connections listen as an account.
    pub(crate) fn connections_of(&self, user_id: &str) -> usize {
        self.active_of(user_id).count()
    }

    /// How many connections of an account are lost and not yet forgotten.
    pub(crate) fn lost_of(&self, user_id: &str) -> usize {
        self.connections
            .iter()
            .filter(|connection| {
                connection.user_id.as_deref() == Some(user_id) && !connection.is_active
            })
            .count()
    }

    fn active_of(&self, user_id: &str) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(move |connection| {
            connection.user_id.as_deref() == Some(user_id)
                && connection.is_active
                && !connection.is_full()
        })
    }

    /// Sends an event to the connections whose user it is for, also to those that are lost.
    pub(crate) fn publish(&mut self, event: &Event, is_for: impl Fn(&str) -> bool) {
        let mut shared: Option<Arc<str>> = None;
        for connection in &mut self.connections {
            let Some(user_id) = &connection.user_id else {
                continue;
            };
            let omitted = event
                .broadcast
                .omit_users
                .as_ref()
                .is_some_and(|users| users.contains_key(user_id));
            if omitted || !is_for(user_id) {
                continue;
            }
            if event.only_for.iter().any(|(reader, ..)| reader == user_id) {
                let frame = event.render(user_id).into();
                connection.send_event(&frame, event);
            } else {
                let frame = shared.get_or_insert_with(|| event.render("").into());
                connection.send_event(frame, event);
            }
        }
        self.connections
            .retain(|connection| connection.is_active || !connection.is_full());
    }

    /// Notes that the client of a session did something.
    pub(crate) fn note_activity(&mut self, token: &str, now: i64) {
        for connection in &mut self.connections {
            if connection.is_active && connection.token == token {
                connection.activity_at = now;
            }
        }
    }

    /// Silences what listens with a token; the socket is closed a little later.
    pub(crate) fn silence_token(&mut self, token: &str, now: i64) {
        self.silence(now, |connection| connection.token == token);
    }

    /// Silences what listens as an account.
    pub(crate) fn silence_user(&mut self, user_id: &str, now: i64) {
        self.silence(now, |connection| {
            connection.user_id.as_deref() == Some(user_id)
        });
    }

    fn silence(&mut self, now: i64, is_meant: impl Fn(&Connection) -> bool) {
        for connection in &mut self.connections {
            if is_meant(connection) {
                connection.silence(now);
            }
        }
        // Nobody could prove that a lost one is theirs.
        self.connections
            .retain(|connection| connection.is_active || connection.user_id.is_some());
    }

    /// Cuts the sockets of an account, as a network does that tells both sides.
    pub(crate) fn cut_user(&mut self, user_id: &str, now: i64) {
        self.connections.retain_mut(|connection| {
            let is_meant = connection.is_active && connection.user_id.as_deref() == Some(user_id);
            if is_meant {
                connection.cut();
            }
            !is_meant || connection.lose(now)
        });
    }

    /// Spoils the connections of an account, or heals them.
    pub(crate) fn spoil_user(&mut self, user_id: &str, spoiled: Spoiled) {
        for connection in &mut self.connections {
            if connection.is_active && connection.user_id.as_deref() == Some(user_id) {
                connection.spoiled = spoiled;
                connection.wake.notify_one();
            }
        }
    }

    /// Forgets every connection, as a restart does.
    pub(crate) fn forget_all(&mut self) {
        for connection in &mut self.connections {
            connection.cut();
        }
        self.connections.clear();
    }

    /// Lets the next events of an account meet faults, one each, in order.
    pub(crate) fn spoil_events(&mut self, user_id: &str, faults: &[EventFault]) {
        self.faults
            .entry(user_id.to_owned())
            .or_default()
            .extend(faults);
    }
}
