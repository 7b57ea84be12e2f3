//! Mattermost as it is seen from here: is it there, whose is the token, does the bot hear, what is switched off.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::{Doctor, Finding, Sink, failed_call};
use crate::mattermost::BotToken;
use crate::mattermost::admin::nouns::{Account, Team};
use crate::mattermost::admin::{Admin, Introduction, OLDEST_TRIED, Version};
use crate::mattermost::socket::{Counter, Deaf, Socket};
use crate::ports::MattermostFailure;
use crate::provision::reach;
use crate::provision::settings::{self, Case};
use crate::text::{Ailment, Healthy};
use tokio::sync::watch;

/// Clocks that differ by more are said to. A reply tells the time to the second, and takes some time itself.
const SKEW: Duration = Duration::from_secs(30);

/// What is known of the server after a look at it.
pub(super) struct Visit {
    /// Who may run a command: the bot, else an administrator.
    pub(super) runner: Option<Admin>,
    /// The administrator's way, where there is one.
    pub(super) admin: Option<Admin>,
    /// The teams of whoever runs commands.
    pub(super) teams: Vec<Team>,
}

impl Doctor {
    /// Looks at the server; `None` where it cannot be reached.
    pub(super) async fn look_at_the_server(&self, found: Sink<'_>) -> Option<Visit> {
        let url = || self.config.mattermost.url.to_string().into();
        let introduction = match self.admin(None).introduction().await {
            Ok(introduction) => introduction,
            Err(error) => {
                let is_there = error.status.is_some();
                found(match error.kind {
                    MattermostFailure::RateLimited { .. } => failed_call(&error),
                    _ if is_there => Ailment::NotMattermost { url: url() }.into(),
                    _ => Ailment::MattermostUnreachable { url: url() }.into(),
                });
                return None;
            }
        };
        self.look_at_the_introduction(&introduction, found);
        let mut visit = self.look_at_the_bot(found).await;
        visit.admin = self.look_as_administrator(found).await;
        if visit.runner.is_none() && visit.admin.is_some() {
            let admin = self.admin(self.administrator.clone());
            visit.teams = admin.my_teams().await.unwrap_or_default();
            visit.runner = Some(admin);
        }
        Some(visit)
    }

    fn look_at_the_introduction(&self, introduction: &Introduction, found: Sink<'_>) {
        let version = introduction.version().to_owned();
        found(match Version::read(&version) {
            Some(read) if read < OLDEST_TRIED => Ailment::MattermostOld {
                version: version.into(),
                oldest: OLDEST_TRIED.to_string().into(),
            }
            .into(),
            _ => Healthy::Mattermost {
                version: version.into(),
                url: self.config.mattermost.url.to_string().into(),
            }
            .into(),
        });
        if introduction.text("SiteURL") == Some("") {
            found(Ailment::NoSiteUrl.into());
        }
        if let Some(theirs) = introduction.said_at {
            let ours = self.clock.wall();
            let skew = ours.since(theirs).max(theirs.since(ours));
            let seconds = skew.as_secs().to_string().into();
            found(if skew > SKEW {
                Ailment::ClockSkew { seconds }.into()
            } else {
                Healthy::Clock { seconds }.into()
            });
        }
    }

    async fn look_at_the_bot(&self, found: Sink<'_>) -> Visit {
        let mut visit = Visit {
            runner: None,
            admin: None,
            teams: Vec::new(),
        };
        let Some(token) = self.config.mattermost.bot_token.clone() else {
            found(Ailment::NoBot.into());
            return visit;
        };
        let bot = self.admin(Some(token.clone()));
        let me = match bot.me().await {
            Ok(me) => me,
            Err(error) if error.kind == MattermostFailure::TokenRefused => {
                found(Ailment::BotTokenRefused.into());
                return visit;
            }
            Err(error) => {
                found(failed_call(&error));
                return visit;
            }
        };
        match bot.my_teams().await {
            Ok(teams) => {
                found(of_account(&me, &teams));
                visit.teams = teams;
            }
            Err(error) => found(failed_call(&error)),
        }
        look_at_the_account(&me, found);
        self.look_at_client_settings(&bot, found).await;
        self.look_at_the_agents(&bot, found).await;
        self.look_at_the_socket(token, found).await;
        visit.runner = Some(bot);
        visit
    }

