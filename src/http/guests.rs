//! Who is connected: where every place is taken, whoever has asked nothing for the longest gives theirs up.
//!
//! Else whoever reaches the port could shut it for everybody by holding connections on which nothing is asked.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::connection::Turns;
use crate::domain::time::Timestamp;

/// One connection.
pub(super) struct Guest {
    /// Counts what it asks.
    pub(super) turns: Turns,
    /// When it last began or ended to ask, in microseconds.
    turned_at: AtomicI64,
    leave: CancellationToken,
    /// Rung whenever somebody has been answered.
    answered: Arc<Notify>,
}

impl Guest {
    /// Says that a request's head has arrived, or that its reply is made.
    pub(super) fn turn(&self, now: Timestamp) {
        self.turns.turn();
        self.turned_at.store(now.as_micros(), Ordering::Relaxed);
        if self.turns.is_between_requests() {
            self.answered.notify_one();
        }
    }

    /// Waits until it is to give up its place, which it is asked only while it asks nothing.
    pub(super) async fn is_to_leave(&self) {
        self.leave.cancelled().await;
        if !self.turns.is_between_requests() {
            // It has begun to ask in this very moment: it is answered, and who waits for a place waits a little longer.
            std::future::pending::<()>().await;
        }
    }
}

/// All connections; as many as there are places.
#[derive(Default)]
pub(super) struct Guests {
    list: Mutex<Vec<Weak<Guest>>>,
    answered: Arc<Notify>,
}

impl Guests {
    /// Lets somebody in.
    pub(super) fn welcome(&self, now: Timestamp) -> Arc<Guest> {
        let guest = Arc::new(Guest {
            turns: Turns::default(),
            turned_at: AtomicI64::new(now.as_micros()),
            leave: CancellationToken::new(),
            answered: Arc::clone(&self.answered),
        });
        let mut guests = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        guests.retain(|guest| guest.strong_count() > 0);
        guests.push(Arc::downgrade(&guest));
        guest
    }

    /// Waits until somebody has been answered, and so may be asked to leave.
    pub(super) async fn answered(&self) {
        self.answered.notified().await;
    }

    /// Asks whoever has asked nothing for the longest to leave; returns false where all are being answered.
    pub(super) fn ask_one_to_leave(&self) -> bool {
        let guests = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let longest_idle = guests
            .iter()
            .filter_map(Weak::upgrade)
            .filter(|guest| guest.turns.is_between_requests() && !guest.leave.is_cancelled())
            .min_by_key(|guest| guest.turned_at.load(Ordering::Relaxed));
        if let Some(guest) = &longest_idle {
            guest.leave.cancel();
        }
        longest_idle.is_some()
    }
}
