//! Listens: connections, headers and time all bounded, because `axum::serve` bounds none of them.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::connection::HeadDeadline;
use super::entrance::Entrance;
use super::guests::{Guest, Guests};
use crate::ports::{Clock, timeout};

/// A request's head must have arrived whole within this time of its first byte.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that asks nothing is closed after this time. Mattermost keeps one for 90 seconds, and must be the first to let go: a
/// command sent into a connection that we are just closing would fail.
pub const IDLE_TIMEOUT: Duration = Duration::from_mins(2);

/// Headers of a request, at most; Mattermost sends eight, a proxy adds a few.
pub const MAX_HEADERS: usize = 64;

/// Bytes of a request's head, at most. A command set up as GET carries its text there, and no address longer than 64 KiB is parsed.
pub const MAX_HEAD_BYTES: usize = 96 * 1024;

/// How long requests may take to end once we are asked to stop.
pub const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(10);

/// How long to wait after a connection could not be accepted, mostly because the process has too many files open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` is cancelled; then takes no more connections, lets running requests end within [`SHUTDOWN_DEADLINE`], and returns.
pub async fn serve(
    listener: TcpListener,
    entrance: impl Into<Entrance>,
    max_connections: usize,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(
        max_connections.clamp(1, Semaphore::MAX_PERMITS),
    ));
    let entrance = entrance.into();
    let guests = Guests::default();
    let graceful = GracefulShutdown::new();
    // Dropped at the end, which closes whatever still runs.
    let mut connections = JoinSet::new();
    while let Some((stream, place)) = stop
        .run_until_cancelled(next(&listener, &places, &guests, &*clock))
        .await
    {
        let guest = guests.welcome(clock.now());
        let http = http(
            stream,
            entrance.clone(),
            Arc::clone(&guest),
            Arc::clone(&clock),
        );
        let connection = graceful.watch(http);
        connections.spawn(async move {
            tokio::select! {
                // How a connection ends is its client's affair.
                _ended = connection => {}
                () = guest.is_to_leave() => {}
            }
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    if timeout(&*clock, SHUTDOWN_DEADLINE, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("closed connections whose requests did not end in time");
    }
}

/// Speaks HTTP/1 on a connection: Mattermost, its proxies and probes all do.
fn http(
    stream: TcpStream,
    entrance: Entrance,
    guest: Arc<Guest>,
    clock: Arc<dyn Clock>,
) -> impl GracefulConnection {
    // Replies are small and must leave at once; where it cannot be set, they are only slower.
    stream.set_nodelay(true).ok();
    let turns = guest.turns.clone();
    let stream = HeadDeadline::new(stream, HEADER_TIMEOUT, turns, Arc::clone(&clock));
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, guest, clock) = (entrance.router(), Arc::clone(&guest), Arc::clone(&clock));
        async move {
            guest.turn(clock.now());
            let response: Result<_, Infallible> = router.oneshot(request.map(Body::new)).await;
            guest.turn(clock.now());
            response
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
}

/// Waits for a connection, and then for a place for it; until then further connections wait in the kernel.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    guests: &Guests,
    clock: &dyn Clock,
) -> (TcpStream, OwnedSemaphorePermit) {
    let stream = loop {
        match listener.accept().await {
            Ok((stream, _)) => break stream,
            Err(error) => refused(&error, clock).await,
        }
    };
    let place = Arc::clone(places).acquire_owned();
    tokio::pin!(place);
    let mut one_leaves = places.available_permits() > 0 || guests.ask_one_to_leave();
    loop {
        tokio::select! {
            place = &mut place => {
                return (stream, place.expect("the semaphore is never closed"));
            }
            // Where all were being answered, nobody could be asked before.
            () = guests.answered(), if !one_leaves => one_leaves = guests.ask_one_to_leave(),
        }
    }
}

async fn refused(error: &io::Error, clock: &dyn Clock) {
    tracing::warn!(error = %error, "could not accept a connection");
    clock.sleep_until(clock.now().after(ACCEPT_PAUSE)).await;
}
