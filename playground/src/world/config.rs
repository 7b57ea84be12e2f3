//! The server's configuration as an administrator reads and changes it.
//!
//! What the playground heeds lives in [`Settings`]; the rest of what an installer may look at is kept as it was written.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::options::{RateLimit, Settings};
use crate::world::app_error::AppError;
use crate::world::event::{Broadcast, Event};
use crate::world::state::World;

/// Where a setting that the playground heeds is kept.
enum Slot {
    Switch(fn(&mut Settings) -> &mut bool),
    Size(fn(&mut Settings) -> &mut usize),
    Text(fn(&mut Settings) -> &mut String),
}

/// The settings that the playground heeds and that are of one simple type.
const HEEDED: &[(&str, &str, Slot)] = &[
    (
        "ServiceSettings",
        "EnableBotAccountCreation",
        Slot::Switch(|held| &mut held.enable_bot_account_creation),
    ),
    (
        "ServiceSettings",
        "EnableUserAccessTokens",
        Slot::Switch(|held| &mut held.enable_user_access_tokens),
    ),
    (
        "ServiceSettings",
        "EnableCommands",
        Slot::Switch(|held| &mut held.enable_commands),
    ),
    (
        "ServiceSettings",
        "EnableIncomingWebhooks",
        Slot::Switch(|held| &mut held.enable_incoming_webhooks),
    ),
    (
        "ServiceSettings",
        "EnableOutgoingWebhooks",
        Slot::Switch(|held| &mut held.enable_outgoing_webhooks),
    ),
    (
        "ServiceSettings",
        "EnablePostUsernameOverride",
        Slot::Switch(|held| &mut held.enable_post_username_override),
    ),
    (
        "ServiceSettings",
        "EnablePostIconOverride",
        Slot::Switch(|held| &mut held.enable_post_icon_override),
    ),
    (
        "ServiceSettings",
        "EnableLatex",
        Slot::Switch(|held| &mut held.enable_latex),
    ),
    (
        "ServiceSettings",
        "EnableInlineLatex",
        Slot::Switch(|held| &mut held.enable_inline_latex),
    ),
    (
        "ServiceSettings",
        "DisableBotsWhenOwnerIsDeactivated",
        Slot::Switch(|held| &mut held.disable_bots_of_deactivated_owners),
    ),
    (
        "ServiceSettings",
        "MaximumPayloadSizeBytes",
        Slot::Size(|held| &mut held.max_payload_bytes),
    ),
    (
        "ServiceSettings",
        "AllowedUntrustedInternalConnections",
        Slot::Text(|held| &mut held.allowed_untrusted_internal_connections),
    ),
    (
        "TeamSettings",
        "EnableOpenServer",
        Slot::Switch(|held| &mut held.enable_open_server),
    ),
    (
        "TeamSettings",
        "RestrictDirectMessage",
        Slot::Text(|held| &mut held.restrict_direct_message),
    ),
    (
        "FileSettings",
        "MaxFileSize",
        Slot::Size(|held| &mut held.max_file_size),
    ),
];

/// The rest, as a fresh server has it.
pub(crate) fn defaults() -> Value {
    json!({
        "ServiceSettings": {
            "SiteURL": "",
            "ListenAddress": ":8065",
            "WebserverMode": "gzip",
            "AllowCorsFrom": "",
            "EnableDeveloper": false,
            "EnableTesting": false,
            "EnableInsecureOutgoingConnections": false,
            "EnableOutgoingOAuthConnections": false,
            "EnableAPIPostDeletion": false,
            "EnableLinkPreviews": true,
            "EnableGifPicker": true,
            "ExperimentalEnableHardenedMode": false,
            "MaximumURLLength": 2048,
            "PostEditTimeLimit": -1,
            "OutgoingIntegrationRequestsTimeout": 30,
            "TimeBetweenUserTypingUpdatesMilliseconds": 5000,
            "UniqueEmojiReactionLimitPerPost": 50,
            "CollapsedThreads": "always_on",
            "ThreadAutoFollow": true,
        },
        "TeamSettings": {
            "SiteName": "Mattermost",
            "MaxUsersPerTeam": 50,
            "MaxChannelsPerTeam": 2000,
            "MaxNotificationsPerChannel": 1000,
        },
        "FileSettings": {"EnableFileAttachments": true, "DriverName": "local", "Directory": "./data/"},
        "RateLimitSettings": {
            "Enable": false,
            "PerSec": 10,
            "MaxBurst": 100,
            "MemoryStoreSize": 10000,
            "VaryByRemoteAddr": true,
            "VaryByUser": false,
            "VaryByHeader": "",
        },
        "EmailSettings": {"SendEmailNotifications": false, "RequireEmailVerification": false},
        "LocalizationSettings": {"DefaultServerLocale": "en", "DefaultClientLocale": "en", "AvailableLocales": ""},
        "PluginSettings": {"Enable": true, "EnableUploads": false},
        "DisplaySettings": {"CustomURLSchemes": [], "MaxMarkdownNodes": 0},
        "PrivacySettings": {"ShowEmailAddress": true, "ShowFullName": true},
    })
}

