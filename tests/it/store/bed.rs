//! What a test of the store lies in: a fresh database, a clock and chance in the test's hands, and builders.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use askwell::domain::completion::Usage;
use askwell::domain::control::{Opinion, Vote};
use askwell::domain::conversation::ConversationKey;
use askwell::domain::event::{EventKey, Origin, Person, Place};
use askwell::domain::id::{ChannelId, PostId, QuestionId, ServerId, TeamId, UserId};
use askwell::domain::job::{ClaimedJob, LaneKey, Lease, Undeliverable};
use askwell::domain::post::{Audience, Delivery, PartIntent};
use askwell::domain::question::{Conclusion, Outcome, Question};
use askwell::domain::time::Timestamp;
use askwell::ports::{Admission, Burial, Claim, Clock, IdSource, Store};
use askwell::store::{Access, LeaseTime, OpenError, Opening, SealKeys, Settings, open};
use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

/// Runs each test on both databases, as `sqlite::name` and `postgres::name`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(crate::store::bed::Bed::on_sqlite().await).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(crate::store::bed::Bed::on_postgres().await).await; })+
        }
    };
}
pub(crate) use on_both;

/// How long a claim of the tests' lasts.
pub(crate) const LEASE: Duration = Duration::from_mins(1);

/// When every test begins.
pub(crate) const MORNING: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// A clock that moves only by hand; who waits for it waits for ever.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.as_micros(), Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.set(self.now().after(by));
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, at: Timestamp) {
        if at > self.now() {
            std::future::pending::<()>().await;
        }
    }
}

/// Chance that is the same in every run.
pub(crate) struct CountedIds(AtomicU64);

impl CountedIds {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

impl IdSource for CountedIds {
    fn question_id(&self, now: Timestamp) -> QuestionId {
        let micros = u128::try_from(now.as_micros()).unwrap();
        QuestionId::from_bits((micros << 64) | u128::from(self.next()))
    }

    fn token(&self) -> u128 {
        u128::from(self.next()).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

/// A store of a test's own.
pub(crate) struct Bed {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) settings: Settings,
    /// With which keys it is opened from now on.
    pub(crate) seals: SealKeys,
    ids: Arc<CountedIds>,
    pub(crate) directory: TempDir,
}

impl Bed {
    pub(crate) async fn on_sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let settings = Settings::Sqlite(directory.path().join("askwell.db"));
        Self::on(settings, directory).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let settings = Settings::Postgres(crate::postgres::fresh_database().await.into());
        Self::on(settings, TempDir::new().unwrap()).await
    }

