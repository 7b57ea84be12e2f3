//! A command, from Mattermost to us and back; and whether we are there at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use url::Url;

use super::server::Visit;
use super::{Doctor, Finding, Sink, failed_call};
use crate::mattermost::admin::Admin;
use crate::mattermost::admin::nouns::Team;
use crate::ports::{MattermostError, MattermostFailure, timeout};
use crate::provision::wishes::HOOK_PATH;
use crate::text::{Ailment, Healthy};

/// The word that is answered to whoever asks, and is no question.
const HARMLESS: &str = "help";

/// Asking whether we run, at most.
const PROBE_WITHIN: Duration = Duration::from_secs(5);

/// Bytes of an answer to that, at most; it has two.
const MAX_PROBE_BYTES: usize = 64;

/// What became of a command in a team.
enum Tried {
    Answered,
    Missing,
    /// Nobody may run it there.
    NobodyThere,
    Failed(Finding),
    /// Mattermost did not reach whoever answers the command.
    Unreached,
}

impl Doctor {
    pub(super) async fn look_at_commands(&self, visit: &Visit, found: Sink<'_>) {
        let is_serving = self.look_whether_we_run(found).await;
        if let Some(admin) = &visit.admin {
            for team in &visit.teams {
                self.look_at_the_registration(admin, team, found).await;
            }
        }
        let has_answered = self.try_commands(visit, is_serving, found).await;
        if !is_serving && !has_answered {
            let address = self.own_address().to_string().into();
            found(Ailment::NotServing { address }.into());
        }
    }

    fn own_address(&self) -> SocketAddr {
        let listen = self.config.http.listen;
        let address = match listen.ip() {
            IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            address => address,
        };
        SocketAddr::new(address, listen.port())
    }

    async fn look_whether_we_run(&self, found: Sink<'_>) -> bool {
        let address = self.own_address();
        let is_serving = match Url::parse(&format!("http://{address}/healthz")) {
            Ok(url) => self.says_ok(url).await,
            Err(_) => false,
        };
        if is_serving {
            let address = address.to_string().into();
            found(Healthy::Serving { address }.into());
        }
        is_serving
    }

    /// Says whether an askwell is well at an address.
    async fn says_ok(&self, url: Url) -> bool {
        let asked = async {
            let mut reply = self.http.get(url).send().await.ok()?;
            let mut body = Vec::new();
            while let Some(chunk) = reply.chunk().await.ok()? {
                body.extend_from_slice(&chunk);
                if body.len() > MAX_PROBE_BYTES {
                    return None;
                }
            }
            Some(reply.status().is_success() && body.trim_ascii() == b"ok")
        };
        let answer = timeout(&*self.clock, PROBE_WITHIN, asked).await;
        answer.ok().flatten().unwrap_or(false)
    }

    /// Looks at how the command is registered, as an administrator.
    async fn look_at_the_registration(&self, admin: &Admin, team: &Team, found: Sink<'_>) {
        let trigger = &self.config.pipeline.command_trigger;
        let commands = match admin.commands(&team.id).await {
            Ok(commands) => commands,
            // That they are switched off was said.
            Err(error) if error.status == Some(501) => return,
            Err(error) => return found(failed_call(&error)),
        };
        let is_ours =
            |command: &&crate::mattermost::admin::nouns::Command| command.trigger == *trigger;
        let Some(command) = commands.iter().find(is_ours) else {
            return;
        };
        let tokens = &self.config.tokens.command;
        let is_known = tokens
            .iter()
            .any(|token| token.expose_secret() == command.token.expose_secret());
        let (trigger, team) = (trigger.clone().into(), team.name.clone().into());
        if !is_known {
            found(Ailment::CommandTokenUnknown { trigger, team }.into());
            return;
        }
        let public = self.config.public_url.as_ref().map(Url::as_str);
        let is_elsewhere = |public: &str| !command.url.starts_with(public.trim_end_matches('/'));
        if public.is_some_and(is_elsewhere) {
            let url = command.url.clone().into();
            found(Ailment::CommandElsewhere { trigger, team, url }.into());
        }
    }

