//! What is shown while a model reasons: that it does, and for how long, seldom enough to spare Mattermost.

use std::time::Duration;

use super::generate::NOTHING_YET;
use crate::domain::time::Timestamp;
use crate::text::{Language, Sentence, say};

/// The shortest time between two signs; each is shown for as long as the reasoning had gone on before it, so that five minutes take six.
const SHORTEST: Duration = Duration::from_secs(5);

/// Says that a model has reasoned for so long.
pub(super) fn sign(language: Language, since: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(since).as_secs();
    let sentence = say(language, &Sentence::Thinking { seconds });
    format!("{NOTHING_YET} {sentence}")
}

/// Returns when the next sign is due after one was shown.
pub(super) fn next_sign(since: Timestamp, shown_at: Timestamp) -> Timestamp {
    shown_at.after(shown_at.since(since).max(SHORTEST))
}

/// Characters of reasoning that are quoted.
const QUOTED_CHARS: usize = 1_500;

/// Quotes what a model thought; empty where it thought nothing.
pub(super) fn quoted(reasoning: &str) -> String {
    let reasoning = reasoning.trim();
    if reasoning.is_empty() {
        return String::new();
    }
    let mut beginning: String = reasoning.chars().take(QUOTED_CHARS).collect();
    if beginning.len() < reasoning.len() {
        beginning.push('…');
    }
    let lines: Vec<String> = beginning.lines().map(|line| format!("> {line}")).collect();
    format!("{}\n\n", lines.join("\n"))
}

/// Says whether what was shown is no part of an answer.
pub(super) fn is_sign_of_life(shown: &str) -> bool {
    shown == NOTHING_YET
        || shown
            .strip_prefix(NOTHING_YET)
            .is_some_and(|rest| rest.starts_with(" _") && rest.ends_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_quoted_line_by_line_and_cut_where_it_is_long() {
        assert_eq!(quoted(" \n"), "");
        assert_eq!(quoted("So.\n\nThen."), "> So.\n> \n> Then.\n\n");
        let long = "x".repeat(QUOTED_CHARS + 1);
        assert_eq!(quoted(&long).chars().count(), QUOTED_CHARS + 5);
        let fits = "x".repeat(QUOTED_CHARS);
        assert_eq!(quoted(&fits), format!("> {fits}\n\n"));
    }

    #[test]
    fn signs_grow_rarer_and_are_told_from_answers() {
        let at = |seconds| Timestamp::EPOCH.after(Duration::from_secs(seconds));
        let mut shown = at(2);
        let mut signs = Vec::new();
        while shown < at(300) {
            signs.push(shown.since(at(0)).as_secs());
            shown = next_sign(at(0), shown);
        }
        assert_eq!(signs, [2, 7, 14, 28, 56, 112, 224]);
        for language in [Language::English, Language::Korean] {
            assert!(is_sign_of_life(&sign(language, at(0), at(7))));
        }
        assert!(is_sign_of_life(NOTHING_YET));
        assert!(!is_sign_of_life("… and so on"));
        assert!(!is_sign_of_life("Well…"));
    }
}
