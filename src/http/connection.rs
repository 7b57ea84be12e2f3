//! Gives the head of each request a deadline that does not run while a connection idles.
//!
//! hyper's own header time-out runs from the end of the last request, so it would close connections that Mattermost keeps for its next
//! command, and a command sent at that moment would fail. This one runs from the first byte.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::ports::Clock;

/// Counts the beginnings and ends of the requests on one connection: odd while one is being handled.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<AtomicUsize>);

impl Turns {
    /// Says that a request's head has arrived, or that its reply is made.
    pub(super) fn turn(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether nothing is being handled.
    pub(super) fn is_between_requests(&self) -> bool {
        self.count().is_multiple_of(2)
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

type Alarm = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection that fails where a head takes longer than it may.
pub(super) struct HeadDeadline<T> {
    io: T,
    clock: Arc<dyn Clock>,
    limit: Duration,
    turns: Turns,
    /// The turns when `alarm` was last looked at.
    counted: usize,
    /// Set from the first byte of a head until it has arrived whole.
    alarm: Option<Alarm>,
    /// Set while the other side takes nothing of what we say.
    stalled: Option<Alarm>,
}

/// How long the other side may take nothing of what we say: who asks and never reads must not keep a place.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

impl<T> HeadDeadline<T> {
    /// Begins with a head: who connects has something to ask.
    pub(super) fn new(io: T, limit: Duration, turns: Turns, clock: Arc<dyn Clock>) -> Self {
        let alarm = Some(alarm(Arc::clone(&clock), limit));
        Self {
            io,
            clock,
            limit,
            counted: turns.count(),
            turns,
            alarm,
            stalled: None,
        }
    }

    /// Fails a write that has waited for too long.
    fn unless_stalled<R>(
        &mut self,
        written: Poll<io::Result<R>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let clock = &self.clock;
        let alarm = self
            .stalled
            .get_or_insert_with(|| alarm(Arc::clone(clock), WRITE_TIMEOUT));
        match alarm.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Forgets the deadline of a head that has arrived since.
    fn look_at_turns(&mut self) {
        let count = self.turns.count();
        if count != self.counted {
            self.counted = count;
            self.alarm = None;
        }
    }

    fn is_between_requests(&self) -> bool {
        self.counted.is_multiple_of(2)
    }
}

fn alarm(clock: Arc<dyn Clock>, limit: Duration) -> Alarm {
    Box::pin(async move {
        let at = clock.now().after(limit);
        clock.sleep_until(at).await;
    })
}

impl<T: AsyncRead + Unpin> AsyncRead for HeadDeadline<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.look_at_turns();
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        let has_read = buffer.filled().len() > before;
        if has_read && self.alarm.is_none() && self.is_between_requests() {
            self.alarm = Some(alarm(Arc::clone(&self.clock), self.limit));
        }
        // Also where bytes came: one at a time, they would keep the connection for ever.
        let rings = self
            .alarm
            .as_mut()
            .is_some_and(|alarm| alarm.as_mut().poll(context).is_ready());
        if rings {
            self.alarm = None;
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for HeadDeadline<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.unless_stalled(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.unless_stalled(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
