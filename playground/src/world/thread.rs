//! Following threads: who does, what they have seen of one, and what they are told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::world::account::{Reader, User};
use crate::world::app_error::AppError;
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::mention::Reason;
use crate::world::post::Post;
use crate::world::state::World;

/// Somebody's part in a thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ThreadMember {
    pub(crate) is_following: bool,
    /// Up to when they have seen it.
    pub(crate) last_viewed_at: i64,
    pub(crate) unread_mentions: u64,
}

/// Which of somebody's threads are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThreadsQuery {
    pub(crate) per_page: usize,
    /// Older than the thread of this id.
    pub(crate) before: Option<String>,
    /// Newer than the thread of this id.
    pub(crate) after: Option<String>,
    /// With a reply since this moment.
    pub(crate) since: i64,
    pub(crate) is_unread: bool,
    pub(crate) is_extended: bool,
    pub(crate) answer: ThreadsAnswer,
}

/// How much is answered of somebody's threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ThreadsAnswer {
    #[default]
    All,
    TotalsOnly,
    ThreadsOnly,
}

fn thread_not_found() -> AppError {
    AppError::new(
        404,
        "app.user.get_thread_membership_for_user.not_found",
        "Unable to get thread for user.",
    )
}

impl World {
    /// Makes the people of a thread follow it; answers those who are told of this reply because they do.
    pub(crate) fn follow_thread(
        &mut self,
        post: &Post,
        mentioned: &BTreeMap<String, Reason>,
    ) -> BTreeSet<String> {
        let is_reply = !post.root_id.is_empty();
        let root_id = if is_reply { &post.root_id } else { &post.id };
        let members = self.posts.memberships.entry(root_id.clone()).or_default();
        if let Some(root) = self.posts.by_id.get(&post.root_id) {
            members.entry(root.user_id.clone()).or_insert(ThreadMember {
                is_following: true,
                last_viewed_at: root.create_at,
                unread_mentions: 0,
            });
        }
        for (user_id, reason) in mentioned {
            let is_called = match reason {
                Reason::Mention => true,
                Reason::Personal => is_reply,
                Reason::ChannelWide | Reason::Thread => false,
            };
            if is_called || members.contains_key(user_id) {
                let member = members.entry(user_id.clone()).or_default();
                member.is_following |= is_called;
                member.unread_mentions += u64::from(is_reply);
            }
        }
        if !is_reply {
            return BTreeSet::new();
        }
        let author = members.entry(post.user_id.clone()).or_default();
        author.is_following = true;
        author.last_viewed_at = post.create_at;
        self.followers_of(&post.root_id)
            .filter(|user_id| *user_id != post.user_id)
            .collect()
    }

    /// Those who follow a thread and are told of it.
    fn followers_of(&self, root_id: &str) -> impl Iterator<Item = String> {
        let members = self.posts.memberships.get(root_id).into_iter().flatten();
        members
            .filter(|(_, member)| member.is_following)
            .filter(|(user_id, _)| {
                self.settings.bots_follow_threads
                    || !self.users.get(*user_id).is_some_and(User::is_bot)
            })
            .map(|(user_id, _)| user_id.clone())
    }

    /// Tells the followers of a thread in which somebody replied, its author included, how it stands.
    pub(crate) fn tell_of_thread(&mut self, post: &Post, mentioned: &BTreeMap<String, Reason>) {
        if post.root_id.is_empty() {
            return;
        }
        let (team_id, members) = match self.channels.get(&post.channel_id) {
            Some(channel) => (channel.team_id.clone(), &channel.members),
            None => return,
        };
        let followers = self.followers_of(&post.root_id);
        // Working out how a thread stands costs something, so only who hears of it is told.
        let followers: Vec<String> = followers
            .filter(|id| members.contains_key(id) && self.hub.hears(id))
            .collect();
        for user_id in followers {
            let Ok(thread) = self.thread_of(&user_id, &post.root_id, false) else {
                continue;
            };
            let count = |name: &str| thread[name].as_u64().unwrap_or(0);
            let is_own = user_id == post.user_id;
            let is_mentioned = mentioned.contains_key(&user_id);
            let data = json!({
                "previous_unread_mentions": count("unread_mentions").saturating_sub(u64::from(is_mentioned)),
                "previous_unread_replies": count("unread_replies").saturating_sub(u64::from(!is_own)),
                "thread": go_json(&thread),
            });
            let broadcast = Broadcast {
                team_id: team_id.clone(),
                ..Broadcast::to_user(&user_id)
            };
            self.publish_to_user(&Event::new("thread_updated", data, broadcast));
        }
    }

