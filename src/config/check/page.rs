//! The page for administrators.

use std::net::SocketAddr;

use url::Url;

use super::address::address;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::http::admin::Settings;

/// Returns how the page is served; `None` where there is none: it is turned off, or there is no bot account that could say who administers
/// the server.
pub(super) fn settings(values: &Values) -> Option<Settings> {
    let written = address(values, &keys::ADMIN_PUBLIC_URL, None);
    let listen: SocketAddr = values.text(&keys::ADMIN_LISTEN)?.parse().ok()?;
    let is_there =
        values.switch(&keys::ADMIN_ENABLED) && values.is_written(&keys::MATTERMOST_BOT_TOKEN);
    if !is_there {
        return None;
    }
    Some(Settings {
        listen,
        is_listen_written: values.is_written(&keys::ADMIN_LISTEN),
        public_url: match written {
            Some(url) => url,
            None => of_listen(listen)?,
        },
        shows_texts: values.switch(&keys::ADMIN_SHOW_TEXTS),
    })
}

/// The address by which a browser on this machine reaches it.
fn of_listen(listen: SocketAddr) -> Option<Url> {
    let host = if listen.ip().is_unspecified() {
        format!("localhost:{}", listen.port())
    } else {
        listen.to_string()
    };
    Url::parse(&format!("http://{host}")).ok()
}
