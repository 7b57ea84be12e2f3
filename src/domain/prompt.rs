//! What a model is asked: instructions, the turns that fit, and the question.

use std::sync::Arc;

use super::channel_settings::Temperature;
use super::conversation::Turn;
use super::file::Picture;
use super::id::{QuestionId, UserId};

/// Who says a message of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The instructions.
    System,
    /// A person.
    User,
    /// The model, earlier.
    Assistant,
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// What is shown beside it.
    pub pictures: Vec<Picture>,
}

impl Message {
    /// Makes a message that shows nothing.
    #[must_use]
    pub fn new(role: Role, text: String) -> Self {
        Self {
            role,
            text,
            pictures: Vec::new(),
        }
    }
}

/// How much a model can take in, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Prompt and answer together.
    pub total_tokens: u32,
    /// What is kept free for the answer.
    pub answer_tokens: u32,
}

impl Window {
    /// Returns how many tokens a prompt may have.
    #[must_use]
    pub fn room(self) -> u32 {
        self.total_tokens.saturating_sub(self.answer_tokens)
    }

    /// Returns what is left of it beside so many tokens.
    #[must_use]
    pub fn less(self, tokens: u64) -> Self {
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        Self {
            total_tokens: self.total_tokens.saturating_sub(tokens),
            answer_tokens: self.answer_tokens,
        }
    }
}

/// Which model is asked and how, where it is not as everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelChoice {
    /// The name of a route, of a model, or of one that the first model's server has besides.
    pub model: Option<String>,
    /// Its sampling temperature.
    pub temperature: Option<Temperature>,
    /// Models, by their names in the configuration, that are not asked: they have failed at this answer.
    pub avoid: Vec<String>,
    /// For which question, where it is for one: in its trace there is to be how the model did.
    pub asked_for: Option<QuestionId>,
    /// Whose question it is for, where it is known: a server may be told by a name that says nothing.
    pub asker: Option<UserId>,
}

/// A prompt that fits the window it was made for, as far as it could be made to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Instructions first, then whole turns, oldest first, then the question. Shared, because a prompt may be long and several hold it while
    /// its answer is written.
    pub messages: Arc<Vec<Message>>,
    /// How many tokens the answer may have.
    pub max_answer_tokens: u32,
    /// How many of the oldest turns were left out.
    pub dropped_turns: usize,
    /// How many messages after the instructions are turns, and may be left out.
    pub turn_messages: usize,
    /// Which model is asked, and how.
    pub choice: ModelChoice,
}

/// An answer that was cut at its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutAnswer {
    /// What was written of it.
    pub beginning: String,
    /// What the model is asked to do.
    pub go_on: String,
}

/// Tokens that the wrapping of a message costs, by the models we know at most.
const MESSAGE_OVERHEAD: u64 = 8;

/// Estimates how many tokens a text has, rather too many than too few: three ASCII bytes a token, and three halves of a token for any other
/// character (Korean in GPT-4o's vocabulary has about 0.7 a syllable, in older ones up to 2).
#[must_use]
pub fn estimate_tokens(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let others = text
        .chars()
        .filter(|character| !character.is_ascii())
        .count() as u64;
    ascii.div_ceil(3) + (others * 3).div_ceil(2)
}

/// Estimates how many tokens a message has that says this.
#[must_use]
pub fn message_tokens(text: &str) -> u64 {
    estimate_tokens(text) + MESSAGE_OVERHEAD
}

/// Tokens that a picture costs, by the models we know at most (Anthropic: width times height over 750, at 1,568 pixels square less).
const PICTURE_TOKENS: u64 = 1_600;

/// Estimates how many tokens a turn has.
#[must_use]
pub fn turn_tokens(turn: &Turn) -> u64 {
    message_tokens(&turn.question) + message_tokens(&turn.answer)
}

