//! Starting and stopping, waiting, and the faults of the whole server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::{TimeSource, real_sleep, unix_ms};
use crate::fault::Faults;
use crate::handle::view::View;
use crate::options::{Options, Settings};
use crate::shared::Shared;
use crate::wire::listener::Listener;
use crate::wire::router::router;
use crate::world::World;

/// How long, in real time, a test waits for what it expects before it is called lost.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much longer the world is left alone than a look at it took.
const RESTS_PER_LOOK: u64 = 4;

/// A running server; dropping it stops the server and closes every connection.
pub struct Playground {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    wanted: watch::Sender<bool>,
    actual: watch::Receiver<bool>,
}

impl Drop for Playground {
    fn drop(&mut self) {
        self.shared.closing.cancel();
    }
}

impl Playground {
    /// Starts a server.
    ///
    /// # Errors
    /// When it cannot listen at the address.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let socket = TcpListener::bind(options.listen).await?;
        let address = socket.local_addr()?;
        let Options {
            seed,
            time,
            settings,
            ..
        } = options;
        let site_url = settings
            .site_url
            .clone()
            .unwrap_or_else(|| format!("http://{address}"));
        let world = World::new(seed, time.clone(), settings, site_url);
        let shared = Arc::new(Shared::new(world, time));
        let (wanted, is_wanted) = watch::channel(true);
        let (is_open, actual) = watch::channel(true);
        let listener = Listener {
            address,
            router: router(&shared),
            shared: Arc::clone(&shared),
            wanted: is_wanted,
            actual: is_open,
        };
        drop(shared.tasks.spawn(listener.run(socket)));
        Ok(Self {
            shared,
            address,
            wanted,
            actual,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The faults that the next requests meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The present moment of its time, in Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.shared.time.now_ms()
    }

    /// Where its time comes from.
    #[must_use]
    pub fn time(&self) -> &TimeSource {
        &self.shared.time
    }

    /// Changes the server's settings while it runs.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.shared.change(|world| change(&mut world.settings));
    }

    /// Closes the door and every connection: from now on connecting is refused. What the server kept of WebSocket
    /// connections is gone, as after a restart.
    pub async fn go_down(&self) {
        self.turn(false).await;
        self.shared.change(|world| world.hub.forget_all());
    }

    /// Opens the door again, at the same address, with the same world.
    pub async fn come_up(&self) {
        self.turn(true).await;
    }

    async fn turn(&self, is_open: bool) {
        self.wanted.send_replace(is_open);
        let mut actual = self.actual.clone();
        // The listener ends only when the playground closes; nobody waits for its door then.
        drop(actual.wait_for(|actual| *actual == is_open).await);
    }

    /// Looks at the world as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> T {
        self.shared.read(|world| look(&View { world }))
    }

    /// Waits until the world is as the condition wants it; looks again after every change.
    ///
    /// # Panics
    /// After a minute of real time, with everything that people see by then.
    pub async fn wait_until(&self, what: &str, condition: impl Fn(&View<'_>) -> bool) {
        self.wait_for(what, |view| condition(view).then_some(()))
            .await;
    }

    /// Waits until something can be found in the world, and answers it.
    ///
    /// # Panics
    /// As [`Playground::wait_until`].
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's path is not general enough over the view's lifetime"
    )]
    pub async fn wait_for<T>(&self, what: &str, find: impl Fn(&View<'_>) -> Option<T>) -> T {
        let mut changes = self.shared.changes();
        let patience = real_sleep(PATIENCE);
        tokio::pin!(patience);
        loop {
            changes.mark_unchanged();
            let began = unix_ms();
            if let Some(found) = self.look(&find) {
                return found;
            }
            // Looking holds the world still, so a costly look under a storm of changes rests in between.
            let look = u64::try_from(unix_ms() - began).unwrap_or(0);
            let rest = Duration::from_millis(look * RESTS_PER_LOOK);
            let something_new = async {
                real_sleep(rest).await;
                changes.changed().await
            };
            tokio::select! {
                _ = something_new => {}
                () = &mut patience => {
                    panic!("waited in vain for: {what}\n{}", self.look(|view| view.dump()));
                }
            }
        }
    }
}
