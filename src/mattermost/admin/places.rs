//! Teams, channels, and who is in them.

use reqwest::Method;

use super::nouns::Team;
use super::wire::{IntoNoun, RawMember, RawTeam, WrittenMember};
use super::{Admin, MAX_PAGES, PAGE, unless_missing};
use crate::domain::id::{ChannelId, TeamId, UserId};
use crate::mattermost::wire::{Channel, Identified};
use crate::ports::MattermostError;

impl Admin {
    /// Lists the teams that the account sees and that are not archived, by name.
    ///
    /// # Errors
    /// As every call.
    pub async fn teams(&self) -> Result<Vec<Team>, MattermostError> {
        let mut found = Vec::new();
        for number in 0..MAX_PAGES {
            let (page, size) = (number.to_string(), PAGE.to_string());
            let query = [("page", page.as_str()), ("per_page", size.as_str())];
            let call = self.client.api("list the teams", Method::GET, &["teams"]);
            let reply = self.send(call.with_query(&query)).await?;
            let raw: Vec<RawTeam> = reply.json()?;
            let is_last = raw.len() < PAGE;
            found.extend(raw.into_iter().filter_map(IntoNoun::into_noun));
            if is_last {
                break;
            }
        }
        found.sort_by(|one: &Team, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Lists the teams that the account of the token is in.
    ///
    /// # Errors
    /// As every call.
    pub async fn my_teams(&self) -> Result<Vec<Team>, MattermostError> {
        let path = ["users", "me", "teams"];
        let call = self.client.api("list one's teams", Method::GET, &path);
        let raw: Vec<RawTeam> = self.send(call).await?.json()?;
        Ok(raw.into_iter().filter_map(IntoNoun::into_noun).collect())
    }

    /// Returns a channel of the team that the account of the token is in, where it is in one.
    ///
    /// # Errors
    /// As every call.
    pub async fn any_channel_in(
        &self,
        team: &TeamId,
    ) -> Result<Option<ChannelId>, MattermostError> {
        let path = ["users", "me", "teams", team.as_str(), "channels"];
        let call = self.client.api("list one's channels", Method::GET, &path);
        let Some(reply) = unless_missing(self.send(call).await)? else {
            return Ok(None);
        };
        let channels: Vec<Channel> = reply.json()?;
        let mut ours = channels
            .iter()
            .filter(|channel| channel.delete_at == 0 && channel.team_id == team.as_str());
        Ok(ours.find_map(|channel| ChannelId::parse(&channel.id).ok()))
    }

    /// Says whether an account is in a team.
    ///
    /// # Errors
    /// As every call.
    pub async fn is_team_member(
        &self,
        team: &TeamId,
        user: &UserId,
    ) -> Result<bool, MattermostError> {
        let path = ["teams", team.as_str(), "members", user.as_str()];
        let call = self.client.api("read a team's member", Method::GET, &path);
        let Some(reply) = unless_missing(self.send(call).await)? else {
            return Ok(false);
        };
        let member: RawMember = reply.json()?;
        Ok(member.delete_at == 0)
    }

    /// Lets an account into a team.
    ///
    /// # Errors
    /// As every call.
    pub async fn add_to_team(&self, team: &TeamId, user: &UserId) -> Result<(), MattermostError> {
        let path = ["teams", team.as_str(), "members"];
        let call = self.client.api("add to a team", Method::POST, &path);
        let member = WrittenMember {
            team_id: team.as_str(),
            user_id: user.as_str(),
        };
        self.order(call.with_json(&member)).await
    }

    /// Takes an account out of a team; one that is not in it counts as taken out.
    ///
    /// # Errors
    /// As every call.
    pub async fn remove_from_team(
        &self,
        team: &TeamId,
        user: &UserId,
    ) -> Result<(), MattermostError> {
        let path = ["teams", team.as_str(), "members", user.as_str()];
        let call = self.client.api("remove from a team", Method::DELETE, &path);
        unless_missing(self.order(call).await).map(|_| ())
    }

    /// Finds a channel of a team by its name.
    ///
    /// # Errors
    /// As every call.
    pub async fn channel_named(
        &self,
        team: &TeamId,
        name: &str,
    ) -> Result<Option<ChannelId>, MattermostError> {
        let path = ["teams", team.as_str(), "channels", "name", name];
        let call = self.client.api("find a channel", Method::GET, &path);
        let Some(reply) = unless_missing(self.send(call).await)? else {
            return Ok(None);
        };
        let channel: Identified = reply.json()?;
        ChannelId::parse(&channel.id)
            .map(Some)
            .map_err(|_| reply.unusable())
    }
}
