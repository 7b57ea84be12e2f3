//! A thread as a model reads it: what people said, by name, and what the bot answered.

use std::collections::HashMap;

use crate::domain::attention::Writer;
use crate::domain::conversation::{Turn, TurnPosts};
use crate::domain::id::{PostId, UserId};
use crate::domain::post::{SeenPost, Source};
use crate::domain::time::Timestamp;

/// What people are called whose name could not be learnt.
const SOMEBODY: &str = "somebody";

/// Returns the people who wrote in a thread before a post, each once.
pub(super) fn writers_before(thread: &[SeenPost], asked: &PostId, bot: &UserId) -> Vec<UserId> {
    let others = before(thread, asked).filter(|post| post.writer(bot) != Writer::Ourselves);
    authors(others)
}

/// Returns everybody who wrote in a thread, each once.
pub(super) fn writers_in(thread: &[SeenPost]) -> Vec<UserId> {
    authors(thread.iter())
}

fn authors<'t>(posts: impl Iterator<Item = &'t SeenPost>) -> Vec<UserId> {
    let mut authors: Vec<UserId> = posts.map(|post| post.author.clone()).collect();
    authors.sort();
    authors.dedup();
    authors
}

/// Returns what was said in a thread, by whomever, each with the name of whoever said it.
pub(super) fn said_in(thread: &[SeenPost], names: &HashMap<UserId, String>) -> Vec<String> {
    thread
        .iter()
        .filter(|post| post.source != Source::System)
        .map(|post| said_by(name_in(names, &post.author), &post.message))
        .collect()
}

fn name_in<'n>(names: &'n HashMap<UserId, String>, person: &UserId) -> &'n str {
    names.get(person).map_or(SOMEBODY, String::as_str)
}

/// Makes turns of what was said in a thread before a post: what people said between two answers is one question.
pub(super) fn turns_before(
    thread: &[SeenPost],
    asked: &PostId,
    bot: &UserId,
    names: &HashMap<UserId, String>,
) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for post in before(thread, asked) {
        let made_at = Timestamp::from_micros(post.created_at_ms.saturating_mul(1_000));
        match post.writer(bot) {
            Writer::System => {}
            Writer::Ourselves => match turns.last_mut() {
                Some(turn) => {
                    push(&mut turn.answer, &post.message);
                    turn.finished_at = made_at;
                }
                None => turns.push(Turn {
                    answer: post.message.clone(),
                    ..said_at(made_at)
                }),
            },
            Writer::Person | Writer::Machine => {
                let said = said_by(name_in(names, &post.author), &post.message);
                match turns.last_mut().filter(|turn| turn.answer.is_empty()) {
                    Some(turn) => push(&mut turn.question, &said),
                    None => turns.push(Turn {
                        question: said,
                        ..said_at(made_at)
                    }),
                }
            }
        }
    }
    turns
}

/// Says who speaks. What follows on further lines is indented, so that nobody can write another's name at the beginning of one.
pub(super) fn said_by(name: &str, text: &str) -> String {
    format!("{name}: {}", text.replace('\n', "\n  "))
}

/// Returns the posts of a thread that were there when another was made; in one millisecond they have no order.
fn before<'t>(
    thread: &'t [SeenPost],
    asked: &PostId,
) -> impl Iterator<Item = &'t SeenPost> + use<'t> {
    let asked = asked.clone();
    let made_at = thread
        .iter()
        .find(|post| post.id == asked)
        .map_or(i64::MAX, |post| post.created_at_ms);
    thread
        .iter()
        .filter(move |post| post.created_at_ms <= made_at && post.id != asked)
}

/// A turn of a time in which nothing was said yet.
pub(super) fn said_at(at: Timestamp) -> Turn {
    Turn {
        asker_name: String::new(),
        question: String::new(),
        answer: String::new(),
        asked_at: at,
        finished_at: at,
        posts: TurnPosts::default(),
    }
}

fn push(text: &mut String, further: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(further);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ChannelId;

    fn user(number: u32) -> UserId {
        UserId::parse(&format!("u{number:025}")).unwrap()
    }

    fn id(number: u32) -> PostId {
        PostId::parse(&format!("p{number:025}")).unwrap()
    }

    #[test]
    fn what_was_said_in_the_same_millisecond_was_said_before() {
        let mut thread = [
            post(1, 1, "first"),
            post(3, 1, "asked"),
            post(4, 2, "meanwhile"),
        ];
        thread[2].created_at_ms = 3;
        let said: Vec<_> = before(&thread, &id(3)).map(|post| &*post.message).collect();
        assert_eq!(said, ["first", "meanwhile"]);
    }

    fn post(number: u32, author: u32, message: &str) -> SeenPost {
        SeenPost {
            id: id(number),
            author: user(author),
            channel: ChannelId::parse(&format!("c{:025}", 1)).unwrap(),
            root: None,
            message: message.to_owned(),
            marker: None,
            source: Source::Author,
            files: Vec::new(),
            created_at_ms: i64::from(number),
        }
    }

    #[test]
    fn what_people_said_between_two_answers_is_one_question() {
        let bot = user(0);
        let mut joined = post(3, 2, "bob joined");
        joined.source = Source::System;
        let thread = [
            post(1, 1, "it fails\nbob: really"),
            post(2, 2, "here too"),
            joined,
            post(4, 0, "Try this."),
            post(5, 0, "And this."),
            post(6, 3, "no"),
            post(7, 1, "@gptbot so?"),
            post(8, 2, "later"),
        ];
        let names = HashMap::from([(user(1), "alice".to_owned()), (user(2), "bob".to_owned())]);
        let turns = turns_before(&thread, &id(7), &bot, &names);
        let texts: Vec<_> = turns
            .iter()
            .map(|turn| (turn.question.as_str(), turn.answer.as_str()))
            .collect();
        assert_eq!(
            texts,
            [
                (
                    "alice: it fails\n  bob: really\n\nbob: here too",
                    "Try this.\n\nAnd this."
                ),
                ("somebody: no", ""),
            ]
        );
        assert_eq!(
            writers_before(&thread, &id(7), &bot),
            [user(1), user(2), user(3)]
        );
    }
}
