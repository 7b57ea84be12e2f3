//! One pace for all writes to a server (promise 10 of ARCHITECTURE.md).
//!
//! A token bucket that stops while the server said 429 and slows down while the server is slow. What has to be written waits its turn, in order and
//! for a bounded time; an edit that another will follow never waits: it is left out.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::select;
use tokio::sync::Notify;

use super::failure::MAX_RETRY_AFTER;
use crate::domain::time::Timestamp;
use crate::ports::Clock;

/// Writes that wait for their turn at once, at most; more are told to come back.
pub const MAX_WAITING_WRITES: usize = 1_024;

/// The share of the burst that edits of low priority leave to new posts and final edits.
pub const LATER_RESERVE: f64 = 0.25;

/// The share of the burst that signs of life leave to everything else.
pub const SIGN_RESERVE: f64 = 0.5;

/// A write that takes longer than this says that the server is loaded: from here on the pace falls as latency grows. An edit takes a
/// healthy server about 10 ms.
pub const SLOW_WRITE: Duration = Duration::from_millis(500);

/// The slowest pace for a slow server, as a share of the configured one.
const SLOWEST_SHARE: f64 = 0.1;

/// How much of the remembered latency the newest write replaces.
const LATENCY_WEIGHT: f64 = 0.2;

/// The slowest configured pace that is believed, writes a second.
const SLOWEST_RATE: f64 = 0.01;

/// Whether a write may go.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    /// Now.
    Go,
    /// Not before this time.
    Wait(Timestamp),
}

/// The pure half: how much may be written, by a time that is told.
#[derive(Clone, Debug)]
struct Bucket {
    /// Writes a second.
    rate: f64,
    /// Writes at once.
    burst: f64,
    /// Writes that may go now.
    tokens: f64,
    /// When `tokens` was counted.
    counted_at: Timestamp,
    /// Nothing goes before this time.
    paused_until: Timestamp,
    /// What a write took lately, in seconds.
    latency: f64,
}

impl Bucket {
    fn full(rate: f64, burst: u32, now: Timestamp) -> Self {
        let burst = f64::from(burst.max(1));
        Self {
            rate: if rate.is_finite() {
                rate.max(SLOWEST_RATE)
            } else {
                SLOWEST_RATE
            },
            burst,
            tokens: burst,
            counted_at: now,
            paused_until: Timestamp::EPOCH,
            latency: 0.0,
        }
    }

    /// Takes the right to write once, where there is one beyond `reserve`.
    fn take(&mut self, now: Timestamp, reserve: f64) -> Verdict {
        self.count(now);
        if self.paused_until > now {
            return Verdict::Wait(self.paused_until);
        }
        let missing = 1.0 + reserve - self.tokens;
        if missing <= 0.0 {
            self.tokens -= 1.0;
            return Verdict::Go;
        }
        // A microsecond more, so that rounding never wakes a writer too early.
        let wait = Duration::from_secs_f64(missing / self.pace()) + Duration::from_micros(1);
        Verdict::Wait(now.after(wait))
    }

    fn count(&mut self, now: Timestamp) {
        let gained = now.since(self.counted_at).as_secs_f64() * self.pace();
        self.tokens = (self.tokens + gained).min(self.burst);
        // A clock that was set back must not leave a pause, or a time without tokens, behind.
        self.counted_at = now;
        self.paused_until = self.paused_until.min(now.after(MAX_RETRY_AFTER));
    }

    /// Returns the pace for the latency seen lately.
    fn pace(&self) -> f64 {
        let share = SLOW_WRITE.as_secs_f64() / self.latency.max(f64::MIN_POSITIVE);
        self.rate * share.clamp(SLOWEST_SHARE, 1.0)
    }

    fn observe(&mut self, took: Duration, now: Timestamp) {
        self.count(now);
        self.latency += (took.as_secs_f64() - self.latency) * LATENCY_WEIGHT;
    }

    fn pause(&mut self, until: Timestamp) {
        self.paused_until = self.paused_until.max(until);
        // What was counted before the server objected was too much.
        self.tokens = self.tokens.min(1.0);
    }
}