impl World {
    fn whole_config(&self) -> Value {
        let mut config = self.config.clone();
        let mut settings = self.settings.clone();
        for (section, name, slot) in HEEDED {
            config[*section][*name] = match slot {
                Slot::Switch(held) => json!(held(&mut settings)),
                Slot::Size(held) => json!(held(&mut settings)),
                Slot::Text(held) => json!(held(&mut settings)),
            };
        }
        let service = &mut config["ServiceSettings"];
        service["SiteURL"] = json!(self.site_url);
        let edit_limit = settings.post_edit_time_limit;
        service["PostEditTimeLimit"] = edit_limit.map_or(json!(-1), |seconds| json!(seconds));
        service["OutgoingIntegrationRequestsTimeout"] =
            json!(settings.integration_timeout.as_secs());
        let limits = &mut config["RateLimitSettings"];
        limits["Enable"] = json!(settings.rate_limit.is_some());
        limits["VaryByUser"] = json!(settings.rate_limit_by_user);
        if let Some(limit) = settings.rate_limit {
            limits["PerSec"] = json!(limit.per_second);
            limits["MaxBurst"] = json!(limit.max_burst);
        }
        config
    }

    /// The configuration, for administrators.
    pub(crate) fn config(&self, caller: &str) -> Result<Value, AppError> {
        if self.is_admin(caller) {
            Ok(self.whole_config())
        } else {
            Err(AppError::permissions())
        }
    }

    /// Changes the settings that are given; answers the whole configuration. One that comes from the environment stays
    /// as it is, and nobody is told.
    pub(crate) fn patch_config(&mut self, caller: &str, patch: &Value) -> Result<Value, AppError> {
        let mut config = self.config(caller)?;
        for (section, settings) in patch.as_object().into_iter().flatten() {
            for (name, value) in settings.as_object().into_iter().flatten() {
                let known = config
                    .get_mut(section)
                    .and_then(|settings| settings.get_mut(name));
                // What the playground does not know is passed over.
                let Some(held) = known.filter(|_| !self.is_from_environment(section, name)) else {
                    continue;
                };
                if std::mem::discriminant(held) != std::mem::discriminant(value) {
                    return Err(AppError::body_param("config"));
                }
                held.clone_from(value);
            }
        }
        self.heed(&config);
        config = self.whole_config();
        let event = Event::new(
            "config_changed",
            json!({"config": self.client_config(true)}),
            Broadcast::default(),
        );
        self.publish_to_all(&event);
        Ok(config)
    }

    /// Takes a whole configuration over.
    fn heed(&mut self, config: &Value) {
        let settings = &mut self.settings;
        for (section, name, slot) in HEEDED {
            let value = &config[*section][*name];
            match slot {
                Slot::Switch(held) => {
                    if let Some(on) = value.as_bool() {
                        *held(settings) = on;
                    }
                }
                Slot::Size(held) => {
                    if let Some(size) = value.as_u64() {
                        *held(settings) = usize::try_from(size).unwrap_or(usize::MAX);
                    }
                }
                Slot::Text(held) => {
                    if let Some(text) = value.as_str() {
                        text.clone_into(held(settings));
                    }
                }
            }
        }
        let service = &config["ServiceSettings"];
        settings.post_edit_time_limit = service["PostEditTimeLimit"].as_u64();
        let timeout = service["OutgoingIntegrationRequestsTimeout"].as_u64();
        settings.integration_timeout = Duration::from_secs(timeout.unwrap_or(30));
        let limits = &config["RateLimitSettings"];
        let number = |name: &str| u32::try_from(limits[name].as_u64().unwrap_or(0)).unwrap_or(0);
        settings.rate_limit = (limits["Enable"] == true).then(|| RateLimit {
            per_second: number("PerSec"),
            max_burst: number("MaxBurst"),
        });
        settings.rate_limit_by_user = limits["VaryByUser"] == true;
        service["SiteURL"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut self.site_url);
        self.config.clone_from(config);
    }

    fn is_from_environment(&self, section: &str, name: &str) -> bool {
        let wanted = format!("{section}.{name}");
        self.settings.from_environment.contains(&wanted)
    }

    /// Which settings come from the server's environment, for administrators.
    pub(crate) fn environment(&self, caller: &str) -> Result<Value, AppError> {
        if !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let mut sections: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for path in &self.settings.from_environment {
            if let Some((section, name)) = path.split_once('.') {
                let settings = sections.entry(section).or_default();
                settings.insert(name.to_owned(), json!(true));
            }
        }
        Ok(json!(sections))
    }
}