    /// Those who wrote in a thread, the latest last.
    pub(crate) fn participants(&self, root_id: &str, is_extended: bool) -> Vec<Value> {
        let mut ids: Vec<&str> = Vec::new();
        for reply in self.posts.live_replies(root_id) {
            ids.retain(|id| *id != reply.user_id);
            ids.push(&reply.user_id);
        }
        let root_author = self.posts.by_id.get(root_id).map(|root| &root.user_id);
        if let Some(author) = root_author.filter(|author| !ids.contains(&author.as_str())) {
            ids.insert(0, author);
        }
        ids.into_iter()
            .filter_map(|id| self.users.get(id))
            .map(|user| {
                if is_extended {
                    user.to_json(Reader::Other)
                } else {
                    bare_user(&user.id)
                }
            })
            .collect()
    }

    /// How a thread stands for somebody who is part of it.
    pub(crate) fn thread_of(
        &self,
        user_id: &str,
        root_id: &str,
        is_extended: bool,
    ) -> Result<Value, AppError> {
        let member = self.member_of_thread(user_id, root_id)?;
        let root = self
            .posts
            .by_id
            .get(root_id)
            .filter(|root| root.delete_at == 0)
            .ok_or_else(thread_not_found)?;
        let replies: Vec<&Post> = self.posts.live_replies(root_id).collect();
        let last_reply_at = replies.last().map_or(0, |reply| reply.create_at);
        let unread = replies
            .iter()
            .filter(|reply| reply.create_at > member.last_viewed_at)
            .count();
        Ok(json!({
            "id": root_id,
            "reply_count": replies.len(),
            "last_reply_at": last_reply_at,
            "last_viewed_at": member.last_viewed_at,
            "participants": self.participants(root_id, is_extended),
            "post": self.shown(root),
            "unread_replies": unread,
            "unread_mentions": member.unread_mentions,
            "is_urgent": false,
            "delete_at": 0,
        }))
    }

    fn member_of_thread(&self, user_id: &str, root_id: &str) -> Result<&ThreadMember, AppError> {
        self.posts
            .memberships
            .get(root_id)
            .and_then(|members| members.get(user_id))
            .ok_or_else(thread_not_found)
    }

    /// The threads that somebody follows in a team, the last replied one first, and how much of them is unread.
    pub(crate) fn threads_of(&self, user_id: &str, team_id: &str, query: &ThreadsQuery) -> Value {
        let mut followed: Vec<Value> = self
            .posts
            .memberships
            .iter()
            .filter(|(root_id, members)| {
                members
                    .get(user_id)
                    .is_some_and(|member| member.is_following)
                    && self.posts.live_replies(root_id).next().is_some()
                    && self.is_in_team(root_id, team_id)
            })
            .filter_map(|(root_id, _)| self.thread_of(user_id, root_id, query.is_extended).ok())
            .collect();
        followed.sort_by_key(|thread| std::cmp::Reverse(thread["last_reply_at"].as_i64()));
        let sum = |name: &str| -> u64 {
            followed
                .iter()
                .filter_map(|thread| thread[name].as_u64())
                .sum()
        };
        let is_unread = |thread: &&Value| thread["unread_replies"] != 0;
        let mut totals = json!({
            "total": followed.len(),
            "total_unread_threads": followed.iter().filter(is_unread).count(),
            "total_unread_mentions": sum("unread_mentions"),
            "total_unread_urgent_mentions": 0,
        });
        if query.answer == ThreadsAnswer::ThreadsOnly {
            totals = json!({
                "total": 0,
                "total_unread_threads": 0,
                "total_unread_mentions": 0,
                "total_unread_urgent_mentions": 0,
            });
        }
        totals["threads"] = if query.answer == ThreadsAnswer::TotalsOnly {
            Value::Null
        } else {
            cut(&followed, query).into()
        };
        totals
    }

