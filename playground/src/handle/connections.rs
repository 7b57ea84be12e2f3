//! Spoiling WebSocket connections and the events on them, as networks do.

use crate::handle::playground::Playground;
use crate::world::connection::{EventFault, Spoiled};

/// An account is named by its user name or id; what is said here concerns its connections of this moment only.
///
/// # Panics
/// Every method panics where the account is unknown: the test is wrong then.
impl Playground {
    /// Cuts the connections of an account, without a close frame. The server knows at once, so that they can be resumed.
    pub fn cut_connections_of(&self, user: &str) {
        let user_id = self.user_id(user);
        self.shared.change(|world| {
            let now = world.now();
            world.hub.cut_user(&user_id, now);
        });
    }

    /// Lets nothing more pass on the connections of an account, in either direction, and tells neither side.
    ///
    /// The server goes on sending into the void, and takes the connection for alive (so that it cannot be resumed) until
    /// it has waited 100 seconds for an answer to a ping.
    pub fn half_open_connections_of(&self, user: &str) {
        self.spoil(user, Spoiled::HalfOpen);
    }

    /// Lets the server send nothing to an account, as if its client read nothing: what is for it waits, as long as there
    /// is room and for no longer than 30 seconds.
    pub fn stall_connections_of(&self, user: &str) {
        self.spoil(user, Spoiled::Stalled);
    }

    /// Lets the clients of an account read again.
    pub fn unstall_connections_of(&self, user: &str) {
        self.spoil(user, Spoiled::No);
    }

    fn spoil(&self, user: &str, spoiled: Spoiled) {
        let user_id = self.user_id(user);
        self.shared
            .change(|world| world.hub.spoil_user(&user_id, spoiled));
    }

    /// Lets the next events for an account meet faults, one each and in order; greetings and replies meet none.
    pub fn spoil_events_for(&self, user: &str, faults: &[EventFault]) {
        let user_id = self.user_id(user);
        self.shared
            .change(|world| world.hub.spoil_events(&user_id, faults));
    }
}
