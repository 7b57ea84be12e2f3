//! What people changed since they wrote it: the question, and the earlier turns of its conversation, as they are now; pure.
//!
//! Mattermost lets people edit and delete what they wrote. What the model is told is what they would see themselves, so posts are read once
//! more before it is asked.

use std::collections::HashMap;

use super::world::World;
use crate::domain::agent::Agents;
use crate::domain::attention::{Identity, said_to};
use crate::domain::conversation::Turn;
use crate::domain::event::{Origin, cleaned};
use crate::domain::id::PostId;
use crate::domain::post::SeenPost;
use crate::domain::question::{Question, Request};

/// Posts as they were read just now, by their ids; those that were deleted are not there.
pub(super) type Seen = HashMap<PostId, SeenPost>;

/// Who posts are addressed to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addressees<'a> {
    /// The bot, once it is known.
    pub(super) bot: Option<&'a Identity>,
    /// Those that it speaks for.
    pub(super) agents: &'a Agents,
}

impl<'a> Addressees<'a> {
    pub(super) fn of(world: &'a World) -> Self {
        Self {
            bot: world.bot.get(),
            agents: &world.settings.agents,
        }
    }
}

/// How a post came to be a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// It is addressed to the bot, perhaps by a mention.
    OfTheBot,
    /// An outgoing webhook reported it, by the word it begins with.
    ByHook,
}

/// Returns the posts that show turns, and the one that asks, where there is one.
pub(super) fn posts_of(question: &Question, turns: &[Turn]) -> Vec<PostId> {
    let of_turns = turns.iter().flat_map(|turn| {
        let answer = turn.posts.answer.iter().map(|(post, _)| post);
        turn.posts.question.iter().chain(answer)
    });
    question
        .origin
        .post()
        .into_iter()
        .chain(of_turns)
        .cloned()
        .collect()
}

/// Returns what a question says now, where a post that asked it says something else.
pub(super) fn question_now(
    question: &Question,
    post: &SeenPost,
    addressees: Addressees<'_>,
) -> Option<String> {
    let asked = match question.origin {
        Origin::OutgoingHook { .. } => Asked::ByHook,
        Origin::Post { .. } | Origin::Command { .. } | Origin::ByHand => Asked::OfTheBot,
    };
    reworded(&question.text, &post.message, asked, addressees)
}

/// Returns the turns as their posts show them now; those of which the question or the whole answer was deleted are left out.
pub(super) fn turns_now(turns: Vec<Turn>, seen: &Seen, addressees: Addressees<'_>) -> Vec<Turn> {
    turns
        .into_iter()
        .filter_map(|turn| turn_now(turn, seen, addressees))
        .collect()
}

fn turn_now(mut turn: Turn, seen: &Seen, addressees: Addressees<'_>) -> Option<Turn> {
    if let Some(post) = &turn.posts.question {
        let asked = if turn.posts.is_hooks {
            Asked::ByHook
        } else {
            Asked::OfTheBot
        };
        let message = &seen.get(post)?.message;
        if let Some(text) = reworded(&turn.question, message, asked, addressees) {
            turn.question = text;
        }
    }
    let shown = &turn.posts.answer;
    let is_as_it_was = shown.iter().all(|(post, text)| {
        let post = seen.get(post);
        post.is_some_and(|post| post.message.trim() == text.trim())
    });
    if !is_as_it_was {
        let left = shown.iter().filter_map(|(post, _)| seen.get(post));
        let left: Vec<&str> = left.map(|post| post.message.as_str()).collect();
        if left.is_empty() {
            return None;
        }
        turn.answer = left.join("\n\n");
    }
    Some(turn)
}

/// Returns what a post asks, where that is not what was asked before.
fn reworded(
    before: &str,
    message: &str,
    asked: Asked,
    addressees: Addressees<'_>,
) -> Option<String> {
    let Addressees { bot, agents } = addressees;
    let message = cleaned(message);
    let said = match (asked, bot) {
        (Asked::OfTheBot, Some(bot)) => said_to(&message, bot),
        (Asked::ByHook, _) if is_led_by_one_word(&message, before) => return None,
        (Asked::OfTheBot, None) | (Asked::ByHook, _) => message,
    };
    let now = match Request::read(&said, agents) {
        Request::Ask { text, .. } => text,
        Request::Explain
        | Request::Help
        | Request::Channel(_)
        | Request::Forget(_)
        | Request::Agents
        | Request::Page
        | Request::Usage(_)
        | Request::Grant(_)
        | Request::StartAfresh
        | Request::Stop => said.trim().to_owned(),
    };
    (now != before).then_some(now)
}

