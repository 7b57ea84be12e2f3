//! Posts: creating them, and who hears of it.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::attachment::{normalise, stripped};
use crate::world::dedupe::Pending;
use crate::world::reaction::Reaction;
use crate::world::state::World;
use crate::world::thread::ThreadMember;

/// The longest props, as JSON, in code points.
const MAX_PROPS_RUNES: usize = 800_000;

/// The most files of one post.
const MAX_FILES: usize = 10;

/// A post, with its fields in the order in which the server writes them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Post {
    pub(crate) id: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) edit_at: i64,
    pub(crate) delete_at: i64,
    pub(crate) is_pinned: bool,
    pub(crate) user_id: String,
    pub(crate) channel_id: String,
    pub(crate) root_id: String,
    pub(crate) original_id: String,
    pub(crate) message: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(serialize_with = "stripped")]
    pub(crate) props: Map<String, Value>,
    pub(crate) hashtags: String,
    pub(crate) file_ids: Option<Vec<String>>,
    pub(crate) pending_post_id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) has_reactions: bool,
    /// Present on what came by REST, absent on what the server made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remote_id: Option<String>,
    pub(crate) reply_count: usize,
    pub(crate) last_reply_at: i64,
    /// Only where threads are collapsed.
    pub(crate) participants: Option<Vec<Value>>,
    /// Only where threads are collapsed, and the reader is part of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_following: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Value>,
}

/// What a post is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) user_id: String,
    pub(crate) channel_id: String,
    pub(crate) root_id: String,
    pub(crate) message: String,
    pub(crate) kind: String,
    pub(crate) props: Map<String, Value>,
    pub(crate) file_ids: Vec<String>,
    pub(crate) pending_post_id: String,
    pub(crate) is_pinned: bool,
    /// Whether a client sent it, rather than a hook or the server itself.
    pub(crate) by_rest: bool,
    /// Whether it marks its author online.
    pub(crate) set_online: bool,
}

impl Draft {
    pub(crate) fn new(user_id: &str, channel_id: &str, message: impl Into<String>) -> Self {
        Self {
            user_id: user_id.to_owned(),
            channel_id: channel_id.to_owned(),
            message: message.into(),
            set_online: true,
            ..Self::default()
        }
    }
}

/// Every post there is.
#[derive(Default)]
pub(crate) struct Posts {
    pub(crate) by_id: HashMap<String, Post>,
    /// Ids by channel, in the order of creation.
    pub(crate) by_channel: HashMap<String, Vec<String>>,
    /// Ids of replies by root, in the order of creation.
    pub(crate) replies: HashMap<String, Vec<String>>,
    /// Who is part of a thread, by root and account.
    pub(crate) memberships: HashMap<String, BTreeMap<String, ThreadMember>>,
    /// Earlier versions by post, oldest first.
    pub(crate) revisions: HashMap<String, Vec<Post>>,
    pub(crate) reactions: HashMap<String, Vec<Reaction>>,
    /// Ephemeral posts by the person they were shown to.
    pub(crate) ephemeral: HashMap<String, Vec<Post>>,
    pub(crate) pending: HashMap<String, Pending>,
}

impl Post {
    /// Props with sorted keys, as the server's maps come out.
    pub(crate) fn sort_props(&mut self) {
        let mut props = Value::Object(std::mem::take(&mut self.props));
        props.sort_all_objects();
        if let Value::Object(props) = props {
            self.props = props;
        }
    }

    pub(crate) fn prop(&self, name: &str) -> Option<&str> {
        self.props.get(name).and_then(Value::as_str)
    }

    /// What the server tells of a post beside its fields, as far as the post itself says so.
    pub(crate) fn own_metadata(&self) -> Value {
        if self.has_attachments() {
            json!({"embeds": [{"type": "message_attachment"}]})
        } else {
            json!({})
        }
    }

    pub(crate) fn is_from_webhook(&self) -> bool {
        self.prop("from_webhook") == Some("true")
    }
}

impl Posts {
    /// The replies of a root that are not deleted.
    pub(crate) fn live_replies<'a>(&'a self, root_id: &str) -> impl Iterator<Item = &'a Post> {
        self.replies
            .get(root_id)
            .into_iter()
            .flatten()
            .filter_map(|id| self.by_id.get(id))
            .filter(|post| post.delete_at == 0)
    }
}

impl World {
    /// A post as it is read: with the number of replies of its thread, its reactions and its files.
    pub(crate) fn shown(&self, post: &Post) -> Post {
        let mut shown = post.clone();
        shown.pending_post_id.clear();
        if post.delete_at > 0 {
            // Of what was deleted, and of earlier versions, the text is not read back.
            shown.message.clear();
            shown.metadata = Some(json!({}));
            return shown;
        }
        let root_id = if post.root_id.is_empty() {
            &post.id
        } else {
            &post.root_id
        };
        shown.reply_count = self.posts.live_replies(root_id).count();
        let reactions = self
            .posts
            .reactions
            .get(&post.id)
            .map_or(&[][..], Vec::as_slice);
        shown.has_reactions = !reactions.is_empty();
        let mut metadata = self.metadata_of(&shown);
        if !reactions.is_empty() {
            metadata["reactions"] = json!(reactions);
        }
        shown.metadata = Some(metadata);
        shown
    }

