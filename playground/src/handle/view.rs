//! What people see, and what else a test may ask.

use serde_json::{Map, Value};

use crate::world::World;
use crate::world::mention::{Notification, Reason};
use crate::world::post::Post;

/// The world at one moment.
pub struct View<'a> {
    pub(crate) world: &'a World,
}

/// A post as a person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenPost {
    /// The post's id.
    pub id: String,
    /// The account that it belongs to.
    pub user_id: String,
    /// The name that is shown: an integration's where it gave one.
    pub author: String,
    /// The Markdown as it stands now.
    pub text: String,
    /// The thread it is in.
    pub root: Option<String>,
    /// How often it was changed, also where nobody can see that.
    pub edits: usize,
    /// Whether "Edited" is shown.
    pub is_marked_edited: bool,
    /// Everything that is attached.
    pub props: Map<String, Value>,
    /// Empty for what people and bots write.
    pub kind: String,
    /// Whether only this reader sees it.
    pub is_ephemeral: bool,
    /// When it was made, in Unix milliseconds.
    pub create_at: i64,
    /// What is attached to it, in order.
    pub files: Vec<SeenFile>,
}

/// A file as a reader gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFile {
    /// Its name.
    pub name: String,
    /// What is in it; what is no text is replaced.
    pub text: String,
    /// The same as it was uploaded.
    pub bytes: Vec<u8>,
}

/// One version of a post's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The text.
    pub text: String,
    /// When it was written, in Unix milliseconds.
    pub at: i64,
}

