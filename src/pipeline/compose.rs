//! Composition: from what a model wrote to the texts of posts.
//!
//! One way for every text that people see, finished or not: tidy it, close what is open, adapt it to what Mattermost shows, put it into
//! the template, and make posts of that: split at blocks, and each post harmless as the whole that it is. Each step is pure and lives in
//! [`crate::markdown`].

use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior, context};

use super::Settings;
use super::generate::NOTHING_YET;
use super::languages::Languages;
use super::rules::Rules;
use crate::domain::agent::Agents;
use crate::domain::event::Origin;
use crate::domain::post::Delivery;
use crate::domain::question::Question;
use crate::markdown::{self, Dialect, Limits, LinkContext, Posts};
use crate::text::{Sentence, say};

/// The template of an answer where none is configured.
pub const DEFAULT_TEMPLATE: &str = "{% if echo %}**{{ name }}**: {{ question }}\n**{{ assistant }}**:{% if block %}\n\n{% else %} {% endif %}{% elif agent %}**{{ assistant }}**:{% if block %}\n\n{% else %} {% endif %}{% endif %}{{ answer }}";

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
    template: String,
    languages: Arc<Languages>,
    assistant: String,
    agents: Agents,
    /// Whether LaTeX is shown, where that was configured.
    latex: Option<bool>,
    max_posts: usize,
    /// An answer is composed by the newest.
    rules: Arc<Rules>,
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
    pub(super) fn new(
        settings: &Settings,
        rules: Arc<Rules>,
        languages: Arc<Languages>,
    ) -> Result<Self, minijinja::Error> {
        let mut templates = templates();
        templates.add_template_owned(TEMPLATE, settings.template.clone())?;
        Ok(Self {
            templates,
            template: settings.template.clone(),
            languages,
            assistant: settings.assistant_name.clone(),
            agents: settings.agents.clone(),
            latex: settings.latex,
            max_posts: settings.max_posts,
            rules,
        })
    }

    fn limits(&self) -> Limits {
        Limits {
            runes: self.rules.known().post_runes,
            posts: self.max_posts,
        }
    }

    fn dialect(&self) -> Dialect {
        Dialect {
            latex: self.latex.unwrap_or(self.rules.known().latex),
        }
    }

    /// Makes more, shorter posts of texts that the server found too long after all.
    pub(super) fn shortened(&self, question: &Question, texts: &[String]) -> Vec<String> {
        let limits = Limits {
            posts: usize::MAX,
            ..self.limits()
        };
        let links = self.links(question);
        let shorter = texts
            .iter()
            .flat_map(|text| markdown::posts(text, limits, &links).texts);
        shorter.collect()
    }

    /// Composes what a model has written so far, closed so that it shows well.
    pub(super) fn view(&self, question: &Question, written: &str) -> Composed {
        self.compose(question, &closed(written), None)
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
            Some(_) => self.compose(question, &closed(answer), footnote),
            None => self.compose(question, markdown::tidy(answer).trim(), None),
        };
        if composed.is_cut
            && let Some(last) = composed.texts.last_mut()
        {
            let sentence = match footnote {
                Some(Sentence::AnswerStopped) => Sentence::AnswerStopped,
                _ => Sentence::AnswerCutAtLength,
            };
            *last = self.end_with(
                question,
                last,
                &say(self.languages.of_asker(question), &sentence),
            );
        }
        composed
    }

    fn compose(
        &self,
        question: &Question,
        written: &str,
        footnote: Option<Sentence<'_>>,
    ) -> Composed {
        let adapted = markdown::adapt(written, self.dialect());
        let mut shown = adapted.trim().to_owned();
        if let Some(sentence) = footnote {
            let gap = if shown.is_empty() { "" } else { "\n\n" };
            shown.push_str(gap);
            shown.push_str(&say(self.languages.of_asker(question), &sentence));
        }
        self.posts(question, &self.fill(question, &shown))
    }

    /// Composes a sentence of ours in place of an answer.
    pub(super) fn sentence(&self, question: &Question, sentence: &Sentence<'_>) -> Composed {
        self.said(question, &say(self.languages.of_asker(question), sentence))
    }

    /// Composes something of ours that is said in place of an answer.
    pub(super) fn said(&self, question: &Question, said: &str) -> Composed {
        match question.delivery {
            Delivery::Inline => self.posts(question, said),
            Delivery::Bot { .. }
            | Delivery::Direct { .. }
            | Delivery::Response { .. }
            | Delivery::Webhook { .. } => self.posts(question, &self.fill(question, said)),
        }
    }

    /// Composes for the asker alone what may not be posted where it was asked for: it begins with a sentence that says so, and with
    /// the question where that stood above it in the channel.
    pub(super) fn for_the_asker_alone(&self, question: &Question, texts: &[String]) -> Vec<String> {
        let mut begin = say(
            self.languages.of_asker(question),
            &Sentence::AnsweredDirectly,
        );
        if !echoes(question) {
            let name = markdown::inline(&question.asker.name, markdown::ECHO_CHARS);
            let asked = markdown::inline(&question.text, markdown::ECHO_CHARS);
            begin = format!("{begin}\n\n**{name}**: {asked}");
        }
        let mut texts = texts.iter();
        let first = texts.next().map_or("", String::as_str);
        let mut composed = self.made(question, &format!("{begin}\n\n{first}")).texts;
        composed.extend(texts.cloned());
        composed
    }

    /// Takes from a post of ours what the model had written of it.
    pub(super) fn unfill(&self, question: &Question, message: &str) -> String {
        let heading = self.made(question, &self.fill(question, "")).texts;
        let heading = heading.first().map_or("", |heading| heading.trim_end());
        without_heading(message, heading)
            .unwrap_or(message)
            .trim()
            .to_owned()
    }

    fn fill(&self, question: &Question, answer: &str) -> String {
        let name = markdown::inline(&question.asker.name, markdown::ECHO_CHARS);
        let asked = markdown::inline(&question.text, markdown::ECHO_CHARS);
        let agent = question.agent.as_ref();
        let agent = agent.and_then(|name| self.agents.get(name));
        let assistant = agent.map_or(&self.assistant, |agent| &agent.title);
        let values = context! { name, question => asked, assistant, answer, echo => echoes(question), agent => agent.is_some(), block => markdown::begins_with_block(answer) };
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

    fn posts(&self, question: &Question, text: &str) -> Composed {
        let Posts { mut texts, is_cut } = self.made(question, text);
        if texts.is_empty() {
            texts.push(NOTHING_YET.to_owned());
        }
        Composed { texts, is_cut }
    }

    fn made(&self, question: &Question, text: &str) -> Posts {
        let mut limits = self.limits_of(question);
        let begin = self.further_parts_begin(question);
        limits.runes = limits.runes.saturating_sub(begin.chars().count());
        let mut posts = markdown::posts(text, limits, &self.links(question));
        for further in posts.texts.iter_mut().skip(1) {
            further.insert_str(0, &begin);
        }
        if is_rewritten(question) {
            for text in &mut posts.texts {
                *text = markdown::without_slack_forms(text);
            }
        }
        posts
    }

    /// Returns what begins the parts after the first where they stand in the channel among others' posts, and not in a thread of their own.
    fn further_parts_begin(&self, question: &Question) -> String {
        match question.delivery {
            Delivery::Response { .. } | Delivery::Webhook { .. } => {
                let continued = say(self.languages.of_asker(question), &Sentence::Continued);
                format!("{continued}\n\n")
            }
            Delivery::Bot { .. } | Delivery::Direct { .. } | Delivery::Inline => String::new(),
        }
    }

    /// What an outgoing webhook is answered becomes one post, which Mattermost itself would cut where it is too long, code or not.
    fn limits_of(&self, question: &Question) -> Limits {
        match (&question.delivery, &question.origin) {
            (Delivery::Inline, Origin::OutgoingHook { .. }) => Limits {
                posts: 1,
                ..self.limits()
            },
            _ => self.limits(),
        }
    }

    /// Ends the text of a post with a footnote, and with less of the text where both do not fit.
    fn end_with(&self, question: &Question, text: &str, footnote: &str) -> String {
        let footnote = format!("\n\n{footnote}");
        let limits = Limits {
            runes: self.limits().runes.saturating_sub(footnote.chars().count()),
            posts: 1,
        };
        let mut parts = markdown::posts(text, limits, &self.links(question)).texts;
        parts.push(footnote);
        parts.concat()
    }

    /// Returns the hosts that links may lead to without saying so: those that the asker named, and those of the template.
    fn links(&self, question: &Question) -> LinkContext {
        LinkContext::of_conversation([question.text.as_str(), self.template.as_str()])
    }
}

