//! Finding posts by their words, among those that the seeker may read.

use crate::world::history::PostList;
use crate::world::post::Post;
use crate::world::state::World;

/// What is sought.
pub(crate) struct Search {
    /// Empty for every team.
    pub(crate) team_id: String,
    pub(crate) terms: String,
    /// Whether one of the words is enough.
    pub(crate) is_any: bool,
    pub(crate) page: usize,
    pub(crate) per_page: usize,
}

impl World {
    /// The posts of the seeker's channels that hold the words, newest first; `from:` and `in:` narrow them down.
    pub(crate) fn search(&self, caller: &str, search: &Search) -> PostList {
        let terms = search.terms.to_lowercase();
        let terms: Vec<&str> = terms.split_whitespace().collect();
        let given = |name: &str| terms.iter().find_map(|term| term.strip_prefix(name));
        let author = given("from:").map(|name| name.trim_start_matches('@'));
        let place = given("in:").map(|name| name.trim_start_matches('~'));
        let words: Vec<&str> = terms
            .iter()
            .copied()
            .filter(|term| !term.starts_with("from:") && !term.starts_with("in:"))
            .collect();
        let holds = |post: &Post| {
            let message = post.message.to_lowercase();
            let mut found = words.iter().map(|word| message.contains(word));
            if search.is_any {
                found.any(|is_in| is_in)
            } else {
                found.all(|is_in| is_in)
            }
        };
        let is_by = |post: &Post| {
            author.is_none_or(|name| {
                let user = self.users.get(&post.user_id);
                user.is_some_and(|user| user.username == name)
            })
        };
        let channels = self
            .channels_of(caller, None)
            .into_iter()
            .filter(|channel| {
                let in_team = search.team_id.is_empty()
                    || channel.team_id.is_empty()
                    || channel.team_id == search.team_id;
                in_team && place.is_none_or(|name| channel.name == name)
            });
        let posts = &self.posts;
        let mut found: Vec<&Post> = channels
            .filter_map(|channel| posts.by_channel.get(&channel.id))
            .flatten()
            .filter_map(|id| posts.by_id.get(id))
            .filter(|post| post.delete_at == 0 && is_by(post) && holds(post))
            .collect();
        found.sort_by_key(|post| std::cmp::Reverse(post.create_at));
        let skip = search.page * search.per_page;
        self.listed(found.into_iter().skip(skip).take(search.per_page))
    }
}
