//! `askwell serve`: listens and answers until it is asked to stop.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use crate::app::{self, LeaseTime, Reread, Surroundings};
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
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| Failure::Listen { address, source })?;
    let (wish, reloads) = mpsc::channel(1);
    let surroundings = Surroundings {
        extractor: this_program(),
        listener,
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
