//! What a model is told about itself where the administrator wrote no instructions.

use super::language::Language;
use super::sentence::{Message, render};

/// Writes the default instructions (the system prompt) for an assistant of this name.
///
/// `date_text` is the date and time as people write it, `zone` the name of their time zone; both are put in as they
/// are. The text tells the model to answer in the asker's language, that it has no live data, and which Markdown
/// Mattermost shows.
#[must_use]
pub fn default_instructions(
    language: Language,
    assistant: &str,
    date_text: &str,
    zone: &str,
) -> String {
    let message = Message::named("instructions")
        .with("assistant", assistant)
        .with("date", date_text)
        .with("zone", zone);
    render(language, &message)
}

/// Asks a model to go on where its answer was cut.
#[must_use]
pub fn go_on(language: Language) -> String {
    render(language, &Message::named("go-on"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instructions_carry_the_name_the_date_and_the_zone() {
        for language in Language::ALL {
            let written = default_instructions(language, "GPT", "2026-11-23 12:00", "Asia/Seoul");
            for expected in ["GPT", "2026-11-23 12:00", "Asia/Seoul", "Markdown", "HTML"] {
                assert!(written.contains(expected), "{language:?}: {expected}");
            }
        }
    }

    #[test]
    fn the_instructions_say_that_there_is_no_live_data() {
        let korean = default_instructions(Language::Korean, "GPT", "", "");
        assert!(korean.contains("날씨") && korean.contains("실시간"));
        let english = default_instructions(Language::English, "GPT", "", "");
        assert!(english.contains("weather") && english.contains("live data"));
    }

    #[test]
    fn the_instructions_keep_their_paragraphs() {
        for language in Language::ALL {
            let written = default_instructions(language, "GPT", "", "");
            assert!(written.contains("\n\n- "), "{written}");
        }
    }
}
