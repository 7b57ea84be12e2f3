//! Assistants with a name of their own: what each is told, which model answers for it, and who may ask it.

use super::attention::{mention_of, without_mention};
use super::channel_settings::Temperature;
use super::event::{Person, is_listed};
use super::id::{ChannelId, UserId};

/// Characters of a name, at most.
const MAX_NAME_CHARS: usize = 32;

/// What Mattermost takes for everybody, by whatever case.
const TAKEN: [&str; 3] = ["all", "channel", "here"];

/// By what people call the assistant that has no name of its own.
const DEFAULT_WORDS: [&str; 2] = ["default", "기본"];

/// What Korean puts behind the name of whom something is said to.
const DATIVES: [&str; 2] = ["에게", "한테"];

/// What stands between a name and what is said to it.
const SEPARATORS: [char; 5] = [':', '：', ',', '，', '、'];

/// By what an agent is called: letters and digits of any script, and `-`, `_` or `.` between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentName(String);

impl AgentName {
    /// Reads a name, of which large and small letters are one; `None` for what is none, and for words that mean everybody or nobody.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.to_lowercase();
        let is_inner = |character: char| character.is_alphanumeric() || "-_.".contains(character);
        let is_name = name.chars().count() <= MAX_NAME_CHARS
            && name.chars().all(is_inner)
            && name.starts_with(char::is_alphanumeric)
            && name.ends_with(char::is_alphanumeric);
        let is_taken = TAKEN.contains(&name.as_str()) || DEFAULT_WORDS.contains(&name.as_str());
        (is_name && !is_taken).then_some(Self(name))
    }

    /// Reads a name as [`AgentName::parse`] does, and also what the assistant that has none of its own is called by.
    #[must_use]
    pub fn parse_any(text: &str) -> Option<Self> {
        let is_default = DEFAULT_WORDS
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word));
        if is_default {
            Some(Self::default_assistant())
        } else {
            Self::parse(text)
        }
    }

    /// Returns the name of the assistant that has none of its own, which no agent has.
    #[must_use]
    pub fn default_assistant() -> Self {
        let [word, ..] = DEFAULT_WORDS;
        Self(word.to_owned())
    }

    /// Takes a name back from the store.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns it as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An assistant with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// By what it is called.
    pub name: AgentName,
    /// What stands above its answers.
    pub title: String,
    /// What people are told that it is for; empty where nothing is.
    pub about: String,
    /// What it is told of itself, besides what every assistant is told.
    pub prompt: String,
    /// The route or model that answers for it; where absent, the channel's, or the usual one.
    pub model: Option<String>,
    /// Its sampling temperature.
    pub temperature: Option<Temperature>,
    /// Who may ask it: names or ids of accounts; where empty, everybody.
    pub people: Vec<String>,
    /// Where it may be asked; where empty, everywhere.
    pub channels: Vec<ChannelId>,
}

impl Agent {
    /// One that is called so, and nothing else is said of it.
    #[cfg(test)]
    pub(super) fn called(name: &str) -> Self {
        Self {
            name: AgentName::parse(name).unwrap(),
            title: name.to_owned(),
            about: String::new(),
            prompt: String::new(),
            model: None,
            temperature: None,
            people: Vec::new(),
            channels: Vec::new(),
        }
    }

    /// Says whether somebody may ask it in a channel. Whoever has no account is nobody in particular.
    #[must_use]
    pub fn may_be_asked_by(&self, person: &Person, channel: Option<&ChannelId>) -> bool {
        let is_among =
            |id: &UserId| is_listed(&self.people, Some(id), Some(&person.name)) == Some(true);
        let by = self.people.is_empty() || person.id.as_ref().is_some_and(is_among);
        let at = self.channels.is_empty()
            || channel.is_some_and(|channel| self.channels.contains(channel));
        by && at
    }
}

/// All of them, each by another name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agents(Vec<Agent>);

impl Agents {
    /// Takes them, the first of each name.
    #[must_use]
    pub fn new(agents: Vec<Agent>) -> Self {
        let mut known = Self::default();
        for agent in agents {
            if known.get(&agent.name).is_none() {
                known.0.push(agent);
            }
        }
        known
    }

    /// Returns the one of a name.
    #[must_use]
    pub fn get(&self, name: &AgentName) -> Option<&Agent> {
        self.0.iter().find(|agent| agent.name == *name)
    }

    /// Returns them in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.0.iter()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether a text mentions one of them.
    #[must_use]
    pub fn are_mentioned_in(&self, text: &str) -> bool {
        let is_mentioned = |agent: &Agent| mention_of(text, agent.name.as_str()).is_some();
        self.0.iter().any(is_mentioned)
    }

    /// Returns whom a text calls, and what is said to them: `with NAME …`, `NAME에게 …`, or `@NAME` wherever it stands.
    #[must_use]
    pub fn called_in(&self, text: &str) -> Option<(AgentName, String)> {
        if self.is_empty() {
            return None;
        }
        let text = text.trim();
        let (first, rest) = split_word(text);
        let led = if first.eq_ignore_ascii_case("with") {
            let (name, rest) = split_word(rest.trim_start());
            self.named(name, rest)
        } else {
            let bare = first.trim_end_matches(SEPARATORS);
            let name = DATIVES.iter().find_map(|end| bare.strip_suffix(end));
            name.and_then(|name| self.named(name, text.get(bare.len()..)?))
        };
        led.or_else(|| self.mentioned_in(text))
    }

