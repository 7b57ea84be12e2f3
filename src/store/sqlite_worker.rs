//! A thread that owns one connection of SQLite's, and runs on it whatever waits, together under one commit.
//!
//! A verb crosses to the thread once and back once, and calls SQLite there directly. Verbs that wait at the same time share a
//! transaction and so one flush to the disk (group commit): each runs within a savepoint of its own, so that one that
//! fails takes back nothing but its own, and none is told its result before the commit.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::seal::Seals;
use super::session::{Durability, Session};
use crate::ports::StoreError;

/// How many verbs share a commit at most; more wait for the next.
const MOST_TOGETHER: usize = 256;

/// How many verbs wait for a thread at most; further callers wait to be let in.
const WAITING: usize = 1024;

/// What transactions of a worker do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Read, each from a state that holds all that was committed before it was asked.
    Read,
    /// Write, one transaction after the other.
    Write,
}

/// A thread and its queue. Dropped, it finishes what waits and closes its connection.
pub(super) struct Worker {
    queue: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

type Run = Box<dyn FnOnce(Result<&mut Session, &Failure>) -> Option<Ran> + Send>;
type Tell = Box<dyn FnOnce(Result<(), &Failure>) + Send>;

/// One verb on its way to the thread.
struct Work {
    durability: Durability,
    /// Runs it, or tells its caller why it could not be run.
    run: Run,
}

/// What is on its way to the thread.
enum Order {
    /// A verb, in a transaction.
    Transact(Work),
    /// What is about the whole file, and in no transaction.
    Alone(Box<dyn FnOnce(&Connection) + Send>),
}

/// A verb that has run, whose caller is not told yet.
struct Ran {
    /// Whether what it wrote is to be committed.
    succeeded: bool,
    tell: Tell,
}

/// Why a transaction was not committed; shared by all that were in it.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    /// SQLite refused, or rolled back by itself.
    #[error("commit a transaction")]
    Refused(#[source] Arc<rusqlite::Error>),
    /// The thread has ended, or a verb panicked on it.
    #[error("run a transaction on a thread that has ended")]
    Gone,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Refused(Arc::new(error))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(Box::new(failure))
    }
}

impl Worker {
    /// Starts a thread that owns `connection`.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start(
        connection: Connection,
        purpose: Purpose,
        seals: Arc<Seals>,
    ) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("sqlite".to_owned())
            .spawn(move || work(Session::Sqlite(connection, seals), purpose, receiver))?;
        Ok(Self {
            queue: Some(sender),
            thread: Some(thread),
        })
    }

    /// Runs a verb in a transaction and returns what it found once that is committed.
    ///
    /// The verb must not wait for anything but its session. A caller that goes away takes nothing back.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        durability: Durability,
        verb: impl for<'s> FnOnce(&'s mut Session) -> BoxFuture<'s, Result<T, StoreError>>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        // A caller that has gone away does not want to know; so what cannot be sent is dropped.
        let run = Box::new(move |session: Result<&mut Session, &Failure>| {
            let found = match session {
                Ok(session) => verb(session)
                    .now_or_never()
                    .expect("a verb on SQLite waits for nothing, because its calls return at once"),
                Err(failure) => {
                    sender.send(Err(failure.clone().into())).ok();
                    return None;
                }
            };
            Some(Ran {
                succeeded: found.is_ok(),
                tell: Box::new(move |committed| {
                    let committed = committed.map_err(|failure| failure.clone().into());
                    let told = found.and_then(|found| committed.map(|()| found));
                    sender.send(told).ok();
                }),
            })
        });
        self.order(Order::Transact(Work { durability, run }))
            .await?;
        receiver.await.map_err(|_| Failure::Gone)?
    }

    /// Runs what can be run in no transaction; it begins and ends its own.
    pub(super) async fn run_alone(
        &self,
        run: fn(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let (sender, receiver) = oneshot::channel();
        let alone = Box::new(move |connection: &Connection| {
            // A caller that has gone away does not want to know.
            sender.send(run(connection).map_err(Failure::from)).ok();
        });
        self.order(Order::Alone(alone)).await?;
        Ok(receiver.await.map_err(|_| Failure::Gone)??)
    }

    async fn order(&self, order: Order) -> Result<(), Failure> {
        let queue = self.queue.as_ref().ok_or(Failure::Gone)?;
        queue.send(order).await.map_err(|_| Failure::Gone)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // What it was doing when it panicked was told to have failed.
            thread.join().ok();
        }
    }
}

