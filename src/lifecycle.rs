//! The beginning of the end: signals that ask the process to stop.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// When the operating system does not let us listen for signals.
pub async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("asked to stop (SIGTERM)"),
        _ = interrupt.recv() => tracing::info!("asked to stop (SIGINT)"),
    }
    Ok(())
}

/// Cancels `stop` when the process is asked to stop.
///
/// # Errors
/// When the operating system does not let us listen for signals.
pub async fn cancel_when_asked(stop: CancellationToken) -> std::io::Result<()> {
    asked_to_stop().await?;
    stop.cancel();
    Ok(())
}
