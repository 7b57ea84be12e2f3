//! Which settings of the server stand in the way, and what they are to be: pure.
//!
//! Not looked at, because they are not needed: `EnableUserAccessTokens` (a bot's token is exempt from it) and the override settings (what
//! a bot posts is its own).

use std::net::IpAddr;

use url::Url;

use super::reach;
use super::survey::Survey;
use super::wishes::Wishes;
use crate::mattermost::admin::nouns::{SettingName, SettingValue};
use crate::mattermost::admin::{FromEnvironment, ServerSettings};
use crate::text::Obstacle;

const fn service(name: &'static str) -> SettingName {
    SettingName {
        section: "ServiceSettings",
        name,
    }
}

pub(super) const SITE_URL: SettingName = service("SiteURL");
pub(super) const BOTS: SettingName = service("EnableBotAccountCreation");
pub(super) const COMMANDS: SettingName = service("EnableCommands");
pub(super) const OUTGOING: SettingName = service("EnableOutgoingWebhooks");
pub(super) const INCOMING: SettingName = service("EnableIncomingWebhooks");
pub(super) const INTERNAL: SettingName = service("AllowedUntrustedInternalConnections");
pub(super) const LATEX: SettingName = service("EnableLatex");

/// Every setting that is changed here, to find one by what a record says.
pub(super) const CHANGEABLE: [SettingName; 6] =
    [SITE_URL, BOTS, COMMANDS, OUTGOING, INCOMING, INTERNAL];

/// A setting that is to be another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) setting: SettingName,
    pub(super) before: SettingValue,
    pub(super) after: SettingValue,
}

/// What the settings are held against.
pub(super) struct Case<'a> {
    pub(super) settings: &'a ServerSettings,
    /// The server's address, and how it reaches us.
    pub(super) server_url: &'a Url,
    pub(super) public_url: Option<&'a Url>,
    /// The addresses of our host and of the server's.
    pub(super) our_addresses: &'a [IpAddr],
    pub(super) server_addresses: &'a [IpAddr],
    /// What is used.
    pub(super) makes_a_bot: bool,
    pub(super) has_outgoing: bool,
    pub(super) has_incoming: bool,
}

impl<'a> Case<'a> {
    /// The case of a setup.
    pub(super) fn of(survey: &'a Survey, wishes: &'a Wishes) -> Self {
        Self {
            settings: &survey.settings,
            server_url: &survey.url,
            public_url: Some(&wishes.public_url),
            our_addresses: &survey.our_addresses,
            server_addresses: &survey.server_addresses,
            makes_a_bot: survey.bot.is_none(),
            has_outgoing: !wishes.outgoing_words.is_empty(),
            has_incoming: wishes.incoming.is_some(),
        }
    }

    /// Says which settings are to be others.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut found = Vec::new();
        let mut on = |setting, is_needed: bool| {
            // A setting that this server does not have is not in the way.
            if is_needed && self.settings.get(setting) == Some(SettingValue::Switch(false)) {
                found.push(Change {
                    setting,
                    before: SettingValue::Switch(false),
                    after: SettingValue::Switch(true),
                });
            }
        };
        on(BOTS, self.makes_a_bot);
        on(COMMANDS, true);
        on(OUTGOING, self.has_outgoing);
        on(INCOMING, self.has_incoming);
        found.extend(self.site_url());
        found.extend(self.internal_connections());
        found
    }

    /// From 11.6 on custom commands fail where it is empty; what else it is nobody needs to change.
    fn site_url(&self) -> Option<Change> {
        let empty = SettingValue::Text(String::new());
        let url = self.server_url.as_str().trim_end_matches('/');
        (self.settings.get(SITE_URL)? == empty).then(|| Change {
            setting: SITE_URL,
            before: empty,
            after: SettingValue::Text(url.to_owned()),
        })
    }

    fn internal_connections(&self) -> Option<Change> {
        let SettingValue::Text(list) = self.settings.get(INTERNAL)? else {
            return None;
        };
        let (ours, servers) = (self.our_addresses, self.server_addresses);
        let entry = reach::missing_entry(&list, self.public_url?, ours, servers)?;
        Some(Change {
            setting: INTERNAL,
            after: SettingValue::Text(reach::with_entry(&list, &entry)),
            before: SettingValue::Text(list),
        })
    }
}

/// Says what is in the way of a change, where something is.
pub(super) fn obstacle(fixed: &FromEnvironment, change: &Change) -> Option<Obstacle<'static>> {
    let SettingName { section, name } = change.setting;
    fixed
        .holds(change.setting)
        .then(|| Obstacle::SettingIsFixed {
            setting: change.setting.to_string().into(),
            variable: format!(
                "MM_{}_{}",
                section.to_ascii_uppercase(),
                name.to_ascii_uppercase()
            )
            .into(),
            after: shown(&change.after).into(),
        })
}

/// Writes a value as it is shown to people.
pub(super) fn shown(value: &SettingValue) -> String {
    match value {
        SettingValue::Switch(switch) => switch.to_string(),
        SettingValue::Text(text) => format!("\"{text}\""),
        SettingValue::Number(number) => number.to_string(),
    }
}
