//! Templates: compiled and rendered once with samples, so that a mistake in one shows at the start and not in the first answer.

use std::error::Error as _;

use minijinja::{Value, context};

use crate::config::fault::Fault;
use crate::pipeline::templates;
use crate::text::Surroundings;

/// The variables of `answer.template`.
pub(in crate::config) const ANSWER_VARIABLES: &[&str] = &[
    "name",
    "question",
    "assistant",
    "answer",
    "echo",
    "agent",
    "block",
];

/// The variables of `answer.instructions`.
pub(in crate::config) const INSTRUCTION_VARIABLES: &[&str] = &[
    "assistant",
    "asker",
    "team",
    "channel",
    "header",
    "purpose",
    "role",
    "prompt",
    "date",
    "zone",
];

/// A text no template contains by chance.
const SAMPLE_ANSWER: &str = "a sample answer 7c1f";

/// Checks what an answer looks like: with and without the question, of an agent and of the usual assistant, for an answer that
/// is a block and one that is not.
pub(super) fn check_answer(template: &str) -> Result<(), Fault> {
    for flags in 0..8_u8 {
        let [echo, agent, block] = [1, 2, 4].map(|flag| flags & flag != 0);
        let sample = context! {
            name => "alice", question => "why?", assistant => "GPT",
            answer => SAMPLE_ANSWER, echo => echo, agent => agent, block => block,
        };
        if !render(template, sample, ANSWER_VARIABLES)?.contains(SAMPLE_ANSWER) {
            return Err(Fault::NoAnswer);
        }
    }
    Ok(())
}

const SAMPLE_SURROUNDINGS: Surroundings<'static> = Surroundings {
    assistant: "GPT",
    asker: "alice",
    team: "Acme",
    channel: "Lobby",
    header: "",
    purpose: "",
    role: "",
    prompt: "",
    date: "2026-01-31 12:00",
    zone: "Asia/Seoul",
};

/// Checks what a model is told.
pub(super) fn check_instructions(template: &str) -> Result<(), Fault> {
    render(
        template,
        Value::from_pairs(SAMPLE_SURROUNDINGS.variables()),
        INSTRUCTION_VARIABLES,
    )
    .map(|_| ())
}

fn render(
    template: &str,
    sample: Value,
    variables: &'static [&'static str],
) -> Result<String, Fault> {
    templates()
        .render_str(template, sample)
        .map_err(|error| Fault::Template {
            message: message(&error),
            variables,
        })
}

fn message(error: &minijinja::Error) -> String {
    let mut text = error.kind().to_string();
    if let Some(detail) = error.detail() {
        text = format!("{text}: {detail}");
    }
    if let Some(line) = error.line() {
        text = format!("{text} (line {line} of the template)");
    }
    if let Some(source) = error.source() {
        text = format!("{text}: {source}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::DEFAULT_TEMPLATE;

    fn shown(question: &str, answer: &str, echo: bool, block: bool) -> String {
        let sample = context! {
            name => "alice", assistant => "GPT",
            question => question, answer => answer, echo => echo, agent => false, block => block,
        };
        render(DEFAULT_TEMPLATE, sample, ANSWER_VARIABLES).unwrap()
    }

    #[test]
    fn the_default_shows_question_and_answer_in_two_lines() {
        assert_eq!(check_answer(DEFAULT_TEMPLATE), Ok(()));
        assert_eq!(
            shown("why?", "because", true, false),
            "**alice**: why?\n**GPT**: because"
        );
        assert_eq!(shown("why?", "because", false, false), "because");
    }

    #[test]
    fn the_variables_of_instructions_are_those_that_are_named() {
        let variables = SAMPLE_SURROUNDINGS.variables().map(|(name, _)| name);
        assert_eq!(variables, INSTRUCTION_VARIABLES);
    }

    #[test]
    fn the_default_sets_blocks_apart() {
        assert_eq!(
            shown("why?", "- a\n- b", true, true),
            "**alice**: why?\n**GPT**:\n\n- a\n- b"
        );
        assert_eq!(shown("why?", "- a", false, true), "- a");
    }

    #[test]
    fn a_template_that_is_broken_endless_or_loses_the_answer_is_refused() {
        assert_eq!(check_answer("{{ question }}"), Err(Fault::NoAnswer));
        assert_eq!(
            check_answer("{% if echo %}{{ answer }}{% endif %}"),
            Err(Fault::NoAnswer)
        );
        for template in [
            "{{ answer",
            "{{ anwser }}",
            "{{ answer | nofilter }}",
            "{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}",
        ] {
            assert!(
                matches!(check_answer(template), Err(Fault::Template { .. })),
                "{template}"
            );
        }
    }
}
