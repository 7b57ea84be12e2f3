//! How we listen and what we log.

use url::Url;

use super::address::address;
use super::answer::{has_buttons, hearing};
use super::whole;
use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::http::{Settings, Tokens};
use crate::mattermost::ACTIONS_PATH;
use crate::telemetry;

pub(super) fn settings(values: &Values) -> Option<Settings> {
    let listen = values.text(&keys::SERVER_LISTEN)?.parse().ok()?;
    Some(Settings {
        listen,
        max_body_bytes: whole(values, &keys::SERVER_MAX_BODY),
        body_timeout: values.duration(&keys::SERVER_BODY_TIMEOUT),
        max_connections: whole(values, &keys::SERVER_MAX_CONNECTIONS),
    })
}

pub(super) fn tokens(values: &Values) -> Tokens {
    let tokens = [
        &keys::MATTERMOST_COMMAND_TOKENS,
        &keys::MATTERMOST_OUTGOING_TOKENS,
    ];
    let is_heard = values.is_written(&keys::MATTERMOST_BOT_TOKEN) && hearing(values).is_some();
    if !is_heard && !tokens.into_iter().any(|key| values.is_written(key)) {
        values.report(&keys::MATTERMOST_COMMAND_TOKENS, Fault::NoToken);
    }
    Tokens {
        command: values.secrets(&keys::MATTERMOST_COMMAND_TOKENS),
        outgoing: values.secrets(&keys::MATTERMOST_OUTGOING_TOKENS),
    }
}

/// Where buttons report to, where there are any.
pub(super) fn actions_url(values: &Values) -> Option<Url> {
    if !has_buttons(values) {
        return None;
    }
    let mut url = Url::parse(values.text(&keys::SERVER_PUBLIC_URL)?.trim()).ok()?;
    let path = format!("{}{ACTIONS_PATH}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Some(url)
}

pub(super) fn public_url(values: &Values) -> Option<Url> {
    // Mattermost reads it, and over plain http too where an operator wants it so.
    address(values, &keys::SERVER_PUBLIC_URL, None)
}

pub(super) fn log(values: &Values) -> telemetry::Settings {
    let filter = match values.text(&keys::LOG_LEVEL) {
        // Libraries tell too much at this level to be read.
        Some("debug") => "info,askwell=debug",
        Some(level) => level,
        None => "info",
    };
    telemetry::Settings {
        format: match values.text(&keys::LOG_FORMAT) {
            Some("json") => telemetry::Format::Json,
            _ => telemetry::Format::Text,
        },
        filter: filter.to_owned(),
    }
}
