//! What commands do that work beside a process which may serve: they open the database, and leave it to whoever serves.

use std::sync::Arc;

use super::{
    Access, AuditTrail, DeadLetter, Explained, LeaseTime, Letters, OpenError, Query, StartError,
    UsageQuery, UsageRow,
};
use crate::config::Config;
use crate::domain::id::QuestionId;
use crate::mattermost::Pace;
use crate::pipeline::explain::{Explaining, explain};
use crate::ports::{Clock, IdSource, Store};
use crate::{llm, mattermost, store};

/// What a command is given that works beside a process which may serve.
pub struct Beside {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
}

/// Returns dead letters, the last one first, at most `limit`.
///
/// # Errors
/// When the database cannot be opened or read.
pub async fn dead_letters(
    config: &Config,
    beside: &Beside,
    limit: u32,
) -> Result<Vec<DeadLetter>, StartError> {
    let store = open_beside(config, beside).await?;
    Ok(store.dead_letters(limit).await?)
}

/// Makes dead letters due again, each until the deadline it would have if it were asked now; returns them, oldest first.
///
/// A process that serves takes them up within a second, or when it starts.
///
/// # Errors
/// When the database cannot be opened or written.
pub async fn revive(
    config: &Config,
    beside: &Beside,
    letters: &Letters,
) -> Result<Vec<QuestionId>, StartError> {
    let store = open_beside(config, beside).await?;
    let deadline = beside.clock.now().after(config.pipeline.deadline);
    Ok(store.revive(letters, deadline).await?)
}

/// Opens the audit trail.
///
/// # Errors
/// When the database cannot be opened.
pub async fn audit_trail(
    config: &Config,
    beside: &Beside,
) -> Result<Arc<dyn AuditTrail>, StartError> {
    let store = open_beside(config, beside).await?;
    Ok(store)
}

/// Returns what was used on the configured server.
///
/// # Errors
/// When the database cannot be opened or read.
pub async fn usage(
    config: &Config,
    beside: &Beside,
    query: &UsageQuery,
) -> Result<Vec<UsageRow>, StartError> {
    let store = open_beside(config, beside).await?;
    Ok(store.usage(&config.mattermost.server, query).await?)
}

/// Says why somebody would be answered or not, for whoever administers the first bot of a configuration.
///
/// # Errors
/// When the database cannot be opened or read, Mattermost cannot be asked, or what was asked for is not there.
pub async fn explain_access(
    config: &Config,
    beside: &Beside,
    query: &Query,
) -> Result<Explained, StartError> {
    let store = open_beside(config, beside).await?;
    let clock = beside.clock.clone();
    let pace = Pace::of(&config.mattermost, &clock);
    let http = mattermost::http_client()?;
    let server = mattermost::Server::at_pace(config.mattermost.clone(), http, pace, clock.clone());
    let model = llm::Router::new(&config.models, clock, beside.ids.clone())?;
    let explaining = Explaining {
        settings: &config.pipeline,
        mattermost: &server,
        model: &model,
        store: &*store,
        language: config.language,
    };
    Ok(explain(&explaining, query).await?)
}

pub(super) async fn open_beside(
    config: &Config,
    beside: &Beside,
) -> Result<Arc<dyn Store>, OpenError> {
    store::open(store::Opening {
        settings: &config.store,
        seals: &config.seals,
        access: Access::Beside,
        lease_time: LeaseTime::Database,
        clock: beside.clock.clone(),
        ids: beside.ids.clone(),
    })
    .await
}