/// Adds what somebody says. What one says twice in a row becomes one message, because some models take only turns; nothing said is none.
fn say(messages: &mut Vec<Message>, role: Role, text: String) {
    match messages.last_mut() {
        _ if text.is_empty() && role == Role::Assistant => {}
        Some(last) if last.role == role => {
            last.text.push_str("\n\n");
            last.text.push_str(&text);
        }
        _ => messages.push(Message::new(role, text)),
    }
}

/// Finds the first of some characters that is estimated not to fit into `room` tokens with those before it.
fn first_beyond(
    mut characters: impl Iterator<Item = (usize, char)>,
    room: u64,
) -> Option<(usize, char)> {
    // In sixths of a token, so that what is counted of one character after the other is counted exactly.
    let mut sixths = 0;
    characters.find(|(_, character)| {
        sixths += if character.is_ascii() { 2 } else { 9 };
        // One more for what is rounded up.
        sixths > room.saturating_sub(2).saturating_mul(6)
    })
}

/// Returns as much of the end of a text as is estimated to have at most `room` tokens.
fn end_within(text: &str, room: u64) -> &str {
    if estimate_tokens(text) <= room {
        return text;
    }
    let beyond = first_beyond(text.char_indices().rev(), room);
    let begin = beyond.map(|(at, character)| at + character.len_utf8());
    text.get(begin.unwrap_or(0)..).unwrap_or_default()
}

