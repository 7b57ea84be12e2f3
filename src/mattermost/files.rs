//! Files: uploaded into a channel, and put to a post of the bot's.

use reqwest::Method;

use super::rest::Server;
use super::wire::{PatchFiles, Uploaded};
use crate::domain::id::{ChannelId, PostId};
use crate::domain::post::File;
use crate::ports::MattermostError;

pub(super) async fn attach(
    server: &Server,
    channel: &ChannelId,
    post: &PostId,
    files: &[File],
) -> Result<(), MattermostError> {
    let mut ids = Vec::with_capacity(files.len());
    for file in files {
        ids.push(upload(server, channel, file).await?);
    }
    let call = server
        .client()
        .api(
            "attach files",
            Method::PUT,
            &["posts", post.as_str(), "patch"],
        )
        .with_json(&PatchFiles { file_ids: &ids });
    server.write("attach files", call).await?.must_be_json()
}

async fn upload(
    server: &Server,
    channel: &ChannelId,
    file: &File,
) -> Result<String, MattermostError> {
    let name = "upload a file";
    let call = server
        .client()
        .api(name, Method::POST, &["files"])
        .with_query(&[("channel_id", channel.as_str()), ("filename", &file.name)])
        .with_text(&file.text);
    let reply = server.write(name, call).await?;
    let uploaded: Uploaded = reply.json()?;
    uploaded.id().ok_or_else(|| reply.unusable())
}
