//! Taking sockets: who they belong to, and whether they carry on where an earlier one ended.

use crate::ids::is_id;
use crate::world::client_config::FULL_VERSION;
use crate::world::connection::NewLife;
use crate::world::hub::Line;
use crate::world::state::World;

/// How far apart two notes of activity are at least.
const ACTIVITY_MS: i64 = 5 * 60 * 1000;

/// What a client says of its earlier connection; empty where there is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Earlier {
    pub(crate) connection_id: String,
    /// The number of the event that it expects next, as it was written.
    pub(crate) sequence_number: String,
}

impl World {
    /// Takes a socket, with a token where its request had one; `None` where it is closed at once.
    ///
    /// Only who is known at this moment can carry on: what a stranger says of an earlier connection is not looked at.
    pub(crate) fn connect(&mut self, token: Option<&str>, earlier: &Earlier) -> Option<Line> {
        let now = self.now();
        let id = self.ids.next_id();
        let known = token.and_then(|token| {
            let user = self.authenticate(token)?;
            Some((token, user.id.clone()))
        });
        let Some((token, user_id)) = known else {
            return Some(self.hub.open(id, now));
        };
        if !earlier.connection_id.is_empty() {
            if !is_id(&earlier.connection_id) {
                return None;
            }
            if self.hub.is_lost(&user_id, &earlier.connection_id, now) {
                let expected = earlier.sequence_number.parse().ok()?;
                let new = NewLife {
                    id: &id,
                    token,
                    server_version: FULL_VERSION,
                    now,
                };
                let place = (user_id.as_str(), earlier.connection_id.as_str());
                let line = self.hub.resume(place, expected, &new);
                self.note_activity(token);
                return line;
            }
        }
        let line = self.hub.open(id, now);
        self.greet(&line, &user_id, token);
        Some(line)
    }

    fn greet(&mut self, line: &Line, user_id: &str, token: &str) {
        if let Some(connection) = self.hub.connection(line.socket) {
            connection.greet(user_id, token, FULL_VERSION);
        }
        self.note_activity(token);
    }

    /// Ties a socket that has not said who it is to a token's account; answers whether there is one.
    pub(crate) fn answer_challenge(&mut self, line: &Line, token: &str) -> bool {
        let Some(user_id) = self.authenticate(token).map(|user| user.id.clone()) else {
            return false;
        };
        self.greet(line, &user_id, token);
        true
    }

    /// Notes that the client of a token did something; not more often than every five minutes.
    pub(crate) fn note_activity(&mut self, token: &str) {
        let now = self.now();
        let last = self.activity.entry(token.to_owned()).or_insert(now);
        if now - *last >= ACTIVITY_MS {
            *last = now;
            self.hub.note_activity(token, now);
        }
    }
}