/// Says that a write cannot have its turn in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooBusy {
    /// When it is worth trying again, where that is known.
    pub(super) retry_after: Option<Duration>,
}

struct State {
    bucket: Bucket,
    /// Who waits, first come first served.
    queue: VecDeque<u64>,
    next_ticket: u64,
}

/// The pace of one server, shared by all who write to it.
pub(super) struct Limiter {
    clock: Arc<dyn Clock>,
    longest_wait: Duration,
    /// Never held across an await.
    state: Mutex<State>,
    /// Rung when the head of the queue leaves, so that the next one looks.
    moved: Notify,
}

impl Limiter {
    pub(super) fn new(
        rate: f64,
        burst: u32,
        longest_wait: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let bucket = Bucket::full(rate, burst, clock.now());
        Self {
            clock,
            longest_wait,
            state: Mutex::new(State {
                bucket,
                queue: VecDeque::new(),
                next_ticket: 0,
            }),
            moved: Notify::new(),
        }
    }

    /// Waits for the turn of a write that must be made. Cancellation safe: a waiter that is dropped leaves the queue.
    pub(super) async fn wait_turn(&self) -> Result<(), TooBusy> {
        let last = self.clock.now().after(self.longest_wait);
        let place = self.queue_up()?;
        loop {
            let mut moved = pin!(self.moved.notified());
            // Listen before looking, so that no ring between the two is missed.
            moved.as_mut().enable();
            let now = self.clock.now();
            let wake = match self.look(place.ticket, now) {
                Some(Verdict::Go) => return Ok(()),
                Some(Verdict::Wait(at)) if at > last => {
                    return Err(TooBusy {
                        retry_after: Some(at.since(now)),
                    });
                }
                Some(Verdict::Wait(at)) => at,
                None if now >= last => return Err(TooBusy { retry_after: None }),
                None => last,
            };
            select(moved, self.clock.sleep_until(wake)).await;
        }
    }

    /// Takes the turn of a write that can be left out; `false` where it would have to wait, or would leave less than this share of the burst
    /// to others.
    pub(super) fn try_turn(&self, reserve: f64) -> bool {
        let now = self.clock.now();
        let mut state = self.lock();
        let reserve = (state.bucket.burst * reserve).floor();
        state.queue.is_empty() && state.bucket.take(now, reserve) == Verdict::Go
    }

