//! Files: uploaded first, attached to a post later, by whoever uploaded them.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::world::app_error::AppError;
use crate::world::post::Post;
use crate::world::state::World;

/// What is told of a file, in the server's order.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileInfo {
    pub(crate) id: String,
    pub(crate) user_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) post_id: String,
    pub(crate) channel_id: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) delete_at: i64,
    pub(crate) name: String,
    pub(crate) extension: String,
    pub(crate) size: usize,
    pub(crate) mime_type: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) width: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) height: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) has_preview_image: bool,
    pub(crate) mini_preview: Option<()>,
    pub(crate) remote_id: String,
    pub(crate) archived: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A file with its content.
#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    pub(crate) info: FileInfo,
    pub(crate) content: Bytes,
}

/// Every file there is, by id.
pub(crate) type Files = HashMap<String, StoredFile>;

/// What is uploaded.
pub(crate) struct Upload {
    pub(crate) channel_id: String,
    pub(crate) name: String,
    pub(crate) content: Bytes,
}

fn file_not_found() -> AppError {
    AppError::new(
        404,
        "app.file_info.get.app_error",
        "Unable to get the file info.",
    )
}

pub(crate) fn file_too_large(limit: usize) -> AppError {
    AppError::new(
        413,
        "api.file.upload_file.too_large_detailed.app_error",
        format!("Unable to upload file. File exceeds the maximum size of {limit} bytes."),
    )
}

impl World {
    /// Checks that somebody may upload to a channel.
    pub(crate) fn check_upload(&self, caller: &str, channel_id: &str) -> Result<(), AppError> {
        if self.may_post(caller, channel_id) {
            Ok(())
        } else {
            Err(AppError::permissions())
        }
    }

    /// Keeps a file; it belongs to no post yet.
    pub(crate) fn upload(&mut self, caller: &str, upload: Upload) -> Result<FileInfo, AppError> {
        self.check_upload(caller, &upload.channel_id)?;
        if upload.content.is_empty() {
            return Err(AppError::body_param("file"));
        }
        if upload.content.len() > self.settings.max_file_size {
            return Err(file_too_large(self.settings.max_file_size));
        }
        let now = self.now();
        let extension = match upload.name.rsplit_once('.') {
            Some((_, extension)) => extension.to_lowercase(),
            None => String::new(),
        };
        let (width, height) = image_size(&upload.content).unwrap_or((0, 0));
        let info = FileInfo {
            id: self.ids.next_id(),
            user_id: caller.to_owned(),
            post_id: String::new(),
            channel_id: upload.channel_id,
            create_at: now,
            update_at: now,
            delete_at: 0,
            mime_type: mime_type(&extension).to_owned(),
            name: upload.name,
            extension,
            size: upload.content.len(),
            width,
            height,
            has_preview_image: width > 0,
            mini_preview: None,
            remote_id: String::new(),
            archived: false,
        };
        let stored = StoredFile {
            info: info.clone(),
            content: upload.content,
        };
        self.files.insert(info.id.clone(), stored);
        Ok(info)
    }

    /// A file as a reader may have it: their own, or one of a post that they may read.
    pub(crate) fn file(&self, caller: &str, file_id: &str) -> Result<&StoredFile, AppError> {
        let file = self
            .files
            .get(file_id)
            .filter(|file| file.info.delete_at == 0)
            .ok_or_else(file_not_found)?;
        let is_own = file.info.user_id == caller;
        let is_posted = !file.info.post_id.is_empty();
        if is_own || (is_posted && self.may_read(caller, &file.info.channel_id)) {
            Ok(file)
        } else {
            Err(AppError::permissions())
        }
    }

    /// Attaches files to a post of their uploader. Those that cannot be are left out, and nobody is told.
    pub(crate) fn attach_files(&mut self, post: &mut Post) {
        let asked = post.file_ids.take().unwrap_or_default();
        let mut attached: Vec<String> = Vec::new();
        for id in asked {
            let Some(file) = self.files.get_mut(&id) else {
                continue;
            };
            let info = &mut file.info;
            let is_free = info.post_id.is_empty() && info.delete_at == 0;
            let is_here = info.post_id == post.id || (is_free && info.user_id == post.user_id);
            if is_here && !attached.contains(&id) {
                info.post_id.clone_from(&post.id);
                info.channel_id.clone_from(&post.channel_id);
                attached.push(id);
            }
        }
        post.file_ids = Some(attached);
    }

    /// Deletes the files of a post that it no longer lists.
    pub(crate) fn drop_files(&mut self, post_id: &str, listed: &[String]) {
        let now = self.now();
        for file in self.files.values_mut() {
            if file.info.post_id == post_id && !listed.contains(&file.info.id) {
                file.info.delete_at = now;
            }
        }
    }

    /// What the server tells of a new or changed post beside its fields.
    pub(crate) fn metadata_of(&self, post: &Post) -> Value {
        let mut metadata = post.own_metadata();
        let files: Vec<&FileInfo> = self.files_of(post).collect();
        if !files.is_empty() {
            metadata["files"] = serde_json::json!(files);
        }
        metadata
    }

    /// What is told of the files of a post.
    pub(crate) fn files_of<'a>(&'a self, post: &'a Post) -> impl Iterator<Item = &'a FileInfo> {
        let ids = post.file_ids.iter().flatten();
        ids.filter_map(|id| self.files.get(id))
            .map(|file| &file.info)
    }
}

/// The media type of a name's ending, as Go knows it.
fn mime_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "gif" => "image/gif",
        "htm" | "html" => "text/html; charset=utf-8",
        "jpeg" | "jpg" => "image/jpeg",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "md" => "text/markdown; charset=utf-8",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webp" => "image/webp",
        "xml" => "text/xml; charset=utf-8",
        "zip" => "application/zip",
        _ => "",
    }
}

/// Width and height of a PNG or GIF.
fn image_size(content: &[u8]) -> Option<(u32, u32)> {
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        let four = |at: usize| -> Option<u32> {
            Some(u32::from_be_bytes(
                content.get(at..at + 4)?.try_into().ok()?,
            ))
        };
        return Some((four(16)?, four(20)?));
    }
    if content.starts_with(b"GIF8") {
        let two = |at: usize| -> Option<u32> {
            let bytes = content.get(at..at + 2)?.try_into().ok()?;
            Some(u32::from(u16::from_le_bytes(bytes)))
        };
        return Some((two(6)?, two(8)?));
    }
    None
}