/// Tidies and closes what is not finished.
fn closed(written: &str) -> String {
    markdown::close(markdown::tidy(written).trim())
}

/// Returns what of a post follows its heading. What follows may have put invisible characters into the heading.
fn without_heading<'a>(message: &'a str, heading: &str) -> Option<&'a str> {
    const INVISIBLE: char = '\u{200b}';
    let mut rest = message;
    for character in heading.chars().filter(|character| *character != INVISIBLE) {
        rest = rest.trim_start_matches(INVISIBLE).strip_prefix(character)?;
    }
    Some(rest)
}

/// Whether Mattermost takes Slack's forms for its own in the posts of this answer: it does in what webhooks bring, both kinds.
fn is_rewritten(question: &Question) -> bool {
    match (&question.delivery, &question.origin) {
        (Delivery::Webhook { .. }, _) | (Delivery::Inline, Origin::OutgoingHook { .. }) => true,
        (
            Delivery::Bot { .. }
            | Delivery::Direct { .. }
            | Delivery::Response { .. }
            | Delivery::Inline,
            _,
        ) => false,
    }
}

/// Whether the answer begins with whose question it is. A reply in the thread of the question itself does not need to.
fn echoes(question: &Question) -> bool {
    match (&question.origin, &question.delivery) {
        // Elsewhere than it was asked.
        (Origin::Post { .. }, Delivery::Direct { .. }) => true,
        (Origin::OutgoingHook { .. }, Delivery::Bot { .. }) | (Origin::Post { .. }, _) => false,
        (Origin::Command { .. } | Origin::OutgoingHook { .. } | Origin::ByHand, _) => true,
    }
}

#[cfg(test)]
mod tests;
