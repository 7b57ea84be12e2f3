//! The WebSocket: everything that happens where the bot is, as it happens.
//!
//! Sockets die silently, servers restart, and a slow reader is cut off, so this promises little and says so: it passes on what it hears, in
//! order, and says [`Heard::Missed`] wherever something may have been lost. Reading never waits for who listens: what does not fit their
//! queue is dropped and said to be missed. What was missed is read back over REST by the pipeline.
//!
//! `trial` tries once whether it can hear at all. `upgrade` opens a connection, `frame` reads what comes over it, `sequence` knows what is missing, `outlet` passes it on.

mod frame;
mod outlet;
mod sequence;
mod trial;
mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::redirect;
use secrecy::SecretString;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::client::CONNECT_TIMEOUT;
use super::token::BotToken;
use crate::domain::chat::Heard;
use crate::domain::id::ServerId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, IdSource, timeout};
use crate::telemetry::Metrics;
pub(super) use frame::channel_kind;
pub use trial::Deaf;

use frame::Frame;
use outlet::Outlet;
use sequence::{Place, Sequence};
use upgrade::{Stream, UpgradeError};

/// How often the server is asked whether it is there. Its own pings come every 60 seconds, and a half-open connection shows nothing at all.
pub const PING_EVERY: Duration = Duration::from_secs(30);

/// How long its answer may take.
pub const PONG_WITHIN: Duration = Duration::from_secs(15);

/// How long the first word may take. A connection with a token that is not good is opened, and closed after 5 seconds without a word.
pub const HELLO_WITHIN: Duration = Duration::from_secs(15);

/// Opening a connection, at most.
const OPEN_WITHIN: Duration = Duration::from_secs(15);

/// The longest wait before the next try, half of it on average; the first ones are shorter.
pub const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The wait after the first failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// A connection that lasted this long is a good one: the next failure is again a first one.
const GOOD_AFTER: Duration = Duration::from_mins(1);

/// Builds the HTTP client that opens connections: no redirect, so that no other host is shown the token, and HTTP/1, of which alone a
/// connection can become a WebSocket.
///
/// # Errors
/// When TLS cannot be set up.
pub fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_gzip()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("askwell/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .build()
}

/// What a socket needs.
pub struct Socket {
    /// See [`http_client`].
    pub http: reqwest::Client,
    /// The address of the server.
    pub url: Url,
    /// The bot account's token.
    pub token: BotToken,
    /// Told whether the bot hears.
    pub hearing: watch::Sender<Hears>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, so that many who lost their connection together do not come back together.
    pub ids: Arc<dyn IdSource>,
    /// Counts what was missed, and connections that were lost.
    pub counter: Counter,
}

/// Counts what befalls the socket of one server.
#[derive(Clone)]
pub struct Counter {
    /// The server's name.
    pub server: ServerId,
    /// Where it is counted.
    pub metrics: Arc<Metrics>,
}

impl Counter {
    /// Counts where nobody reads it.
    #[must_use]
    pub fn unread(server: ServerId) -> Self {
        let metrics = Arc::default();
        Self { server, metrics }
    }

    /// Takes in whether the bot hears now.
    fn hears(&self, hears: Hears) {
        let hears = hears == Hears::Yes;
        self.metrics.hears(self.server.as_str(), hears);
    }

    fn missed(&self) {
        self.metrics.missed(self.server.as_str());
    }

    fn lost(&self) {
        self.metrics.lost_connection(self.server.as_str());
    }
}

