//! Files: uploaded into a channel, put to a post of the bot's, and fetched where people attached them.

use reqwest::Method;
use reqwest::header::HeaderValue;

use super::posts::unless_unseen;
use super::rest::Server;
use super::wire::{FileInfo, PatchFiles, Uploaded};
use crate::domain::file::{FileName, SharedFile};
use crate::domain::id::{ChannelId, FileId, PostId};
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
        .with_bytes(
            HeaderValue::from_static(file.media_type),
            file.bytes.to_vec(),
        );
    let reply = server.write(name, call).await?;
    let uploaded: Uploaded = reply.json()?;
    uploaded.id().ok_or_else(|| reply.unusable())
}

pub(super) async fn fetch(
    server: &Server,
    file: &FileId,
    most_bytes: usize,
) -> Result<Option<SharedFile>, MattermostError> {
    let path = ["files", file.as_str(), "info"];
    let call = server
        .client()
        .api("read what a file is", Method::GET, &path);
    let Some(reply) = unless_unseen(server.read(call).await)? else {
        return Ok(None);
    };
    let info: FileInfo = reply.json()?;
    let fits = usize::try_from(info.size).is_ok_and(|size| (1..=most_bytes).contains(&size));
    let bytes = if fits {
        content(server, file, most_bytes).await?
    } else {
        None
    };
    Ok(Some(SharedFile {
        name: FileName::cleaned(&info.name),
        bytes,
    }))
}

async fn content(
    server: &Server,
    file: &FileId,
    most_bytes: usize,
) -> Result<Option<Vec<u8>>, MattermostError> {
    let call = server
        .client()
        .api("fetch a file", Method::GET, &["files", file.as_str()])
        .of_at_most(most_bytes);
    let reply = unless_unseen(server.read(call).await)?;
    Ok(reply.map(crate::mattermost::client::Reply::into_bytes))
}
