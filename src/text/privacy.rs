//! What is said about what is kept of people's words, and about forgetting it.

use super::language::Language;
use super::sayings::sayings;
use super::sentence::render;

sayings! {
    /// One thing said about privacy.
    pub enum PrivacySaying {
        /// That a person's questions in this channel or thread were erased, and what was not.
        ForgottenHere { questions } = "privacy-forgotten-here",
        /// The same of all their questions.
        ForgottenEverywhere { questions } = "privacy-forgotten-everywhere",
        /// That answers that were being written are stopped and erased when they have ended.
        StoppedToo { answers } = "privacy-stopped-too",
        /// That there was nothing of theirs.
        NothingToForget = "privacy-nothing",
        /// That everything is sealed with the present key, and how many rows were not.
        KeysRotated { rows } = "privacy-keys-rotated",
        /// As a line of the help.
        ForgetHelp { trigger } = "privacy-help",
    }
}

/// Says something about privacy.
#[must_use]
pub fn say_of_privacy(language: Language, saying: &PrivacySaying<'_>) -> String {
    render(language, &saying.message(saying.id()))
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let said = PrivacySaying::all().into_iter().map(|saying| {
            let said = say_of_privacy(language, &saying);
            (saying.id().to_owned(), said, held::arguments(&saying))
        });
        said.collect()
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/privacy.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/privacy.ftl");
        held::together(Language::English, english, everything(Language::English));
    }
}