/// Whether the bot hears what is said where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hears {
    /// It has not been tried yet.
    #[default]
    Unknown,
    /// It does.
    Yes,
    /// The connection was lost, or could not be opened; it is tried again.
    Lost,
    /// The server does not take the bot's token.
    TokenRefused,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    /// We stop.
    #[error("stop")]
    Stopped,
    /// Nobody listens any more.
    #[error("pass on what is heard: nobody listens")]
    Unheard,
    #[error(transparent)]
    NotOpened(#[from] UpgradeError),
    #[error("open a connection in time")]
    OpenedTooSlowly,
    /// It was opened and closed without a word: the token is not good.
    #[error("hear the server's first word: is the bot's token still good?")]
    NoHello,
    /// The server says that the token is no longer good.
    #[error("go on: the server no longer knows the bot's token")]
    TokenRefused,
    #[error("get an answer from the server")]
    Silent,
    #[error("go on: the server closed the connection")]
    Closed,
    #[error("read from the connection")]
    Broken(#[source] Box<tungstenite::Error>),
}

impl Socket {
    /// Hears until `stop` is cancelled or nobody listens any more. Never gives up otherwise.
    pub async fn hear(self, heard: mpsc::Sender<Heard>, stop: CancellationToken) {
        let mut outlet = Outlet::new(heard);
        let mut sequence = Sequence::default();
        let mut failures = 0;
        self.counter.hears(Hears::Unknown);
        loop {
            let begun = self.clock.now();
            let token = self.token.current();
            let ended = self
                .connection(&token, &mut sequence, &mut outlet, &stop)
                .await;
            match ended {
                Ended::Stopped | Ended::Unheard => return,
                Ended::TokenRefused | Ended::NoHello => {
                    // Whoever looks for another token says so.
                    tracing::debug!(error = %ended, failures, "the bot's token is not taken");
                    self.hearing.send_replace(Hears::TokenRefused);
                    self.token.refuse(&token);
                    // What another account heard is of no use to it.
                    sequence = Sequence::default();
                }
                Ended::NotOpened(_)
                | Ended::OpenedTooSlowly
                | Ended::Silent
                | Ended::Closed
                | Ended::Broken(_) => {
                    tracing::warn!(error = %ended, source = ?std::error::Error::source(&ended).map(ToString::to_string), failures, "the WebSocket was lost; connecting again");
                    let refused = self.token.is_refused();
                    self.hearing.send_replace(if refused {
                        Hears::TokenRefused
                    } else {
                        Hears::Lost
                    });
                }
            }
            self.counter.lost();
            self.counter.hears(*self.hearing.borrow());
            if self.clock.now().since(begun) >= GOOD_AFTER {
                failures = 0;
            }
            let is_refused = *self.hearing.borrow() == Hears::TokenRefused;
            let pause = self.pause(failures);
            failures = failures.saturating_add(1);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep_until(self.clock.now().after(pause)) => {}
                () = self.good_again(), if is_refused => failures = 0,
            }
        }
    }

    /// Waits until the token is good again, or another one.
    async fn good_again(&self) {
        self.token.until_good().await;
    }

    /// The wait before the next try: any time up to a limit that doubles.
    fn pause(&self, failures: u32) -> Duration {
        let limit = FIRST_PAUSE
            .saturating_mul(1 << failures.min(16))
            .min(LONGEST_PAUSE);
        limit.mul_f64(self.ids.jitter().clamp(0.0, 1.0))
    }

    /// Opens a connection and hears over it until it ends.
    async fn connection(
        &self,
        token: &SecretString,
        sequence: &mut Sequence,
        outlet: &mut Outlet,
        stop: &CancellationToken,
    ) -> Ended {
        let opening = upgrade::open(&self.http, &self.url, token, sequence.resume());
        let opened = tokio::select! {
            () = stop.cancelled() => return Ended::Stopped,
            opened = timeout(&*self.clock, OPEN_WITHIN, opening) => opened,
        };
        let stream = match opened {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return error.into(),
            Err(_elapsed) => return Ended::OpenedTooSlowly,
        };
        let mut connection = Connection {
            stream,
            pulse: Pulse::begin(self.clock.now(), sequence.resume().is_some()),
            sequence,
            outlet,
            hearing: &self.hearing,
            counter: &self.counter,
        };
        tokio::select! {
            () = stop.cancelled() => Ended::Stopped,
            ended = connection.hear(&*self.clock) => ended,
        }
    }
}

/// One open connection.
struct Connection<'a> {
    stream: Stream,
    pulse: Pulse,
    sequence: &'a mut Sequence,
    outlet: &'a mut Outlet,
    hearing: &'a watch::Sender<Hears>,
    counter: &'a Counter,
}

