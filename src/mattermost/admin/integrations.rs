//! Slash commands and webhooks.

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use super::nouns::{Command, IncomingHook, NewCommand, ObjectId, OutgoingHook};
use super::wire::{
    Executed, Execution, IntoNoun, OUR_DESCRIPTION, OUR_NAME, RawCommand, RawIncomingHook,
    RawOutgoingHook, WrittenCommand, WrittenIncomingHook, WrittenOutgoingHook,
};
use super::{Admin, MAX_PAGES, PAGE, unless_missing};
use crate::domain::id::{ChannelId, TeamId};
use crate::ports::MattermostError;

impl Admin {
    /// Lists the custom commands of a team, as whoever may manage them.
    ///
    /// # Errors
    /// As every call.
    pub async fn commands(&self, team: &TeamId) -> Result<Vec<Command>, MattermostError> {
        let query = [("team_id", team.as_str()), ("custom_only", "true")];
        let call = self
            .client
            .api("list the commands", Method::GET, &["commands"]);
        let raw: Vec<RawCommand> = self.send(call.with_query(&query)).await?.json()?;
        Ok(raw.into_iter().filter_map(IntoNoun::into_noun).collect())
    }

    /// Reads a command.
    ///
    /// # Errors
    /// As every call.
    pub async fn command(&self, id: &ObjectId) -> Result<Option<Command>, MattermostError> {
        let path = ["commands", id.as_str()];
        self.one::<RawCommand>("read a command", &path).await
    }

