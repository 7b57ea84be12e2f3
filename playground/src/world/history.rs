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

/// Which part of a thread is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThreadQuery {
    /// Zero is all of it.
    pub(crate) per_page: usize,
    /// Newest first.
    pub(crate) is_up: bool,
    pub(crate) from_create_at: Option<i64>,
    pub(crate) from_post: Option<String>,
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
        Ok(self.posts.shown(post))
    }

    /// A thread: the asked post first, then the rest of it.
    pub(crate) fn thread(
        &self,
        caller: &str,
        post_id: &str,
        query: &ThreadQuery,
    ) -> Result<PostList, AppError> {
        let asked = self.read_post(caller, post_id)?;
        let root_id = if asked.root_id.is_empty() {
            asked.id.clone()
        } else {
            asked.root_id.clone()
        };
        let mut rest: Vec<&Post> = self
            .posts
            .by_id
            .get(&root_id)
            .into_iter()
            .chain(self.posts.live_replies(&root_id))
            .filter(|post| post.id != asked.id)
            .collect();
        if query.is_up {
            rest.reverse();
        }
        if let Some(from) = query.from_create_at {
            let anchor = query.from_post.as_deref().unwrap_or_default();
            rest.retain(|post| {
                let place = (post.create_at, post.id.as_str());
                if query.is_up {
                    place < (from, anchor)
                } else {
                    place > (from, anchor)
                }
            });
        }
        let is_cut = query.per_page > 0 && rest.len() > query.per_page;
        if is_cut {
            rest.truncate(query.per_page);
        }
        let mut list = self.listed(std::iter::once(&asked).chain(rest));
        list.has_next = Some(is_cut);
        Ok(list)
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
            return Ok(self.posts_since(channel_id, *update_at));
        }
        let newest_first: Vec<&Post> = self
            .channel_rows(channel_id)
            .rev()
            .filter(|post| post.delete_at == 0)
            .filter(|post| !threads.collapsed || post.root_id.is_empty())
            .collect();
        let (start, end) = self.window(&newest_first, query)?;
        let rows = newest_first.get(start..end).unwrap_or_default();
        let mut list = self.listed(rows.iter().copied());
        let neighbour = |at: Option<usize>| {
            at.and_then(|at| newest_first.get(at))
                .map_or_else(String::new, |post| post.id.clone())
        };
        list.next_post_id = neighbour(start.checked_sub(1));
        list.prev_post_id = neighbour(Some(end));
        if !threads.skip_fetch_threads {
            self.add_threads(&mut list);
        }
        Ok(list)
    }

    /// Where a page starts and ends among a channel's posts, newest first.
    fn window(
        &self,
        newest_first: &[&Post],
        query: &ChannelQuery,
    ) -> Result<(usize, usize), AppError> {
        let count = newest_first.len();
        let anchor = |post_id: &str| {
            self.posts
                .by_id
                .get(post_id)
                .map(|post| post.create_at)
                .ok_or_else(AppError::post_not_found)
        };
        let (start, end) = match query {
            ChannelQuery::Since { .. } => (0, count),
            ChannelQuery::Page { page, per_page } => (page * per_page, (page + 1) * per_page),
            ChannelQuery::Before {
                post_id,
                page,
                per_page,
            } => {
                let moment = anchor(post_id)?;
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
                // Rows of the anchor's own millisecond are skipped, as the server's comparison of times does.
                let moment = anchor(post_id)?;
                let newer = newest_first
                    .iter()
                    .position(|post| post.create_at <= moment)
                    .unwrap_or(count);
                let end = newer.saturating_sub(page * per_page);
                (end.saturating_sub(*per_page), end)
            }
        };
        Ok((start.min(count), end.min(count)))
    }

    /// Every row that changed since a moment: deleted posts and earlier versions too.
    fn posts_since(&self, channel_id: &str, since: i64) -> PostList {
        let mut rows: Vec<&Post> = self
            .channel_rows(channel_id)
            .flat_map(|post| {
                let earlier = self.posts.revisions.get(&post.id).into_iter().flatten();
                std::iter::once(post).chain(earlier)
            })
            .filter(|post| post.update_at > since)
            .take(SINCE_ROWS)
            .collect();
        rows.sort_by_key(|post| std::cmp::Reverse(post.create_at));
        self.listed(rows)
    }

    fn channel_rows(&self, channel_id: &str) -> impl DoubleEndedIterator<Item = &Post> {
        self.posts
            .by_channel
            .get(channel_id)
            .into_iter()
            .flatten()
            .filter_map(|id| self.posts.by_id.get(id))
    }

    fn listed<'a>(&self, rows: impl IntoIterator<Item = &'a Post>) -> PostList {
        let mut order = Vec::new();
        let mut posts = BTreeMap::new();
        for post in rows {
            order.push(post.id.clone());
            posts.insert(post.id.clone(), self.posts.shown(post));
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

    /// Adds the whole threads of listed replies and roots to the posts, not to the order.
    fn add_threads(&self, list: &mut PostList) {
        let roots: Vec<String> = list
            .posts
            .values()
            .map(|post| {
                if post.root_id.is_empty() {
                    post.id.clone()
                } else {
                    post.root_id.clone()
                }
            })
            .collect();
        for root_id in roots {
            let thread = self
                .posts
                .by_id
                .get(&root_id)
                .into_iter()
                .chain(self.posts.live_replies(&root_id));
            for post in thread {
                list.posts
                    .entry(post.id.clone())
                    .or_insert_with(|| self.posts.shown(post));
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
