//! Another configuration while the process serves: read, checked whole, and put in the place of the old one, or refused.
//!
//! Nothing of a bot is changed. Each is built anew beside the one that is there, on the same database; then the old ears are shut, the new
//! ones open and read back what was missed between, requests go to the new one, and the old one claims nothing more. What it was
//! answering ends as it began, under the settings it began with.

use std::mem;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::written::watch;
use super::{Building, Config, StartError};
use crate::config::{Problem, Problems, changes};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::http;
use crate::http::admin;
use crate::ports::timeout;
use crate::text::Language;

/// How long it is waited until the old ears have done what they were doing. What one of them still does then is done twice at worst,
/// and a post that is heard twice is answered once.
const SILENT_WITHIN: Duration = Duration::from_secs(10);

/// The bots that are served, and what may replace them.
pub(super) struct Household {
    building: Building,
    /// Let go of when the process stops: who takes questions ends when nobody can bring it one.
    entrance: Option<http::Entrance>,
    /// The same of the page for administrators, where there is one.
    page: Option<http::Entrance>,
    /// The same of metrics.
    metrics: Option<http::Entrance>,
    /// What is in force, but for what needs a restart.
    current: Box<Config>,
    /// What the process began with, and needs a restart to change.
    begun: Box<Config>,
    /// Tells that the files of the configuration say something else; nothing ever, where they are not watched.
    notices: mpsc::Receiver<()>,
}

/// Why the configuration is looked at again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Somebody asked for it.
    Asked,
    /// Its files say something else.
    Written,
}

/// Why another configuration was not put in the place of the old one.
enum Refused {
    /// It is wrong.
    Problems(Problems),
    /// It cannot be used.
    Start(StartError),
}

impl<E: Into<StartError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Start(error.into())
    }
}

impl Household {
    /// Sets all bots of a configuration going.
    pub(super) fn move_in(mut building: Building, config: Config) -> Result<Self, StartError> {
        let sites = building.move_all_in(&config)?;
        let entrance = http::Entrance::to(building.router(&config.http, sites));
        let page = building.page_router().map(http::Entrance::to);
        let metrics = Some(http::Entrance::to(building.metrics_router()));
        let (tell, notices) = mpsc::channel(1);
        if config.watches_files {
            let (reread, clock) = (building.reread.clone(), building.clock.clone());
            let watching = watch(reread, config.clone(), clock, tell);
            let stop = building.stop.clone();
            building.tasks.spawn(async move {
                stop.run_until_cancelled(Box::pin(watching)).await;
            });
        }
        Ok(Self {
            building,
            entrance: Some(entrance),
            page,
            metrics,
            begun: Box::new(config.clone()),
            current: Box::new(config),
            notices,
        })
    }

    /// Serves what comes in, wherever it leads at the time.
    pub(super) fn serve(&mut self, listener: TcpListener, max_connections: usize) {
        let Some(entrance) = self.entrance.clone() else {
            return;
        };
        let (clock, stop) = (self.building.clock.clone(), self.building.stop.clone());
        let served = http::serve(listener, entrance, max_connections, clock, stop);
        self.building.tasks.spawn(served);
    }

