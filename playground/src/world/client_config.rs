//! The configuration as clients and administrators read it, and the little that may be changed.

use serde_json::{Value, json};

use crate::world::app_error::AppError;
use crate::world::state::World;

/// The version that was recorded.
pub(crate) const VERSION: &str = "11.1.0";

/// The version as `hello` and `X-Version-Id` give it.
pub(crate) const FULL_VERSION: &str =
    "11.1.0.local.841a5d49f80e1fb9c686c6e69d414a11d7eacc821199b0cb4db565f575a723be.false";

impl World {
    /// The flat map of texts that clients read; a stranger gets less.
    pub(crate) fn client_config(&self, is_known: bool) -> Value {
        let settings = &self.settings;
        let limited = json!({
            "Version": VERSION,
            "BuildNumber": "local",
            "SiteURL": self.site_url,
            "EnableOpenServer": settings.enable_open_server.to_string(),
            "EnableLatex": settings.enable_latex.to_string(),
        });
        if !is_known {
            return limited;
        }
        let edit_limit = settings
            .post_edit_time_limit
            .map_or_else(|| "-1".to_owned(), |seconds| seconds.to_string());
        json!({
            "Version": VERSION,
            "MaxPostSize": settings.max_post_size.to_string(),
            "PostEditTimeLimit": edit_limit,
            "SiteURL": self.site_url,
            "EnablePostUsernameOverride": settings.enable_post_username_override.to_string(),
            "EnablePostIconOverride": settings.enable_post_icon_override.to_string(),
            "EnableCommands": settings.enable_commands.to_string(),
            "EnableIncomingWebhooks": settings.enable_incoming_webhooks.to_string(),
            "EnableOutgoingWebhooks": settings.enable_outgoing_webhooks.to_string(),
            "EnableLatex": settings.enable_latex.to_string(),
            "EnableInlineLatex": "true",
            "MaxFileSize": settings.max_file_size.to_string(),
            "CollapsedThreads": "always_on",
            "RestrictDirectMessage": "any",
            "TimeBetweenUserTypingUpdatesMilliseconds": "5000",
            "UniqueEmojiReactionLimitPerPost": "50",
            "BuildNumber": "local",
            "EnableBotAccountCreation": settings.enable_bot_account_creation.to_string(),
        })
    }

    /// The parts of the server's configuration that an installer reads.
    pub(crate) fn config(&self, caller: &str) -> Result<Value, AppError> {
        if !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let settings = &self.settings;
        let edit_limit = settings
            .post_edit_time_limit
            .map_or(-1, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        Ok(json!({
            "ServiceSettings": {
                "SiteURL": self.site_url,
                "EnableBotAccountCreation": settings.enable_bot_account_creation,
                "EnableUserAccessTokens": settings.enable_user_access_tokens,
                "EnableCommands": settings.enable_commands,
                "EnableIncomingWebhooks": settings.enable_incoming_webhooks,
                "EnableOutgoingWebhooks": settings.enable_outgoing_webhooks,
                "EnablePostUsernameOverride": settings.enable_post_username_override,
                "EnablePostIconOverride": settings.enable_post_icon_override,
                "EnableLatex": settings.enable_latex,
                "AllowedUntrustedInternalConnections": settings.allowed_untrusted_internal_connections,
                "PostEditTimeLimit": edit_limit,
                "OutgoingIntegrationRequestsTimeout": settings.integration_timeout.as_secs(),
                "CollapsedThreads": "always_on",
                "ThreadAutoFollow": true,
            },
            "TeamSettings": {"EnableOpenServer": settings.enable_open_server},
        }))
    }

    /// Changes settings, as far as the playground has them; answers the whole configuration.
    pub(crate) fn patch_config(&mut self, caller: &str, patch: &Value) -> Result<Value, AppError> {
        if !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let switches = patch
            .pointer("/ServiceSettings")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        let settings = &mut self.settings;
        for (name, value) in switches {
            if let Some(on) = value.as_bool() {
                match name.as_str() {
                    "EnableBotAccountCreation" => settings.enable_bot_account_creation = on,
                    "EnableUserAccessTokens" => settings.enable_user_access_tokens = on,
                    "EnableCommands" => settings.enable_commands = on,
                    "EnableIncomingWebhooks" => settings.enable_incoming_webhooks = on,
                    "EnableOutgoingWebhooks" => settings.enable_outgoing_webhooks = on,
                    "EnablePostUsernameOverride" => settings.enable_post_username_override = on,
                    "EnablePostIconOverride" => settings.enable_post_icon_override = on,
                    "EnableLatex" => settings.enable_latex = on,
                    _ => {}
                }
            } else if let Some(text) = value.as_str() {
                match name.as_str() {
                    "AllowedUntrustedInternalConnections" => {
                        text.clone_into(&mut settings.allowed_untrusted_internal_connections);
                    }
                    "SiteURL" => text.clone_into(&mut self.site_url),
                    _ => {}
                }
            } else if let (Some(number), "PostEditTimeLimit") = (value.as_i64(), name.as_str()) {
                settings.post_edit_time_limit = u64::try_from(number).ok();
            }
        }
        self.config(caller)
    }
}
