//! What is wished for, checked.

use url::Url;

use crate::text::Obstacle;

/// Where askwell takes what Mattermost sends; one address for commands and webhooks.
pub(super) const HOOK_PATH: &str = "mattermost-gpt";

/// The longest name of an account (`model.UserNameMaxLength`).
const MAX_NAME: usize = 64;

/// The longest word of a command that the configuration takes; Mattermost takes 128.
const MAX_TRIGGER: usize = 64;

/// Names that no account may have.
const RESERVED: [&str; 5] = ["all", "channel", "here", "matterbot", "system"];

/// What is to be there in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// What the bot is mentioned by.
    pub bot_name: String,
    /// What people read above its posts where the server shows full names.
    pub display_name: String,
    /// The word after the slash.
    pub trigger: String,
    /// The names of the teams; empty for all.
    pub teams: Vec<String>,
    /// How Mattermost reaches us.
    pub public_url: Url,
    /// The words of outgoing webhooks.
    pub outgoing_words: Vec<String>,
    /// Where the incoming webhook is to be, if anywhere.
    pub incoming: Option<IncomingWish>,
    /// Whether the asker is to see the answer grow by ephemeral posts.
    pub preview: PreviewWish,
}

/// The place of an incoming webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingWish {
    /// The team's name; the first one where absent.
    pub team: Option<String>,
    /// The channel's name.
    pub channel: String,
}

impl IncomingWish {
    /// Reads `TEAM/CHANNEL` or `CHANNEL`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (team, channel) = match text.split_once('/') {
            Some((team, channel)) => (Some(team.to_owned()), channel),
            None => (None, text),
        };
        Self {
            team,
            channel: channel.to_owned(),
        }
    }
}

/// Whether the live preview is to be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewWish {
    /// It is.
    Wanted,
    /// Nobody said; whoever is there is asked.
    Open,
    /// It stays as it is.
    Left,
}

impl Wishes {
    /// Returns the address that commands and webhooks call.
    #[must_use]
    pub fn hook_url(&self) -> String {
        let mut url = self.public_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(HOOK_PATH);
        }
        url.into()
    }

    /// Returns the channel of the incoming webhook, as it is shown.
    pub(super) fn incoming_channel(&self) -> String {
        self.incoming
            .as_ref()
            .map(|wish| wish.channel.clone())
            .unwrap_or_default()
    }

    /// Says what of it can never be.
    pub(super) fn obstacles(&self) -> Vec<Obstacle<'static>> {
        let mut found = Vec::new();
        if !is_name(&self.bot_name) {
            let name = self.bot_name.clone().into();
            found.push(Obstacle::BadName { name });
        }
        if !is_trigger(&self.trigger) {
            let trigger = self.trigger.clone().into();
            found.push(Obstacle::BadTrigger { trigger });
        }
        found
    }
}

fn is_name(name: &str) -> bool {
    let fits = (1..=MAX_NAME).contains(&name.len()) && !RESERVED.contains(&name);
    fits && name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte))
}

fn is_trigger(trigger: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
    (1..=MAX_TRIGGER).contains(&trigger.len()) && trigger.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_are_those_that_mattermost_takes() {
        let longest = "a".repeat(MAX_NAME);
        for name in ["gptbot", "7", "a.b-c_d", &longest] {
            assert!(is_name(name) && is_trigger(name), "{name}");
        }
        let longer = "a".repeat(MAX_NAME + 1);
        for name in ["", "GPT", "a b", "봇", "/askgpt", "a/b", &longer] {
            assert!(!is_name(name) && !is_trigger(name), "{name}");
        }
        assert!(!is_name("channel") && is_trigger("channel"));
    }

    #[test]
    fn commands_call_below_the_public_address() {
        let hook_url = |public: &str| {
            Wishes {
                bot_name: String::new(),
                display_name: String::new(),
                trigger: String::new(),
                teams: Vec::new(),
                public_url: public.parse().unwrap(),
                outgoing_words: Vec::new(),
                incoming: None,
                preview: PreviewWish::Open,
            }
            .hook_url()
        };
        assert_eq!(
            hook_url("http://10.0.0.5:8000"),
            "http://10.0.0.5:8000/mattermost-gpt"
        );
        assert_eq!(
            hook_url("https://a.b/gpt/"),
            "https://a.b/gpt/mattermost-gpt"
        );
    }
}
