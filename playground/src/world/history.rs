//! Reading posts back: one, a thread, a page of a channel, what changed since a moment.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::world::app_error::AppError;
use crate::world::post::Post;
use crate::world::state::World;

/// The most rows that `since` answers.
pub(crate) const SINCE_ROWS: usize = 1000;

/// Posts as the server lists them: an order, and the posts by id (which may be more).
#[derive(Debug, Serialize)]
pub(crate) struct PostList {
    pub(crate) order: Vec<String>,
    pub(crate) posts: BTreeMap<String, Post>,
    pub(crate) next_post_id: String,
    pub(crate) prev_post_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) has_next: Option<bool>,
    pub(crate) first_inaccessible_post_time: i64,
}

/// Which part of a channel is asked for.
#[derive(Clone, Debug)]
pub(crate) enum ChannelQuery {
    Page {
        page: usize,
        per_page: usize,
    },
    Before {
        post_id: String,
        page: usize,
        per_page: usize,
    },
    After {
        post_id: String,
        page: usize,
        per_page: usize,
    },
    Since {
        update_at: i64,
    },
}

/// How much of the threads of listed posts comes along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ThreadsShown {
    /// Do not add the threads of listed replies.
    pub(crate) skip_fetch_threads: bool,
    /// Leave replies out altogether.
    pub(crate) collapsed: bool,
    /// Say more than the ids of those who wrote in a thread.
    pub(crate) is_extended: bool,
}

impl World {
    pub(crate) fn read_post(&self, caller: &str, post_id: &str) -> Result<Post, AppError> {
        let post = self
            .posts
            .by_id
            .get(post_id)
            .filter(|post| post.delete_at == 0)
            .ok_or_else(AppError::post_not_found)?;
        if !self.may_read(caller, &post.channel_id) {
            return Err(AppError::permissions());
        }
        Ok(self.shown(post))
    }

    /// A part of a channel, newest first.
    pub(crate) fn channel_posts(
        &self,
        caller: &str,
        channel_id: &str,
        query: &ChannelQuery,
        threads: ThreadsShown,
    ) -> Result<PostList, AppError> {
        if !self.may_read(caller, channel_id) {
            return Err(AppError::permissions());
        }
        if let ChannelQuery::Since { update_at } = query {
            return Ok(self.posts_since(caller, channel_id, *update_at, threads));
        }
        let newest_first: Vec<&Post> = self
            .channel_rows(channel_id)
            .rev()
            .filter(|post| post.delete_at == 0)
            .filter(|post| !threads.collapsed || post.root_id.is_empty())
            .collect();
        let (start, end) = self.window(&newest_first, query);
        let rows = newest_first.get(start..end).unwrap_or_default();
        let mut list = self.listed(rows.iter().copied());
        put_neighbours(&mut list, &newest_first, query);
        if threads.collapsed {
            self.collapse(caller, &mut list, threads);
        } else {
            self.add_threads(&mut list, query, threads);
        }
        Ok(list)
    }

    /// Where a page starts and ends among a channel's posts, newest first. A post that is not there has no neighbours.
    fn window(&self, newest_first: &[&Post], query: &ChannelQuery) -> (usize, usize) {
        let count = newest_first.len();
        let moment = |post_id: &str| self.posts.by_id.get(post_id).map(|post| post.create_at);
        let (start, end) = match query {
            ChannelQuery::Since { .. } => (0, count),
            ChannelQuery::Page { page, per_page } => (page * per_page, (page + 1) * per_page),
            ChannelQuery::Before {
                post_id,
                page,
                per_page,
            } => {
                let Some(moment) = moment(post_id) else {
                    return (0, 0);
                };
                let first = newest_first
                    .iter()
                    .position(|post| post.create_at < moment)
                    .unwrap_or(count);
                (first + page * per_page, first + (page + 1) * per_page)
            }
            ChannelQuery::After {
                post_id,
                page,
                per_page,
            } => {
                let Some(moment) = moment(post_id) else {
                    return (0, 0);
                };
                // Rows of the anchor's own millisecond are skipped, as the server's comparison of times does.
                let newer = newest_first
                    .iter()
                    .position(|post| post.create_at <= moment)
                    .unwrap_or(count);
                let end = newer.saturating_sub(page * per_page);
                (end.saturating_sub(*per_page), end)
            }
        };
        (start.min(count), end.min(count))
    }

    /// Every row that changed since a moment: deleted posts and earlier versions too; the roots of listed replies come
    /// along. Where threads are collapsed: living roots only.
    fn posts_since(
        &self,
        caller: &str,
        channel_id: &str,
        since: i64,
        threads: ThreadsShown,
    ) -> PostList {
        let mut rows: Vec<&Post> = self
            .channel_rows(channel_id)
            .flat_map(|post| {
                let earlier = self.posts.revisions.get(&post.id).into_iter().flatten();
                std::iter::once(post).chain(earlier)
            })
            .filter(|post| post.update_at > since)
            .filter(|post| !threads.collapsed || (post.root_id.is_empty() && post.delete_at == 0))
            .take(SINCE_ROWS)
            .collect();
        rows.sort_by_key(|post| std::cmp::Reverse(post.create_at));
        let mut list = self.listed(rows);
        if threads.collapsed {
            self.collapse(caller, &mut list, threads);
            return list;
        }
        self.add_roots(&mut list);
        if !threads.skip_fetch_threads {
            forget_counts(&mut list);
        }
        list
    }

