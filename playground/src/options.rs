//! How a playground is started: seed, time, address and the settings of the simulated server.

use std::net::SocketAddr;
use std::time::Duration;

use crate::clock::TimeSource;
use crate::world::client_config::VERSION;

/// How a [`Playground`](crate::Playground) is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of every identifier and token.
    pub seed: u64,
    /// Where time comes from.
    pub time: TimeSource,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The settings of the simulated server.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            time: TimeSource::Real,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            settings: Settings::prepared(),
        }
    }
}

/// The server's settings, under their names in the server's configuration.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the server's own configuration"
)]
pub struct Settings {
    /// The version that the configuration for clients tells; greetings and headers keep the one that was recorded.
    pub version: String,
    /// `SiteURL`; the address it listens on when `None`.
    pub site_url: Option<String>,
    /// The longest message, in code points (`MaxPostSize`).
    pub max_post_size: usize,
    /// The largest request body in bytes (`MaximumPayloadSizeBytes`).
    pub max_payload_bytes: usize,
    /// The largest file in bytes (`MaxFileSize`).
    pub max_file_size: usize,
    /// Seconds after which a message may no longer be edited; `None` is never (`PostEditTimeLimit`, -1).
    pub post_edit_time_limit: Option<u64>,
    /// `EnablePostUsernameOverride`.
    pub enable_post_username_override: bool,
    /// `EnablePostIconOverride`.
    pub enable_post_icon_override: bool,
    /// `EnableCommands`.
    pub enable_commands: bool,
    /// `EnableIncomingWebhooks`.
    pub enable_incoming_webhooks: bool,
    /// `EnableOutgoingWebhooks`.
    pub enable_outgoing_webhooks: bool,
    /// `EnableBotAccountCreation`.
    pub enable_bot_account_creation: bool,
    /// `EnableUserAccessTokens`.
    pub enable_user_access_tokens: bool,
    /// `TeamSettings.EnableOpenServer`: whether anybody may create an account.
    pub enable_open_server: bool,
    /// `EnableLatex`.
    pub enable_latex: bool,
    /// `EnableInlineLatex`.
    pub enable_inline_latex: bool,
    /// `DisableBotsWhenOwnerIsDeactivated`.
    pub disable_bots_of_deactivated_owners: bool,
    /// `TeamSettings.RestrictDirectMessage`: `any`, or `team` for people who have one in common.
    pub restrict_direct_message: String,
    /// `OutgoingIntegrationRequestsTimeout`; the server never waits longer than 30 s.
    pub integration_timeout: Duration,
    /// `AllowedUntrustedInternalConnections`: hosts and CIDRs, by spaces or commas, that integrations may have though they are internal.
    pub allowed_untrusted_internal_connections: String,
    /// `RateLimitSettings`; `None` is off.
    pub rate_limit: Option<RateLimit>,
    /// `RateLimitSettings.VaryByUser`: whether requests are counted by token and account rather than by address.
    pub rate_limit_by_user: bool,
    /// The settings that the server takes from its environment, such as `ServiceSettings.SiteURL`; they cannot be changed
    /// through its API.
    pub from_environment: Vec<String>,
    /// Whether `followers` of a thread include bots. A freshly created bot got none, one that outlived a restart did.
    pub bots_follow_threads: bool,
}

/// `RateLimitSettings` by remote address.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// Requests a second (`PerSec`).
    pub per_second: u32,
    /// Requests beyond it at once (`MaxBurst`); one more gets through.
    pub max_burst: u32,
}

impl Settings {
    /// The settings of a freshly installed server.
    #[must_use]
    pub fn fresh() -> Self {
        Self {
            version: VERSION.to_owned(),
            site_url: None,
            max_post_size: 16_383,
            max_payload_bytes: 300_000,
            max_file_size: 104_857_600,
            post_edit_time_limit: None,
            enable_post_username_override: false,
            enable_post_icon_override: false,
            enable_commands: true,
            enable_incoming_webhooks: true,
            enable_outgoing_webhooks: true,
            enable_bot_account_creation: false,
            enable_user_access_tokens: false,
            enable_open_server: false,
            enable_latex: false,
            enable_inline_latex: true,
            disable_bots_of_deactivated_owners: true,
            restrict_direct_message: "any".to_owned(),
            integration_timeout: Duration::from_secs(30),
            allowed_untrusted_internal_connections: String::new(),
            rate_limit: None,
            rate_limit_by_user: false,
            from_environment: Vec::new(),
            bots_follow_threads: false,
        }
    }

    /// The settings of the server that was recorded: overrides, bots and integrations on this machine are allowed.
    #[must_use]
    pub fn prepared() -> Self {
        Self {
            enable_post_username_override: true,
            enable_post_icon_override: true,
            enable_bot_account_creation: true,
            enable_user_access_tokens: true,
            enable_open_server: true,
            allowed_untrusted_internal_connections: "127.0.0.1 localhost 127.0.0.0/8 ::1/128"
                .to_owned(),
            ..Self::fresh()
        }
    }
}
