//! Channels as the bot account sees them: direct ones, members, typing.

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::posts::unless_unseen;
use super::rest::Server;
use super::socket::channel_kind;
use super::wire::{Account, Channel, Identified, Member, Team, Typing};
use crate::domain::chat::ChannelProfile;
use crate::domain::control::Standing;
use crate::domain::id::{ChannelId, PostId, TeamId, UserId};
use crate::ports::{MattermostError, MattermostFailure};

pub(super) async fn open_direct(
    server: &Server,
    person: &UserId,
) -> Result<ChannelId, MattermostError> {
    let name = "open a direct channel";
    let bot = server.bot().await?;
    let call = server
        .client()
        .api(name, Method::POST, &["channels", "direct"])
        .with_json(&[bot.as_str(), person.as_str()]);
    let reply = server.write(name, call).await?;
    let channel: Identified = reply.json()?;
    ChannelId::parse(&channel.id).map_err(|_| reply.unusable())
}

pub(super) async fn is_member(
    server: &Server,
    channel: &ChannelId,
    person: &UserId,
) -> Result<Option<bool>, MattermostError> {
    if !server.client().has_bot() {
        return Ok(None);
    }
    let path = ["channels", channel.as_str(), "members", person.as_str()];
    let call = server
        .client()
        .api("read a channel's member", Method::GET, &path);
    match server.read(call).await {
        Ok(reply) => reply.must_be_json().map(|()| Some(true)),
        Err(error) if error.kind == MattermostFailure::NotFound => Ok(Some(false)),
        Err(error) if error.kind == MattermostFailure::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

/// The roles that administer a channel, and everything.
const CHANNEL_ADMIN: &str = "channel_admin";
pub(super) const SYSTEM_ADMIN: &str = "system_admin";

pub(super) async fn standing(
    server: &Server,
    channel: &ChannelId,
    person: &UserId,
) -> Result<Standing, MattermostError> {
    let path = ["channels", channel.as_str(), "members", person.as_str()];
    let member: Option<Member> = find(server, "read a channel's member", &path).await?;
    if member.as_ref().is_some_and(Member::administers) {
        return Ok(Standing::Admin);
    }
    let path = ["users", person.as_str()];
    let account: Option<Account> = find(server, "read an account", &path).await?;
    let is_admin = account.is_some_and(|account| has_role(&account.roles, SYSTEM_ADMIN));
    Ok(match member {
        // Wherever they are a member or not.
        _ if is_admin => Standing::Admin,
        Some(_) => Standing::Member,
        None => Standing::Outsider,
    })
}

pub(super) async fn administers(server: &Server, person: &UserId) -> Result<bool, MattermostError> {
    let path = ["users", person.as_str()];
    let account: Option<Account> = find(server, "read an account", &path).await?;
    Ok(account
        .is_some_and(|account| account.delete_at == 0 && has_role(&account.roles, SYSTEM_ADMIN)))
}

impl Member {
    fn administers(&self) -> bool {
        self.scheme_admin || has_role(&self.roles, CHANNEL_ADMIN)
    }
}

/// Runes of a name, a header and a purpose, at most: what Mattermost takes (`model/channel.go` and `model/team.go` of its server).
const NAME_RUNES: usize = 64;
const HEADER_RUNES: usize = 1_024;
const PURPOSE_RUNES: usize = 250;

pub(super) async fn profile(
    server: &Server,
    channel: &ChannelId,
) -> Result<Option<ChannelProfile>, MattermostError> {
    let path = ["channels", channel.as_str()];
    let Some(found) = find::<Channel>(server, "read a channel", &path).await? else {
        return Ok(None);
    };
    // A direct or group channel is in none.
    let team_id = TeamId::parse(&found.team_id).ok();
    let team = match &team_id {
        Some(team) => find::<Team>(server, "read a team", &["teams", team.as_str()]).await?,
        None => None,
    };
    Ok(Some(ChannelProfile {
        kind: channel_kind(&found.kind),
        team_id,
        team_name: team.as_ref().map(|team| line(&team.name, NAME_RUNES)),
        team: team.map_or_else(String::new, |team| line(&team.display_name, NAME_RUNES)),
        name: line(&found.display_name, NAME_RUNES),
        header: line(&found.header, HEADER_RUNES),
        purpose: line(&found.purpose, PURPOSE_RUNES),
    }))
}

/// Makes one line of a text, cut after so many runes.
fn line(text: &str, runes: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(runes).collect()
}

/// Reads something that may not be there, or not for us.
pub(super) async fn find<T: DeserializeOwned>(
    server: &Server,
    name: &'static str,
    path: &[&str],
) -> Result<Option<T>, MattermostError> {
    let call = server.client().api(name, Method::GET, path);
    match unless_unseen(server.read(call).await)? {
        Some(reply) => reply.json().map(Some),
        None => Ok(None),
    }
}

pub(super) fn has_role(roles: &str, role: &str) -> bool {
    roles.split_whitespace().any(|one| one == role)
}

pub(super) async fn show_typing(
    server: &Server,
    channel: &ChannelId,
    root: Option<&PostId>,
) -> Result<(), MattermostError> {
    if !server.client().has_bot() {
        return Ok(());
    }
    let typing = Typing {
        channel_id: channel.as_str(),
        parent_id: root.map_or("", PostId::as_str),
    };
    let call = server
        .client()
        .api("show typing", Method::POST, &["users", "me", "typing"])
        .with_json(&typing);
    server.write_a_sign(call).await
}
