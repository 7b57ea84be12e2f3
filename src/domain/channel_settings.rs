//! What a channel does otherwise than the installation, and how people say it.

use std::fmt;

use super::agent::AgentName;
use super::attention::Hearing;

/// Characters of a channel's own words to the model, at most.
pub const MAX_PROMPT_CHARS: usize = 4_000;

/// Characters of a model's name, at most.
pub const MAX_MODEL_CHARS: usize = 200;

/// Posts of a channel that are told with a mention, at most.
pub const MAX_CHANNEL_POSTS: u32 = 100;

/// Characters of a time zone's name, at most.
pub const MAX_TIME_ZONE_CHARS: usize = 64;

/// A sampling temperature between 0 and 2, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Temperature(u8);

impl Temperature {
    const MOST: f32 = 2.0;
    const HUNDREDTHS: f32 = 100.0;

    /// Reads a number between 0 and 2, rounded to hundredths; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number: f32 = text.replace(',', ".").parse().ok()?;
        if !(0.0..=Self::MOST).contains(&number) {
            return None;
        }
        let hundredths = (number * Self::HUNDREDTHS).round();
        (0..=200)
            .find(|whole| (f32::from(*whole) - hundredths).abs() < 0.5)
            .map(Self)
    }

    /// Returns it as a number.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / f64::from(Self::HUNDREDTHS)
    }
}

impl fmt::Display for Temperature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.as_f64())
    }
}

/// Which of a channel's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettingName {
    /// [`ChannelSettings::prompt`]
    Prompt,
    /// [`ChannelSettings::model`]
    Model,
    /// [`ChannelSettings::temperature`]
    Temperature,
    /// [`ChannelSettings::hearing`]
    Hearing,
    /// [`ChannelSettings::channel_posts`]
    ChannelPosts,
    /// [`ChannelSettings::time_zone`]
    TimeZone,
    /// [`ChannelSettings::agent`]
    Agent,
}

impl SettingName {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Agent,
        Self::Prompt,
        Self::Model,
        Self::Temperature,
        Self::Hearing,
        Self::ChannelPosts,
        Self::TimeZone,
    ];

    /// Returns the word under which it is stored and logged.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Model => "model",
            Self::Temperature => "temperature",
            Self::Hearing => "hears",
            Self::ChannelPosts => "channel_posts",
            Self::TimeZone => "time_zone",
            Self::Agent => "agent",
        }
    }

    /// Reads the word that [`SettingName::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }

    /// The words by which people call it: what is shown first, in English and in Korean.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Prompt => &["prompt", "지시"],
            Self::Model => &["model", "모델"],
            Self::Temperature => &["temperature", "온도"],
            Self::Hearing => &["hears", "듣기", "trigger"],
            Self::ChannelPosts => &["context", "맥락"],
            Self::TimeZone => &["time zone", "시간대", "timezone", "time_zone"],
            Self::Agent => &["agent", "에이전트"],
        }
    }

    fn read(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|name| is_one_of(word, name.words()))
    }
}

/// One setting with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelSetting {
    /// See [`ChannelSettings::prompt`].
    Prompt(String),
    /// See [`ChannelSettings::model`].
    Model(String),
    /// See [`ChannelSettings::temperature`].
    Temperature(Temperature),
    /// See [`ChannelSettings::hearing`].
    Hearing(Hearing),
    /// See [`ChannelSettings::channel_posts`].
    ChannelPosts(u32),
    /// See [`ChannelSettings::time_zone`].
    TimeZone(String),
    /// See [`ChannelSettings::agent`].
    Agent(AgentName),
}

const HEARING_WORDS: [(Hearing, &[&str]); 3] = [
    (Hearing::Mention, &["mention", "멘션"]),
    (Hearing::Thread, &["thread", "스레드"]),
    (Hearing::All, &["all", "모두", "전체"]),
];

fn hearing_word(hearing: Hearing) -> &'static str {
    match hearing {
        Hearing::Mention => "mention",
        Hearing::Thread => "thread",
        Hearing::All => "all",
    }
}

impl ChannelSetting {
    /// Says which setting it is.
    #[must_use]
    pub fn name(&self) -> SettingName {
        match self {
            Self::Prompt(_) => SettingName::Prompt,
            Self::Model(_) => SettingName::Model,
            Self::Temperature(_) => SettingName::Temperature,
            Self::Hearing(_) => SettingName::Hearing,
            Self::ChannelPosts(_) => SettingName::ChannelPosts,
            Self::TimeZone(_) => SettingName::TimeZone,
            Self::Agent(_) => SettingName::Agent,
        }
    }