    fn is_in_team(&self, root_id: &str, team_id: &str) -> bool {
        let root = self.posts.by_id.get(root_id);
        root.and_then(|root| self.channels.get(&root.channel_id))
            .is_some_and(|channel| channel.team_id.is_empty() || channel.team_id == team_id)
    }

    /// Follows a thread, or does so no more.
    pub(crate) fn set_following(
        &mut self,
        user_id: &str,
        root_id: &str,
        is_following: bool,
    ) -> Result<(), AppError> {
        let root = self.read_post(user_id, root_id)?;
        let team_id = self.channel(&root.channel_id)?.team_id.clone();
        let now = self.now();
        let members = self
            .posts
            .memberships
            .entry(root_id.to_owned())
            .or_default();
        let member = members.entry(user_id.to_owned()).or_insert(ThreadMember {
            last_viewed_at: now,
            ..ThreadMember::default()
        });
        member.is_following = is_following;
        let data = json!({
            "reply_count": root.reply_count,
            "state": is_following,
            "thread_id": root_id,
        });
        let broadcast = Broadcast {
            team_id,
            ..Broadcast::to_user(user_id)
        };
        self.publish_to_user(&Event::new("thread_follow_changed", data, broadcast));
        Ok(())
    }

    /// Notes up to when somebody has seen a thread.
    pub(crate) fn read_thread(
        &mut self,
        user_id: &str,
        root_id: &str,
        until: i64,
    ) -> Result<Value, AppError> {
        let before = self.thread_of(user_id, root_id, false)?;
        if let Some(member) = self
            .posts
            .memberships
            .get_mut(root_id)
            .and_then(|members| members.get_mut(user_id))
        {
            member.last_viewed_at = until;
            member.unread_mentions = 0;
        }
        let after = self.thread_of(user_id, root_id, false)?;
        let channel_id = after["post"]["channel_id"].clone();
        let team_id = self
            .channel(channel_id.as_str().unwrap_or_default())?
            .team_id
            .clone();
        let data = json!({
            "channel_id": channel_id,
            "previous_unread_mentions": before["unread_mentions"],
            "previous_unread_replies": before["unread_replies"],
            "thread_id": root_id,
            "timestamp": until,
            "unread_mentions": after["unread_mentions"],
            "unread_replies": after["unread_replies"],
        });
        let broadcast = Broadcast {
            team_id,
            ..Broadcast::to_user(user_id)
        };
        self.publish_to_user(&Event::new("thread_read_changed", data, broadcast));
        Ok(after)
    }

    /// A root as it is listed where threads are collapsed.
    pub(crate) fn collapsed(&self, reader: &str, post: &Post, is_extended: bool) -> Post {
        let mut shown = self.shown(post);
        let replies = self.posts.live_replies(&post.id);
        if let Some(last) = replies.last() {
            shown.last_reply_at = last.create_at;
            shown.participants = Some(self.participants(&post.id, is_extended));
        }
        shown.is_following = self
            .member_of_thread(reader, &post.id)
            .ok()
            .map(|member| member.is_following);
        shown
    }
}

/// A page of threads: the newest, those older than one, or those newer than one.
fn cut(threads: &[Value], query: &ThreadsQuery) -> Vec<Value> {
    let place_of = |id: &Option<String>| {
        let id = id.as_ref()?;
        threads.iter().position(|thread| thread["id"] == **id)
    };
    let (before, after) = (place_of(&query.before), place_of(&query.after));
    let range = match (before, after) {
        (Some(at), _) => at + 1..threads.len(),
        (None, Some(at)) => at.saturating_sub(query.per_page)..at,
        (None, None) => 0..threads.len(),
    };
    threads
        .get(range)
        .unwrap_or_default()
        .iter()
        .filter(|thread| thread["last_reply_at"].as_i64() >= Some(query.since))
        .filter(|thread| !query.is_unread || thread["unread_replies"] != 0)
        .take(query.per_page)
        .cloned()
        .collect()
}

/// An account of which nothing but the id is known.
fn bare_user(id: &str) -> Value {
    json!({
        "id": id,
        "delete_at": 0,
        "username": "",
        "auth_data": "",
        "auth_service": "",
        "email": "",
        "nickname": "",
        "first_name": "",
        "last_name": "",
        "position": "",
        "roles": "",
        "locale": "",
        "timezone": null,
        "remote_id": "",
        "disable_welcome_email": false,
    })
}