    /// Takes a name and what follows it. The default assistant is called with a colon only: `with default settings` is a question.
    fn named(&self, word: &str, rest: &str) -> Option<(AgentName, String)> {
        let bare = word.trim_end_matches(SEPARATORS);
        let has_colon = bare.len() < word.len() || rest.trim_start().starts_with(SEPARATORS);
        let said = rest.trim_start().trim_start_matches(SEPARATORS).trim();
        let is_default = DEFAULT_WORDS
            .iter()
            .any(|default| bare.eq_ignore_ascii_case(default));
        let name = if is_default && has_colon {
            AgentName::default_assistant()
        } else {
            AgentName::parse(bare).filter(|name| self.get(name).is_some())?
        };
        Some((name, said.to_owned()))
    }

    /// Finds the first mention; of names that begin alike the longest.
    fn mentioned_in(&self, text: &str) -> Option<(AgentName, String)> {
        let mentions = self.0.iter().filter_map(|agent| {
            let mention = mention_of(text, agent.name.as_str())?;
            Some((mention, &agent.name))
        });
        let (mention, name) =
            mentions.min_by_key(|(mention, _)| (mention.begin, usize::MAX - mention.end))?;
        Some((
            name.clone(),
            without_mention(text, mention).trim().to_owned(),
        ))
    }
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agents() -> Agents {
        let names = ["reviewer", "review", "번역가", "번역", "k8s.ops"];
        Agents::new(names.map(Agent::called).to_vec())
    }

    #[test]
    fn names_are_words_that_mean_nobody_else() {
        for name in ["reviewer", "Reviewer", "번역가", "k8s.ops", "a", "x_1-y"] {
            assert!(AgentName::parse(name).is_some(), "{name}");
        }
        for text in [
            "",
            "two words",
            "-a",
            "a.",
            "a/b",
            "@a",
            "all",
            "Here",
            "default",
            "기본",
            "a:b",
        ] {
            assert_eq!(AgentName::parse(text), None, "{text}");
        }
        assert_eq!(AgentName::parse(&"a".repeat(33)), None);
    }

    #[test]
    fn whoever_is_called_is_found_in_both_languages() {
        for (text, expected) in [
            (
                "with reviewer look at this",
                Some(("reviewer", "look at this")),
            ),
            ("With Reviewer: look", Some(("reviewer", "look"))),
            ("with reviewer : look", Some(("reviewer", "look"))),
            ("with review, look", Some(("review", "look"))),
            ("with reviewer", Some(("reviewer", ""))),
            ("번역가에게 이거 옮겨 줘", Some(("번역가", "이거 옮겨 줘"))),
            ("번역가한테: 이거", Some(("번역가", "이거"))),
            ("번역에게\n이거", Some(("번역", "이거"))),
            ("@reviewer look", Some(("reviewer", "look"))),
            ("@번역가, 이거", Some(("번역가", "이거"))),
            ("@번역가야 이거", Some(("번역가", "이거"))),
            ("이거 좀 @번역", Some(("번역", "이거 좀"))),
            (
                "ask @k8s.ops about it",
                Some(("k8s.ops", "ask @k8s.ops about it")),
            ),
            ("with default: hello", Some(("default", "hello"))),
            ("기본에게: 안녕", Some(("default", "안녕"))),
            // Questions.
            ("with default settings, what is on?", None),
            ("with nobody: hello", None),
            ("within reviewer", None),
            ("`@reviewer`", None),
            ("mail@reviewer", None),
            ("@reviewers hello", None),
            ("친구에게 뭐라고 할까?", None),
            ("에게 뭐라고?", None),
            ("", None),
        ] {
            let called = agents().called_in(text);
            let called = called
                .as_ref()
                .map(|(name, said)| (name.as_str(), said.as_str()));
            assert_eq!(called, expected, "{text:?}");
        }
        assert_eq!(Agents::default().called_in("with default: hello"), None);
    }

    #[test]
    fn an_agent_is_for_whom_and_where_it_is_said_to_be() {
        let id = |number: u32| UserId::parse(&format!("u{number:025}")).unwrap();
        let channel = |number: u32| ChannelId::parse(&format!("c{number:025}")).unwrap();
        let person = |number: u32, name: &str| Person {
            id: Some(id(number)),
            name: name.to_owned(),
        };
        let nobody = Person {
            id: None,
            name: "alice".to_owned(),
        };
        let open = Agent::called("open");
        assert!(open.may_be_asked_by(&nobody, None));
        let own = Agent {
            people: vec!["alice".to_owned(), id(2).as_str().to_owned()],
            channels: vec![channel(1)],
            ..open
        };
        for (asker, place, expected) in [
            (person(1, "alice"), Some(channel(1)), true),
            (person(1, "Alice"), Some(channel(1)), true),
            (person(2, "bob"), Some(channel(1)), true),
            (person(3, "carol"), Some(channel(1)), false),
            (person(3, id(2).as_str()), Some(channel(1)), false),
            (person(1, "alice"), Some(channel(2)), false),
            (person(1, "alice"), None, false),
            (nobody, Some(channel(1)), false),
        ] {
            let may = own.may_be_asked_by(&asker, place.as_ref());
            assert_eq!(may, expected, "{asker:?} {place:?}");
        }
    }
}
