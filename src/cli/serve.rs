//! `askwell serve`: listens and answers until it is asked to stop.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::{self, LeaseTime, StartError, Surroundings};
use crate::clock::{SystemClock, SystemIds};
use crate::config::Config;
use crate::{lifecycle, telemetry};

pub(super) fn run(file: Option<&Path>) -> ExitCode {
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match begin(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let remedy = error.downcast_ref::<StartError>().map(StartError::remedy);
            tracing::error!(
                error = format!("{error:#}"),
                remedy,
                "askwell did not start"
            );
            ExitCode::FAILURE
        }
    }
}

fn begin(config: Config) -> anyhow::Result<()> {
    telemetry::install(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let address = config.http.listen;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("listen on {address}: is another process there? ASKWELL_LISTEN names another port")
    })?;
    let surroundings = Surroundings {
        listener,
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
        lease_time: LeaseTime::Database,
    };
    let stop = CancellationToken::new();
    let serving = app::serve(config, surroundings, stop.clone());
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        asked = lifecycle::asked_to_stop() => asked.context("listen for signals")?,
    }
    stop.cancel();
    // Whoever asks a second time does not want to wait.
    tokio::select! {
        ended = serving => Ok(ended?),
        asked = lifecycle::asked_to_stop() => asked.context("listen for signals"),
    }
}