    /// Returns how many writes may go now, and how many wait.
    pub(super) fn state(&self) -> (f64, usize) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.bucket.count(now);
        let is_paused = state.bucket.paused_until > now;
        let tokens = if is_paused { 0.0 } else { state.bucket.tokens };
        (tokens, state.queue.len())
    }

    /// Stops all writes for as long as the server asked.
    pub(super) fn pause(&self, duration: Duration) {
        let until = self.clock.now().after(duration.min(MAX_RETRY_AFTER));
        self.lock().bucket.pause(until);
    }

    /// Learns how long a write took.
    pub(super) fn observe(&self, took: Duration) {
        let now = self.clock.now();
        self.lock().bucket.observe(took, now);
    }

    fn queue_up(&self) -> Result<Place<'_>, TooBusy> {
        let mut state = self.lock();
        if state.queue.len() >= MAX_WAITING_WRITES {
            return Err(TooBusy { retry_after: None });
        }
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.queue.push_back(ticket);
        Ok(Place {
            limiter: self,
            ticket,
        })
    }

    /// Looks whether a waiter may go; `None` while others stand before it.
    fn look(&self, ticket: u64, now: Timestamp) -> Option<Verdict> {
        let mut state = self.lock();
        (state.queue.front() == Some(&ticket)).then(|| state.bucket.take(now, 0.0))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete at each step, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, given up when it is dropped.
struct Place<'a> {
    limiter: &'a Limiter,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limiter
            .lock()
            .queue
            .retain(|waiting| *waiting != self.ticket);
        self.limiter.moved.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn at(millis: u64) -> Timestamp {
        START.after(Duration::from_millis(millis))
    }

    fn bucket() -> Bucket {
        Bucket::full(10.0, 4, START)
    }

    fn goes(bucket: &mut Bucket, now: Timestamp) -> bool {
        bucket.take(now, 0.0) == Verdict::Go
    }

    fn drain(bucket: &mut Bucket, now: Timestamp) -> usize {
        (0..1_000).take_while(|_| goes(bucket, now)).count()
    }

    #[test]
    fn a_burst_goes_at_once_and_then_one_write_for_each_tenth_of_a_second() {
        let mut bucket = bucket();
        assert_eq!(drain(&mut bucket, at(0)), 4);
        assert!(!goes(&mut bucket, at(99)));
        assert!(goes(&mut bucket, at(101)));
        assert_eq!(drain(&mut bucket, at(60_000)), 4);
    }

    #[test]
    fn the_time_named_by_a_wait_is_the_time_at_which_it_goes() {
        let mut bucket = bucket();
        drain(&mut bucket, at(0));
        let Verdict::Wait(until) = bucket.take(at(30), 0.0) else {
            panic!("the bucket was drained")
        };
        assert!(goes(&mut bucket, until));
    }

    #[test]
    fn a_write_of_low_priority_leaves_the_reserve() {
        let mut bucket = bucket();
        let reserve = (bucket.burst * LATER_RESERVE).floor();
        let taken = (0..10)
            .take_while(|_| bucket.take(at(0), reserve) == Verdict::Go)
            .count();
        assert_eq!(taken, 3);
        assert!(goes(&mut bucket, at(0)));
    }

    #[test]
    fn nothing_goes_in_a_pause_and_no_burst_follows_it() {
        let mut bucket = bucket();
        bucket.pause(at(2_000));
        assert_eq!(bucket.take(at(1_999), 0.0), Verdict::Wait(at(2_000)));
        bucket.pause(at(1_000));
        assert_eq!(bucket.take(at(1_999), 0.0), Verdict::Wait(at(2_000)));
        assert!(goes(&mut bucket, at(2_000)));
    }

    #[test]
    fn a_slow_server_is_written_to_more_slowly_and_a_quick_one_at_full_pace_again() {
        let mut bucket = bucket();
        for _ in 0..100 {
            bucket.observe(Duration::from_secs(1), START);
        }
        assert!((bucket.pace() - 5.0).abs() < 0.01, "{}", bucket.pace());
        for _ in 0..100 {
            bucket.observe(Duration::from_mins(1), START);
        }
        assert!((bucket.pace() - 1.0).abs() < 0.01, "{}", bucket.pace());
        for _ in 0..100 {
            bucket.observe(Duration::from_millis(10), START);
        }
        assert!((bucket.pace() - 10.0).abs() < 0.01, "{}", bucket.pace());
    }

    #[test]
    fn a_clock_set_back_leaves_no_long_pause_behind() {
        let mut bucket = bucket();
        bucket.pause(at(10_000));
        let earlier = START.before(Duration::from_hours(1));
        let Verdict::Wait(until) = bucket.take(earlier, 0.0) else {
            panic!("it was paused")
        };
        assert!(until.since(earlier) <= MAX_RETRY_AFTER);
        assert!(goes(&mut bucket, until));
    }

    proptest! {
        #[test]
        fn no_more_goes_than_the_burst_and_what_time_brought(
            gaps in prop::collection::vec(0_u64..500, 1..200),
            rate in 0.5_f64..50.0,
            burst in 1_u32..20,
        ) {
            let mut bucket = Bucket::full(rate, burst, START);
            let (mut now, mut gone) = (START, 0.0);
            for gap in gaps {
                now = now.after(Duration::from_millis(gap));
                if goes(&mut bucket, now) {
                    gone += 1.0;
                }
            }
            let brought = now.since(START).as_secs_f64() * rate;
            prop_assert!(gone <= f64::from(burst) + brought + 0.001);
        }
    }
}
