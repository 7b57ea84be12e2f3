//! What a model is told about itself where the administrator wrote no instructions.

use super::language::Language;
use super::sentence::{Message, render};

/// By whom, where and when a question is asked, as a model is told. A text is empty where there is nothing to tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// The assistant's name.
    pub assistant: &'a str,
    /// The account name of whoever asks.
    pub asker: &'a str,
    /// What the team is called.
    pub team: &'a str,
    /// What the channel is called.
    pub channel: &'a str,
    /// The line above the channel's posts.
    pub header: &'a str,
    /// What the channel is for.
    pub purpose: &'a str,
    /// What an agent is told of itself.
    pub role: &'a str,
    /// What whoever administers the channel has to say to the model.
    pub prompt: &'a str,
    /// Date and time as people write them.
    pub date: &'a str,
    /// The name of their time zone.
    pub zone: &'a str,
}

impl<'a> Surroundings<'a> {
    /// Returns the variables that a template of instructions may use, each with its text.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, &'a str); 10] {
        [
            ("assistant", self.assistant),
            ("asker", self.asker),
            ("team", self.team),
            ("channel", self.channel),
            ("header", self.header),
            ("purpose", self.purpose),
            ("role", self.role),
            ("prompt", self.prompt),
            ("date", self.date),
            ("zone", self.zone),
        ]
    }
}

/// Writes the default instructions (the system prompt).
///
/// The text tells the model to answer in the asker's language, that it has no live data, which Markdown Mattermost shows, and then what is
/// around the question: what changes least comes first, so that a provider's cache of prompts finds the same beginning again.
#[must_use]
pub fn default_instructions(language: Language, around: &Surroundings<'_>) -> String {
    let said = |message: Message<'_>| render(language, &message);
    let head = Message::named("instructions").with("assistant", around.assistant);
    let mut text = said(head);
    if !around.role.is_empty() {
        push(&mut text, "\n\n", &said(Message::named("around-role")));
        push(&mut text, "\n\n", around.role);
    }
    let place = match (around.channel, around.team) {
        ("", _) => None,
        (channel, "") => Some(Message::named("around-group").with("channel", channel)),
        (channel, team) => {
            let place = Message::named("around-channel").with("channel", channel);
            Some(place.with("team", team))
        }
    };
    let about = [
        place,
        (!around.purpose.is_empty())
            .then(|| Message::named("around-purpose").with("purpose", around.purpose)),
        (!around.header.is_empty())
            .then(|| Message::named("around-header").with("header", around.header)),
    ];
    if about.iter().any(Option::is_some) {
        push(&mut text, "\n\n", &said(Message::named("around-hearsay")));
        for message in about.into_iter().flatten() {
            push(&mut text, "\n- ", &said(message));
        }
    }
    if !around.prompt.is_empty() {
        push(&mut text, "\n\n", &said(Message::named("around-prompt")));
        push(&mut text, "\n\n", around.prompt);
    }
    let now = Message::named("around-now").with("date", around.date);
    push(&mut text, "\n\n", &said(now.with("zone", around.zone)));
    if !around.asker.is_empty() {
        let asker = Message::named("around-asker").with("asker", around.asker);
        push(&mut text, " ", &said(asker));
    }
    text
}

fn push(text: &mut String, between: &str, further: &str) {
    text.push_str(between);
    text.push_str(further);
}

/// Asks a model to go on where its answer was cut.
#[must_use]
pub fn go_on(language: Language) -> String {
    render(language, &Message::named("go-on"))
}

/// Asks a model to summarise a conversation of which it is told the questions (`>`) and answers (`<`), and a summary of what was before.
#[must_use]
pub fn summary_instructions(language: Language) -> String {
    render(language, &Message::named("summary-instructions"))
}

/// Introduces a summary of what was said before.
#[must_use]
pub fn summary_told(language: Language, summary: &str) -> String {
    introduced(language, "summary-told", summary)
}

/// Introduces what was said in a channel before a question.
#[must_use]
pub fn recent(language: Language, said: &str) -> String {
    introduced(language, "recent", said)
}

/// How the text of a file stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// In writing.
    Writing,
    /// It is said in it, and a model wrote it down.
    Speech,
}

/// Introduces what is in a file that was attached to a question.
#[must_use]
pub fn attached_file(
    language: Language,
    medium: Medium,
    name: &str,
    text: &str,
    is_whole: bool,
) -> String {
    let introduction = match (medium, is_whole) {
        (Medium::Writing, true) => "attached",
        (Medium::Writing, false) => "attached-beginning",
        (Medium::Speech, true) => "transcript",
        (Medium::Speech, false) => "transcript-beginning",
    };
    let [begin, end] = [introduction, "attached-end"].map(|message| {
        render(
            language,
            &Message::named(message).with("name", name.to_owned()),
        )
    });
    format!("\n\n{begin}\n\n{text}\n\n{end}")
}

