//! What a server refuses, learnt from its own words: which field to leave out, and what to send instead.
//!
//! Servers that call themselves compatible refuse with a 400 or 422 what others need: `stream_options`, a temperature, `max_tokens`
//! beside `max_completion_tokens`, a system message. What is learnt holds for the model at that server until the process ends.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::error::Said;
use super::settings::{AnswerLimit, InstructionsRole, Manners};

/// Fields without which a question is still the same question.
const OPTIONAL: [&str; 17] = [
    "safety_identifier",
    "response_format",
    "prompt_cache_key",
    "stream_options",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
    "reasoning",
    "store",
    "seed",
    "stop",
];

/// What messages say (lower case) when a field is not taken: OpenAI (three), OpenAI, transformers, pydantic's servers (two), Anthropic,
/// Groq, Mistral, others.
const REFUSING_WORDS: [&str; 12] = [
    "unsupported",
    "not supported",
    "does not support",
    "unrecognized request argument",
    "unexpected field",
    "extra inputs are not permitted",
    "extra_forbidden",
    "cannot both be specified",
    "is unsupported",
    "extra fields not permitted",
    "unknown field",
    "unknown parameter",
];

/// What messages say of instructions that are not taken: OpenAI's o1, templates of Gemma and Mistral (two).
const NO_INSTRUCTIONS: [&str; 4] = [
    "'messages[0].role' does not support",
    "system role not supported",
    "only user and assistant roles are supported",
    "conversation roles must alternate user/assistant",
];

/// One thing that is done otherwise from now on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lesson {
    /// A field is left out.
    Without(&'static str),
    /// The instructions go with the first question.
    NoInstructions,
}

impl Lesson {
    /// Returns what is to be known of it, for people.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Without(field) => field,
            Self::NoInstructions => "system",
        }
    }
}

/// Reads from a refusal what to do otherwise; `None` where it is about something else.
pub(super) fn lesson(said: &Said, sent: &[String]) -> Option<Lesson> {
    if said.has_words(&NO_INSTRUCTIONS) {
        return Some(Lesson::NoInstructions);
    }
    let refuses = said.has_words(&REFUSING_WORDS) || said.refuses_a_parameter();
    if !refuses {
        return None;
    }
    OPTIONAL
        .into_iter()
        .filter(|field| sent.iter().any(|name| name == field))
        .filter_map(|field| Some((said.place_of(field)?, field)))
        .min()
        .map(|(_, field)| Lesson::Without(field))
}

/// Everything learnt of one model.
#[derive(Debug, Default)]
pub(super) struct Lessons(BTreeSet<Lesson>);

impl Lessons {
    /// Takes in a lesson; `false` where it was known and did not help.
    pub(super) fn learn(&mut self, lesson: Lesson) -> bool {
        self.0.insert(lesson)
    }

    /// Returns the words of all that was learnt.
    pub(super) fn words(&self) -> Vec<&'static str> {
        self.0.iter().map(Lesson::word).collect()
    }

    /// Returns how long an answer may be is said from now on.
    pub(super) fn limit(&self, limit: AnswerLimit) -> AnswerLimit {
        let without = |field| self.0.contains(&Lesson::Without(field));
        match limit {
            // Whichever is refused, the other is tried before none is sent.
            AnswerLimit::MaxTokens if without("max_tokens") => {
                if without("max_completion_tokens") {
                    AnswerLimit::Unsent
                } else {
                    AnswerLimit::MaxCompletionTokens
                }
            }
            AnswerLimit::MaxCompletionTokens if without("max_completion_tokens") => {
                if without("max_tokens") {
                    AnswerLimit::Unsent
                } else {
                    AnswerLimit::MaxTokens
                }
            }
            limit => limit,
        }
    }

    /// Returns the manners as they are from now on.
    pub(super) fn manners(&self, manners: &Manners) -> Manners {
        let mut manners = manners.clone();
        if self.0.contains(&Lesson::NoInstructions) {
            manners.instructions = InstructionsRole::User;
        }
        manners
    }

    /// Takes out what is left out from now on.
    pub(super) fn strip(&self, body: &mut Map<String, Value>) {
        for lesson in &self.0 {
            if let Lesson::Without(field) = lesson {
                body.remove(*field);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn learnt(body: &str) -> Option<Lesson> {
        let sent = json!({
            "model": "m", "messages": [], "stream": true, "stream_options": {}, "max_tokens": 5, "temperature": 1, "top_p": 1, "top_k": 4,
        });
        let sent: Vec<_> = sent.as_object().unwrap().keys().cloned().collect();
        lesson(&Said::in_body(body.as_bytes()), &sent)
    }

    #[test]
    fn a_refused_field_is_read_from_what_servers_say() {
        for (body, field) in [
            // OpenAI, three ways.
            (
                r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#,
                "max_tokens",
            ),
            (
                r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.","param":"temperature","code":"unsupported_value"}}"#,
                "temperature",
            ),
            (
                r#"{"error":{"message":"Unrecognized request argument supplied: stream_options"}}"#,
                "stream_options",
            ),
            // transformers serve, recorded with another field.
            (
                r#"{"detail":"Unexpected fields in the request: {'stream_options'}"}"#,
                "stream_options",
            ),
            // Servers built on pydantic, as Mistral's.
            (
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{}}]}"#,
                "stream_options",
            ),
            // Anthropic.
            (
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"`temperature` and `top_p` cannot both be specified for this model."}}"#,
                "temperature",
            ),
            (
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"top_k: Extra inputs are not permitted"}}"#,
                "top_k",
            ),
            // Groq.
            (
                r#"{"error":{"message":"property 'top_k' is unsupported"}}"#,
                "top_k",
            ),
        ] {
            assert_eq!(learnt(body), Some(Lesson::Without(field)), "{body}");
        }
    }

    #[test]
    fn instructions_that_are_not_taken_go_with_the_question() {
        for body in [
            r#"{"error":{"message":"Unsupported value: 'messages[0].role' does not support 'system' with this model."}}"#,
            r#"{"error":{"message":"System role not supported"}}"#,
            r#"{"detail":"Only user and assistant roles are supported!"}"#,
        ] {
            assert_eq!(learnt(body), Some(Lesson::NoInstructions), "{body}");
        }
    }

    #[test]
    fn other_refusals_teach_nothing() {
        for body in [
            "",
            r#"{"error":{"message":"Unsupported parameter: 'tools'"}}"#,
            r#"{"error":{"message":"Unsupported parameter: 'logprobs'"}}"#,
            r#"{"error":{"message":"temperature must be at most 2"}}"#,
            r#"{"error":{"message":"the messages are not supported; my_temperature"}}"#,
        ] {
            assert_eq!(learnt(body), None, "{body}");
        }
    }

    #[test]
    fn of_the_two_names_of_a_length_the_other_is_tried_before_none() {
        let mut lessons = Lessons::default();
        for limit in [AnswerLimit::MaxTokens, AnswerLimit::MaxCompletionTokens] {
            assert_eq!(lessons.limit(limit), limit);
        }
        assert!(lessons.learn(Lesson::Without("max_tokens")));
        assert_eq!(
            lessons.limit(AnswerLimit::MaxTokens),
            AnswerLimit::MaxCompletionTokens
        );
        assert!(lessons.learn(Lesson::Without("max_completion_tokens")));
        assert_eq!(lessons.limit(AnswerLimit::MaxTokens), AnswerLimit::Unsent);
        assert_eq!(
            lessons.limit(AnswerLimit::MaxCompletionTokens),
            AnswerLimit::Unsent
        );
        assert!(!lessons.learn(Lesson::Without("max_tokens")));
    }
}
