//! `askwell models`: which models there are, whether each answers, and what an unknown server takes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;

use super::doctor::{shown, told};
use super::failure::Failure;
use super::{CONFIGURATION_IS_WRONG, complain, say};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::provision::doctor::{Finding, Severity, examine_model, named, priced};
use crate::provision::probe::{list, probe};
use crate::text::{Notice, notify};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the configured models, each with those that its server has.
    List,
    /// Asks each configured model a short question; exits with 2 where one does not answer.
    Test {
        /// Only these, by their names in the configuration; `default` is that of [model].
        ids: Vec<String>,
    },
    /// Finds out with a dozen small requests what a model's server takes, and writes settings that suit it, as TOML.
    Probe {
        /// The model, by its name in the configuration.
        #[arg(default_value = "default")]
        id: String,
    },
}

pub(super) fn run(file: Option<&Path>, command: &Command) -> ExitCode {
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let language = config.language;
    match obey(config, command) {
        Ok(code) => code,
        Err(failure) => {
            failure.complain(language);
            ExitCode::FAILURE
        }
    }
}

fn obey(mut config: Config, command: &Command) -> Result<ExitCode, Failure> {
    let wanted: Vec<String> = match command {
        Command::List => Vec::new(),
        Command::Test { ids } => ids.clone(),
        Command::Probe { id } => vec![id.clone()],
    };
    let targets = &mut config.models.targets;
    if let Some(unknown) = wanted
        .iter()
        .find(|id| targets.iter().all(|target| target.id != **id))
    {
        let known: Vec<_> = targets.iter().map(|target| target.id.as_str()).collect();
        let notice = Notice::NoSuchModel {
            id: unknown,
            known: &known.join(", "),
        };
        complain(&format!("{}\n", notify(config.language, &notice)));
        return Ok(ExitCode::from(CONFIGURATION_IS_WRONG));
    }
    targets.retain(|target| wanted.is_empty() || wanted.contains(&target.id));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)?;
    let clock = Arc::new(SystemClock::start());
    Ok(runtime.block_on(async {
        match command {
            Command::List => list_all(&config, &clock).await,
            Command::Test { .. } => test(&config, &clock).await,
            Command::Probe { .. } => suit(&config, &clock).await,
        }
    }))
}

fn tell(config: &Config, finding: &Finding) -> Severity {
    let (what, remedy) = told(config.language, finding);
    let severity = finding.severity();
    // Where nothing can be written, the exit code still says how it is.
    let _code = say(&shown(finding, &what, remedy.as_deref()));
    severity
}

async fn list_all(config: &Config, clock: &Arc<SystemClock>) -> ExitCode {
    let mut worst = Severity::Ok;
    for target in &config.models.targets {
        let settings = &target.settings;
        let head = [
            target.id.as_str(),
            settings.protocol.as_str(),
            settings.base_url.as_str(),
        ];
        let mut text = format!("{}\n", head.join("  "));
        let (price, _) = told(config.language, &priced(settings));
        writeln!(text, "  {price}").expect("a string takes all that is written to it");
        match list(settings, clock.clone()).await {
            Ok(models) => {
                for model in models {
                    let is_asked = settings.model.as_ref() == Some(&model.id);
                    let sign = if is_asked { "  ✓ " } else { "    " };
                    text.push_str(sign);
                    text.extend(model.id.escape_debug());
                    text.push('\n');
                }
                let _code = say(&text);
            }
            Err(finding) => {
                let _code = say(&text);
                worst = worst.max(tell(config, &finding));
            }
        }
    }
    ExitCode::from(worst.exit_code())
}

async fn test(config: &Config, clock: &Arc<SystemClock>) -> ExitCode {
    let mut worst = Severity::Ok;
    for target in &config.models.targets {
        tell(config, &Finding::Healthy(named(target)));
        let mut hear = |finding: Finding| worst = worst.max(tell(config, &finding));
        examine_model(&target.settings, clock.clone(), &mut hear).await;
        hear(priced(&target.settings));
    }
    ExitCode::from(worst.exit_code())
}

async fn suit(config: &Config, clock: &Arc<SystemClock>) -> ExitCode {
    let Some(target) = config.models.targets.first() else {
        return ExitCode::FAILURE;
    };
    match probe(&target.settings, clock.clone()).await {
        Ok(found) => say(&found.as_toml(&target.id)),
        Err(finding) => ExitCode::from(tell(config, &finding).exit_code()),
    }
}
