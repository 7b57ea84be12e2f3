//! PostgreSQL: a pool of connections, any number of replicas.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, Pool, Postgres};

use super::migrate::{MigrationFailure, migrate_postgres};
use super::open::{LeaseTime, OpenError};
use super::seal::Seals;
use super::session::{Durability, Session, unavailable};
use crate::ports::{Clock, StoreError, timeout};

/// How many connections a replica holds at most: a group commit, claims, renewals and reads at once.
const CONNECTIONS: u32 = 8;

/// How long a verb waits for a connection, also while the server is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long opening waits for the server to answer.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// What every connection is told: a commit waits for the disk whatever the server's default, and no statement hangs.
const CONNECTION_SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = '30s'";

/// A database of PostgreSQL's, connected.
pub(super) struct PostgresDatabase {
    pool: Pool<Postgres>,
    lease_time: LeaseTime,
    seals: Arc<Seals>,
}

impl PostgresDatabase {
    /// Connects and brings the database up to date; replicas that start together wait for each other.
    pub(super) async fn open(
        url: &SecretString,
        lease_time: LeaseTime,
        clock: &dyn Clock,
        seals: Arc<Seals>,
    ) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url.expose_secret())
            .map_err(|_| OpenError::AddressUnreadable)?
            .application_name("askwell")
            .disable_statement_logging();
        // Not by the pool, which keeps trying and then says no more than that it took too long.
        timeout(clock, OPEN_TIMEOUT, migrate(&options))
            .await
            .map_err(|_| OpenError::Silent)??;
        let pool = PoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection: &mut PgConnection, _| {
                Box::pin(async move {
                    connection.execute(CONNECTION_SETTINGS).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Ok(Self {
            pool,
            lease_time,
            seals,
        })
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self, durability: Durability) -> Result<Session, sqlx::Error> {
        let begin = match durability {
            Durability::Flushed => "BEGIN",
            Durability::Lazy => "BEGIN; SET LOCAL synchronous_commit = off",
        };
        let transaction = self.pool.begin_with(begin).await?;
        let seals = Arc::clone(&self.seals);
        Ok(Session::Postgres(transaction, self.lease_time, seals))
    }

    /// Vacuums tables, which no transaction can; as long as that takes.
    pub(super) async fn vacuum(&self, statements: &[&'static str]) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await.map_err(unavailable)?;
        // Its settings are not for others: it is closed afterwards.
        connection.close_on_drop();
        connection
            .execute("SET statement_timeout = 0")
            .await
            .map_err(unavailable)?;
        for statement in statements {
            connection.execute(*statement).await.map_err(unavailable)?;
        }
        Ok(())
    }
}

/// Brings the database up to date, under the migrator's own lock.
async fn migrate(options: &PgConnectOptions) -> Result<(), OpenError> {
    let mut connection = PgConnection::connect_with(options)
        .await
        .map_err(why_no_connection)?;
    migrate_postgres(&mut connection)
        .await
        .map_err(|failure| match failure {
            MigrationFailure::MadeByAnotherVersion(version) => OpenError::NewerDatabase { version },
            MigrationFailure::Database(source) => OpenError::unusable(source),
        })?;
    connection.close().await.map_err(OpenError::unusable)
}

/// Tells apart what an administrator would mend in different places.
fn why_no_connection(source: sqlx::Error) -> OpenError {
    const INVALID_PASSWORD: &str = "28P01";
    const INVALID_AUTHORIZATION: &str = "28000";
    const INVALID_CATALOG_NAME: &str = "3D000";
    let code = source
        .as_database_error()
        .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    match code.as_deref() {
        Some(INVALID_PASSWORD | INVALID_AUTHORIZATION) => OpenError::LoginRefused { source },
        Some(INVALID_CATALOG_NAME) => OpenError::DatabaseMissing { source },
        _ => OpenError::Unreachable { source },
    }
}