    /// Makes a command.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_command(
        &self,
        command: &NewCommand<'_>,
    ) -> Result<Command, MattermostError> {
        let call = self
            .client
            .api("create a command", Method::POST, &["commands"]);
        let call = call.with_json(&WrittenCommand::new(command));
        let reply = self.send(call).await?;
        let raw: RawCommand = reply.json()?;
        raw.into_noun().ok_or_else(|| reply.unusable())
    }

    /// Makes a command what it is to be; its token stays.
    ///
    /// # Errors
    /// As every call.
    pub async fn update_command(
        &self,
        id: &ObjectId,
        command: &NewCommand<'_>,
    ) -> Result<Command, MattermostError> {
        let path = ["commands", id.as_str()];
        let mut written = WrittenCommand::new(command);
        written.id = Some(id.as_str());
        let call = self.client.api("change a command", Method::PUT, &path);
        let reply = self.send(call.with_json(&written)).await?;
        let raw: RawCommand = reply.json()?;
        raw.into_noun().ok_or_else(|| reply.unusable())
    }

    /// Deletes a command; one that is gone counts as deleted.
    ///
    /// # Errors
    /// As every call.
    pub async fn delete_command(&self, id: &ObjectId) -> Result<(), MattermostError> {
        self.delete("delete a command", &["commands", id.as_str()])
            .await
    }

    /// Runs a line such as `/askgpt help` in a channel, as the account of the token; returns what only that account is shown of it.
    ///
    /// # Errors
    /// As every call; [`Ambiguous`](crate::ports::MattermostFailure::Ambiguous) with status 500 where the command's address did not answer
    /// as it must.
    pub async fn execute(
        &self,
        team: &TeamId,
        channel: &ChannelId,
        line: &str,
    ) -> Result<String, MattermostError> {
        let execution = Execution {
            channel_id: channel.as_str(),
            team_id: team.as_str(),
            command: line,
        };
        let path = ["commands", "execute"];
        let call = self.client.api("run a command", Method::POST, &path);
        let executed: Executed = self.send(call.with_json(&execution)).await?.json()?;
        Ok(executed.text)
    }

    /// Lists the outgoing webhooks of a team.
    ///
    /// # Errors
    /// As every call.
    pub async fn outgoing_hooks(
        &self,
        team: &TeamId,
    ) -> Result<Vec<OutgoingHook>, MattermostError> {
        let path = ["hooks", "outgoing"];
        self.hooks::<RawOutgoingHook>("list the outgoing webhooks", &path, team)
            .await
    }

    /// Reads an outgoing webhook.
    ///
    /// # Errors
    /// As every call.
    pub async fn outgoing_hook(
        &self,
        id: &ObjectId,
    ) -> Result<Option<OutgoingHook>, MattermostError> {
        let path = ["hooks", "outgoing", id.as_str()];
        self.one::<RawOutgoingHook>("read an outgoing webhook", &path)
            .await
    }

    /// Makes a webhook that calls `url` when a post of the team's public channels begins with a word.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_outgoing_hook(
        &self,
        team: &TeamId,
        word: &str,
        url: &str,
    ) -> Result<OutgoingHook, MattermostError> {
        let written = WrittenOutgoingHook {
            team_id: team.as_str(),
            display_name: OUR_NAME,
            description: OUR_DESCRIPTION,
            trigger_words: [word],
            trigger_when: 0,
            callback_urls: [url],
            content_type: "application/json",
        };
        let path = ["hooks", "outgoing"];
        let call = self
            .client
            .api("create an outgoing webhook", Method::POST, &path);
        let reply = self.send(call.with_json(&written)).await?;
        let raw: RawOutgoingHook = reply.json()?;
        raw.into_noun().ok_or_else(|| reply.unusable())
    }

    /// Deletes an outgoing webhook; one that is gone counts as deleted.
    ///
    /// # Errors
    /// As every call.
    pub async fn delete_outgoing_hook(&self, id: &ObjectId) -> Result<(), MattermostError> {
        let path = ["hooks", "outgoing", id.as_str()];
        self.delete("delete an outgoing webhook", &path).await
    }

    /// Lists the incoming webhooks of a team.
    ///
    /// # Errors
    /// As every call.
    pub async fn incoming_hooks(
        &self,
        team: &TeamId,
    ) -> Result<Vec<IncomingHook>, MattermostError> {
        let path = ["hooks", "incoming"];
        self.hooks::<RawIncomingHook>("list the incoming webhooks", &path, team)
            .await
    }

    /// Makes a webhook by which one posts into a channel, and into others where it is told to.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_incoming_hook(
        &self,
        channel: &ChannelId,
    ) -> Result<IncomingHook, MattermostError> {
        let written = WrittenIncomingHook {
            channel_id: channel.as_str(),
            display_name: OUR_NAME,
            description: OUR_DESCRIPTION,
        };
        let path = ["hooks", "incoming"];
        let call = self
            .client
            .api("create an incoming webhook", Method::POST, &path);
        let reply = self.send(call.with_json(&written)).await?;
        let raw: RawIncomingHook = reply.json()?;
        raw.into_noun().ok_or_else(|| reply.unusable())
    }

    /// Deletes an incoming webhook; one that is gone counts as deleted.
    ///
    /// # Errors
    /// As every call.
    pub async fn delete_incoming_hook(&self, id: &SecretString) -> Result<(), MattermostError> {
        let path = ["hooks", "incoming", id.expose_secret()];
        self.delete("delete an incoming webhook", &path).await
    }

    async fn hooks<R: IntoNoun + DeserializeOwned>(
        &self,
        name: &'static str,
        path: &[&str],
        team: &TeamId,
    ) -> Result<Vec<R::Noun>, MattermostError> {
        let mut found = Vec::new();
        for number in 0..MAX_PAGES {
            let (page, size) = (number.to_string(), PAGE.to_string());
            let query = [
                ("team_id", team.as_str()),
                ("page", page.as_str()),
                ("per_page", size.as_str()),
            ];
            let call = self.client.api(name, Method::GET, path).with_query(&query);
            let raw: Vec<R> = self.send(call).await?.json()?;
            let is_last = raw.len() < PAGE;
            found.extend(raw.into_iter().filter_map(IntoNoun::into_noun));
            if is_last {
                break;
            }
        }
        Ok(found)
    }

    async fn one<R: IntoNoun + DeserializeOwned>(
        &self,
        name: &'static str,
        path: &[&str],
    ) -> Result<Option<R::Noun>, MattermostError> {
        let call = self.client.api(name, Method::GET, path);
        let Some(reply) = unless_missing(self.send(call).await)? else {
            return Ok(None);
        };
        let raw: R = reply.json()?;
        raw.into_noun().map(Some).ok_or_else(|| reply.unusable())
    }

    async fn delete(&self, name: &'static str, path: &[&str]) -> Result<(), MattermostError> {
        let call = self.client.api(name, Method::DELETE, path);
        unless_missing(self.order(call).await).map(|_| ())
    }
}