/// A thread that a question links to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked<'a> {
    /// What was said there.
    Said(&'a str),
    /// It is not to be seen.
    Unseen,
    /// Not even its last post can be told.
    TooLong,
}

/// Introduces a thread that a question links to, or says why it is not told.
#[must_use]
pub fn linked(language: Language, thread: Linked<'_>) -> String {
    match thread {
        Linked::Said(said) => introduced(language, "linked", said),
        Linked::Unseen => render(language, &Message::named("linked-unseen")),
        Linked::TooLong => render(language, &Message::named("linked-too-long")),
    }
}

fn introduced(language: Language, introduction: &'static str, said: &str) -> String {
    let introduction = render(language, &Message::named(introduction));
    format!("{introduction}\n\n{said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const AROUND: Surroundings<'static> = Surroundings {
        assistant: "GPT",
        asker: "alice",
        team: "Acme",
        channel: "Release Room",
        header: "Next: **9.1** on Friday",
        purpose: "Releases of the app",
        role: "You review code.",
        prompt: "Speak of {nothing} but releases.",
        date: "2026-11-23 12:00",
        zone: "Asia/Seoul",
    };

    #[test]
    fn the_instructions_carry_all_that_is_around_a_question() {
        for language in Language::ALL {
            let written = default_instructions(language, &AROUND);
            for expected in [
                AROUND.assistant,
                AROUND.asker,
                AROUND.team,
                AROUND.channel,
                AROUND.header,
                AROUND.purpose,
                AROUND.role,
                AROUND.prompt,
                AROUND.date,
                AROUND.zone,
                "Markdown",
                "HTML",
            ] {
                assert!(written.contains(expected), "{language:?}: {expected}");
            }
            let ours = written.replace(AROUND.prompt, "");
            assert!(!ours.contains(['{', '}', '\u{2068}']), "{written}");
        }
    }

    #[test]
    fn what_changes_least_comes_first() {
        for language in Language::ALL {
            let written = default_instructions(language, &AROUND);
            let at = |text: &str| written.find(text).unwrap();
            assert!(at("Markdown") < at(AROUND.role) && at(AROUND.role) < at(AROUND.team));
            assert!(at(AROUND.header) < at(AROUND.prompt));
            assert!(at(AROUND.prompt) < at(AROUND.date));
            assert!(at(AROUND.date) < at(AROUND.asker));
        }
    }

    #[test]
    fn nothing_is_said_of_what_is_not_known() {
        let around = Surroundings {
            assistant: "GPT",
            date: "2026-11-23 12:00",
            zone: "Asia/Seoul",
            ..Surroundings::default()
        };
        let head = |language| {
            render(
                language,
                &Message::named("instructions").with("assistant", "GPT"),
            )
        };
        for language in Language::ALL {
            let written = default_instructions(language, &around);
            let rest = written.strip_prefix(&head(language)).unwrap();
            assert_eq!(rest.trim().lines().count(), 1, "{rest}");
            let group = Surroundings {
                channel: "alice, bob",
                ..around
            };
            assert!(default_instructions(language, &group).contains("alice, bob"));
        }
    }

    #[test]
    fn what_was_said_elsewhere_is_introduced_or_said_not_to_be_seen() {
        for language in Language::ALL {
            let seen = linked(language, Linked::Said("alice: hello"));
            assert!(
                seen.ends_with("\n\nalice: hello") && seen.len() > 40,
                "{seen}"
            );
            let before = recent(language, "alice: hello");
            assert!(before.ends_with("\n\nalice: hello") && before.len() > 40);
            let (unseen, too_long) = (Linked::Unseen, Linked::TooLong);
            assert!(linked(language, unseen).len() > 40);
            assert!(linked(language, too_long).len() > 40);
            assert_ne!(linked(language, unseen), linked(language, too_long));
        }
    }

    #[test]
    fn the_instructions_say_that_there_is_no_live_data() {
        let korean = default_instructions(Language::Korean, &AROUND);
        assert!(korean.contains("날씨") && korean.contains("실시간"));
        let english = default_instructions(Language::English, &AROUND);
        assert!(english.contains("weather") && english.contains("live data"));
    }

    #[test]
    fn the_instructions_keep_their_paragraphs() {
        for language in Language::ALL {
            let written = default_instructions(language, &AROUND);
            assert!(written.contains("\n\n- "), "{written}");
        }
    }
}
