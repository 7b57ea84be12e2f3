//! How a target counts tokens: what it reports of prompts, beside what we had estimated.
//!
//! We estimate rather too many (`estimate_tokens`), and by how much depends on the model's vocabulary and on the languages that are
//! spoken. What a server reports of the prompts it was sent corrects that, so that its window is used as far as it goes.

use std::collections::VecDeque;

use crate::domain::prompt::Window;

/// How many reports are remembered.
const REMEMBERED: usize = 32;

/// From how many on they are believed to say that we estimate too many.
const ENOUGH: usize = 8;

/// Prompts that are estimated shorter say too much of what a server adds to each.
const SHORTEST: u64 = 256;

/// What is added to the ratio that was seen: the next prompt may be of another kind.
const MARGIN: f64 = 1.1;

/// Within these bounds a ratio is believed.
const LEAST: f64 = 0.3;
const MOST: f64 = 3.0;

/// The last ratios of tokens that were reported to those that were estimated.
#[derive(Debug, Default)]
pub(super) struct Measure(VecDeque<f64>);

impl Measure {
    /// Takes in what was reported of a prompt.
    pub(super) fn note(&mut self, estimated: u64, reported: u64) {
        if estimated < SHORTEST || reported == 0 {
            return;
        }
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0
            .push_back((number(reported) / number(estimated)).clamp(LEAST, MOST));
    }

    /// Returns the ratio that nine of ten do not exceed: one prompt of odd characters does not make everybody's window small.
    fn high(&self) -> f64 {
        let mut sorted: Vec<f64> = self.0.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = (sorted.len() * 9).div_ceil(10).saturating_sub(1);
        sorted.get(at).copied().unwrap_or(LEAST)
    }

    /// Returns a window as our estimates fill it.
    pub(super) fn of(&self, window: Window) -> Window {
        let high = self.high() * MARGIN;
        // That we estimate too few is believed at once.
        let ratio = if self.0.len() < ENOUGH {
            high.max(1.0)
        } else {
            high
        };
        let room = scaled(window.room(), 1.0 / ratio);
        Window {
            total_tokens: window.answer_tokens.saturating_add(room),
            answer_tokens: window.answer_tokens,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "tokens of a prompt are far fewer than an f64 counts"
)]
fn number(tokens: u64) -> f64 {
    tokens as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is bounded by what a u32 holds"
)]
fn scaled(tokens: u32, by: f64) -> u32 {
    (f64::from(tokens) * by).clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        total_tokens: 1_100,
        answer_tokens: 100,
    };

    fn room(measure: &Measure) -> u32 {
        let window = measure.of(WINDOW);
        assert_eq!(window.answer_tokens, 100);
        window.total_tokens - 100
    }

    #[test]
    fn a_window_is_as_large_as_what_is_reported_of_prompts_says() {
        let mut measure = Measure::default();
        assert_eq!(room(&measure), 1_000, "nothing is known");
        for _ in 1..ENOUGH {
            measure.note(1_000, 500);
            assert_eq!(room(&measure), 1_000, "too few are known");
        }
        measure.note(1_000, 400);
        // The highest ratio, 0.5, and a tenth of it.
        assert_eq!(room(&measure), 1_818);
        for _ in 0..REMEMBERED {
            measure.note(1_000, 900);
        }
        assert_eq!(room(&measure), 1_010);
        for _ in 0..REMEMBERED / 11 {
            measure.note(1_000, 3_000);
        }
        assert_eq!(room(&measure), 1_010, "few of many are not believed");
    }

    #[test]
    fn that_too_few_are_estimated_is_believed_at_once_and_nonsense_within_bounds() {
        let mut measure = Measure::default();
        measure.note(1_000, 2_000);
        assert_eq!(room(&measure), 454);
        let mut liar = Measure::default();
        liar.note(1_000, u64::MAX);
        assert_eq!(room(&liar), 303);
        let mut flatterer = Measure::default();
        for _ in 0..ENOUGH {
            flatterer.note(1_000, 1);
        }
        assert_eq!(room(&flatterer), 3_030);
        let mut silent = Measure::default();
        silent.note(1_000, 0);
        silent.note(10, 1_000);
        assert_eq!(room(&silent), 1_000);
    }
}
