//! What every request shares: the world behind its lock, the faults, the way out to integrations.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::TimeSource;
use crate::fault::Faults;
use crate::world::World;

pub(crate) struct Shared {
    world: Mutex<World>,
    /// Counts the changes of the world; whoever waits for one listens here.
    changes: watch::Sender<u64>,
    pub(crate) faults: Faults,
    pub(crate) time: TimeSource,
    pub(crate) integrations: reqwest::Client,
    /// Work that goes on after its request: calls to integrations, sockets.
    pub(crate) tasks: TaskTracker,
    pub(crate) closing: CancellationToken,
}

impl Shared {
    pub(crate) fn new(world: World, time: TimeSource) -> Self {
        Self {
            world: Mutex::new(world),
            changes: watch::Sender::new(0),
            faults: Faults::default(),
            time,
            integrations: integration_client(),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
        }
    }

    /// Looks at the world.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the world, and wakes whoever waits for that.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let value = change(&mut self.lock());
        self.changes
            .send_modify(|count| *count = count.wrapping_add(1));
        value
    }

    /// Changes what nobody waits for: what a socket has sent already.
    pub(crate) fn change_quietly<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.lock())
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// A panic under the lock is a failed test already; what comes after may still read.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server's client for integrations: 3 s to connect, redirects as Go's client follows them, no proxy.
fn integration_client() -> reqwest::Client {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .redirect(reqwest::redirect::Policy::limited(10))
        .http1_title_case_headers()
        .http1_only()
        .no_proxy()
        .user_agent("Mattermost-Bot/1.1")
        .build()
        .expect("the options above are constants that the builder takes")
}
