//! The work on a question: in which order, by whom, and until when.

use super::control::Tally;
use super::id::{ChannelId, PostId, QuestionId, ServerId, UserId};
use super::post::Part;
use super::question::{Conclusion, Outcome, Question};
use super::time::Timestamp;

/// What is answered in order: a thread, a direct channel, or one person's questions in a channel.
///
/// Within a lane one question is worked on at a time, in the order of admission; lanes do not wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneKey(String);

impl LaneKey {
    /// The lane of a thread.
    #[must_use]
    pub fn thread(channel: &ChannelId, root: &PostId) -> Self {
        Self(format!("thread:{channel}:{root}"))
    }

    /// The lane of one person in a channel.
    #[must_use]
    pub fn person(channel: &ChannelId, asker: &UserId) -> Self {
        Self(format!("person:{channel}:{asker}"))
    }

    /// A lane of its own, for a request made by hand.
    #[must_use]
    pub fn alone(question: QuestionId) -> Self {
        Self(format!("alone:{question}"))
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

/// How many times work on a question has begun, counting from 1; for people who read logs. It says nothing about why work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub u32);

/// The right to work on one question until a time: every later write shows it, and one that was lost writes nothing.
///
/// The token is random and new with each claim. The attempt alone would not do as a fence: claims are committed without
/// waiting for the disk, so after a database crash the same attempt number could be given twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The question worked on.
    pub question: QuestionId,
    /// Which attempt this is.
    pub attempt: Attempt,
    /// The fence.
    pub token: u128,
    /// When others may take the question.
    pub until: Timestamp,
}

/// A question together with the right to work on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The right.
    pub lease: Lease,
    /// What was asked.
    pub question: Question,
    /// What an earlier attempt had already concluded; then only publishing is left.
    pub concluded: Option<Conclusion>,
    /// How often work on it died: the process ended, its lease ran out, or it panicked. What was given back did not die.
    pub deaths: u32,
    /// Whether the asker has asked to stop it.
    pub stop_requested: bool,
    /// Which generation of the answer is to be written, counting from 1.
    pub generation: u32,
    /// The name of the budget of which too little was left when it was admitted.
    pub over_budget: Option<String>,
    /// Why it is answered once more, where it is.
    pub again: Option<Again>,
    /// When a press on a button was last replied to with a text for the answer's post: Mattermost may show that reply a little later.
    pub pressed_at: Option<Timestamp>,
}

/// An answer that ended, before it was written once more or gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// What the model had written; empty where it wrote nothing.
    pub answer: String,
    /// How it had ended.
    pub outcome: Outcome,
}

/// Why a question that has ended is answered once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// To have another answer in place of this one, which stays where none comes.
    Regenerate(Earlier),
    /// To go on from this one.
    Continue(Earlier),
}

impl Again {
    /// Returns the answer that there was before.
    #[must_use]
    pub fn earlier(&self) -> &Earlier {
        match self {
            Self::Regenerate(earlier) | Self::Continue(earlier) => earlier,
        }
    }

    /// Returns the text that is gone on from; empty where a new one is begun.
    #[must_use]
    pub fn beginning(&self) -> &str {
        match self {
            Self::Regenerate(_) => "",
            Self::Continue(earlier) => &earlier.answer,
        }
    }
}

/// How far the work on a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its turn or its next try.
    Waiting,
    /// Somebody works on it.
    Running,
    /// It has ended, and its end was shown.
    Ended,
    /// Its end could be shown to nobody.
    Dead,
}

/// An answer as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerState {
    /// What was asked.
    pub question: Question,
    /// Which generation of the answer is the present one, counting from 1.
    pub generation: u32,
    /// How far work on it is.
    pub progress: Progress,
    /// Whether it was asked to stop the present generation.
    pub stop_requested: bool,
    /// How the present generation ended, once that is known.
    pub conclusion: Option<Conclusion>,
    /// Its first post, where one was intended: the one with the buttons.
    pub first: Option<Part>,
    /// What people think of the present generation.
    pub tally: Tally,
}

/// Whose answers a stop is about: one person's in one channel, whatever the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlScope {
    /// Who said it.
    pub asker: UserId,
    /// The channel in which it was said.
    pub channel: ChannelId,
    /// The thread in which it was said; where it was said outside of threads, all of the channel is meant.
    pub thread: Option<PostId>,
}

/// Why the end of a question could be shown to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Undeliverable {
    /// Mattermost refuses it for good, wherever it could go.
    Refused,
    /// Mattermost was away, or refused us all, until it was of no use to try any longer.
    OutOfReach,
    /// Work on it died again and again.
    Deadly,
}

impl Undeliverable {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Refused, Self::OutOfReach, Self::Deadly];

    /// Returns the word under which it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::OutOfReach => "out_of_reach",
            Self::Deadly => "deadly",
        }
    }

    /// Reads the word that [`Undeliverable::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A question whose end could be shown to nobody, as a person may see it: nothing of what people or models wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The question.
    pub question: QuestionId,
    /// The server it was asked on.
    pub server: ServerId,
    /// The channel it was asked in, where that is known.
    pub channel: Option<ChannelId>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// How it had ended, where it had.
    pub outcome: Option<Outcome>,
    /// Why it could not be shown, where that is known.
    pub reason: Option<Undeliverable>,
    /// What Mattermost said last: the name of the call, its status, its error's id; empty where nothing was asked.
    pub detail: String,
}
