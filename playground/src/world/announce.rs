//! Who hears of a new post, and what it says to each of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::world::app_error::AppError;
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::mention::{Notification, Reason};
use crate::world::post::Post;
use crate::world::state::World;

impl World {
    /// Tells everybody in the channel, each with what concerns them, and notes who was notified.
    pub(crate) fn announce(&mut self, post: &Post, set_online: bool) -> Result<(), AppError> {
        let mentioned = self.mentioned_by(post);
        let followers: BTreeSet<String> = self.follow_thread(post, &mentioned);
        for (user_id, reason) in &mentioned {
            self.notifications
                .push(Notification::new(&post.id, user_id, *reason));
        }
        for user_id in &followers {
            if !mentioned.contains_key(user_id) {
                self.notifications
                    .push(Notification::new(&post.id, user_id, Reason::Thread));
            }
        }
        self.count_unread(post, &mentioned);
        let sender_name = self.sender_name(post);
        let channel = self.channel(&post.channel_id)?;
        let display_name = if channel.kind == "D" {
            &sender_name
        } else {
            &channel.display_name
        };
        let data = json!({
            "channel_display_name": display_name,
            "channel_name": channel.name,
            "channel_type": channel.kind,
            "post": go_json(post),
            "sender_name": sender_name,
            "set_online": set_online,
            "team_id": channel.team_id,
        });
        let mut event = Event::new("posted", data, Broadcast::to_channel(&post.channel_id));
        let own = |user_id: &String| json!(json!([user_id]).to_string());
        for user_id in mentioned.keys() {
            event
                .only_for
                .push((user_id.clone(), "mentions", own(user_id)));
        }
        for user_id in &followers {
            event
                .only_for
                .push((user_id.clone(), "followers", own(user_id)));
        }
        self.publish_to_channel(&event);
        self.tell_of_thread(post, &mentioned);
        Ok(())
    }

    /// The author has seen their own post; those it mentions have one more to see.
    fn count_unread(&mut self, post: &Post, mentioned: &BTreeMap<String, Reason>) {
        let Some(channel) = self.channels.get_mut(&post.channel_id) else {
            return;
        };
        let (count, count_root) = (channel.total_msg_count, channel.total_msg_count_root);
        if let Some(author) = channel.members.get_mut(&post.user_id) {
            author.last_viewed_at = post.create_at;
            author.msg_count = count;
            author.msg_count_root = count_root;
        }
        for user_id in mentioned.keys() {
            if let Some(member) = channel.members.get_mut(user_id) {
                member.mention_count += 1;
            }
        }
    }

    /// The name an event gives the author: an overridden one, `System`, or `@name`.
    pub(crate) fn sender_name(&self, post: &Post) -> String {
        if post.kind.starts_with("system_") {
            return "System".to_owned();
        }
        match self.overridden_name(post) {
            Some(name) => name.to_owned(),
            None => format!(
                "@{}",
                self.users
                    .get(&post.user_id)
                    .map_or("", |user| user.username.as_str())
            ),
        }
    }

    /// The name that a hook's post carries instead of its author's.
    pub(crate) fn overridden_name<'a>(&self, post: &'a Post) -> Option<&'a str> {
        if !self.settings.enable_post_username_override || !post.is_from_webhook() {
            return None;
        }
        post.prop("override_username")
            .filter(|name| !name.is_empty())
    }
}