    async fn on(settings: Settings, directory: TempDir) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(MORNING.as_micros())));
        let ids = Arc::new(CountedIds(AtomicU64::new(1)));
        let opening = Opening {
            settings: &settings,
            seals: &SealKeys::default(),
            access: Access::Serve,
            lease_time: LeaseTime::Clock,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::clone(&ids) as Arc<dyn IdSource>,
        };
        let store = open(opening).await.unwrap();
        Self {
            store,
            clock,
            settings,
            seals: SealKeys::default(),
            ids,
            directory,
        }
    }

    /// Opens the same database once more.
    pub(crate) async fn open(
        &self,
        access: Access,
        lease_time: LeaseTime,
    ) -> Result<Arc<dyn Store>, OpenError> {
        open(Opening {
            settings: &self.settings,
            seals: &self.seals,
            access,
            lease_time,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            ids: Arc::clone(&self.ids) as Arc<dyn IdSource>,
        })
        .await
    }

    /// The store of another worker: of another replica where there can be one, else of the same process.
    pub(crate) async fn another(&self) -> Arc<dyn Store> {
        match &self.settings {
            Settings::Sqlite(_) => Arc::clone(&self.store),
            Settings::Postgres(_) => self.open(Access::Serve, LeaseTime::Clock).await.unwrap(),
        }
    }

    /// Lets go of the store and opens its database again, as after a restart.
    pub(crate) async fn reopened(self) -> Self {
        let Self {
            store,
            clock,
            settings,
            seals,
            ids,
            directory,
        } = self;
        drop(store);
        let opening = Opening {
            settings: &settings,
            seals: &seals,
            access: Access::Serve,
            lease_time: LeaseTime::Clock,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::clone(&ids) as Arc<dyn IdSource>,
        };
        let store = open(opening).await.unwrap();
        Self {
            store,
            clock,
            settings,
            seals,
            ids,
            directory,
        }
    }

    /// The file, where the database is one.
    pub(crate) fn file(&self) -> PathBuf {
        match &self.settings {
            Settings::Sqlite(path) => path.clone(),
            Settings::Postgres(_) => panic!("PostgreSQL is no file"),
        }
    }

    /// Changes the database behind the store's back.
    pub(crate) async fn tamper(&self, sql: &str) {
        match &self.settings {
            Settings::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Settings::Postgres(url) => {
                let url = secrecy::ExposeSecret::expose_secret(url);
                let mut connection = PgConnection::connect(url).await.unwrap();
                let sql = AssertSqlSafe(sql.to_owned());
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// Changes the database behind the store's back, where it lets itself be changed so.
    pub(crate) async fn try_tamper(&self, sql: &str) -> anyhow::Result<()> {
        let mut connection = self.connect().await;
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut connection).await?;
        Ok(())
    }

    async fn connect(&self) -> PgConnection {
        let Settings::Postgres(url) = &self.settings else {
            panic!("SQLite has no connections of this kind");
        };
        let url = secrecy::ExposeSecret::expose_secret(url);
        PgConnection::connect(url).await.unwrap()
    }

    /// Reads one number from the database behind the store's back.
    pub(crate) async fn query(&self, sql: &str) -> i64 {
        match &self.settings {
            Settings::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.query_row(sql, [], |row| row.get(0)).unwrap()
            }
            Settings::Postgres(_) => {
                let mut connection = self.connect().await;
                let sql = AssertSqlSafe(sql.to_owned());
                let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await;
                number.unwrap()
            }
        }
    }

    /// Reads one text from a database of PostgreSQL's behind the store's back; empty where there is none.
    pub(crate) async fn read_text(&self, sql: &str) -> Vec<u8> {
        let mut connection = self.connect().await;
        let sql = AssertSqlSafe(sql.to_owned());
        let text = sqlx::query_scalar(sql).fetch_one(&mut connection).await;
        let text: Option<String> = text.unwrap();
        text.unwrap_or_default().into_bytes()
    }

    /// Counts the rows of a table.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.query(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Admits questions that must all be new.
    pub(crate) async fn admit(&self, questions: &[Question]) {
        let admissions = self.store.admit(questions).await.unwrap();
        assert_eq!(admissions, vec![Admission::Accepted; questions.len()]);
    }

    /// Claims at most `limit` questions.
    pub(crate) async fn claim(&self, limit: u32) -> Vec<ClaimedJob> {
        self.claim_of(&server(), limit).await
    }

    /// Claims at most `limit` questions of a server.
    pub(crate) async fn claim_of(&self, server: &ServerId, limit: u32) -> Vec<ClaimedJob> {
        let claim = Claim {
            server: server.clone(),
            worker: 7,
            lease: LEASE,
            limit,
            now: self.now(),
        };
        self.store.claim(claim).await.unwrap()
    }

    /// Claims the one question that is due.
    pub(crate) async fn claim_one(&self) -> ClaimedJob {
        let jobs = self.claim(10).await;
        only(jobs)
    }

    /// Admits a question and claims it.
    pub(crate) async fn lease_on(&self, question: Question) -> Lease {
        let (id, server) = (question.id, question.server.clone());
        self.admit(&[question]).await;
        let lease = only(self.claim_of(&server, 10).await).lease;
        assert_eq!(lease.question, id);
        lease
    }

    /// Admits a question, answers it, and ends its job.
    pub(crate) async fn answer(&self, question: Question, outcome: Outcome) {
        let lease = self.lease_on(question).await;
        let conclusion = conclusion(outcome, self.now());
        self.store.conclude(&lease, &conclusion).await.unwrap();
        self.store.settle(&lease, self.now()).await.unwrap();
    }
}