impl View<'_> {
    /// The posts that somebody sees in a channel, oldest first, with what only they see. None where they may not look.
    ///
    /// # Panics
    /// Where the user or the channel is unknown.
    #[must_use]
    pub fn posts_seen_by(&self, user: &str, channel: &str) -> Vec<SeenPost> {
        let (user_id, channel_id) = (self.user_id(user), self.channel_id(channel));
        if !self.world.may_read(&user_id, &channel_id) {
            return Vec::new();
        }
        let posts = &self.world.posts;
        let stored = posts
            .by_channel
            .get(&channel_id)
            .into_iter()
            .flatten()
            .filter_map(|id| posts.by_id.get(id))
            .filter(|post| post.delete_at == 0);
        let ephemeral: Vec<&Post> = posts
            .ephemeral
            .get(&user_id)
            .into_iter()
            .flatten()
            .filter(|post| post.channel_id == channel_id)
            .collect();
        let (mut seen, mut covered) = (Vec::new(), Vec::new());
        for post in stored {
            // A preview has the id of a post, and stands in its place until the post is changed later than it was.
            let preview = ephemeral.iter().find(|preview| preview.id == post.id);
            covered.extend(preview.map(|preview| &preview.id));
            seen.push(match preview {
                Some(preview) if preview.update_at > post.update_at => SeenPost {
                    create_at: post.create_at,
                    ..self.seen(preview, true)
                },
                _ => self.seen(post, false),
            });
        }
        let alone = ephemeral.iter().filter(|post| !covered.contains(&&post.id));
        seen.extend(alone.map(|post| self.seen(post, true)));
        seen.sort_by_key(|post| post.create_at);
        seen
    }

    fn seen(&self, post: &Post, is_ephemeral: bool) -> SeenPost {
        let author = self.world.overridden_name(post).map_or_else(
            || {
                self.world
                    .users
                    .get(&post.user_id)
                    .map_or_else(String::new, |user| user.username.clone())
            },
            str::to_owned,
        );
        SeenPost {
            id: post.id.clone(),
            user_id: post.user_id.clone(),
            author,
            text: post.message.clone(),
            root: (!post.root_id.is_empty()).then(|| post.root_id.clone()),
            edits: self.world.posts.revisions.get(&post.id).map_or(0, Vec::len),
            is_marked_edited: post.edit_at > 0,
            props: post.props.clone(),
            kind: post.kind.clone(),
            is_ephemeral,
            create_at: post.create_at,
            files: self.files_of(post),
        }
    }

    fn files_of(&self, post: &Post) -> Vec<SeenFile> {
        let ids = post.file_ids.iter().flatten();
        let files = ids.filter_map(|id| self.world.files.get(id));
        files
            .map(|file| SeenFile {
                name: file.info.name.clone(),
                text: String::from_utf8_lossy(&file.content).into_owned(),
                bytes: file.content.to_vec(),
            })
            .collect()
    }

    /// Every text that a post ever had, oldest first, the present one last.
    #[must_use]
    pub fn history_of(&self, post_id: &str) -> Vec<Revision> {
        let posts = &self.world.posts;
        let Some(present) = posts.by_id.get(post_id) else {
            return Vec::new();
        };
        let earlier = posts.revisions.get(post_id).map_or(&[][..], Vec::as_slice);
        let mut at = present.create_at;
        let mut history = Vec::new();
        for revision in earlier {
            history.push(Revision {
                text: revision.message.clone(),
                at,
            });
            // A version ends when the next one is written.
            at = revision.update_at;
        }
        history.push(Revision {
            text: present.message.clone(),
            at,
        });
        history
    }

    /// Whether a post exists and is not deleted.
    #[must_use]
    pub fn post_exists(&self, post_id: &str) -> bool {
        self.world
            .posts
            .by_id
            .get(post_id)
            .is_some_and(|post| post.delete_at == 0)
    }

    /// The emojis on a post, with who put them there, by name.
    #[must_use]
    pub fn reactions_on(&self, post_id: &str) -> Vec<(String, String)> {
        let reactions = self.world.posts.reactions.get(post_id);
        reactions
            .into_iter()
            .flatten()
            .map(|reaction| {
                let name = self
                    .world
                    .users
                    .get(&reaction.user_id)
                    .map_or_else(String::new, |user| user.username.clone());
                (reaction.emoji_name.clone(), name)
            })
            .collect()
    }

    /// Who was notified of what, in order.
    #[must_use]
    pub fn notifications(&self) -> &[Notification] {
        &self.world.notifications
    }

    /// Whether a new post pinged somebody by words in it: a name, a keyword, or the whole channel.
    ///
    /// # Panics
    /// Where the user is unknown.
    #[must_use]
    pub fn is_pinged(&self, user: &str, post_id: &str) -> bool {
        let user_id = self.user_id(user);
        self.world.notifications.iter().any(|notification| {
            notification.post_id == post_id
                && notification.user_id == user_id
                && matches!(notification.reason, Reason::Mention | Reason::ChannelWide)
        })
    }

    /// How many requests came by a route (see [`route`](crate::fault::route)); refused ones count.
    #[must_use]
    pub fn requests(&self, route: &str) -> u64 {
        self.world.requests.get(route).copied().unwrap_or(0)
    }

    /// How many requests came in all.
    #[must_use]
    pub fn all_requests(&self) -> u64 {
        self.world.requests.values().sum()
    }

    /// How many calls of outgoing webhooks have ended, their replies posted.
    #[must_use]
    pub fn outgoing_calls_ended(&self) -> u64 {
        self.world.outgoing_calls_ended
    }

    /// How many WebSocket connections listen as an account.
    ///
    /// # Panics
    /// Where the user is unknown.
    #[must_use]
    pub fn connections_of(&self, user: &str) -> usize {
        self.world.hub.connections_of(&self.user_id(user))
    }

    /// How many lost WebSocket connections of an account the server still keeps for its client.
    ///
    /// # Panics
    /// Where the user is unknown.
    #[must_use]
    pub fn lost_connections_of(&self, user: &str) -> usize {
        self.world.hub.lost_of(&self.user_id(user))
    }

    /// The id of an account, by its name or id.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn user_id(&self, user: &str) -> String {
        if self.world.users.contains_key(user) {
            return user.to_owned();
        }
        self.world
            .user_named(user)
            .unwrap_or_else(|_| panic!("nobody is called {user}"))
            .id
            .clone()
    }

    /// The id of a channel, by its name or id.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn channel_id(&self, channel: &str) -> String {
        self.world
            .channels
            .values()
            .find(|held| held.id == channel || held.name == channel)
            .unwrap_or_else(|| panic!("no channel is called {channel}"))
            .id
            .clone()
    }

    /// Everything that can be seen in every channel, for a failing test's message.
    #[must_use]
    pub fn dump(&self) -> String {
        let mut lines = Vec::new();
        for channel in self.world.channels.values() {
            let posts = &self.world.posts;
            let stored = posts.by_channel.get(&channel.id).into_iter().flatten();
            let stored = stored.filter_map(|id| posts.by_id.get(id)).map(|post| {
                let mark = if post.delete_at > 0 { "deleted, " } else { "" };
                dump_line(&self.seen(post, false), mark)
            });
            let ephemeral = posts.ephemeral.values().flatten();
            let ephemeral = ephemeral
                .filter(|post| post.channel_id == channel.id)
                .map(|post| dump_line(&self.seen(post, true), "only they see it, "));
            lines.push(format!("#{} ({})", channel.name, channel.kind));
            lines.extend(stored.chain(ephemeral));
        }
        lines.push(format!("requests: {:#?}", self.world.requests));
        lines.join("\n")
    }
}

/// A post in a dump.
fn dump_line(post: &SeenPost, mark: &str) -> String {
    let thread = if post.root.is_some() { "  ↳ " } else { "  " };
    let SeenPost {
        author,
        text,
        edits,
        ..
    } = post;
    format!("{thread}{author} [{mark}{edits} edits]: {text:?}")
}
