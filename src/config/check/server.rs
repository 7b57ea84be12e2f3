//! How we listen and what we log.

use url::Url;

use super::address::address;
use super::whole;
use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::http::Settings;
use crate::telemetry;

pub(super) fn settings(values: &Values) -> Option<Settings> {
    let listen = values.text(&keys::SERVER_LISTEN)?.parse().ok()?;
    let tokens = [
        &keys::MATTERMOST_COMMAND_TOKENS,
        &keys::MATTERMOST_OUTGOING_TOKENS,
    ];
    if !tokens.into_iter().any(|key| values.is_written(key)) {
        values.report(&keys::MATTERMOST_COMMAND_TOKENS, Fault::NoToken);
    }
    Some(Settings {
        listen,
        command_tokens: values.secrets(&keys::MATTERMOST_COMMAND_TOKENS),
        outgoing_tokens: values.secrets(&keys::MATTERMOST_OUTGOING_TOKENS),
        max_body_bytes: whole(values, &keys::SERVER_MAX_BODY),
        body_timeout: values.duration(&keys::SERVER_BODY_TIMEOUT),
        max_connections: whole(values, &keys::SERVER_MAX_CONNECTIONS),
    })
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
