//! The scripted model as a program of its own: an echo in real time.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::echo::Echo;
use super::reply::Reply;
use super::server::ScriptedModel;

/// Options of `askwell-playground model`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9000")]
    pub listen: SocketAddr,
    /// How many tokens an answer has; without it the question is said back and no more.
    #[arg(long)]
    pub tokens: Option<usize>,
    /// How many tokens a second; without it all at once.
    #[arg(long)]
    pub rate: Option<u32>,
    /// Milliseconds before the first token.
    #[arg(long, default_value_t = 0, value_name = "MILLISECONDS")]
    pub first_token: u64,
    /// A model to list; may be repeated.
    #[arg(long = "name", default_value = "scripted-model", value_name = "NAME")]
    pub names: Vec<String>,
    /// The key without which requests are refused.
    #[arg(long)]
    pub key: Option<String>,
}

/// Answers every completion, on whichever [wire](super::Wire), with its question until the program is interrupted or terminated.
///
/// # Errors
/// Where the address cannot be listened on.
pub async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let model = ScriptedModel::start_at(arguments.listen)
        .await
        .with_context(|| format!("listen on {}", arguments.listen))?;
    let echo = Echo {
        tokens: arguments.tokens,
        rate: arguments.rate,
        first_token: Duration::from_millis(arguments.first_token),
    };
    model.answer_otherwise(Reply::echo(echo));
    model.list_models(
        &arguments
            .names
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    if let Some(key) = &arguments.key {
        model.require_key(key);
    }
    eprintln!("scripted model at {}", model.base_url());
    let mut terminate = signal(SignalKind::terminate()).context("listen for signals")?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listen for signals")?,
    }
    model.stop().await;
    Ok(())
}
