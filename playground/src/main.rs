//! `askwell-playground`: a simulated Mattermost to try askwell with.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use askwell_playground::clock::unix_ms;
use askwell_playground::tour::{self, Tongue, Tour};
use askwell_playground::{Demo, Options, PASSWORD, Playground, Question, Settings, ask, model};
use clap::{Args, Parser, Subcommand};

/// A simulated Mattermost: REST, WebSocket, slash commands and webhooks, as askwell meets them.
#[derive(Parser)]
#[command(
    name = "askwell-playground",
    version,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Asks one question as a person, and prints the conversation.
    Ask(Ask),
    /// Opens a fresh server as its first people do: an administrator, alice and bob, a team and a channel.
    People(People),
    /// Talks with the bot as a person, in every way there is, and prints the conversation.
    Tour(TourOf),
    /// Serves a model that says every question back, at a rate of tokens.
    Model(model::Arguments),
}

#[derive(Args)]
struct Serve {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8065")]
    listen: SocketAddr,
    /// Behave as a freshly installed server: no accounts, default settings.
    #[arg(long)]
    empty: bool,
    /// Where the demonstration's command and webhook call askwell; a base URL gets `/mattermost-gpt`.
    #[arg(long, default_value = "http://127.0.0.1:8000/mattermost-gpt")]
    askwell_url: String,
    /// Write what askwell needs as lines of a .env file.
    #[arg(long, value_name = "PATH")]
    write_env: Option<PathBuf>,
    /// The seed of every id and token; by the clock when absent.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Args)]
struct Ask {
    /// The server's base URL.
    #[arg(long, default_value = "http://127.0.0.1:8065")]
    url: String,
    /// Who asks.
    #[arg(long = "as", default_value = "alice")]
    user: String,
    /// Their password.
    #[arg(long, default_value = PASSWORD)]
    password: String,
    /// Where.
    #[arg(long, default_value = "town-square")]
    channel: String,
    /// The command's word.
    #[arg(long, default_value = "askgpt")]
    command: String,
    /// Seconds without a change after which the answer is complete.
    #[arg(long, default_value_t = 4)]
    quiet: u64,
    /// Seconds after which to give up.
    #[arg(long, default_value_t = 180)]
    timeout: u64,
    /// The question.
    question: String,
}

#[derive(Args)]
struct People {
    /// The server's base URL.
    #[arg(long, default_value = "http://127.0.0.1:8065")]
    url: String,
    /// Where the administrator's token is written.
    #[arg(long, value_name = "PATH")]
    admin_token_file: PathBuf,
}

#[derive(Args)]
struct TourOf {
    /// The server's base URL.
    #[arg(long, default_value = "http://127.0.0.1:8065")]
    url: String,
    /// The bot's name.
    #[arg(long, default_value = "gptbot")]
    bot: String,
    /// The command's word.
    #[arg(long, default_value = "askgpt")]
    command: String,
    /// What the people speak.
    #[arg(long, value_enum, default_value = "ko")]
    language: Tongue,
    /// Seconds without a change after which an answer is complete.
    #[arg(long, default_value_t = 4)]
    quiet: u64,
    /// Seconds after which to give up on an answer.
    #[arg(long, default_value_t = 300)]
    timeout: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Ask(asked)) => run_ask(asked).await,
        Some(Command::People(people)) => tour::open(&people.url, &people.admin_token_file).await,
        Some(Command::Tour(taken)) => run_tour(taken).await,
        Some(Command::Model(arguments)) => model::serve(arguments).await,
        None => run_serve(cli.serve).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run_ask(asked: Ask) -> anyhow::Result<()> {
    let question = Question {
        url: asked.url,
        user: asked.user,
        password: asked.password,
        channel: asked.channel,
        line: format!("/{} {}", asked.command, asked.question),
        quiet: Duration::from_secs(asked.quiet),
        timeout: Duration::from_secs(asked.timeout),
    };
    let conversation = ask(&question).await?;
    say(&conversation)
}

async fn run_tour(taken: TourOf) -> anyhow::Result<()> {
    let tour = Tour {
        url: taken.url,
        bot: taken.bot,
        command: taken.command,
        tongue: taken.language,
        quiet: Duration::from_secs(taken.quiet),
        timeout: Duration::from_secs(taken.timeout),
    };
    say(&tour.go().await?)
}

async fn run_serve(serve: Serve) -> anyhow::Result<()> {
    let settings = if serve.empty {
        Settings::fresh()
    } else {
        Settings::prepared()
    };
    let options = Options {
        seed: serve.seed.unwrap_or_else(|| unix_ms().unsigned_abs()),
        listen: serve.listen,
        settings,
        ..Options::default()
    };
    let playground = Playground::start(options)
        .await
        .with_context(|| format!("listen at {}", serve.listen))?;
    if !serve.empty {
        let demo = Demo::furnish(&playground, &question_url(&serve.askwell_url)?);
        if let Some(path) = &serve.write_env {
            std::fs::write(path, demo.env())
                .with_context(|| format!("write {}", path.display()))?;
        }
    }
    say(&format!(
        "Mattermost (simulated) is at {}\n",
        playground.url()
    ))?;
    wait_for_signal().await
}

/// Where askwell takes questions, given that or only its base URL.
fn question_url(askwell_url: &str) -> anyhow::Result<String> {
    let mut url =
        url::Url::parse(askwell_url).with_context(|| format!("read the URL {askwell_url}"))?;
    if url.path() == "/" {
        url.set_path("/mattermost-gpt");
    }
    Ok(url.into())
}

/// Waits for SIGTERM or Ctrl-C.
async fn wait_for_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
