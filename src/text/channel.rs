//! What is said about what a channel does otherwise than the installation.

use super::language::Language;
use super::sayings::sayings;
use super::sentence::render;
use crate::domain::attention::Hearing;
use crate::domain::channel_settings::SettingName;

sayings! {
    /// One thing said about a channel's settings.
    pub enum ChannelSaying {
        /// Stands above them.
        Heading = "channel-heading",
        /// How they are changed.
        How { trigger } = "channel-how",
        /// That one was changed.
        Changed = "channel-changed",
        /// In place of a value: it is as everywhere.
        Default = "channel-default",
        /// Tells somebody that they may not.
        Administrators = "channel-administrators",
        /// That it cannot be known who may.
        NeedsBot = "channel-needs-bot",
        /// That there are no other models.
        NoModels = "channel-no-models",
        /// Which models there are.
        OtherModels { models } = "channel-other-models",
        /// That there are no agents.
        NoAgents = "channel-no-agents",
        /// Which agents there are.
        OtherAgents { agents } = "channel-other-agents",
        /// That a time zone does not exist.
        NoTimeZone = "channel-no-time-zone",
        /// What the setting is called.
        Prompt = "channel-prompt",
        /// What the setting is called.
        Model = "channel-model",
        /// What the setting is called.
        Temperature = "channel-temperature",
        /// What the setting is called.
        Hears = "channel-hears",
        /// What the setting is called.
        Context = "channel-context",
        /// What the setting is called.
        TimeZone = "channel-time-zone",
        /// What the setting is called.
        Agent = "channel-agent",
        /// How the setting is written.
        PromptForm { trigger } = "channel-prompt-form",
        /// How the setting is written.
        ModelForm { trigger } = "channel-model-form",
        /// How the setting is written.
        TemperatureForm { trigger } = "channel-temperature-form",
        /// How the setting is written.
        HearsForm { trigger } = "channel-hears-form",
        /// How the setting is written.
        ContextForm { trigger } = "channel-context-form",
        /// How the setting is written.
        TimeZoneForm { trigger } = "channel-time-zone-form",
        /// How the setting is written.
        AgentForm { trigger } = "channel-agent-form",
        /// Which posts are heard.
        HearsMention = "channel-hears-mention",
        /// Which posts are heard.
        HearsThread = "channel-hears-thread",
        /// Which posts are heard.
        HearsAll = "channel-hears-all",
        /// How many posts are told.
        ContextPosts { posts } = "channel-context-posts",
    }
}

/// Says something about a channel's settings.
#[must_use]
pub fn say_of_channel(language: Language, saying: &ChannelSaying<'_>) -> String {
    render(language, &saying.message(saying.id()))
}

/// A setting as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub name: SettingName,
    /// How it is, where that is known.
    pub value: Option<String>,
    /// Whether it is the channel's own, and not as everywhere.
    pub is_own: bool,
}

/// Lists a channel's settings, a line for each.
#[must_use]
pub fn list_settings(language: Language, settings: &[Listed]) -> String {
    let default = say_of_channel(language, &ChannelSaying::Default);
    let lines = settings.iter().map(|listed| {
        let name = say_of_channel(language, &called(listed.name));
        match (&listed.value, listed.is_own) {
            (Some(value), true) => format!("- **{name}**: {value}"),
            (Some(value), false) => format!("- **{name}**: {default} ({value})"),
            (None, _) => format!("- **{name}**: {default}"),
        }
    });
    let lines: Vec<String> = lines.collect();
    lines.join("\n")
}

/// Says which posts are heard.
#[must_use]
pub fn heard(hearing: Hearing) -> ChannelSaying<'static> {
    match hearing {
        Hearing::Mention => ChannelSaying::HearsMention,
        Hearing::Thread => ChannelSaying::HearsThread,
        Hearing::All => ChannelSaying::HearsAll,
    }
}

fn called(name: SettingName) -> ChannelSaying<'static> {
    match name {
        SettingName::Prompt => ChannelSaying::Prompt,
        SettingName::Model => ChannelSaying::Model,
        SettingName::Temperature => ChannelSaying::Temperature,
        SettingName::Hearing => ChannelSaying::Hears,
        SettingName::ChannelPosts => ChannelSaying::Context,
        SettingName::TimeZone => ChannelSaying::TimeZone,
        SettingName::Agent => ChannelSaying::Agent,
    }
}

/// Says how a setting is written.
#[must_use]
pub fn form_of(name: SettingName, trigger: &str) -> ChannelSaying<'_> {
    let trigger = trigger.into();
    match name {
        SettingName::Prompt => ChannelSaying::PromptForm { trigger },
        SettingName::Model => ChannelSaying::ModelForm { trigger },
        SettingName::Temperature => ChannelSaying::TemperatureForm { trigger },
        SettingName::Hearing => ChannelSaying::HearsForm { trigger },
        SettingName::ChannelPosts => ChannelSaying::ContextForm { trigger },
        SettingName::TimeZone => ChannelSaying::TimeZoneForm { trigger },
        SettingName::Agent => ChannelSaying::AgentForm { trigger },
    }
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let said = ChannelSaying::all().into_iter().map(|saying| {
            let said = say_of_channel(language, &saying);
            (saying.id().to_owned(), said, held::arguments(&saying))
        });
        said.collect()
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/channel.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/channel.ftl");
        held::together(Language::English, english, everything(Language::English));
    }

    #[test]
    fn a_setting_is_listed_with_its_value_or_as_everywhere() {
        let listed = |name, value: Option<&str>, is_own| Listed {
            name,
            value: value.map(str::to_owned),
            is_own,
        };
        let settings = [
            listed(SettingName::Prompt, None, false),
            listed(SettingName::Model, Some("gpt-4o"), true),
            listed(SettingName::TimeZone, Some("UTC"), false),
        ];
        assert_eq!(
            list_settings(Language::English, &settings),
            "- **Prompt**: as everywhere\n- **Model**: gpt-4o\n- **Time zone**: as everywhere (UTC)"
        );
        assert_eq!(
            list_settings(Language::Korean, &settings),
            "- **지시**: 기본값\n- **모델**: gpt-4o\n- **시간대**: 기본값 (UTC)"
        );
    }
}