impl Connection<'_> {
    async fn hear(&mut self, clock: &dyn Clock) -> Ended {
        loop {
            let ended = tokio::select! {
                message = self.stream.next() => match message {
                    Some(Ok(message)) => self.take(&message, clock.now()),
                    Some(Err(error)) => Err(Ended::Broken(Box::new(error))),
                    None => Err(self.closed()),
                },
                () = clock.sleep_until(self.pulse.next_beat()) => self.beat(clock.now()).await,
                is_told = self.outlet.tell_missed() => is_told.map_err(|_closed| Ended::Unheard),
            };
            if let Err(ended) = ended {
                return ended;
            }
        }
    }

    fn take(&mut self, message: &Message, now: Timestamp) -> Result<(), Ended> {
        let text = match message {
            Message::Text(text) => text.as_str(),
            // Pings are answered by the library; a server sends nothing else.
            Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {
                return Ok(());
            }
            Message::Close(_) => return Err(self.closed()),
        };
        match Frame::read(text) {
            Frame::Reply { to, is_ok: true } => {
                self.say_so();
                self.pulse.answered(to, now);
                Ok(())
            }
            Frame::Reply { is_ok: false, .. } => Err(Ended::TokenRefused),
            Frame::Hello { connection, at } => {
                self.say_so();
                self.pulse.heard();
                if self.sequence.begin(connection, at) == Place::AfterAGap {
                    self.missed();
                }
                Ok(())
            }
            Frame::Event { at, event } => {
                self.say_so();
                self.pulse.heard();
                self.pass_on(at, event)
            }
            Frame::Unreadable => {
                // Whatever it was is read back.
                tracing::warn!("a frame of the WebSocket could not be read");
                self.missed();
                Ok(())
            }
        }
    }

    /// Says that something may have been missed.
    fn missed(&mut self) {
        self.counter.missed();
        self.outlet.missed();
    }

    /// Says that the bot hears.
    fn say_so(&self) {
        let hears_anew = self
            .hearing
            .send_if_modified(|hears| std::mem::replace(hears, Hears::Yes) != Hears::Yes);
        if hears_anew {
            self.counter.hears(Hears::Yes);
        }
    }

    fn pass_on(
        &mut self,
        at: u64,
        event: Option<crate::domain::chat::ChatEvent>,
    ) -> Result<(), Ended> {
        match self.sequence.take(at) {
            Place::Next => {}
            Place::AfterAGap => self.missed(),
            Place::Repeated => return Ok(()),
        }
        match event {
            Some(event) => self.outlet.event(event).map_err(|_closed| Ended::Unheard),
            None => Ok(()),
        }
    }

    /// What a close means depends on whether a word was said before.
    fn closed(&self) -> Ended {
        if self.pulse.has_heard {
            Ended::Closed
        } else {
            Ended::NoHello
        }
    }

    async fn beat(&mut self, now: Timestamp) -> Result<(), Ended> {
        let number = match self.pulse.beat(now) {
            Beat::Ping(number) => number,
            Beat::Silent if self.pulse.has_heard => return Err(Ended::Silent),
            Beat::Silent => return Err(Ended::NoHello),
        };
        let ping = Message::text(frame::ping(number));
        self.stream
            .send(ping)
            .await
            .map_err(|error| Ended::Broken(Box::new(error)))
    }
}

/// Whether the other side is still there, by its answers to our pings.
#[derive(Debug)]
struct Pulse {
    /// The number of the last ping; the server takes numbers from 1 on.
    number: u64,
    /// Until when an answer, or the first word, must have come.
    awaited_until: Option<Timestamp>,
    next_ping: Timestamp,
    has_heard: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Beat {
    Ping(u64),
    Silent,
}

impl Pulse {
    /// A connection that goes on where an earlier one broke off says no hello, so it is asked at once.
    fn begin(now: Timestamp, is_resumed: bool) -> Self {
        Self {
            number: 0,
            awaited_until: (!is_resumed).then(|| now.after(HELLO_WITHIN)),
            next_ping: if is_resumed {
                now
            } else {
                now.after(PING_EVERY)
            },
            has_heard: false,
        }
    }

    fn next_beat(&self) -> Timestamp {
        self.awaited_until.unwrap_or(self.next_ping)
    }

    fn heard(&mut self) {
        if !self.has_heard {
            self.has_heard = true;
            self.awaited_until = None;
        }
    }

    fn answered(&mut self, to: u64, now: Timestamp) {
        self.has_heard = true;
        if to == self.number {
            self.awaited_until = None;
            self.next_ping = now.after(PING_EVERY);
        }
    }

    fn beat(&mut self, now: Timestamp) -> Beat {
        if self.awaited_until.is_some() {
            return Beat::Silent;
        }
        self.number += 1;
        self.awaited_until = Some(now.after(PONG_WITHIN));
        Beat::Ping(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.after(Duration::from_secs(seconds))
    }

    #[test]
    fn a_server_that_answers_is_asked_every_half_minute() {
        let mut pulse = Pulse::begin(at(0), false);
        pulse.heard();
        assert_eq!(pulse.next_beat(), at(30));
        assert_eq!(pulse.beat(at(30)), Beat::Ping(1));
        pulse.answered(1, at(31));
        assert_eq!(pulse.next_beat(), at(61));
    }

    #[test]
    fn events_are_no_answer_to_a_ping() {
        let mut pulse = Pulse::begin(at(0), false);
        pulse.heard();
        assert_eq!(pulse.beat(at(30)), Beat::Ping(1));
        pulse.heard();
        assert_eq!(pulse.next_beat(), at(45));
        assert_eq!(pulse.beat(at(45)), Beat::Silent);
    }

    #[test]
    fn a_connection_without_a_first_word_is_given_up() {
        let mut pulse = Pulse::begin(at(0), false);
        assert_eq!(pulse.next_beat(), at(15));
        assert_eq!(pulse.beat(at(15)), Beat::Silent);
    }

    #[test]
    fn a_resumed_connection_is_asked_at_once() {
        let mut pulse = Pulse::begin(at(0), true);
        assert_eq!(pulse.next_beat(), at(0));
        assert_eq!(pulse.beat(at(0)), Beat::Ping(1));
    }
}
