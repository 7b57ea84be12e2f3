//! What people want done about an answer, by a button beneath it, a reaction to it, or a word.

use super::id::{FileId, PostId, QuestionId, UserId};
use super::post::PostProps;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Control {
    /// End it while it grows.
    Stop,
    /// Write another one in its place.
    Regenerate,
    /// Go on where it was cut at its length.
    Continue,
    /// Say what one thinks of it.
    Vote(Vote),
}

/// What somebody thinks of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vote {
    /// 👍
    Up,
    /// 👎
    Down,
}

impl Vote {
    /// Returns the word under which it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What a person thinks of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The question that was answered.
    pub question: QuestionId,
    /// Whose it is.
    pub person: UserId,
    /// What they think.
    pub vote: Vote,
}

/// How many people think what of an answer, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// 👍
    pub up: u64,
    /// 👎
    pub down: u64,
}

/// What emojis of people's hands end with where they have a colour: `+1_dark_skin_tone`.
const SKIN_TONES: [&str; 5] = [
    "_light_skin_tone",
    "_medium_light_skin_tone",
    "_medium_skin_tone",
    "_medium_dark_skin_tone",
    "_dark_skin_tone",
];

impl Control {
    /// Every control.
    pub const ALL: [Self; 5] = [
        Self::Stop,
        Self::Regenerate,
        Self::Continue,
        Self::Vote(Vote::Up),
        Self::Vote(Vote::Down),
    ];

    /// Returns its word, which is also the id of its button: letters only, because Mattermost's route knows no others but digits.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Regenerate => "regenerate",
            Self::Continue => "continue",
            Self::Vote(vote) => vote.as_str(),
        }
    }

    /// Reads the word that [`Control::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|control| control.as_str() == word)
    }

    /// Returns what a reaction to an answer asks for: 🛑, 🔁, 👍 and 👎 by every name that Mattermost has for them.
    #[must_use]
    pub fn of_reaction(emoji: &str) -> Option<Self> {
        // The longer ends first: `_medium_dark_skin_tone` also ends like `_dark_skin_tone`.
        let hand = SKIN_TONES
            .iter()
            .filter_map(|tone| emoji.strip_suffix(tone))
            .min_by_key(|name| name.len())
            .unwrap_or(emoji);
        match (emoji, hand) {
            ("octagonal_sign" | "stop_sign", _) => Some(Self::Stop),
            ("repeat", _) => Some(Self::Regenerate),
            (_, "+1" | "thumbsup") => Some(Self::Vote(Vote::Up)),
            (_, "-1" | "thumbsdown") => Some(Self::Vote(Vote::Down)),
            _ => None,
        }
    }

    /// Whether it is for whoever asked, and administrators, alone.
    #[must_use]
    pub fn is_the_askers(self) -> bool {
        match self {
            Self::Stop | Self::Regenerate | Self::Continue => true,
            Self::Vote(_) => false,
        }
    }
}

/// How far an answer is, which decides what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing can be done about it: a sentence of ours, or a part after the first.
    Bare,
    /// It grows.
    Growing,
    /// It was asked to stop, and will.
    Stopping,
    /// It has ended.
    Ended {
        /// Whether it was cut at its length and may be gone on with.
        may_continue: bool,
        /// What people think of it.
        tally: Tally,
    },
}

impl Stage {
    /// Returns what its buttons ask for, from left to right: three at most, because on a phone each is as wide as the screen.
    #[must_use]
    pub fn controls(self) -> &'static [Control] {
        const THUMBS_AND_REGENERATE: [Control; 3] = [
            Control::Regenerate,
            Control::Vote(Vote::Up),
            Control::Vote(Vote::Down),
        ];
        const THUMBS_AND_CONTINUE: [Control; 3] = [
            Control::Continue,
            Control::Vote(Vote::Up),
            Control::Vote(Vote::Down),
        ];
        match self {
            Self::Bare => &[],
            Self::Growing | Self::Stopping => &[Control::Stop],
            Self::Ended {
                may_continue: false,
                ..
            } => &THUMBS_AND_REGENERATE,
            Self::Ended {
                may_continue: true, ..
            } => &THUMBS_AND_CONTINUE,
        }
    }
}

/// What somebody is in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No member of it, as far as can be seen.
    Outsider,
    /// A member.
    Member,
    /// An administrator of the channel, or of the whole server.
    Admin,
}

/// A button that was pressed, as it was reported. Nobody signs the report, so it is believed only as far as it can be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// What we gave the button when we made it, signed; untrusted until that was checked.
    pub context: String,
    /// Who pressed it.
    pub person: UserId,
    /// Beneath which post.
    pub post: PostId,
}

/// A post as it is to be shown after a button beneath it was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrawn {
    /// Its whole text.
    pub message: String,
    /// All that stands beside the text.
    pub props: PostProps,
    /// The files it has, which it would lose otherwise.
    pub files: Vec<FileId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_is_read_back_from_its_word_which_is_letters_only() {
        for control in Control::ALL {
            let word = control.as_str();
            assert_eq!(Control::from_word(word), Some(control));
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
        assert_eq!(Control::from_word("Stop"), None);
    }

    #[test]
    fn a_reaction_asks_for_the_same_in_every_colour_and_by_every_name() {
        let up = Some(Control::Vote(Vote::Up));
        let down = Some(Control::Vote(Vote::Down));
        let table = [
            ("octagonal_sign", Some(Control::Stop)),
            ("stop_sign", Some(Control::Stop)),
            ("repeat", Some(Control::Regenerate)),
            ("+1", up),
            ("thumbsup", up),
            ("+1_light_skin_tone", up),
            ("thumbsup_medium_dark_skin_tone", up),
            ("-1", down),
            ("thumbsdown_dark_skin_tone", down),
            ("-1_medium_skin_tone", down),
            ("repeat_dark_skin_tone", None),
            ("_dark_skin_tone", None),
            ("repeat_one", None),
            ("eyes", None),
            ("", None),
        ];
        for (emoji, expected) in table {
            assert_eq!(Control::of_reaction(emoji), expected, "{emoji}");
        }
    }
}