fn only(mut jobs: Vec<ClaimedJob>) -> ClaimedJob {
    assert_eq!(jobs.len(), 1, "one question is due");
    jobs.remove(0)
}

/// A text of 26 characters that is an id of the kind `tag`.
fn mattermost_id(tag: char, number: u32) -> String {
    format!("{tag}{number:025}")
}

pub(crate) fn server() -> ServerId {
    ServerId::parse("main").unwrap()
}

pub(crate) fn channel(number: u32) -> ChannelId {
    ChannelId::parse(&mattermost_id('c', number)).unwrap()
}

pub(crate) fn user(number: u32) -> UserId {
    UserId::parse(&mattermost_id('u', number)).unwrap()
}

pub(crate) fn post(number: u32) -> PostId {
    PostId::parse(&mattermost_id('p', number)).unwrap()
}

pub(crate) fn team(number: u32) -> TeamId {
    TeamId::parse(&mattermost_id('t', number)).unwrap()
}

/// A question of person 1 in channel 1, with an event and a lane of its own.
pub(crate) fn question(number: u32) -> Question {
    let id = QuestionId::from_bits(u128::from(number));
    Question {
        id,
        server: server(),
        key: EventKey::from_stored(format!("event:{number}")),
        origin: Origin::Command {
            place: place(1),
            response: None,
        },
        asker: Person {
            id: Some(user(1)),
            name: "alice".to_owned(),
        },
        text: format!("question {number}?"),
        agent: None,
        audience: Audience::Channel,
        delivery: Delivery::Bot {
            channel: channel(1),
            root: None,
            fallback: None,
        },
        conversation: ConversationKey::channel(&channel(1)),
        lane: LaneKey::alone(id),
        asked_at: MORNING,
        deadline: MORNING.after(Duration::from_mins(10)),
    }
}

/// The same in a lane shared by others.
pub(crate) fn in_lane(number: u32, lane: &str) -> Question {
    Question {
        lane: LaneKey::from_stored(lane.to_owned()),
        ..question(number)
    }
}

pub(crate) fn place(number: u32) -> Place {
    Place {
        team: Some(team(1)),
        channel: channel(number),
        channel_name: format!("channel-{number}"),
        thread: None,
    }
}

pub(crate) fn conclusion(outcome: Outcome, at: Timestamp) -> Conclusion {
    Conclusion {
        outcome,
        answer: "42".to_owned(),
        texts: vec!["**42**".to_owned()],
        picture: None,
        usage: Usage::default(),
        model: None,
        run: None,
        at,
    }
}

/// Why a question is buried that Mattermost refuses.
pub(crate) fn refused() -> Burial {
    Burial {
        reason: Undeliverable::Refused,
        detail: "create a post, 403, api.context.permissions.app_error".to_owned(),
    }
}

pub(crate) fn intent(part: u32, pending: u128) -> PartIntent {
    PartIntent {
        part,
        generation: 1,
        channel: channel(1),
        root: None,
        pending,
        anchor: None,
        intended_at: MORNING,
    }
}

/// The ids of claimed questions.
pub(crate) fn ids(jobs: &[ClaimedJob]) -> Vec<QuestionId> {
    jobs.iter().map(|job| job.question.id).collect()
}

/// The ids of [`question`]s by their numbers.
pub(crate) fn numbered(numbers: impl IntoIterator<Item = u32>) -> Vec<QuestionId> {
    numbers
        .into_iter()
        .map(|number| QuestionId::from_bits(u128::from(number)))
        .collect()
}

/// What a person thinks of the answer to a question.
pub(crate) fn opinion(question: QuestionId, person: u32, vote: Vote) -> Opinion {
    Opinion {
        question,
        person: user(person),
        vote,
    }
}