    /// Returns the text as which the value is stored.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Prompt(text) | Self::Model(text) | Self::TimeZone(text) => text.clone(),
            Self::Temperature(temperature) => temperature.to_string(),
            Self::Hearing(hearing) => hearing_word(*hearing).to_owned(),
            Self::ChannelPosts(posts) => posts.to_string(),
            Self::Agent(name) => name.as_str().to_owned(),
        }
    }

    /// Reads a value as it is stored, or as people write it; `None` where it is none of that setting's.
    #[must_use]
    pub fn read(name: SettingName, value: &str) -> Option<Self> {
        let text = |most: usize| {
            let is_taken = !value.is_empty() && value.chars().count() <= most;
            is_taken.then(|| value.to_owned())
        };
        let is_name = |text: &String| !text.contains(char::is_control);
        Some(match name {
            SettingName::Prompt => Self::Prompt(text(MAX_PROMPT_CHARS)?),
            SettingName::Model => Self::Model(text(MAX_MODEL_CHARS).filter(is_name)?),
            SettingName::Temperature => Self::Temperature(Temperature::parse(value)?),
            SettingName::Hearing => Self::Hearing(
                HEARING_WORDS
                    .iter()
                    .find_map(|(hearing, words)| is_one_of(value, words).then_some(*hearing))?,
            ),
            SettingName::ChannelPosts => {
                let posts = value.parse().ok();
                Self::ChannelPosts(posts.filter(|posts| *posts <= MAX_CHANNEL_POSTS)?)
            }
            SettingName::TimeZone => Self::TimeZone(text(MAX_TIME_ZONE_CHARS).filter(is_name)?),
            SettingName::Agent => {
                Self::Agent(AgentName::parse(value.strip_prefix('@').unwrap_or(value))?)
            }
        })
    }
}

/// What a channel does otherwise than the installation; what is absent is as everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelSettings {
    /// What the model is told besides, at the end of its instructions.
    pub prompt: Option<String>,
    /// Which model is asked.
    pub model: Option<String>,
    /// Its sampling temperature.
    pub temperature: Option<Temperature>,
    /// Which posts are heard.
    pub hearing: Option<Hearing>,
    /// How many of the channel's posts before it are told with a mention that begins a thread.
    pub channel_posts: Option<u32>,
    /// The time zone in which the model is told the date, an IANA name.
    pub time_zone: Option<String>,
    /// Whom questions are for that do not say it.
    pub agent: Option<AgentName>,
}

impl ChannelSettings {
    /// Takes a setting, in place of the one there was.
    pub fn set(&mut self, setting: ChannelSetting) {
        match setting {
            ChannelSetting::Prompt(text) => self.prompt = Some(text),
            ChannelSetting::Model(name) => self.model = Some(name),
            ChannelSetting::Temperature(temperature) => self.temperature = Some(temperature),
            ChannelSetting::Hearing(hearing) => self.hearing = Some(hearing),
            ChannelSetting::ChannelPosts(posts) => self.channel_posts = Some(posts),
            ChannelSetting::TimeZone(name) => self.time_zone = Some(name),
            ChannelSetting::Agent(name) => self.agent = Some(name),
        }
    }

    /// Returns one setting, where the channel has it.
    #[must_use]
    pub fn get(&self, name: SettingName) -> Option<ChannelSetting> {
        match name {
            SettingName::Prompt => self.prompt.clone().map(ChannelSetting::Prompt),
            SettingName::Model => self.model.clone().map(ChannelSetting::Model),
            SettingName::Temperature => self.temperature.map(ChannelSetting::Temperature),
            SettingName::Hearing => self.hearing.map(ChannelSetting::Hearing),
            SettingName::ChannelPosts => self.channel_posts.map(ChannelSetting::ChannelPosts),
            SettingName::TimeZone => self.time_zone.clone().map(ChannelSetting::TimeZone),
            SettingName::Agent => self.agent.clone().map(ChannelSetting::Agent),
        }
    }

    /// Returns these settings, and where one is absent that of `others`.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        let mut both = others.clone();
        let ours = SettingName::ALL
            .into_iter()
            .filter_map(|name| self.get(name));
        ours.for_each(|setting| both.set(setting));
        both
    }
}

/// A change of a channel's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelChange {
    /// One gets a value.
    Set(ChannelSetting),
    /// One is as everywhere again.
    Reset(SettingName),
    /// All are.
    ResetAll,
}

/// What somebody wants of a channel's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelRequest {
    /// See them.
    Show,
    /// Change them.
    Change(ChannelChange),
    /// Change one to something that it cannot be.
    Unreadable(SettingName),
}

const CHANNEL_WORDS: [&str; 2] = ["channel", "채널"];
const RESET_WORDS: [&str; 2] = ["reset", "초기화"];
const DEFAULT_WORDS: [&str; 3] = ["default", "기본", "기본값"];

