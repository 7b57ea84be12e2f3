//! How we reach Mattermost.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::address::address;
use super::{server, whole};
use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::domain::id::{MATTERMOST_ID_LENGTH, ServerId};
use crate::mattermost::Settings;

pub(super) fn settings(values: &Values) -> Option<Settings> {
    if !values.is_written(&keys::MATTERMOST_URL) {
        values.report(&keys::MATTERMOST_URL, Fault::NoMattermost);
    }
    let url = address(
        values,
        &keys::MATTERMOST_URL,
        Some(&keys::MATTERMOST_PLAIN_HTTP),
    );
    let server = name(values);
    let incoming_webhook_url = values.secret(&keys::MATTERMOST_INCOMING_WEBHOOK);
    if incoming_webhook_url
        .as_ref()
        .is_some_and(|url| !is_hook(url))
    {
        values.report(&keys::MATTERMOST_INCOMING_WEBHOOK, Fault::IncomingWebhook);
    }
    Some(Settings {
        server: server?,
        url: url?,
        bot_token: values.secret(&keys::MATTERMOST_BOT_TOKEN),
        incoming_webhook_url,
        actions_url: server::actions_url(values),
        writes_per_second: values.decimal(&keys::MATTERMOST_WRITES)?,
        write_burst: whole(values, &keys::MATTERMOST_BURST),
        call_timeout: values.duration(&keys::MATTERMOST_CALL_TIMEOUT),
    })
}

fn name(values: &Values) -> Option<ServerId> {
    let server = ServerId::parse(values.text(&keys::MATTERMOST_NAME)?).ok();
    if server.is_none() {
        values.report(&keys::MATTERMOST_NAME, Fault::ServerName);
    }
    server
}

fn is_hook(url: &SecretString) -> bool {
    let Ok(url) = Url::parse(url.expose_secret()) else {
        return false;
    };
    let id = url
        .path()
        .rsplit_once("/hooks/")
        .map_or("", |(_, id)| id.trim_end_matches('/'));
    matches!(url.scheme(), "http" | "https")
        && id.len() == MATTERMOST_ID_LENGTH
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
