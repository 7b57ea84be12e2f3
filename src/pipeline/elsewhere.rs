//! What was said elsewhere and is told with a question: in threads that it links to, as far as whoever asks may read them, and in the channel
//! before it.

use super::interruption::Interruption;
use super::thread::{said_at, said_in, writers_in};
use super::world::World;
use crate::domain::attention::ChannelKind;
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::conversation::Turn;
use crate::domain::event::Origin;
use crate::domain::id::{MATTERMOST_ID_LENGTH, PostId};
use crate::domain::prompt::{ModelChoice, Window, estimate_tokens};
use crate::domain::question::Question;
use crate::text::{Linked, linked, recent};

/// Links of one question that are followed, at most.
const MAX_LINKS: usize = 3;

/// What precedes a post's id in a permalink, after the name of a team.
const PERMALINK: &str = "/pl/";

/// Returns what was said in the threads that a question links to, a turn for each, in the order of the links.
///
/// A thread is told to nobody who is not a member of its channel, and not where the bot cannot see it; the model is told then that it is not
/// to be seen, and not why.
pub(super) async fn linked_threads(
    world: &World,
    question: &Question,
) -> Result<Vec<Turn>, Interruption> {
    let mut turns = Vec::new();
    let posts = permalinks(&question.text);
    let room = room_for_each(world.model.window(&ModelChoice::default()), posts.len());
    for post in posts {
        let said = said_in_thread_of(world, question, &post).await?;
        let said = said.map(|lines| newest_within(&lines, room));
        let thread = match said.as_deref() {
            None => Linked::Unseen,
            Some("") => Linked::TooLong,
            Some(said) => Linked::Said(said),
        };
        turns.push(Turn {
            question: linked(world.languages.of_asker(question), thread),
            ..said_at(question.asked_at)
        });
    }
    Ok(turns)
}

/// Returns what was posted in the channel before a question that begins a thread there, in one turn; none where that is not wanted, nor for
/// a question that was not heard as a post.
pub(super) async fn said_before(
    world: &World,
    question: &Question,
    customs: &ChannelSettings,
) -> Result<Option<Turn>, Interruption> {
    let settings = &world.settings;
    let most = customs.channel_posts.unwrap_or(settings.channel_posts);
    let Origin::Post { place, post, kind } = &question.origin else {
        return Ok(None);
    };
    if most == 0 || *kind == ChannelKind::Direct {
        return Ok(None);
    }
    let posts = world
        .mattermost
        .posts_before(&place.channel, post, most)
        .await?;
    if posts.is_empty() {
        return Ok(None);
    }
    let names = world.mattermost.names(&writers_in(&posts)).await?;
    let said = newest_within(
        &said_in(&posts, &names),
        room_for_each(world.model.window(&ModelChoice::default()), 1),
    );
    if said.is_empty() {
        return Ok(None);
    }
    let language = world.languages.of_asker(question);
    Ok(Some(Turn {
        question: recent(language, &said),
        ..said_at(question.asked_at)
    }))
}

/// Returns what was said in the thread of a post, oldest first; `None` where the asker or the bot may not read it.
async fn said_in_thread_of(
    world: &World,
    question: &Question,
    post: &PostId,
) -> Result<Option<Vec<String>>, Interruption> {
    let (Some(asker), Some(seen)) = (&question.asker.id, world.mattermost.read_post(post).await?)
    else {
        return Ok(None);
    };
    if world.mattermost.is_member(&seen.channel, asker).await? != Some(true) {
        return Ok(None);
    }
    let root = seen.root.as_ref().unwrap_or(post);
    let Some(posts) = world.mattermost.thread(root).await? else {
        return Ok(None);
    };
    let names = world.mattermost.names(&writers_in(&posts)).await?;
    Ok(Some(said_in(&posts, &names)))
}

/// Finds the posts that a text links to, each once.
fn permalinks(text: &str) -> Vec<PostId> {
    let mut found = Vec::new();
    let words = text.split(|end: char| end.is_whitespace() || "()[]<>\"'`".contains(end));
    for word in words.filter(|word| word.contains("://")) {
        let id = word
            .rsplit_once(PERMALINK)
            .and_then(|(_, rest)| rest.get(..MATTERMOST_ID_LENGTH))
            .and_then(|id| PostId::parse(id).ok());
        found.extend(id.filter(|id| !found.contains(id)));
    }
    found.truncate(MAX_LINKS);
    found
}

/// Of what a model can take in besides its answer, half is for what was said elsewhere.
fn room_for_each(window: Window, links: usize) -> u64 {
    let room = u64::from(window.room()) / 2;
    room / links.max(1) as u64
}

/// Joins as many of the newest lines as have room; a line is told whole or not at all, so that none begins without its speaker.
fn newest_within(lines: &[String], room: u64) -> String {
    let mut used = 0;
    let kept = lines
        .iter()
        .rev()
        .take_while(|line| {
            used += estimate_tokens(line) + 1;
            used <= room
        })
        .count();
    lines
        .get(lines.len() - kept..)
        .unwrap_or_default()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "5y9gmg3343depb6sytofa1y1eh";
    const OTHER: &str = "cyi3e1qg4tbwfyu1i56pnrempo";

    fn ids(text: &str) -> Vec<String> {
        permalinks(text)
            .iter()
            .map(|post| post.as_str().to_owned())
            .collect()
    }

    #[test]
    fn permalinks_are_found_however_they_are_written() {
        for text in [
            format!("요약해 줘 https://chat.example/acme/pl/{ONE}"),
            format!("<http://localhost:8065/_redirect/pl/{ONE}> 뭐야?"),
            format!("see [this](https://chat.example/sub/acme/pl/{ONE}), please"),
            format!("https://chat.example/acme/pl/{ONE}를 요약해 줘"),
            format!("https://c.example/a/pl/{ONE} https://c.example/a/pl/{ONE}"),
        ] {
            assert_eq!(ids(&text), [ONE], "{text}");
        }
        let both = format!("https://c.example/a/pl/{OTHER} and https://c.example/a/pl/{ONE}");
        assert_eq!(ids(&both), [OTHER, ONE]);
    }

    #[test]
    fn what_is_no_permalink_is_none() {
        for text in [
            String::new(),
            format!("/acme/pl/{ONE}"),
            "https://chat.example/acme/pl/short".to_owned(),
            format!("https://chat.example/acme/pl/{}", "한".repeat(26)),
            format!("https://chat.example/acme/channels/{ONE}"),
        ] {
            assert_eq!(ids(&text), [""; 0], "{text}");
        }
    }

    #[test]
    fn no_more_links_are_followed_than_the_bound() {
        let many: Vec<String> = (0..9).map(|n| format!("https://c/a/pl/p{n:025}")).collect();
        assert_eq!(ids(&many.join(" ")).len(), MAX_LINKS);
    }

    #[test]
    fn the_newest_lines_are_kept() {
        let lines = ["aaa aaa aaa".to_owned(), "bbb".to_owned(), "ccc".to_owned()];
        assert_eq!(newest_within(&lines, 100), "aaa aaa aaa\nbbb\nccc");
        assert_eq!(newest_within(&lines, 4), "bbb\nccc");
        assert_eq!(newest_within(&lines, 0), "");
    }
}