    /// When a post of a channel was last changed; zero where there is none.
    pub(crate) fn newest_change(&self, channel_id: &str) -> i64 {
        let changes = self.channel_rows(channel_id).map(|post| post.update_at);
        changes.max().unwrap_or(0)
    }

    /// The pinned posts of a channel, newest first.
    pub(crate) fn pinned_posts(
        &self,
        caller: &str,
        channel_id: &str,
    ) -> Result<PostList, AppError> {
        if !self.may_read(caller, channel_id) {
            return Err(AppError::permissions());
        }
        let rows = self.channel_rows(channel_id).rev();
        Ok(self.listed(rows.filter(|post| post.is_pinned && post.delete_at == 0)))
    }

    fn channel_rows(&self, channel_id: &str) -> impl DoubleEndedIterator<Item = &Post> {
        self.posts
            .by_channel
            .get(channel_id)
            .into_iter()
            .flatten()
            .filter_map(|id| self.posts.by_id.get(id))
    }

    pub(crate) fn listed<'a>(&self, rows: impl IntoIterator<Item = &'a Post>) -> PostList {
        let mut order = Vec::new();
        let mut posts = BTreeMap::new();
        for post in rows {
            order.push(post.id.clone());
            posts.insert(post.id.clone(), self.shown(post));
        }
        PostList {
            order,
            posts,
            next_post_id: String::new(),
            prev_post_id: String::new(),
            has_next: None,
            first_inaccessible_post_time: 0,
        }
    }

    /// Adds what the server brings along to the posts, not to the order: the roots of listed replies always, and their
    /// whole threads unless told not to. Around a post, also the threads of listed roots.
    ///
    /// On a plain page that brings threads along nobody has counted replies.
    fn add_threads(&self, list: &mut PostList, query: &ChannelQuery, threads: ThreadsShown) {
        let is_page = matches!(query, ChannelQuery::Page { .. });
        let listed: Vec<(String, String)> = list
            .posts
            .values()
            .map(|post| (post.id.clone(), post.root_id.clone()))
            .collect();
        self.add_roots(list);
        if threads.skip_fetch_threads {
            return;
        }
        for (id, root_id) in listed {
            let root_id = match (root_id.as_str(), is_page) {
                ("", true) => continue,
                ("", false) => id,
                _ => root_id,
            };
            for reply in self.posts.live_replies(&root_id) {
                list.posts
                    .entry(reply.id.clone())
                    .or_insert_with(|| self.shown(reply));
            }
        }
        if is_page {
            forget_counts(list);
        }
    }

    fn add_roots(&self, list: &mut PostList) {
        let replies = list.posts.values().filter(|post| !post.root_id.is_empty());
        let roots: Vec<String> = replies.map(|post| post.root_id.clone()).collect();
        for root in roots.iter().filter_map(|id| self.posts.by_id.get(id)) {
            list.posts
                .entry(root.id.clone())
                .or_insert_with(|| self.shown(root));
        }
    }

    fn collapse(&self, caller: &str, list: &mut PostList, threads: ThreadsShown) {
        for (id, post) in &mut list.posts {
            if let Some(root) = self.posts.by_id.get(id) {
                *post = self.collapsed(caller, root, threads.is_extended);
            }
        }
    }

    /// The earlier versions of one's own post, newest first.
    pub(crate) fn edit_history(&self, caller: &str, post_id: &str) -> Result<Vec<Post>, AppError> {
        let post = self
            .posts
            .by_id
            .get(post_id)
            .ok_or_else(AppError::post_not_found)?;
        if post.user_id != caller {
            return Err(AppError::permissions());
        }
        let earlier = self.posts.revisions.get(post_id).ok_or_else(|| {
            AppError::new(
                404,
                "app.post.get_post_edit_history.app_error",
                "Unable to get the edit history of the post.",
            )
        })?;
        Ok(earlier.iter().rev().cloned().collect())
    }
}

fn forget_counts(list: &mut PostList) {
    for post in list.posts.values_mut() {
        post.reply_count = 0;
    }
}

/// Which posts a client asks for next in both directions, as far as that is looked up: the first page around a post has
/// that post on one side, and a page that is not full has nothing on the other.
fn put_neighbours(list: &mut PostList, newest_first: &[&Post], query: &ChannelQuery) {
    let place_of = |id: Option<&String>| {
        let id = id?;
        newest_first.iter().position(|post| post.id == *id)
    };
    let at = |at: Option<usize>| {
        let post = at.and_then(|at| newest_first.get(at));
        post.map_or_else(String::new, |post| post.id.clone())
    };
    let next = at(place_of(list.order.first()).and_then(|at| at.checked_sub(1)));
    let previous = at(place_of(list.order.last()).map(|at| at + 1));
    let is_full = |per_page: &usize| list.order.len() >= *per_page;
    let (next, previous) = match query {
        ChannelQuery::After {
            post_id,
            page,
            per_page,
        } => (
            if is_full(per_page) {
                next
            } else {
                String::new()
            },
            if *page == 0 {
                post_id.clone()
            } else {
                previous
            },
        ),
        ChannelQuery::Before {
            post_id,
            page,
            per_page,
        } => (
            if *page == 0 { post_id.clone() } else { next },
            if is_full(per_page) {
                previous
            } else {
                String::new()
            },
        ),
        ChannelQuery::Page { .. } | ChannelQuery::Since { .. } => (next, previous),
    };
    list.next_post_id = next;
    list.prev_post_id = previous;
}