    /// Serves the page for administrators.
    pub(super) fn serve_page(&mut self, listener: TcpListener) {
        let Some(entrance) = self.page.clone() else {
            return;
        };
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "the page for administrators is served");
        }
        let (clock, stop) = (self.building.clock.clone(), self.building.stop.clone());
        let served = http::serve(listener, entrance, admin::MAX_CONNECTIONS, clock, stop);
        self.building.tasks.spawn(served);
    }

    /// Serves metrics.
    pub(super) fn serve_metrics(&mut self, listener: TcpListener) {
        let Some(entrance) = self.metrics.clone() else {
            return;
        };
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "metrics are served");
        }
        let (clock, stop) = (self.building.clock.clone(), self.building.stop.clone());
        let served = http::serve(listener, entrance, http::MAX_READERS, clock, stop);
        self.building.tasks.spawn(served);
    }

    /// Waits until every task has ended, and looks at the configuration again whenever somebody asks for it. A task that dies takes the
    /// process with it: half a house would look well and answer nobody.
    pub(super) async fn live(
        mut self,
        mut reloads: mpsc::Receiver<oneshot::Sender<bool>>,
    ) -> Result<(), StartError> {
        let mut result = Ok(());
        let stop = self.building.stop.clone();
        loop {
            let (cause, asker) = tokio::select! {
                ended = self.building.tasks.join_next() => match ended {
                    None => return result,
                    Some(Ok(())) => continue,
                    Some(Err(error)) => {
                        tracing::error!(error = %error, "a task of the process died; the process ends");
                        stop.cancel();
                        result = Err(StartError::Died);
                        continue;
                    }
                },
                () = stop.cancelled(), if self.entrance.is_some() => {
                    self.let_go();
                    continue;
                }
                Some(asker) = reloads.recv(), if !stop.is_cancelled() => (Cause::Asked, Some(asker)),
                Some(()) = self.notices.recv(), if !stop.is_cancelled() => (Cause::Written, None),
            };
            match Box::pin(self.reload(cause)).await {
                // Whoever asked by a signal does not wait for it.
                Ok(is_in_force) => drop(asker.map(|asker| asker.send(is_in_force))),
                Err(error) => {
                    tracing::error!(error = %error, "the new configuration broke while it was put in place; the process ends");
                    stop.cancel();
                    result = Err(error);
                }
            }
        }
    }

    /// Lets go of everything by which it is known that something may still come, or be recorded: who waits for that ends then.
    fn let_go(&mut self) {
        (self.entrance, self.page, self.metrics) = (None, None, None);
        self.building.let_go();
    }

    /// Reads the configuration again and puts it in place; returns whether it is. Refused, it has changed nothing.
    async fn reload(&mut self, cause: Cause) -> Result<bool, StartError> {
        let config = match self.checked(cause).await {
            Ok(Some(config)) => config,
            Ok(None) => return Ok(true),
            Err(refused) => {
                say_why(&refused, self.current.language);
                return Ok(false);
            }
        };
        self.replace(config).await?;
        Ok(true)
    }

    /// Reads the configuration, tries whether everything can be made of it, and writes down that it will be in force. Nothing is to be done
    /// where what is written is in force already.
    async fn checked(&mut self, cause: Cause) -> Result<Option<Config>, Refused> {
        let reread = self.building.reread.clone();
        // It reads files.
        let read = tokio::task::spawn_blocking(move || reread()).await;
        let config = read
            .map_err(|_| Refused::Start(StartError::Died))?
            .map_err(Refused::Problems)?;
        let changed = changes(&self.current, &config);
        if cause == Cause::Written && changed.is_empty() {
            return Ok(None);
        }
        self.building.rehearse(&config)?;
        let keys = if changed.is_empty() {
            "none".to_owned()
        } else {
            changed.join(", ")
        };
        let entry = AuditEntry {
            at: self.building.clock.now(),
            server: None,
            by: Actor::Configuration,
            action: AuditAction::ConfigurationChanged,
            subject: "configuration".to_owned(),
            detail: format!("keys = {keys}"),
        };
        self.building.store.append(&entry).await?;
        tracing::info!(keys, "another configuration is put in place");
        Ok(Some(config))
    }

    async fn replace(&mut self, config: Config) -> Result<(), StartError> {
        let before = mem::take(&mut self.building.residents);
        for resident in &before {
            resident.take_token_of(&config);
            resident.ears.cancel();
        }
        for resident in &before {
            resident.listening.close();
            let silent = resident.listening.wait();
            // It says itself what it still does.
            timeout(&*self.building.clock, SILENT_WITHIN, silent)
                .await
                .ok();
        }
        self.building.before = before;
        let sites = self.building.move_all_in(&config)?;
        if let Some(entrance) = &self.entrance {
            entrance.lead_to(self.building.router(&config.http, sites));
        }
        if let (Some(page), Some(router)) = (&self.page, self.building.page_router()) {
            page.lead_to(router);
        }
        if let Some(metrics) = &self.metrics {
            metrics.lead_to(self.building.metrics_router());
        }
        for resident in mem::take(&mut self.building.before) {
            resident.replaced.cancel();
        }
        let kept: Vec<_> = changes(&self.begun, &config)
            .into_iter()
            .filter(|key| crate::config::needs_a_restart(key))
            .collect();
        if !kept.is_empty() {
            let keys = kept.join(", ");
            tracing::warn!(keys, "these keys are in force only after a restart");
        }
        *self.current = config;
        tracing::info!(
            "another configuration is in force; what was being answered ends under the old one"
        );
        Ok(())
    }
}

fn say_why(refused: &Refused, language: Language) {
    match refused {
        Refused::Problems(Problems { list, language }) => {
            for problem in list {
                say_problem(problem, *language);
            }
        }
        Refused::Start(error) => {
            let explanation = crate::text::explain(language, &error.trouble());
            let remedy = explanation.remedy;
            tracing::error!(error = %error, remedy, "{}", explanation.what);
        }
    }
    tracing::error!("the new configuration is refused, and the old one stays in force");
}

fn say_problem(problem: &Problem, language: Language) {
    let remedy = problem.remedy(language);
    tracing::error!(remedy, "{}", problem.what(language));
}
