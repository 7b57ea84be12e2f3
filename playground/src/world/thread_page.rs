//! Reading a thread: all of it, or a page in one direction from a place in it.

use crate::world::app_error::AppError;
use crate::world::history::{PostList, ThreadsShown};
use crate::world::post::Post;
use crate::world::state::World;

/// Which way a thread is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Direction {
    /// In whatever order the rows come.
    #[default]
    None,
    /// Newest first.
    Up,
    /// Oldest first.
    Down,
}

/// Which part of a thread is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThreadQuery {
    /// Zero is all of it.
    pub(crate) per_page: usize,
    pub(crate) direction: Direction,
    /// The moment of the post that the page begins after; zero is none.
    pub(crate) from_at: i64,
    pub(crate) from_post: Option<String>,
    /// Go by when posts changed rather than when they were made.
    pub(crate) updates_only: bool,
    pub(crate) threads: ThreadsShown,
}

impl ThreadQuery {
    /// Where a post stands in the order of the query.
    fn place<'a>(&self, post: &'a Post) -> (i64, &'a str) {
        let at = if self.updates_only {
            post.update_at
        } else {
            post.create_at
        };
        (at, &post.id)
    }

    /// Whether a post comes after the place that the page begins after. Without a direction that means older ones.
    fn is_beyond(&self, post: &Post) -> bool {
        if self.from_at == 0 {
            return true;
        }
        let place = self.place(post);
        match (self.direction, &self.from_post) {
            (Direction::Down, Some(id)) => place > (self.from_at, id.as_str()),
            (Direction::Down, None) => place.0 > self.from_at,
            (_, Some(id)) => place < (self.from_at, id.as_str()),
            (_, None) => place.0 < self.from_at,
        }
    }

    fn sort(&self, rows: &mut [&Post]) {
        match self.direction {
            Direction::Up => {
                rows.sort_by(|one, other| self.place(other).cmp(&self.place(one)));
            }
            Direction::Down => {
                rows.sort_by(|one, other| self.place(one).cmp(&self.place(other)));
            }
            // The rows of a database move to the end where they are changed.
            Direction::None => rows.sort_by_key(|post| post.update_at),
        }
    }

    /// The rows of a page, and whether there are more.
    fn cut<'a>(&self, mut rows: Vec<&'a Post>) -> (Vec<&'a Post>, bool) {
        rows.retain(|post| self.is_beyond(post));
        self.sort(&mut rows);
        let is_cut = self.per_page > 0 && rows.len() > self.per_page;
        if is_cut {
            rows.truncate(self.per_page);
        }
        (rows, is_cut)
    }
}

impl World {
    /// A thread: the asked post first, wherever it stands, then the rest of the page, in which it is counted all the same.
    pub(crate) fn thread(
        &self,
        caller: &str,
        post_id: &str,
        query: &ThreadQuery,
    ) -> Result<PostList, AppError> {
        let asked = self.read_post(caller, post_id)?;
        if query.threads.collapsed {
            return Ok(self.collapsed_thread(caller, &asked, query));
        }
        if query.threads.skip_fetch_threads {
            return Ok(self.listed([&asked]));
        }
        let root_id = if asked.root_id.is_empty() {
            &asked.id
        } else {
            &asked.root_id
        };
        let root = self.posts.by_id.get(root_id);
        let rows = root
            .into_iter()
            .filter(|root| root.delete_at == 0)
            .chain(self.posts.live_replies(root_id))
            .collect();
        let (rows, is_cut) = query.cut(rows);
        let rest = rows.into_iter().filter(|post| post.id != asked.id);
        let mut list = self.listed(std::iter::once(&asked).chain(rest));
        list.has_next = Some(is_cut);
        Ok(list)
    }

    /// Where threads are collapsed, only replies are counted, and only a root has any.
    fn collapsed_thread(&self, caller: &str, asked: &Post, query: &ThreadQuery) -> PostList {
        let replies = self.posts.live_replies(&asked.id).collect();
        let (rows, is_cut) = query.cut(replies);
        let mut list = self.listed(std::iter::once(asked).chain(rows));
        let root = self.collapsed(caller, asked, query.threads.is_extended);
        list.posts.insert(asked.id.clone(), root);
        list.has_next = Some(is_cut);
        list
    }
}