impl ChannelRequest {
    /// Reads `channel`, `channel reset` and `channel NAME: VALUE`, or the same in Korean; `None` for any other text, which is a question:
    /// one that only begins so has no known name with a colon behind it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if !is_one_of(word, &CHANNEL_WORDS) {
            return None;
        }
        let rest = rest.trim();
        if rest.is_empty() {
            return Some(Self::Show);
        }
        if is_one_of(rest, &RESET_WORDS) {
            return Some(Self::Change(ChannelChange::ResetAll));
        }
        let (name, value) = rest.split_once([':', '：'])?;
        let (name, value) = (SettingName::read(name.trim())?, value.trim());
        if is_one_of(value, &DEFAULT_WORDS) {
            return Some(Self::Change(ChannelChange::Reset(name)));
        }
        let set = |setting| Self::Change(ChannelChange::Set(setting));
        Some(ChannelSetting::read(name, value).map_or(Self::Unreadable(name), set))
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read_in_both_languages() {
        use ChannelRequest::{Change, Show, Unreadable};
        let set = |setting| Some(Change(ChannelChange::Set(setting)));
        let model = |name: &str| set(ChannelSetting::Model(name.to_owned()));
        let reset = |name| Some(Change(ChannelChange::Reset(name)));
        let reset_all = || Some(Change(ChannelChange::ResetAll));
        for (text, expected) in [
            ("channel", Some(Show)),
            (" 채널 ", Some(Show)),
            ("channel reset", reset_all()),
            ("채널 초기화", reset_all()),
            ("channel model: gpt-4o", model("gpt-4o")),
            ("Channel Model : gpt-4o", model("gpt-4o")),
            ("채널 모델：gpt-4o", model("gpt-4o")),
            ("채널 모델: 기본", reset(SettingName::Model)),
            ("channel time zone: default", reset(SettingName::TimeZone)),
            (
                "channel prompt: Speak\nlike: a pirate",
                set(ChannelSetting::Prompt("Speak\nlike: a pirate".to_owned())),
            ),
            (
                "채널 듣기: 모두",
                set(ChannelSetting::Hearing(Hearing::All)),
            ),
            (
                "channel trigger: mention",
                set(ChannelSetting::Hearing(Hearing::Mention)),
            ),
            (
                "channel hears: nothing",
                Some(Unreadable(SettingName::Hearing)),
            ),
            ("channel context: 20", set(ChannelSetting::ChannelPosts(20))),
            (
                "channel context: 101",
                Some(Unreadable(SettingName::ChannelPosts)),
            ),
            (
                "channel context: -1",
                Some(Unreadable(SettingName::ChannelPosts)),
            ),
            ("channel prompt:", Some(Unreadable(SettingName::Prompt))),
            ("channel model: a\nb", Some(Unreadable(SettingName::Model))),
            (
                "채널 에이전트: @Reviewer",
                set(ChannelSetting::Agent(AgentName::parse("reviewer").unwrap())),
            ),
            ("channel agent: a b", Some(Unreadable(SettingName::Agent))),
            ("channel agent: default", reset(SettingName::Agent)),
            // Questions.
            ("channel strategy: what is it?", None),
            ("channel 4 news", None),
            ("channels", None),
            ("채널을 어떻게 만들어?", None),
            ("채널 모델이 뭐야", None),
            ("what is a channel", None),
        ] {
            assert_eq!(ChannelRequest::read(text), expected, "{text}");
        }
    }

    #[test]
    fn temperatures_lie_between_nought_and_two() {
        let read = |text| Temperature::parse(text).map(|read| read.to_string());
        for (text, expected) in [
            ("0", Some("0")),
            ("2", Some("2")),
            ("0.7", Some("0.7")),
            ("0,25", Some("0.25")),
            ("1.999", Some("2")),
            ("-0.1", None),
            ("2.1", None),
            ("NaN", None),
            ("inf", None),
            ("warm", None),
            ("", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn every_setting_is_stored_and_read_again() {
        let settings = ChannelSettings {
            prompt: Some("default".to_owned()),
            model: Some("gpt-4o".to_owned()),
            temperature: Temperature::parse("0.29"),
            hearing: Some(Hearing::All),
            channel_posts: Some(7),
            time_zone: Some("Asia/Seoul".to_owned()),
            agent: AgentName::parse("reviewer"),
        };
        let mut again = ChannelSettings::default();
        for name in SettingName::ALL {
            let setting = settings.get(name).unwrap();
            assert_eq!(setting.name(), name);
            assert_eq!(SettingName::from_stored(name.as_str()), Some(name));
            again.set(ChannelSetting::read(name, &setting.value()).unwrap());
        }
        assert_eq!(again, settings);
    }

    #[test]
    fn a_channels_own_setting_comes_before_another() {
        let own = ChannelSettings {
            channel_posts: Some(1),
            ..ChannelSettings::default()
        };
        let others = ChannelSettings {
            channel_posts: Some(2),
            prompt: Some("be kind".to_owned()),
            ..ChannelSettings::default()
        };
        let both = own.or(&others);
        assert_eq!(both.channel_posts, Some(1));
        assert_eq!(both.prompt.as_deref(), Some("be kind"));
    }
}
