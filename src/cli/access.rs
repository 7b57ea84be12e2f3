//! `askwell access`: who may be answered, explained.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::failure::Failure;
use super::{CONFIGURATION_IS_WRONG, complain, say};
use crate::app::{self, Beside, Explained, Query, StartError, Unexplained};
use crate::clock::{SystemClock, SystemIds};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Says whether somebody would be answered in a channel, and why, step by step; of the first bot, where there are several.
    Explain(Question),
}

/// What would be asked.
#[derive(Debug, Args)]
pub(super) struct Question {
    /// Who asks: the name or ID of an account.
    #[arg(long, value_name = "NAME|ID")]
    user: String,
    /// Where: the name of a channel that the bot is in, or an ID.
    #[arg(long, value_name = "NAME|ID")]
    channel: String,
    /// Whom, where it is not the channel's agent; `default` is the usual assistant.
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The model or route, where it is not the agent's or the channel's; `images` draws.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Writes everything as one JSON object.
    #[arg(long)]
    json: bool,
}

/// An explanation as programs read it.
#[derive(Serialize)]
struct Report<'a> {
    decision: &'static str,
    rule: Option<usize>,
    steps: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'static str,
    text: &'a str,
}

pub(super) fn run(file: Option<&Path>, command: &Command) -> ExitCode {
    let Command::Explain(question) = command;
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match explain(&config, question) {
        Ok(explained) => say(&shown(&explained, question.json)),
        Err(Failure::Start(StartError::Access(Unexplained::NotThere(what)))) => {
            complain(&format!("{what}\n"));
            ExitCode::from(CONFIGURATION_IS_WRONG)
        }
        Err(failure) => {
            failure.complain(config.language);
            ExitCode::FAILURE
        }
    }
}

fn explain(config: &Config, question: &Question) -> Result<Explained, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)?;
    let beside = Beside {
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
    };
    let query = Query {
        user: question.user.clone(),
        channel: question.channel.clone(),
        agent: question.agent.clone(),
        model: question.model.clone(),
    };
    Ok(runtime.block_on(app::explain_access(config, &beside, &query))?)
}

fn shown(explained: &Explained, is_json: bool) -> String {
    if is_json {
        let steps = explained.steps.iter().map(|step| Line {
            id: step.id,
            text: &step.text,
        });
        let report = Report {
            decision: explained.decision,
            rule: explained.rule,
            steps: steps.collect(),
        };
        let json = serde_json::to_string_pretty(&report).expect("texts are always JSON");
        return format!("{json}\n");
    }
    let lines = explained
        .steps
        .iter()
        .map(|step| format!("{}\n", step.text));
    lines.collect()
}