/// Returns as much of the beginning of a text as is estimated to have at most `room` tokens.
#[must_use]
pub fn beginning_within(text: &str, room: u64) -> &str {
    if estimate_tokens(text) <= room {
        return text;
    }
    let end = first_beyond(text.char_indices(), room).map(|(at, _)| at);
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

impl Prompt {
    /// Makes a prompt of one question and nothing else.
    #[must_use]
    pub fn single(question: &str, max_answer_tokens: u32) -> Self {
        Self {
            messages: Arc::new(vec![Message::new(Role::User, question.to_owned())]),
            max_answer_tokens,
            dropped_turns: 0,
            turn_messages: 0,
            choice: ModelChoice::default(),
        }
    }

    /// The same with pictures beside the question.
    #[must_use]
    pub fn showing(mut self, pictures: Vec<Picture>) -> Self {
        let question = Arc::make_mut(&mut self.messages).iter_mut().rev();
        let mut question = question.filter(|message| message.role == Role::User);
        if let Some(question) = question.next() {
            question.pictures = pictures;
        }
        self
    }

    /// The same with what is told in place of older turns, before those that it has. The window it was made for must have been
    /// [`Window::less`] by as much.
    #[must_use]
    pub fn following(mut self, told: &str) -> Self {
        let messages = Arc::make_mut(&mut self.messages);
        match messages.get_mut(1) {
            Some(first) if first.role == Role::User => {
                first.text = format!("{told}\n\n{}", first.text);
            }
            _ => {
                let told = Message::new(Role::User, told.to_owned());
                messages.insert(messages.len().min(1), told);
                self.turn_messages += 1;
            }
        }
        self
    }

    /// Says whether it shows pictures.
    #[must_use]
    pub fn has_pictures(&self) -> bool {
        let mut messages = self.messages.iter();
        messages.any(|message| !message.pictures.is_empty())
    }

    /// Fits a conversation into a window by leaving out whole turns, oldest first.
    ///
    /// The instructions and the new question are never dropped or cut, and the room for the answer is kept free: where even
    /// these do not fit, the prompt has no turns, and it is for the model's server to refuse it.
    /// `turns` come oldest first and so leave.
    #[must_use]
    pub fn fit(instructions: String, turns: &[Turn], question: String, window: Window) -> Self {
        let fixed = message_tokens(&instructions) + message_tokens(&question);
        let room = u64::from(window.room()).saturating_sub(fixed);
        let mut used = 0;
        let kept = turns
            .iter()
            .rev()
            .take_while(|turn| {
                used += turn_tokens(turn);
                used <= room
            })
            .count();
        let dropped_turns = turns.len() - kept;
        let mut messages = vec![Message::new(Role::System, instructions)];
        for turn in turns.iter().skip(dropped_turns) {
            say(&mut messages, Role::User, turn.question.clone());
            say(&mut messages, Role::Assistant, turn.answer.clone());
        }
        let before = messages.len();
        say(&mut messages, Role::User, question);
        // What nobody answered has become one with the question.
        let turn_messages = before.min(messages.len() - 1).saturating_sub(1);
        Self {
            turn_messages,
            messages: Arc::new(messages),
            max_answer_tokens: window.answer_tokens,
            dropped_turns,
            choice: ModelChoice::default(),
        }
    }

    /// The same for a question whose answer was cut and is to be gone on with: what was written of it follows the question, and then what
    /// the model is asked to do. Where all that does not fit, the beginning of what was written is left out.
    #[must_use]
    pub fn fit_going_on(
        instructions: String,
        turns: &[Turn],
        question: String,
        cut: CutAnswer,
        window: Window,
    ) -> Self {
        let CutAnswer { beginning, go_on } = cut;
        let room = u64::from(window.room())
            .saturating_sub(message_tokens(&instructions))
            .saturating_sub(message_tokens(&question))
            .saturating_sub(message_tokens(&go_on))
            .saturating_sub(MESSAGE_OVERHEAD);
        let written = end_within(&beginning, room).to_owned();
        let left = window.less(message_tokens(&written) + message_tokens(&go_on));
        let mut prompt = Self::fit(instructions, turns, question, left);
        let messages = Arc::make_mut(&mut prompt.messages);
        say(messages, Role::Assistant, written);
        say(messages, Role::User, go_on);
        prompt
    }

    /// The same for another model, which goes on where one broke off: what was written, and what is to be done about it, follow the
    /// question. It may be larger than the window it was made for; see [`Prompt::refit`].
    #[must_use]
    pub fn going_on(&self, cut: CutAnswer, without: &str) -> Self {
        let mut prompt = self.clone();
        let messages = Arc::make_mut(&mut prompt.messages);
        say(messages, Role::Assistant, cut.beginning);
        say(messages, Role::User, cut.go_on);
        prompt.choice.avoid.push(without.to_owned());
        prompt
    }

    /// The same for a smaller window, by leaving out further turns, oldest first; as it is where it fits.
    #[must_use]
    pub fn refit(&self, window: Window) -> Self {
        let mut prompt = self.clone();
        prompt.max_answer_tokens = prompt.max_answer_tokens.min(window.answer_tokens);
        let room = window.total_tokens.saturating_sub(prompt.max_answer_tokens);
        let is_turn = |prompt: &Self, role| {
            let oldest = prompt.messages.get(1).map(|message| message.role);
            prompt.turn_messages > 0 && role == oldest
        };
        while prompt.turn_messages > 0 && prompt.estimated_tokens() > u64::from(room) {
            for role in [Role::User, Role::Assistant] {
                if is_turn(&prompt, Some(role)) {
                    Arc::make_mut(&mut prompt.messages).remove(1);
                    prompt.turn_messages -= 1;
                }
            }
            prompt.dropped_turns += 1;
        }
        prompt
    }

    /// Returns how many tokens the prompt can have at most, the answer not included: one a byte, because no vocabulary has more.
    #[must_use]
    pub fn most_tokens(&self) -> u64 {
        let messages = self.messages.iter();
        let tokens = messages.map(|message| {
            let pictures = message.pictures.len() as u64;
            message.text.len() as u64 + MESSAGE_OVERHEAD + pictures * PICTURE_TOKENS
        });
        tokens.sum()
    }

    /// Returns the estimate of the prompt's tokens, the answer not included.
    #[must_use]
    pub fn estimated_tokens(&self) -> u64 {
        self.messages
            .iter()
            .map(|message| {
                let pictures = message.pictures.len() as u64;
                message_tokens(&message.text) + pictures * PICTURE_TOKENS
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::time::Timestamp;

    fn turn(question: &str, answer: &str) -> Turn {
        Turn {
            posts: crate::domain::conversation::TurnPosts::default(),
            asker_name: "alice".into(),
            question: question.into(),
            answer: answer.into(),
            asked_at: Timestamp::EPOCH,
            finished_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn what_nobody_answered_goes_together_with_what_is_said_next() {
        let window = Window {
            total_tokens: 1_000,
            answer_tokens: 10,
        };
        let turns = [turn("alice: it fails", "Why?"), turn("bob: here too", "")];
        let prompt = Prompt::fit("be kind".into(), &turns, "alice: so?".into(), window);
        let said: Vec<_> = prompt
            .messages
            .iter()
            .map(|message| (message.role, message.text.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (Role::System, "be kind"),
                (Role::User, "alice: it fails"),
                (Role::Assistant, "Why?"),
                (Role::User, "bob: here too\n\nalice: so?"),
            ]
        );
    }

    proptest! {
        #[test]
        fn instructions_and_question_are_never_dropped_and_turns_leave_whole_from_the_oldest(
            instructions in ".{0,200}",
            question in ".{0,200}",
            texts in prop::collection::vec((".{0,80}", ".{1,80}"), 0..12),
            total_tokens in 0u32..600,
            answer_tokens in 0u32..300,
        ) {
            let turns: Vec<_> = texts.iter().map(|(asked, answered)| turn(asked, answered)).collect();
            let window = Window { total_tokens, answer_tokens };
            let prompt = Prompt::fit(instructions.clone(), &turns, question.clone(), window);

            prop_assert_eq!(&prompt.messages.first().unwrap().text, &instructions);
            prop_assert_eq!(&prompt.messages.last().unwrap().text, &question);
            let kept: Vec<_> = prompt.messages[1..prompt.messages.len() - 1].chunks(2).map(|pair| (pair[0].text.clone(), pair[1].text.clone())).collect();
            prop_assert_eq!(&kept[..], &texts[texts.len() - kept.len()..]);
            prop_assert_eq!(prompt.dropped_turns, texts.len() - kept.len());
        }

        #[test]
        fn room_for_the_answer_stays_free_whenever_turns_are_kept(
            texts in prop::collection::vec((".{0,80}", ".{1,80}"), 1..12),
            total_tokens in 0u32..600,
            answer_tokens in 0u32..300,
        ) {
            let turns: Vec<_> = texts.iter().map(|(asked, answered)| turn(asked, answered)).collect();
            let prompt = Prompt::fit("be kind".into(), &turns, "why?".into(), Window { total_tokens, answer_tokens });
            prop_assert_eq!(prompt.turn_messages, prompt.messages.len() - 2);
            if prompt.messages.len() > 2 {
                prop_assert!(prompt.estimated_tokens() + u64::from(answer_tokens) <= u64::from(total_tokens));
            }
        }

        #[test]
        fn a_prompt_made_smaller_later_is_as_if_it_had_been_made_so(
            texts in prop::collection::vec((".{0,80}", ".{1,80}"), 0..12),
            total_tokens in 0u32..600,
        ) {
            let turns: Vec<_> = texts.iter().map(|(asked, answered)| turn(asked, answered)).collect();
            let fit = |total_tokens| Prompt::fit("be kind".into(), &turns, "why?".into(), Window { total_tokens, answer_tokens: 50 });
            let smaller = Window { total_tokens, answer_tokens: 50 };
            prop_assert_eq!(fit(100_000).refit(smaller), fit(total_tokens));
        }

        #[test]
        fn one_more_turn_would_not_have_fitted(
            texts in prop::collection::vec((".{0,80}", ".{1,80}"), 1..12),
            total_tokens in 0u32..600,
        ) {
            let turns: Vec<_> = texts.iter().map(|(asked, answered)| turn(asked, answered)).collect();
            let prompt = Prompt::fit("be kind".into(), &turns, "why?".into(), Window { total_tokens, answer_tokens: 50 });
            if let Some(next) = prompt.dropped_turns.checked_sub(1) {
                prop_assert!(prompt.estimated_tokens() + turn_tokens(&turns[next]) + 50 > u64::from(total_tokens));
            }
        }
    }
}
