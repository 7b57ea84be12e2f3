//! Named places at which replies wait until a test lets them on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// All gates of one server. A gate is shut until it is opened, and then stays open.
#[derive(Debug, Default)]
pub(super) struct Gates {
    gates: Mutex<HashMap<String, Gate>>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Gate {
    open: bool,
    waiting: usize,
}

impl Gates {
    /// Opens a gate, for whoever waits there and whoever comes later.
    pub(super) fn open(&self, name: &str) {
        self.change(name, |gate| gate.open = true);
    }

    /// Waits until the gate is open.
    pub(super) async fn pass(&self, name: &str) {
        let _waiting = Waiting::at(self, name);
        self.until(name, |gate| gate.open).await;
    }

    /// Waits until some reply stands at the gate.
    pub(super) async fn until_reached(&self, name: &str) {
        self.until(name, |gate| gate.waiting > 0).await;
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Gate)) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        change(gates.entry(name.to_owned()).or_default());
        drop(gates);
        self.changed.notify_waiters();
    }

    async fn until(&self, name: &str, condition: impl Fn(&Gate) -> bool) {
        loop {
            // Armed before the look, so that a change in between is not missed.
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.is(name, &condition) {
                return;
            }
            changed.await;
        }
    }

    fn is(&self, name: &str, condition: impl Fn(&Gate) -> bool) -> bool {
        let gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.get(name).is_some_and(condition)
    }
}

/// Counts one reply as waiting for as long as it lives, also when its connection is dropped meanwhile.
struct Waiting<'a> {
    gates: &'a Gates,
    name: &'a str,
}

impl<'a> Waiting<'a> {
    fn at(gates: &'a Gates, name: &'a str) -> Self {
        gates.change(name, |gate| gate.waiting += 1);
        Self { gates, name }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.gates.change(self.name, |gate| gate.waiting -= 1);
    }
}