    /// Looks whether somebody has the name of an agent.
    async fn look_at_the_agents(&self, bot: &Admin, found: Sink<'_>) {
        for agent in self.config.pipeline.agents.iter() {
            let name = agent.name.as_str();
            // No account has a name of other letters.
            if !name.is_ascii() {
                continue;
            }
            match bot.account_named(name).await {
                Ok(None) => {}
                Ok(Some(_)) => {
                    let name = name.to_owned().into();
                    found(Ailment::AgentIsAccount { name }.into());
                }
                Err(error) => found(failed_call(&error)),
            }
        }
    }

    /// Looks at what accounts are told of the settings.
    async fn look_at_client_settings(&self, bot: &Admin, found: Sink<'_>) {
        let settings = match bot.client_settings().await {
            Ok(settings) => settings,
            Err(error) => return found(failed_call(&error)),
        };
        if settings.text("EnableCommands") == Some("false") {
            found(Ailment::CommandsOff.into());
        }
        let limit = settings.text("PostEditTimeLimit").unwrap_or("-1");
        let limit: i64 = limit.parse().unwrap_or(-1);
        let longest = i64::try_from(self.config.pipeline.deadline.as_secs()).unwrap_or(i64::MAX);
        if (0..longest).contains(&limit) {
            let seconds = limit.to_string().into();
            found(Ailment::EditTimeLimit { seconds }.into());
        }
        // Where nothing is configured, the server is asked.
        if let (Some(server), Some(configured)) =
            (settings.text("EnableLatex"), self.config.pipeline.latex)
            && (server == "true") != configured
        {
            let server = server.to_owned().into();
            found(Ailment::LatexDiffers { server }.into());
        }
    }

    async fn look_at_the_socket(&self, token: SecretString, found: Sink<'_>) {
        let socket = Socket {
            http: self.socket_http.clone(),
            url: self.config.mattermost.url.clone(),
            token: BotToken::new(token),
            hearing: watch::Sender::default(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            counter: Counter::unread(self.config.mattermost.server.clone()),
        };
        found(match socket.try_once().await {
            Ok(()) => Healthy::Socket.into(),
            Err(Deaf::Unreachable) => Ailment::SocketUnreachable.into(),
            Err(Deaf::NoHello) => Ailment::SocketSilent.into(),
            Err(Deaf::NoWebSocket { status }) => Ailment::SocketRefused {
                status: status.to_string().into(),
            }
            .into(),
        });
    }

    /// Looks at the settings as an administrator, where a token was given.
    async fn look_as_administrator(&self, found: Sink<'_>) -> Option<Admin> {
        let token = self.administrator.clone()?;
        let admin = self.admin(Some(token));
        let is_good = admin.me().await.is_ok_and(|me| me.is_administrator());
        let settings = match admin.settings().await {
            Ok(settings) if is_good => settings,
            _ => {
                found(Ailment::AdministratorRefused.into());
                return None;
            }
        };
        let public_url = self.config.public_url.as_ref();
        let our_addresses = match public_url {
            Some(url) => reach::addresses(url, &*self.clock).await,
            None => Vec::new(),
        };
        let server_url = &self.config.mattermost.url;
        let case = Case {
            settings: &settings,
            server_url,
            public_url,
            our_addresses: &our_addresses,
            server_addresses: &reach::addresses(server_url, &*self.clock).await,
            makes_a_bot: false,
            has_outgoing: !self.config.tokens.outgoing.is_empty(),
            has_incoming: self.config.mattermost.incoming_webhook_url.is_some(),
        };
        let changes = case.changes();
        if changes.is_empty() {
            found(Healthy::Settings.into());
        }
        for change in changes {
            found(
                Ailment::SettingInTheWay {
                    setting: change.setting.to_string().into(),
                    after: settings::shown(&change.after).into(),
                }
                .into(),
            );
        }
        Some(admin)
    }
}

fn of_account(me: &Account, teams: &[Team]) -> Finding {
    let name = me.username.clone().into();
    if !me.is_bot {
        return Ailment::BotIsAPerson { name }.into();
    }
    if teams.is_empty() {
        return Ailment::BotInNoTeam { name }.into();
    }
    let teams: Vec<_> = teams.iter().map(|team| team.name.as_str()).collect();
    Healthy::Bot {
        name,
        teams: teams.join(", ").into(),
    }
    .into()
}

fn look_at_the_account(me: &Account, found: Sink<'_>) {
    let name = || me.username.clone().into();
    if me.is_administrator() {
        found(Ailment::BotIsAdministrator { name: name() }.into());
    }
    let channel = me
        .notify_props
        .as_ref()
        .and_then(|props| props.get("channel"));
    if me.is_bot && channel.is_some_and(|channel| channel == "true") {
        found(Ailment::BotHearsEverybody { name: name() }.into());
    }
}
