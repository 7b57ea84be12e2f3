//! Signals: those that ask the process to stop, and the one that asks it to look at its configuration again.

use std::io::{self, IsTerminal as _};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for SIGTERM or SIGINT; in a terminal also for SIGHUP, which says that the terminal is gone.
///
/// # Errors
/// When the operating system does not let us listen for signals.
pub async fn asked_to_stop() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("asked to stop (SIGTERM)"),
        _ = interrupt.recv() => tracing::info!("asked to stop (SIGINT)"),
        _ = hangup.recv(), if is_in_a_terminal() => tracing::info!("asked to stop (SIGHUP in a terminal)"),
    }
    Ok(())
}

/// The signals that ask for another look at the configuration: SIGHUP, but in no terminal.
pub struct Reloads(Signal);

impl Reloads {
    /// Listens from now on; before, the signal ends the process.
    ///
    /// # Errors
    /// When the operating system does not let us listen for signals.
    pub fn listen() -> io::Result<Self> {
        Ok(Self(signal(SignalKind::hangup())?))
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        while self.0.recv().await.is_some() {
            if !is_in_a_terminal() {
                tracing::info!("asked to look at the configuration again (SIGHUP)");
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}

fn is_in_a_terminal() -> bool {
    io::stdin().is_terminal()
}
