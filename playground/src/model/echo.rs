//! The question back, for demonstrations and measurements.

use std::time::Duration;

use super::completion::{Completion, Part};
use super::request::Request;

/// The most tokens an echo has, so that a mistyped option cannot fill the memory.
pub(super) const MOST_TOKENS: usize = 100_000;

/// What follows the question until there are enough tokens.
const FILLING: [&str; 12] = [
    "and", "so", "the", "words", "go", "on", "as", "steadily", "as", "they", "can", "until",
];

/// How to say the question back.
#[derive(Debug, Clone, Copy, Default)]
pub struct Echo {
    /// How many tokens in all, at most 100,000; without it the question alone, a word a token.
    pub tokens: Option<usize>,
    /// How many tokens a second; without it all at once.
    pub rate: Option<u32>,
    /// How long before the first token.
    pub first_token: Duration,
}

impl Echo {
    pub(super) fn completion(&self, request: &Request) -> Completion {
        let mut completion = Completion::new();
        if !self.first_token.is_zero() {
            completion.parts.push(Part::Pause(self.first_token));
        }
        let pause = self
            .rate
            .filter(|rate| *rate > 0)
            .map(|rate| Duration::from_secs(1) / rate);
        for token in self.tokens(&request.last_user_message()) {
            completion.parts.push(Part::Content(token));
            completion.parts.extend(pause.map(Part::Pause));
        }
        completion
    }

    fn tokens(&self, question: &str) -> Vec<String> {
        let spoken = format!("You asked: {question}");
        let words = spoken.split_inclusive(' ').map(str::to_owned);
        let filling = FILLING.iter().cycle().map(|word| format!(" {word}"));
        match self.tokens {
            Some(count) => words.chain(filling).take(count.min(MOST_TOKENS)).collect(),
            None => words.take(MOST_TOKENS).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_says_the_question_and_nothing_else() {
        let tokens = Echo::default().tokens("오늘  날씨\n어때?");
        assert_eq!(tokens.concat(), "You asked: 오늘  날씨\n어때?");
    }

    #[test]
    fn an_echo_has_as_many_tokens_as_asked_for_up_to_its_limit() {
        for (asked, had) in [(0, 0), (1, 1), (600, 600), (MOST_TOKENS + 1, MOST_TOKENS)] {
            let echo = Echo {
                tokens: Some(asked),
                ..Echo::default()
            };
            assert_eq!(echo.tokens("why?").len(), had);
        }
    }
}