    /// Runs the command in every team; says whether it was answered anywhere.
    async fn try_commands(&self, visit: &Visit, is_serving: bool, found: Sink<'_>) -> bool {
        let (mut answered, mut missing, mut tried) = (0, Vec::new(), false);
        let trigger = || self.config.pipeline.command_trigger.clone().into();
        let runner = visit.runner.iter();
        for (runner, team) in
            runner.flat_map(|runner| visit.teams.iter().map(move |team| (runner, team)))
        {
            let name = || team.name.clone().into();
            let outcome = self.try_command(runner, team).await;
            tried |= !matches!(outcome, Tried::NobodyThere);
            match outcome {
                Tried::Answered => {
                    answered += 1;
                    let (trigger, team) = (trigger(), name());
                    found(Healthy::Command { trigger, team }.into());
                }
                Tried::Missing => missing.push(team.name.clone()),
                Tried::Failed(finding) => found(finding),
                // Where nobody runs here, it is said once.
                Tried::Unreached if is_serving => {
                    let (trigger, team) = (trigger(), name());
                    found(Ailment::CommandUnreachable { trigger, team }.into());
                    self.look_at_the_public_url(found).await;
                }
                Tried::NobodyThere | Tried::Unreached => {}
            }
        }
        if !tried && visit.runner.is_some() {
            found(Ailment::CommandNotTried.into());
        }
        if tried && missing.len() == visit.teams.len() {
            found(Ailment::CommandMissing { trigger: trigger() }.into());
        } else {
            for team in missing {
                let (trigger, team) = (trigger(), team.into());
                found(Ailment::CommandMissingIn { trigger, team }.into());
            }
        }
        answered > 0
    }

    async fn try_command(&self, runner: &Admin, team: &Team) -> Tried {
        let channel = match runner.any_channel_in(&team.id).await {
            Ok(Some(channel)) => channel,
            Ok(None) => return Tried::NobodyThere,
            Err(error) => return Tried::Failed(failed_call(&error)),
        };
        let trigger = &self.config.pipeline.command_trigger;
        let line = format!("/{trigger} {HARMLESS}");
        match runner.execute(&team.id, &channel, &line).await {
            // Our help names the command.
            Ok(text) if text.contains(&format!("/{trigger}")) => Tried::Answered,
            Ok(_) => Tried::Failed(self.refused(team)),
            Err(error) => self.of_failure(&error, team),
        }
    }

    fn of_failure(&self, error: &MattermostError, team: &Team) -> Tried {
        match error.kind {
            MattermostFailure::NotFound => Tried::Missing,
            MattermostFailure::Forbidden => Tried::NobodyThere,
            // Whoever was called answered, but not with 200.
            MattermostFailure::Ambiguous if error.id.contains("failed_resp") => {
                Tried::Failed(self.refused(team))
            }
            MattermostFailure::Ambiguous if error.id.contains("execute_command") => {
                Tried::Unreached
            }
            // That commands are switched off was said.
            MattermostFailure::Rejected if error.status == Some(501) => Tried::NobodyThere,
            _ => Tried::Failed(failed_call(error)),
        }
    }

    fn refused(&self, team: &Team) -> Finding {
        Ailment::CommandRefused {
            trigger: self.config.pipeline.command_trigger.clone().into(),
            team: team.name.clone().into(),
        }
        .into()
    }

    /// Where Mattermost does not reach us, it helps to know whether we do.
    async fn look_at_the_public_url(&self, found: Sink<'_>) {
        let Some(public) = &self.config.public_url else {
            return;
        };
        let mut url = public.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("healthz");
        }
        if !self.says_ok(url).await {
            let url = format!("{}/{HOOK_PATH}", public.as_str().trim_end_matches('/'));
            found(Ailment::PublicUrlUnreachable { url: url.into() }.into());
        }
    }
}
