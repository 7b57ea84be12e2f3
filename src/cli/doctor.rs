//! `askwell doctor`: looks at the whole chain, and says what is not well and what to do about it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::setup::Administrator;
use super::{complain, say};
use crate::app::StartError;
use crate::clock::{SystemClock, SystemIds};
use crate::config::{Config, DOTENV_FILE, Inputs, Problem, load};
use crate::provision::doctor::{Doctor, Finding, Severity};
use crate::provision::{http_client, socket_http_client};
use crate::text::{
    Ailment, Explanation, Healthy, Language, Verdict, attest, conclude, diagnose, explain_obstacle,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Writes everything as one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    administrator: Administrator,
}

/// A finding as programs read it.
#[derive(Serialize)]
struct Line {
    check: &'static str,
    severity: &'static str,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// All of them.
#[derive(Serialize)]
struct Report<'a> {
    version: &'static str,
    severity: &'static str,
    findings: &'a [Line],
}

pub(super) fn run(file: Option<&Path>, arguments: &Arguments) -> ExitCode {
    let mut consultation = Consultation {
        is_json: arguments.json,
        language: Language::default(),
        worst: Severity::Ok,
        counts: (0, 0),
        lines: Vec::new(),
    };
    match load(Inputs::of_process(file)) {
        Ok(config) => {
            consultation.language = config.language;
            if let Err(failure) = consultation.examine(config, arguments) {
                failure.complain(consultation.language);
                return ExitCode::FAILURE;
            }
        }
        Err(problems) => {
            let language = problems.language;
            consultation.language = language;
            let what = |problem: &Problem| problem.what(language);
            let all: Vec<_> = problems.list.iter().map(what).collect();
            let problems = all.join("; ").into();
            consultation.hear(&Ailment::ConfigurationWrong { problems }.into());
        }
    }
    consultation.conclude()
}

/// What was found so far, and how it is told.
struct Consultation {
    is_json: bool,
    language: Language,
    worst: Severity,
    /// Warnings and errors.
    counts: (u32, u32),
    lines: Vec<Line>,
}

/// Says what was found, and what to do about it.
pub(super) fn told(language: Language, finding: &Finding) -> (String, Option<String>) {
    match finding {
        Finding::Healthy(healthy) => (attest(language, healthy), None),
        Finding::Ailment(ailment) => {
            let Explanation { what, remedy } = diagnose(language, ailment);
            (what, Some(remedy))
        }
    }
}

/// Writes a finding as people read it.
pub(super) fn shown(finding: &Finding, what: &str, remedy: Option<&str>) -> String {
    let sign = match finding.severity() {
        // A heading, and no verdict.
        Severity::Ok if matches!(finding, Finding::Healthy(Healthy::ModelNamed { .. })) => '·',
        Severity::Ok => '✓',
        Severity::Note => 'i',
        Severity::Warning => '!',
        Severity::Error => '✗',
    };
    let remedy = remedy.map_or_else(String::new, |remedy| format!("    → {remedy}\n"));
    format!("{sign} {what}\n{remedy}")
}

impl Consultation {
    fn examine(&mut self, config: Config, arguments: &Arguments) -> Result<(), Failure> {
        let administrator = match arguments.administrator.token() {
            Ok(token) => token,
            Err(stop) => {
                for obstacle in stop.obstacles() {
                    let Explanation { what, remedy } = explain_obstacle(self.language, &obstacle);
                    complain(&format!("{what}\n  → {remedy}\n"));
                }
                None
            }
        };
        let doctor = Doctor {
            config,
            secrets: DOTENV_FILE.into(),
            administrator,
            http: http_client().map_err(StartError::from)?,
            socket_http: socket_http_client().map_err(StartError::from)?,
            clock: Arc::new(SystemClock::start()),
            ids: Arc::new(SystemIds),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::System)?;
        runtime.block_on(doctor.examine(&mut |finding| self.hear(&finding)));
        Ok(())
    }

    fn hear(&mut self, finding: &Finding) {
        let severity = finding.severity();
        self.worst = self.worst.max(severity);
        match severity {
            Severity::Warning => self.counts.0 += 1,
            Severity::Error => self.counts.1 += 1,
            Severity::Ok | Severity::Note => {}
        }
        let (what, remedy) = told(self.language, finding);
        if !self.is_json {
            // Where nothing can be written, the exit code still says how it is.
            let _code = say(&shown(finding, &what, remedy.as_deref()));
        }
        self.lines.push(Line {
            check: finding.id(),
            severity: severity.name(),
            what,
            remedy,
        });
    }

    fn conclude(&self) -> ExitCode {
        let (warnings, errors) = self.counts;
        let said = if self.is_json {
            let report = Report {
                version: env!("CARGO_PKG_VERSION"),
                severity: self.worst.name(),
                findings: &self.lines,
            };
            serde_json::to_string_pretty(&report).expect("texts are always JSON")
        } else {
            let verdict = match self.worst {
                Severity::Ok | Severity::Note => Verdict::Healthy,
                Severity::Warning => Verdict::Degraded {
                    count: warnings.to_string().into(),
                },
                Severity::Error => Verdict::Ill {
                    count: (errors + warnings).to_string().into(),
                },
            };
            conclude(self.language, &verdict)
        };
        let _code = say(&format!("{said}\n"));
        ExitCode::from(self.worst.exit_code())
    }
}
