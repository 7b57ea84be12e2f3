//! Composition: from what a model wrote to the texts of posts.
//!
//! One way for every text that people see, finished or not: close what is open, adapt it to what Mattermost shows, make it harmless,
//! put it into the template, split it at blocks. Each step is pure and lives in [`crate::markdown`].

use minijinja::{Environment, UndefinedBehavior, context};

use super::Settings;
use crate::domain::event::Origin;
use crate::domain::post::Delivery;
use crate::domain::question::Question;
use crate::markdown::{self, Dialect, Limits, LinkContext};
use crate::text::{Language, Sentence, say};

/// The template of an answer where none is configured.
pub const DEFAULT_TEMPLATE: &str = "{% if echo %}**{{ name }}**: {{ question }}\n**{{ assistant }}**:{% if block %}\n\n{% else %} {% endif %}{% endif %}{{ answer }}";

/// Steps a template may take; it has no loops worth more.
const TEMPLATE_FUEL: u64 = 10_000;

/// Makes what renders templates, the same where they are checked and where they are used: a name that is not known is an error, and a loop ends.
#[must_use]
pub fn templates() -> Environment<'static> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_fuel(Some(TEMPLATE_FUEL));
    templates
}

const TEMPLATE: &str = "answer";

/// Makes posts of answers.
pub(super) struct Composer {
    templates: Environment<'static>,
    language: Language,
    assistant: String,
    dialect: Dialect,
    max_posts: usize,
}

/// An answer as it is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Composed {
    /// One text for each post, never empty.
    pub(super) texts: Vec<String>,
    /// Whether posts beyond the limit were left out.
    pub(super) is_cut: bool,
}

impl Composer {
    pub(super) fn new(settings: &Settings) -> Result<Self, minijinja::Error> {
        let mut templates = templates();
        templates.add_template_owned(TEMPLATE, settings.template.clone())?;
        Ok(Self {
            templates,
            language: settings.language,
            assistant: settings.assistant_name.clone(),
            dialect: Dialect {
                latex: settings.latex,
            },
            max_posts: settings.max_posts.max(1),
        })
    }

    /// Composes what a model has written so far, closed so that it shows well.
    pub(super) fn view(&self, question: &Question, written: &str) -> Composed {
        self.compose(question, &markdown::close(written.trim()), None)
    }

    /// Composes what a model wrote in all, with a footnote where there is one to make; where posts are left out, one says so.
    pub(super) fn answer(
        &self,
        question: &Question,
        answer: &str,
        footnote: Option<Sentence<'_>>,
    ) -> Composed {
        let mut composed = match footnote {
            // It was broken off, and the footnote must not stand within what it left open.
            Some(_) => self.compose(question, &markdown::close(answer.trim()), footnote),
            None => self.compose(question, answer.trim(), None),
        };
        if composed.is_cut
            && let Some(last) = composed.texts.last_mut()
        {
            let sentence = match footnote {
                Some(Sentence::AnswerStopped) => Sentence::AnswerStopped,
                _ => Sentence::AnswerCutAtLength,
            };
            *last = end_with(last, &say(self.language, &sentence));
        }
        composed
    }

    fn compose(
        &self,
        question: &Question,
        written: &str,
        footnote: Option<Sentence<'_>>,
    ) -> Composed {
        let links = LinkContext::of_conversation([question.text.as_str()]);
        let adapted = markdown::adapt(written, self.dialect);
        let mut shown = markdown::neutralise(&adapted, &links);
        if let Some(sentence) = footnote {
            let gap = if shown.is_empty() { "" } else { "\n\n" };
            shown.push_str(gap);
            shown.push_str(&say(self.language, &sentence));
        }
        self.split(&self.fill(question, &shown))
    }

    /// Composes a sentence of ours in place of an answer.
    pub(super) fn sentence(&self, question: &Question, sentence: &Sentence<'_>) -> Composed {
        let said = say(self.language, sentence);
        match question.delivery {
            Delivery::Inline => self.split(&said),
            Delivery::Bot { .. }
            | Delivery::Direct { .. }
            | Delivery::Response { .. }
            | Delivery::Webhook { .. } => self.split(&self.fill(question, &said)),
        }
    }

