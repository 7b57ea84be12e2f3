//! Channels as the bot account sees them: direct ones, members, typing.

use reqwest::Method;

use super::rest::Server;
use super::wire::{Identified, Typing};
use crate::domain::id::{ChannelId, PostId, UserId};
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
    server.write_or_skip(call).await.map(|_| ())
}
