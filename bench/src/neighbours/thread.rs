//! A thread as Mattermost shows it: its root, and a page of its replies from the newest backwards.

use crate::load::Said;

/// Replies of a page, at most, however many are asked for.
const PAGE_POSTS: usize = 200;

/// The number of the first reply, which is nobody's question.
const REPLIES: u64 = 1_000_000_000;

/// A whole thread, made as text once.
#[derive(Debug)]
pub(super) struct Thread {
    root: Kept,
    /// From the oldest to the newest.
    replies: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    id: String,
    text: String,
}

impl Kept {
    fn of(said: &Said) -> Self {
        Self {
            id: said.post_id(),
            text: said.post().to_string(),
        }
    }
}

impl Thread {
    /// A thread in which people replied so often.
    pub(super) fn under(root: &Said, replies: u64) -> Self {
        let replies = (0..replies).map(|number| {
            let mut said = Said::among_people(REPLIES + number);
            said.root = Some(root.post_id());
            Kept::of(&said)
        });
        Self {
            root: Kept::of(root),
            replies: replies.collect(),
        }
    }

    /// What `GET /posts/{id}/thread` replies to a query; `None` where it asks for an order that is not known here.
    ///
    /// Without `perPage` that is the whole thread, as in Mattermost: whoever forgets it reads 10,000 posts.
    pub(super) fn page(&self, query: &str) -> Option<String> {
        let field = |name: &str| {
            let mut fields = query.split('&').filter_map(|field| field.split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        if field("direction") != Some("up") {
            return None;
        }
        let older = match field("fromPost") {
            Some(from) => self.replies.iter().position(|reply| reply.id == from)?,
            None => self.replies.len(),
        };
        let size = match field("perPage").and_then(|size| size.parse().ok()) {
            None | Some(0) => older,
            Some(size) => older.min(size).min(PAGE_POSTS),
        };
        let replies = self.replies.iter().take(older).skip(older - size).rev();
        Some(self.list(replies, size < older))
    }

    fn list<'a>(&'a self, replies: impl Iterator<Item = &'a Kept>, has_next: bool) -> String {
        let (mut order, mut posts) = (String::new(), String::new());
        for Kept { id, text } in std::iter::once(&self.root).chain(replies) {
            let comma = if order.is_empty() { "" } else { "," };
            order.extend([comma, "\"", id, "\""]);
            posts.extend([comma, "\"", id, "\":", text]);
        }
        format!(
            r#"{{"order":[{order}],"posts":{{{posts}}},"next_post_id":"","prev_post_id":"","has_next":{has_next}}}"#
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const ROOT: u64 = 7;

    fn page(thread: &Thread, query: &str) -> Value {
        serde_json::from_str(&thread.page(query).unwrap()).unwrap()
    }

    fn reply(number: u64) -> Value {
        Said::among_people(REPLIES + number).post_id().into()
    }

    #[test]
    fn a_page_is_the_root_and_the_newest_replies_first() {
        let root = Said::among_people(ROOT);
        let list = page(&Thread::under(&root, 500), "perPage=2&direction=up");
        let order = Value::from(vec![root.post_id().into(), reply(499), reply(498)]);
        assert_eq!(list["order"], order);
        assert_eq!(list["posts"].as_object().unwrap().len(), 3);
        assert_eq!(list["has_next"], true);
    }

    #[test]
    fn pages_hold_at_most_200_replies_and_go_on_with_the_older_ones() {
        let thread = Thread::under(&Said::among_people(ROOT), 500);
        let list = page(&thread, "perPage=999&direction=up");
        assert_eq!(list["order"].as_array().unwrap().len(), 1 + PAGE_POSTS);
        let oldest = Said::among_people(REPLIES + 1).post_id();
        let list = page(
            &thread,
            &format!("perPage=200&direction=up&fromPost={oldest}"),
        );
        assert_eq!(list["order"][1], reply(0));
        assert_eq!(list["has_next"], false);
    }

    #[test]
    fn who_asks_for_no_page_gets_the_whole_thread() {
        let thread = Thread::under(&Said::among_people(ROOT), 500);
        let list = page(&thread, "direction=up");
        assert_eq!(list["order"].as_array().unwrap().len(), 501);
    }
}
