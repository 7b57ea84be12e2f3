//! What was said before: which turns belong to a question's context.

use std::time::Duration;

use super::id::{ChannelId, PostId, QuestionId, UserId};
use super::time::Timestamp;

/// The name of a conversation. Turns of one never reach another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationKey(String);

impl ConversationKey {
    /// The conversation of a thread.
    #[must_use]
    pub fn thread(channel: &ChannelId, root: &PostId) -> Self {
        Self(format!("thread:{channel}:{root}"))
    }

    /// The conversation of everybody in a channel, outside its threads.
    #[must_use]
    pub fn channel(channel: &ChannelId) -> Self {
        Self(format!("channel:{channel}"))
    }

    /// The conversation of one person in a channel, outside its threads.
    #[must_use]
    pub fn person(channel: &ChannelId, asker: &UserId) -> Self {
        Self(format!("person:{channel}:{asker}"))
    }

    /// One person's private conversation in a channel.
    #[must_use]
    pub fn private(channel: &ChannelId, asker: &UserId) -> Self {
        Self(format!("private:{channel}:{asker}"))
    }

    /// A conversation of one question, for a request made by hand.
    #[must_use]
    pub fn alone(question: QuestionId) -> Self {
        Self(format!("alone:{question}"))
    }

    /// Returns the channel in which it is held; absent where it is in none.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        let mut words = self.0.split(':');
        words.next().filter(|kind| *kind != "alone")?;
        ChannelId::parse(words.next()?).ok()
    }

    /// Takes a key back from the store.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who shares a conversation outside threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationScope {
    /// Everybody in the channel.
    Channel,
    /// Each person in the channel has one of their own.
    Person,
}

/// One question and its answer, finished earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The name of who asked.
    pub asker_name: String,
    /// What was asked.
    pub question: String,
    /// What the model answered.
    pub answer: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When the answer was finished.
    pub finished_at: Timestamp,
    /// Where it can be read as it is now.
    pub posts: TurnPosts,
}

/// The posts that show a turn; people may have changed or deleted them since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnPosts {
    /// The post that asked; absent where none did.
    pub question: Option<PostId>,
    /// Whether an outgoing webhook reported that post, which then begins with the word it listens for.
    pub is_hooks: bool,
    /// The posts of the bot that answer, in order, each with the text that it was given last; none where the bot did not post it.
    pub answer: Vec<(PostId, String)>,
}

/// What the store knows of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The newest turns, oldest first.
    pub turns: Vec<Turn>,
    /// When somebody last asked for a fresh start.
    pub afresh_at: Option<Timestamp>,
}

impl History {
    /// Returns the turns of the running session, oldest first: those asked after the last fresh start, and after the last silence
    /// of at least `idle` between the end of one answer and the next question (`now` counts as the next question).
    #[must_use]
    pub fn session(&self, now: Timestamp, idle: Duration) -> &[Turn] {
        let mut begin = self.turns.len();
        let mut next_asked = now;
        for (index, turn) in self.turns.iter().enumerate().rev() {
            let before_fresh_start = self.afresh_at.is_some_and(|at| turn.asked_at < at);
            if before_fresh_start || next_asked.since(turn.finished_at) >= idle {
                break;
            }
            begin = index;
            next_asked = turn.asked_at;
        }
        self.turns.get(begin..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.after(Duration::from_secs(seconds))
    }

    fn history(times: &[(u64, u64)], afresh_at: Option<u64>) -> History {
        let turns = times
            .iter()
            .map(|&(asked, finished)| Turn {
                asker_name: "alice".into(),
                question: format!("q{asked}"),
                answer: "a".into(),
                asked_at: at(asked),
                finished_at: at(finished),
                posts: TurnPosts::default(),
            })
            .collect();
        History {
            turns,
            afresh_at: afresh_at.map(at),
        }
    }

    fn session_of(history: &History, now: u64) -> Vec<String> {
        let idle = Duration::from_secs(100);
        history
            .session(at(now), idle)
            .iter()
            .map(|turn| turn.question.clone())
            .collect()
    }

    #[test]
    fn a_conversation_knows_its_channel() {
        let (channel, person, post) = (
            ChannelId::parse(&"c".repeat(26)).unwrap(),
            UserId::parse(&"u".repeat(26)).unwrap(),
            PostId::parse(&"p".repeat(26)).unwrap(),
        );
        for key in [
            ConversationKey::thread(&channel, &post),
            ConversationKey::channel(&channel),
            ConversationKey::person(&channel, &person),
            ConversationKey::private(&channel, &person),
        ] {
            assert_eq!(key.channel_id().as_ref(), Some(&channel), "{key:?}");
        }
        let alone = ConversationKey::alone(QuestionId::from_bits(1));
        assert_eq!(alone.channel_id(), None);
    }

    #[test]
    fn a_session_reaches_back_to_the_last_silence() {
        let history = history(&[(0, 5), (200, 205), (250, 260)], None);
        assert_eq!(session_of(&history, 300), ["q200", "q250"]);
        assert_eq!(session_of(&history, 359), ["q200", "q250"]);
        assert!(session_of(&history, 360).is_empty());
    }

    #[test]
    fn a_session_reaches_back_to_the_last_fresh_start() {
        let history = history(&[(0, 5), (20, 25)], Some(10));
        assert_eq!(session_of(&history, 30), ["q20"]);
    }

    #[test]
    fn an_answer_that_ends_after_a_fresh_start_belongs_to_the_old_session() {
        let history = history(&[(0, 25)], Some(10));
        assert!(session_of(&history, 30).is_empty());
    }
}