    /// Creates a post as its author may.
    pub(crate) fn create_post(&mut self, mut draft: Draft) -> Result<Post, AppError> {
        if !self.may_post(&draft.user_id, &draft.channel_id) {
            return Err(AppError::permissions());
        }
        if self.user(&draft.user_id)?.is_bot() {
            draft.props.insert("from_bot".to_owned(), json!("true"));
        }
        if draft.kind.starts_with("system_") {
            return Err(AppError::body_param("type"));
        }
        let channel = self.channel(&draft.channel_id)?;
        if channel.delete_at > 0 {
            return Err(AppError::new(
                400,
                "api.post.create_post.can_not_post_to_deleted.error",
                "Can not post to deleted channel.",
            ));
        }
        if self.is_restricted(channel) {
            return Err(AppError::new(
                400,
                "api.post.create_post.can_not_post_in_restricted_dm.error",
                "Cannot post in a restricted DM.",
            ));
        }
        self.insert_post(draft)
    }

    /// Checks a post's form, stores it and tells whoever listens.
    pub(crate) fn insert_post(&mut self, draft: Draft) -> Result<Post, AppError> {
        self.check_root(&draft)?;
        self.check_text(&draft.message)?;
        check_form(&draft)?;
        let set_online = draft.set_online;
        let mut post = self.new_post(draft);
        post.sort_props();
        self.attach_files(&mut post);
        post.metadata = Some(self.metadata_of(&post));
        let channel = self.channel_mut(&post.channel_id)?;
        channel.last_post_at = channel.last_post_at.max(post.create_at);
        channel.total_msg_count += 1;
        if post.root_id.is_empty() {
            channel.last_root_post_at = channel.last_root_post_at.max(post.create_at);
            channel.total_msg_count_root += 1;
        }
        self.posts
            .by_channel
            .entry(post.channel_id.clone())
            .or_default()
            .push(post.id.clone());
        if !post.root_id.is_empty() {
            self.posts
                .replies
                .entry(post.root_id.clone())
                .or_default()
                .push(post.id.clone());
            if let Some(root) = self.posts.by_id.get_mut(&post.root_id) {
                root.update_at = root.update_at.max(post.create_at);
            }
            post.reply_count = self.posts.live_replies(&post.root_id).count() + 1;
        }
        let mut stored = post.clone();
        stored.pending_post_id.clear();
        stored.reply_count = 0;
        self.posts.by_id.insert(post.id.clone(), stored);
        self.announce(&post, set_online)?;
        Ok(post)
    }

    pub(crate) fn new_post(&mut self, mut draft: Draft) -> Post {
        let now = self.now();
        normalise(&mut draft.props, &mut self.ids);
        let mut post = Post {
            id: self.ids.next_id(),
            create_at: now,
            update_at: now,
            edit_at: 0,
            delete_at: 0,
            is_pinned: draft.is_pinned,
            user_id: draft.user_id,
            channel_id: draft.channel_id,
            root_id: draft.root_id,
            original_id: String::new(),
            hashtags: hashtags(&draft.message),
            message: draft.message,
            kind: draft.kind,
            props: draft.props,
            file_ids: Some(draft.file_ids),
            pending_post_id: draft.pending_post_id,
            has_reactions: false,
            remote_id: draft.by_rest.then(String::new),
            reply_count: 0,
            last_reply_at: 0,
            participants: None,
            is_following: None,
            metadata: None,
        };
        post.metadata = Some(post.own_metadata());
        post
    }

    fn check_root(&self, draft: &Draft) -> Result<(), AppError> {
        if draft.root_id.is_empty() {
            return Ok(());
        }
        let invalid = || {
            AppError::new(
                400,
                "api.post.create_post.root_id.app_error",
                "Invalid RootId parameter.",
            )
        };
        let root = self
            .posts
            .by_id
            .get(&draft.root_id)
            .filter(|root| root.delete_at == 0 && root.root_id.is_empty())
            .ok_or_else(invalid)?;
        if root.channel_id == draft.channel_id {
            Ok(())
        } else {
            Err(AppError::new(
                400,
                "api.post.create_post.channel_root_id.app_error",
                "Invalid ChannelId for RootId parameter.",
            ))
        }
    }

    pub(crate) fn check_text(&self, message: &str) -> Result<(), AppError> {
        // Bytes bound code points from above, so most texts need not be counted.
        let limit = self.settings.max_post_size;
        if message.len() > limit && message.chars().count() > limit {
            return Err(AppError::new(
                400,
                "model.post.is_valid.message_length.app_error",
                "Post Message property is longer than the maximum permitted length.",
            ));
        }
        Ok(())
    }
}

fn check_form(draft: &Draft) -> Result<(), AppError> {
    if draft.file_ids.len() > MAX_FILES {
        return Err(AppError::new(
            400,
            "model.post.is_valid.file_ids.app_error",
            "Invalid file ids. Note that uploads are limited to 10 files maximum. Please use additional posts for more files.",
        ));
    }
    let props = serde_json::to_string(&draft.props).unwrap_or_default();
    if props.len() > MAX_PROPS_RUNES && props.chars().count() > MAX_PROPS_RUNES {
        return Err(AppError::new(
            400,
            "model.post.is_valid.props.app_error",
            "Invalid props.",
        ));
    }
    let known = draft.kind.is_empty()
        || draft.kind.starts_with("system_")
        || draft.kind.starts_with("custom_")
        || draft.kind == "slack_attachment"
        || draft.kind == "add_bot_teams_channels";
    if known {
        Ok(())
    } else {
        Err(AppError::new(
            400,
            "model.post.is_valid.type.app_error",
            "Invalid type.",
        ))
    }
}

/// The hashtags of a text, separated by spaces.
pub(crate) fn hashtags(message: &str) -> String {
    let tags: Vec<&str> = message
        .split_whitespace()
        .map(|word| word.trim_end_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| {
            word.strip_prefix('#').is_some_and(|tag| {
                tag.chars().count() >= 2
                    && tag.starts_with(char::is_alphabetic)
                    && tag
                        .chars()
                        .all(|c| c.is_alphanumeric() || "-_.".contains(c))
            })
        })
        .collect();
    tags.join(" ")
}
