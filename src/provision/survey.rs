//! How things stand on the server, read before anything is decided.

use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::reach;
use super::session::Session;
use super::stop::{Stop, of_first_call};
use super::wishes::Wishes;
use crate::config::Draft;
use crate::domain::id::ChannelId;
use crate::mattermost::admin::nouns::{Account, Command, IncomingHook, OutgoingHook, Role, Team};
use crate::mattermost::admin::{Admin, FromEnvironment, ServerSettings};
use crate::ports::{MattermostError, MattermostFailure};
use crate::text::Obstacle;

/// The role that is to permit the live preview: every server has it and nobody has it.
pub(super) const PREVIEW_ROLE: &str = "system_post_all";

/// What it is to permit.
pub(super) const PREVIEW_PERMISSION: &str = "create_post_ephemeral";

/// How things stand.
pub(super) struct Survey {
    pub(super) url: Url,
    pub(super) our_addresses: Vec<IpAddr>,
    pub(super) server_addresses: Vec<IpAddr>,
    pub(super) settings: ServerSettings,
    pub(super) fixed: FromEnvironment,
    /// The chosen teams.
    pub(super) teams: Vec<SurveyedTeam>,
    /// Names of teams that were chosen and are not there, and of those that are.
    pub(super) missing_teams: Vec<String>,
    pub(super) known_teams: Vec<String>,
    /// Whoever has the bot's name.
    pub(super) bot: Option<Account>,
    pub(super) token: TokenState,
    pub(super) preview_role: Option<Role>,
    pub(super) incoming: IncomingState,
}

/// A chosen team.
pub(super) struct SurveyedTeam {
    pub(super) team: Team,
    pub(super) has_bot: bool,
    pub(super) commands: Vec<Command>,
    pub(super) outgoing: Vec<OutgoingHook>,
}

/// What the configured bot token is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenState {
    /// None is configured.
    Absent,
    /// It is the bot's.
    Good,
    /// It is nobody's, or somebody else's.
    Wrong,
}

/// Where the incoming webhook is to be, and those that are there.
#[derive(Default)]
pub(super) struct IncomingState {
    pub(super) channel: Option<ChannelId>,
    /// The id in the configured address.
    pub(super) configured: Option<SecretString>,
    pub(super) hooks: Vec<IncomingHook>,
}

/// Reads how things stand.
pub(super) async fn survey(
    session: &Session,
    wishes: &Wishes,
    draft: &Draft,
) -> Result<Survey, Stop> {
    let Session { reach, admin, .. } = session;
    let mut bot = admin.account_named(&wishes.bot_name).await?;
    let token = token_state(session, draft.bot_token.value.as_ref(), &mut bot).await?;
    let all = admin.teams().await?;
    let known_teams: Vec<_> = all.iter().map(|team| team.name.clone()).collect();
    let is_chosen = |team: &Team| wishes.teams.is_empty() || wishes.teams.contains(&team.name);
    let mut teams = Vec::new();
    for team in all.into_iter().filter(is_chosen) {
        teams.push(surveyed(admin, wishes, team, bot.as_ref()).await?);
    }
    let missing = wishes.teams.iter();
    let missing = missing.filter(|name| !known_teams.contains(name));
    Ok(Survey {
        url: reach.url.clone(),
        our_addresses: reach::addresses(&wishes.public_url, &*reach.clock).await,
        server_addresses: reach::addresses(&reach.url, &*reach.clock).await,
        settings: admin.settings().await?,
        fixed: admin.settings_from_environment().await?,
        incoming: incoming(admin, wishes, &teams, draft).await?,
        missing_teams: missing.cloned().collect(),
        token,
        preview_role: admin.role(PREVIEW_ROLE).await?,
        known_teams,
        teams,
        bot,
    })
}

/// Returns whose account it is that sets up, where it may.
pub(super) async fn administrator(session: &Session) -> Result<Account, Stop> {
    let me = match session.admin.me().await {
        Ok(me) => me,
        Err(error) if error.kind == MattermostFailure::TokenRefused => return Err(error.into()),
        Err(error) => return Err(of_first_call(error, &session.reach.url)),
    };
    if me.is_administrator() {
        Ok(me)
    } else {
        let account = me.username.into();
        Err(Obstacle::NotAdministrator { account }.into())
    }
}

async fn surveyed(
    admin: &Admin,
    wishes: &Wishes,
    team: Team,
    bot: Option<&Account>,
) -> Result<SurveyedTeam, MattermostError> {
    let has_bot = match bot {
        Some(bot) => admin.is_team_member(&team.id, &bot.id).await?,
        None => false,
    };
    let outgoing = if wishes.outgoing_words.is_empty() {
        Vec::new()
    } else {
        unless_switched_off(admin.outgoing_hooks(&team.id).await)?
    };
    Ok(SurveyedTeam {
        commands: unless_switched_off(admin.commands(&team.id).await)?,
        outgoing,
        has_bot,
        team,
    })
}

/// Where integrations are switched off, none are listed; they are looked at again when they were switched on.
fn unless_switched_off<T>(
    listed: Result<Vec<T>, MattermostError>,
) -> Result<Vec<T>, MattermostError> {
    match listed {
        Err(error) if error.status == Some(501) => Ok(Vec::new()),
        listed => listed,
    }
}

async fn incoming(
    admin: &Admin,
    wishes: &Wishes,
    teams: &[SurveyedTeam],
    draft: &Draft,
) -> Result<IncomingState, MattermostError> {
    let Some(wish) = &wishes.incoming else {
        return Ok(IncomingState::default());
    };
    let is_it = |surveyed: &&SurveyedTeam| {
        wish.team
            .as_ref()
            .is_none_or(|name| *name == surveyed.team.name)
    };
    let Some(SurveyedTeam { team, .. }) = teams.iter().find(is_it) else {
        return Ok(IncomingState::default());
    };
    Ok(IncomingState {
        channel: admin.channel_named(&team.id, &wish.channel).await?,
        configured: draft.incoming_webhook.value.as_ref().and_then(hook_id),
        hooks: unless_switched_off(admin.incoming_hooks(&team.id).await)?,
    })
}

/// Returns the id in the address of an incoming webhook.
fn hook_id(url: &SecretString) -> Option<SecretString> {
    let (_, id) = url.expose_secret().rsplit_once("/hooks/")?;
    Some(id.trim_end_matches('/').into())
}

/// Finds out what the configured token is worth; where it is the bot's, the bot itself tells what it is notified of.
async fn token_state(
    session: &Session,
    token: Option<&SecretString>,
    bot: &mut Option<Account>,
) -> Result<TokenState, MattermostError> {
    let Some(token) = token else {
        return Ok(TokenState::Absent);
    };
    let as_bot = Admin::new(session.reach.clone(), Some(token.clone()));
    match (as_bot.me().await, bot) {
        (Ok(me), Some(bot)) if me.id == bot.id => {
            bot.notify_props = me.notify_props;
            Ok(TokenState::Good)
        }
        (Ok(_), _) => Ok(TokenState::Wrong),
        (Err(error), _) if error.kind == MattermostFailure::TokenRefused => Ok(TokenState::Wrong),
        (Err(error), _) => Err(error),
    }
}
