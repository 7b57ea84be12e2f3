//! The server's own configuration, and what it says of itself.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Admin;
use super::nouns::{SettingName, SettingValue};
use crate::domain::time::Timestamp;
use crate::ports::MattermostError;

/// The oldest version that this was tried with; older ones may work.
pub const OLDEST_TRIED: Version = Version {
    major: 10,
    minor: 5,
};

/// The version of a server, as far as it decides anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
}

impl Version {
    /// Reads the beginning of a text such as `11.1.0`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|number| number.parse().ok());
        Some(Self {
            major: numbers.next()??,
            minor: numbers.next()??,
        })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

/// What a server says of itself to everybody, or to an account a little more.
#[derive(Clone, Debug)]
pub struct Introduction {
    texts: BTreeMap<String, String>,
    /// The server's time when it answered, to the second, where it said it.
    pub said_at: Option<Timestamp>,
}

impl Introduction {
    /// Returns a text by its name, such as `SiteURL`; `None` where it is not told.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// Returns the version as it is written; empty where it is not told.
    #[must_use]
    pub fn version(&self) -> &str {
        self.text("Version").unwrap_or_default()
    }
}

/// The configuration of a server, as an administrator reads it.
#[derive(Clone, Debug)]
pub struct ServerSettings(Value);

impl ServerSettings {
    /// Returns a setting; `None` where there is none of this name, or it is no switch, text or whole number.
    #[must_use]
    pub fn get(&self, setting: SettingName) -> Option<SettingValue> {
        match self.0.get(setting.section)?.get(setting.name)? {
            Value::Bool(switch) => Some(SettingValue::Switch(*switch)),
            Value::String(text) => Some(SettingValue::Text(text.clone())),
            Value::Number(number) => number.as_i64().map(SettingValue::Number),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// Which settings a server takes from its environment; those cannot be changed through its API, which then says yes and does nothing.
#[derive(Clone, Debug, Default)]
pub struct FromEnvironment(Value);

impl FromEnvironment {
    /// Says whether a setting is one of them.
    #[must_use]
    pub fn holds(&self, setting: SettingName) -> bool {
        let section = self.0.get(setting.section);
        section.and_then(|section| section.get(setting.name)) == Some(&Value::Bool(true))
    }
}

impl Admin {
    /// Asks a server what it is, as nobody: what has no such answer is no Mattermost.
    ///
    /// # Errors
    /// As every call.
    pub async fn introduction(&self) -> Result<Introduction, MattermostError> {
        let path = ["api", "v4", "config", "client"];
        let call = self
            .client
            .open("ask the server what it is", Method::GET, &path);
        // Older servers ask for the form of the answer, which they know only one of.
        let reply = self.send(call.with_query(&[("format", "old")])).await?;
        introduction(&reply)
    }

    /// Asks the same as an account, which is told more.
    ///
    /// # Errors
    /// As every call.
    pub async fn client_settings(&self) -> Result<Introduction, MattermostError> {
        let call = self.client.api(
            "read the settings of clients",
            Method::GET,
            &["config", "client"],
        );
        let reply = self.send(call.with_query(&[("format", "old")])).await?;
        introduction(&reply)
    }

    /// Reads the configuration, as an administrator.
    ///
    /// # Errors
    /// As every call.
    pub async fn settings(&self) -> Result<ServerSettings, MattermostError> {
        let call = self
            .client
            .api("read the server's settings", Method::GET, &["config"]);
        self.send(call).await?.json().map(ServerSettings)
    }

    /// Reads which settings come from the server's environment, as an administrator.
    ///
    /// # Errors
    /// As every call.
    pub async fn settings_from_environment(&self) -> Result<FromEnvironment, MattermostError> {
        let path = ["config", "environment"];
        let call = self
            .client
            .api("read the server's environment", Method::GET, &path);
        self.send(call).await?.json().map(FromEnvironment)
    }

    /// Changes settings, as an administrator; returns the configuration as it then is, because a setting may have stayed.
    ///
    /// # Errors
    /// As every call.
    pub async fn change_settings(
        &self,
        changes: &[(SettingName, SettingValue)],
    ) -> Result<ServerSettings, MattermostError> {
        let mut patch = Map::new();
        for (setting, value) in changes {
            let section = patch.entry(setting.section).or_insert_with(|| json!({}));
            section[setting.name] = match value {
                SettingValue::Switch(switch) => json!(switch),
                SettingValue::Text(text) => json!(text),
                SettingValue::Number(number) => json!(number),
            };
        }
        let call = self.client.api(
            "change the server's settings",
            Method::PUT,
            &["config", "patch"],
        );
        self.order(call.with_json(&patch)).await?;
        self.settings().await
    }
}

fn introduction(reply: &super::Reply) -> Result<Introduction, MattermostError> {
    let texts: BTreeMap<String, String> = reply.json()?;
    if !texts.contains_key("Version") && !texts.contains_key("BuildNumber") {
        return Err(reply.unusable());
    }
    Ok(Introduction {
        texts,
        said_at: reply.header("date").and_then(read_date),
    })
}

/// Reads the time of a `Date` header (RFC 9110 §5.6.7), as every server of today writes it.
fn read_date(text: &str) -> Option<Timestamp> {
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_micros(at.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_beginning_of_a_text() {
        let version = |major, minor| Some(Version { major, minor });
        assert_eq!(Version::read("11.1.0"), version(11, 1));
        assert_eq!(Version::read("10.11"), version(10, 11));
        assert!(Version::read("9.11.3") < Some(OLDEST_TRIED));
        for text in ["", "11", "dev", "11.x"] {
            assert_eq!(Version::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_date_of_a_reply_is_its_servers_time() {
        let read = read_date("Sun, 22 Nov 2026 10:00:01 GMT");
        assert_eq!(read, Some(Timestamp::from_micros(1_795_341_601_000_000)));
        assert_eq!(read_date("yesterday"), None);
    }

    #[test]
    fn a_setting_is_found_by_its_section_and_name() {
        let settings = ServerSettings(json!({
            "ServiceSettings": {"EnableCommands": true, "SiteURL": "", "PostEditTimeLimit": -1, "Odd": [1]},
        }));
        let get = |name| {
            settings.get(SettingName {
                section: "ServiceSettings",
                name,
            })
        };
        assert_eq!(get("EnableCommands"), Some(SettingValue::Switch(true)));
        assert_eq!(get("SiteURL"), Some(SettingValue::Text(String::new())));
        assert_eq!(get("PostEditTimeLimit"), Some(SettingValue::Number(-1)));
        assert_eq!(get("Odd"), None);
        assert_eq!(get("Missing"), None);
    }
}