/// Whether a message is what was asked behind a word that a webhook listens for.
fn is_led_by_one_word(message: &str, asked: &str) -> bool {
    let word = message.trim_end().strip_suffix(asked);
    word.is_some_and(|word| !word.trim().contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::domain::conversation::TurnPosts;
    use crate::domain::id::{ChannelId, UserId};
    use crate::domain::post::Source;
    use crate::domain::time::Timestamp;

    fn id(number: u32) -> PostId {
        PostId::parse(&format!("p{number:025}")).unwrap()
    }

    fn bot() -> Identity {
        Identity {
            id: UserId::parse(&format!("u{:025}", 1)).unwrap(),
            username: "gptbot".to_owned(),
        }
    }

    fn of_bot(bot: Option<&Identity>) -> Addressees<'_> {
        static NOBODY: LazyLock<Agents> = LazyLock::new(Agents::default);
        Addressees {
            bot,
            agents: &NOBODY,
        }
    }

    /// What is seen: a message for each post.
    fn seen(messages: &[(u32, &str)]) -> Seen {
        let post = |&(number, message): &(u32, &str)| {
            let post = SeenPost {
                id: id(number),
                author: bot().id,
                channel: ChannelId::parse(&format!("c{:025}", 1)).unwrap(),
                root: None,
                message: message.to_owned(),
                marker: None,
                source: Source::Author,
                files: Vec::new(),
                created_at_ms: 0,
            };
            (id(number), post)
        };
        messages.iter().map(post).collect()
    }

    /// A turn that was asked by post 1 and answered by posts 2 and 3.
    fn turn() -> Turn {
        Turn {
            asker_name: "alice".to_owned(),
            question: "how high?".to_owned(),
            answer: "As written.".to_owned(),
            asked_at: Timestamp::EPOCH,
            finished_at: Timestamp::EPOCH,
            posts: TurnPosts {
                question: Some(id(1)),
                is_hooks: false,
                answer: vec![(id(2), "As ".to_owned()), (id(3), "shown.".to_owned())],
            },
        }
    }

    fn now(messages: &[(u32, &str)]) -> Option<(String, String)> {
        let turn = turn_now(turn(), &seen(messages), of_bot(Some(&bot())))?;
        Some((turn.question, turn.answer))
    }

    #[test]
    fn a_turn_is_told_as_its_posts_are_now() {
        let told = |question: &str, answer: &str| Some((question.to_owned(), answer.to_owned()));
        let answer = [(2, "As"), (3, "shown.")];
        let with = |question| [&[(1, question)], &answer[..]].concat();
        assert_eq!(
            now(&with("@gptbot how high?")),
            told("how high?", "As written.")
        );
        assert_eq!(
            now(&with("@gptbot how low?")),
            told("how low?", "As written.")
        );
        assert_eq!(now(&with("never mind")), told("never mind", "As written."));
        assert_eq!(now(&answer), None, "its question was deleted");
        assert_eq!(now(&[(1, "how high?")]), None, "its answer was deleted");
        let half = [(1, "how high?"), (3, "shown.")];
        assert_eq!(now(&half), told("how high?", "shown."));
        let censored = [(1, "how high?"), (2, "As"), (3, "censored.")];
        assert_eq!(now(&censored), told("how high?", "As\n\ncensored."));
    }

    #[test]
    fn a_turn_that_no_post_shows_is_told_as_it_was() {
        let turn = Turn {
            posts: TurnPosts::default(),
            ..turn()
        };
        assert_eq!(
            turns_now(vec![turn.clone()], &Seen::new(), of_bot(None)),
            [turn]
        );
    }

    #[test]
    fn the_word_of_a_webhook_is_no_change() {
        let now = |message| reworded("do it", message, Asked::ByHook, of_bot(None));
        assert_eq!(now("ask do it"), None);
        assert_eq!(now("ask: do it \n"), None);
        assert_eq!(now("ask don't do it").as_deref(), Some("ask don't do it"));
        let direct = |message| reworded("do it", message, Asked::OfTheBot, of_bot(Some(&bot())));
        assert_eq!(direct("@gptbot, do it"), None);
        assert_eq!(direct("나만: do it"), None);
        assert_eq!(direct("don't do it").as_deref(), Some("don't do it"));
    }
}