fn work(mut session: Session, purpose: Purpose, mut queue: mpsc::Receiver<Order>) {
    let mut level = Level::default();
    while let Some(first) = queue.blocking_recv() {
        let mut together = Vec::new();
        let mut next = Some(first);
        let mut alone = None;
        while let Some(order) = next.take() {
            match order {
                Order::Transact(work) => together.push(work),
                Order::Alone(run) => {
                    // After those that came before it.
                    alone = Some(run);
                    break;
                }
            }
            if together.len() < MOST_TOGETHER {
                next = queue.try_recv().ok();
            }
        }
        if !together.is_empty() {
            commit_together(&mut session, &mut level, purpose, together);
        }
        if let (Some(run), Session::Sqlite(connection, _)) = (alone, &session) {
            run(connection);
        }
    }
}

fn commit_together(
    session: &mut Session,
    level: &mut Level,
    purpose: Purpose,
    together: Vec<Work>,
) {
    let begun = match purpose {
        Purpose::Read => execute(session, "BEGIN"),
        Purpose::Write => level.begin(session, &together),
    };
    match begun {
        Ok(()) => transact(session, together),
        Err(failure) => together.into_iter().for_each(|work| {
            (work.run)(Err(&failure));
        }),
    }
}

/// Runs verbs in the transaction that has begun, commits, and tells each what became of it.
fn transact(session: &mut Session, together: Vec<Work>) {
    // A savepoint costs a copy of every page that is changed, so one that is alone is spared it.
    let is_alone = together.len() == 1;
    let mut all_ran = Vec::with_capacity(together.len());
    let mut so_far = Ok(());
    let mut end = "COMMIT";
    for work in together {
        if !is_alone {
            so_far = so_far.and_then(|()| execute(session, "SAVEPOINT verb"));
        }
        let ran = match &so_far {
            // A verb that panics is dropped, and with it the sender for which its caller waits.
            Ok(()) => catch_unwind(AssertUnwindSafe(|| (work.run)(Ok(session)))).unwrap_or(None),
            Err(failure) => (work.run)(Err(failure)),
        };
        let has_failed = !ran.as_ref().is_some_and(|ran| ran.succeeded);
        all_ran.extend(ran);
        if is_alone {
            end = if has_failed { "ROLLBACK" } else { end };
            continue;
        }
        if has_failed {
            so_far = so_far.and_then(|()| execute(session, "ROLLBACK TO verb"));
        }
        // Fails where SQLite has rolled back everything by itself (a full disk): what follows would not be in a transaction.
        so_far = so_far.and_then(|()| execute(session, "RELEASE verb"));
    }
    let ended = so_far.and_then(|()| execute(session, end));
    if ended.is_err() {
        // There may be nothing left to roll back; where it fails otherwise, the next BEGIN says so.
        execute(session, "ROLLBACK").ok();
    }
    for ran in all_ran {
        (ran.tell)(ended.as_ref().copied());
    }
}

/// Whether commits of a connection wait for the disk now. Unknown at the beginning.
#[derive(Default)]
struct Level(Option<Durability>);

impl Level {
    /// Begins a transaction that waits for the disk where one of those in it must.
    fn begin(&mut self, session: &Session, together: &[Work]) -> Result<(), Failure> {
        let wanted = if together
            .iter()
            .any(|work| work.durability == Durability::Flushed)
        {
            Durability::Flushed
        } else {
            Durability::Lazy
        };
        if self.0 != Some(wanted) {
            self.0 = None;
            execute(
                session,
                match wanted {
                    Durability::Flushed => "PRAGMA synchronous = FULL",
                    Durability::Lazy => "PRAGMA synchronous = NORMAL",
                },
            )?;
            self.0 = Some(wanted);
        }
        execute(session, "BEGIN IMMEDIATE")
    }
}

fn execute(session: &Session, sql: &str) -> Result<(), Failure> {
    match session {
        Session::Sqlite(connection, _) => {
            connection.prepare_cached(sql)?.execute([])?;
            Ok(())
        }
        Session::Postgres(..) => Err(Failure::Gone),
    }
}
