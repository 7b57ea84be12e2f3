//! The configuration as clients read it.

use serde_json::{Value, json};

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
            "Version": settings.version,
            "BuildNumber": "local",
            "SiteURL": self.site_url,
            "WebsocketURL": "",
            "SiteName": "Mattermost",
            "EnableOpenServer": settings.enable_open_server.to_string(),
            "EnableLatex": settings.enable_latex.to_string(),
            "EnableSignInWithUsername": "true",
            "EnableSignInWithEmail": "true",
        });
        if !is_known {
            return limited;
        }
        let edit_limit = settings
            .post_edit_time_limit
            .map_or_else(|| "-1".to_owned(), |seconds| seconds.to_string());
        json!({
            "Version": settings.version,
            "MaxPostSize": settings.max_post_size.to_string(),
            "PostEditTimeLimit": edit_limit,
            "SiteURL": self.site_url,
            "EnablePostUsernameOverride": settings.enable_post_username_override.to_string(),
            "EnablePostIconOverride": settings.enable_post_icon_override.to_string(),
            "EnableCommands": settings.enable_commands.to_string(),
            "EnableIncomingWebhooks": settings.enable_incoming_webhooks.to_string(),
            "EnableOutgoingWebhooks": settings.enable_outgoing_webhooks.to_string(),
            "EnableLatex": settings.enable_latex.to_string(),
            "EnableInlineLatex": settings.enable_inline_latex.to_string(),
            "MaxFileSize": settings.max_file_size.to_string(),
            "CollapsedThreads": "always_on",
            "RestrictDirectMessage": settings.restrict_direct_message,
            "TimeBetweenUserTypingUpdatesMilliseconds": "5000",
            "UniqueEmojiReactionLimitPerPost": "50",
            "BuildNumber": "local",
            "EnableBotAccountCreation": settings.enable_bot_account_creation.to_string(),
            "EnableUserAccessTokens": settings.enable_user_access_tokens.to_string(),
            "EnableFileAttachments": "true",
            "EnableDeveloper": "false",
            "EnableOpenServer": settings.enable_open_server.to_string(),
            "WebsocketURL": "",
            "SiteName": "Mattermost",
            "DefaultClientLocale": "en",
            "MaxNotificationsPerChannel": "1000",
            "ThreadAutoFollow": "true",
        })
    }
}
