//! What is said about agents: the assistants that have a name of their own.

use super::language::Language;
use super::sayings::sayings;
use super::sentence::render;

sayings! {
    /// One thing said about agents.
    pub enum AgentSaying {
        /// Stands above whoever may be asked.
        Heading = "agents-heading",
        /// The assistant that answers where nobody is named.
        Usual { assistant } = "agents-usual",
        /// Whom the channel has chosen.
        OfThisChannel { name } = "agents-of-this-channel",
        /// How they are asked.
        How { trigger, name } = "agents-how",
        /// That there are some, as a line of the help.
        Help { trigger } = "agents-help",
    }
}

/// Says something about agents.
#[must_use]
pub fn say_of_agents(language: Language, saying: &AgentSaying<'_>) -> String {
    render(language, &saying.message(saying.id()))
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let said = AgentSaying::all().into_iter().map(|saying| {
            let said = say_of_agents(language, &saying);
            (saying.id().to_owned(), said, held::arguments(&saying))
        });
        said.collect()
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/agents.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/agents.ftl");
        held::together(Language::English, english, everything(Language::English));
    }
}
