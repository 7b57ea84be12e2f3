//! `askwell serve`: listens and answers until it is asked to stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use crate::app::{self, LeaseTime, PageSettings, Reread, Surroundings};
use crate::clock::{SystemClock, SystemIds};
use crate::config::{Config, Inputs, load};
use crate::text::{Explanation, Language};
use crate::{lifecycle, telemetry};

pub(super) fn run(file: Option<&Path>) -> ExitCode {
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let language = config.language;
    if let Err(error) = telemetry::install(&config.log) {
        Failure::from(error).complain(language);
        return ExitCode::FAILURE;
    }
    match begin(config, file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            log(failure, language);
            ExitCode::FAILURE
        }
    }
}

/// Logs why askwell did not start: the sentence for people, and what libraries said for those who search logs.
fn log(failure: Failure, language: Language) {
    let Explanation { what, remedy } = failure.explain(language);
    let error = failure.chain();
    tracing::error!(error, remedy, "{what}");
}

fn begin(config: Config, file: Option<&Path>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)?;
    runtime.block_on(serve(config, file))
}

async fn serve(config: Config, file: Option<&Path>) -> Result<(), Failure> {
    // First of all: until somebody listens for it, the signal ends the process.
    let mut hangups = lifecycle::Reloads::listen().map_err(Failure::System)?;
    let address = config.http.listen;
    let listener = listen(address).await?;
    let metrics_listener = match config.observing.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let (wish, reloads) = mpsc::channel(1);
    let surroundings = Surroundings {
        extractor: this_program(),
        listener,
        page: listen_for_page(config.page.as_ref()).await?,
        metrics_listener,
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
        lease_time: LeaseTime::Database,
        reread: reread(file),
        reloads,
    };
    let stop = CancellationToken::new();
    let serving = app::serve(config, surroundings, stop.clone());
    let asking = async {
        loop {
            hangups.next().await;
            // Where one look waits already, it will see what there is to see.
            wish.try_send(oneshot::channel().0).ok();
        }
    };
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        asked = lifecycle::asked_to_stop() => asked.map_err(Failure::System)?,
        () = asking => {}
    }
    stop.cancel();
    // Whoever asks a second time does not want to wait.
    tokio::select! {
        ended = serving => Ok(ended?),
        asked = lifecycle::asked_to_stop() => asked.map_err(Failure::System),
    }
}

/// Listens for the page for administrators, where there is one. An address that nobody wrote is left where it cannot be had: the page is no
/// reason not to answer.
async fn listen_for_page(page: Option<&PageSettings>) -> Result<Option<TcpListener>, Failure> {
    let Some(page) = page else { return Ok(None) };
    let address = page.listen;
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(source) if page.is_listen_written => Err(Failure::Listen { address, source }),
        Err(error) => {
            tracing::warn!(%address, error = %error, "the page for administrators is left out: its address cannot be listened on. Choose another one with admin.listen");
            Ok(None)
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listening = TcpListener::bind(address).await;
    listening.map_err(|source| Failure::Listen { address, source })
}

/// Reads the same files once more.
fn reread(file: Option<&Path>) -> Reread {
    let file = file.map(Path::to_owned);
    Arc::new(move || load(Inputs::of_process(file.as_deref())))
}

/// Returns where this program is; on Linux by a name that stays it when its file is replaced.
fn this_program() -> PathBuf {
    let itself = Path::new("/proc/self/exe");
    if itself.exists() {
        return itself.to_owned();
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("askwell"))
}