    /// Composes for the asker alone what may not be posted where it was asked for: it begins with a sentence that says so, and with
    /// the question where that stood above it in the channel.
    pub(super) fn for_the_asker_alone(&self, question: &Question, texts: &[String]) -> Vec<String> {
        let mut begin = say(self.language, &Sentence::AnsweredDirectly);
        if !echoes(question) {
            let name = markdown::inline(&question.asker.name, markdown::ECHO_CHARS);
            let asked = markdown::inline(&question.text, markdown::ECHO_CHARS);
            begin = format!("{begin}\n\n**{name}**: {asked}");
        }
        let mut texts = texts.iter();
        let first = texts.next().map_or("", String::as_str);
        let mut composed = markdown::split(&format!("{begin}\n\n{first}"), Limits::default());
        composed.extend(texts.cloned());
        composed
    }

    /// Takes from a post of ours what the model had written of it.
    pub(super) fn unfill(&self, question: &Question, message: &str) -> String {
        let heading = self.fill(question, "");
        let answer = message.strip_prefix(heading.trim_end()).unwrap_or(message);
        answer.trim().to_owned()
    }

    fn fill(&self, question: &Question, answer: &str) -> String {
        let name = markdown::inline(&question.asker.name, markdown::ECHO_CHARS);
        let asked = markdown::inline(&question.text, markdown::ECHO_CHARS);
        let assistant = self.assistant.as_str();
        let values = context! { name, question => asked, assistant, answer, echo => echoes(question), block => begins_with_block(answer) };
        let filled = self
            .templates
            .get_template(TEMPLATE)
            .and_then(|template| template.render(values));
        filled.unwrap_or_else(|error| {
            // Checked at start with every combination of the flags, so this is a template that runs out of fuel on a long text.
            tracing::error!(error = %error, "the answer's template failed; the answer is posted without it");
            answer.to_owned()
        })
    }

    fn split(&self, text: &str) -> Composed {
        let mut texts = markdown::split(text, Limits::default());
        let is_cut = texts.len() > self.max_posts;
        texts.truncate(self.max_posts);
        Composed { texts, is_cut }
    }
}

/// Ends the text of a post with a footnote, and with less of the text where both do not fit.
fn end_with(text: &str, footnote: &str) -> String {
    let footnote = format!("\n\n{footnote}");
    let runes = markdown::POST_RUNES.saturating_sub(footnote.chars().count());
    let mut parts = markdown::split(text, Limits { runes });
    parts.truncate(1);
    parts.push(footnote);
    parts.concat()
}

/// Whether the answer begins with whose question it is. A reply in the thread of the question itself does not need to.
fn echoes(question: &Question) -> bool {
    match (&question.origin, &question.delivery) {
        (Origin::OutgoingHook { .. }, Delivery::Bot { .. }) | (Origin::Post { .. }, _) => false,
        (Origin::Command { .. } | Origin::OutgoingHook { .. } | Origin::ByHand, _) => true,
    }
}

/// Whether a text begins with something that shows only at the beginning of a line.
fn begins_with_block(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let number = line.trim_start_matches(|character: char| character.is_ascii_digit());
    let is_numbered =
        number.len() < line.len() && (number.starts_with(". ") || number.starts_with(") "));
    is_numbered
        || ["```", "~~~", "|", "#", "- ", "* ", "+ ", ">", "    "]
            .iter()
            .any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_begins_with_a_block_begins_on_its_own_line() {
        for block in [
            "```rust\nx\n```",
            "| a |\n|---|",
            "# Title",
            "- a",
            "1. a",
            "12) b",
            "> quote",
        ] {
            assert!(begins_with_block(block), "{block}");
        }
        for words in ["Sure", "3.14 is pi", "", "-5 degrees", "안녕하세요"] {
            assert!(!begins_with_block(words), "{words}");
        }
    }
}
