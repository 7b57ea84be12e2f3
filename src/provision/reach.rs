//! Whether Mattermost lets its integrations reach us: it calls no address of its own network unless a list names the host.
//!
//! The rule is Mattermost's (`public/shared/httpservice`, 11.1): an address of a reserved range, or one of the server's own, is refused
//! unless `ServiceSettings.AllowedUntrustedInternalConnections` holds the host as it is written, or a range with the address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use url::{Host, Url};

use crate::ports::{Clock, timeout};

/// Looking a name up, at most.
const LOOKUP_WITHIN: Duration = Duration::from_secs(5);

/// Returns the addresses of a URL's host as this machine knows them; empty where it does not.
pub(super) async fn addresses(url: &Url, clock: &dyn Clock) -> Vec<IpAddr> {
    match url.host() {
        Some(Host::Ipv4(address)) => vec![address.into()],
        Some(Host::Ipv6(address)) => vec![address.into()],
        Some(Host::Domain(name)) => {
            let port = url.port_or_known_default().unwrap_or(80);
            let looked_up = timeout(clock, LOOKUP_WITHIN, tokio::net::lookup_host((name, port)));
            match looked_up.await {
                Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
                // That it is not known is said where it matters.
                Ok(Err(_)) | Err(_) => Vec::new(),
            }
        }
        None => Vec::new(),
    }
}

/// Returns what the list of allowed hosts lacks for Mattermost to call a URL, where it lacks anything.
///
/// `ours` are the addresses of the URL's host, `servers` those of Mattermost itself.
pub(super) fn missing_entry(
    list: &str,
    url: &Url,
    ours: &[IpAddr],
    servers: &[IpAddr],
) -> Option<String> {
    let host = match url.host()? {
        // Mattermost compares an IPv6 address without its brackets, and takes a range either way.
        Host::Ipv6(address) => format!("{address}/128"),
        Host::Ipv4(_) | Host::Domain(_) => url.host_str()?.to_owned(),
    };
    let entries = || list.split([' ', ',']).filter(|entry| !entry.is_empty());
    if entries().any(|entry| entry == host) {
        return None;
    }
    let is_refused = |address: &IpAddr| {
        let needs_permission = is_reserved(*address) || servers.contains(address);
        needs_permission && !entries().any(|entry| range_holds(entry, *address))
    };
    ours.iter().any(is_refused).then_some(host)
}

/// Adds an entry to a list.
pub(super) fn with_entry(list: &str, entry: &str) -> String {
    let list = list.trim_end();
    if list.is_empty() {
        entry.to_owned()
    } else {
        format!("{list} {entry}")
    }
}

/// Takes an entry out of a list; what else it holds stays as it is written.
pub(super) fn without_entry(list: &str, entry: &str) -> String {
    let kept: Vec<_> = list
        .split([' ', ','])
        .filter(|other| !other.is_empty() && *other != entry)
        .collect();
    kept.join(" ")
}

fn is_reserved(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_reserved_v4(address),
        IpAddr::V6(address) => is_reserved_v6(address),
    }
}

fn is_reserved_v4(address: Ipv4Addr) -> bool {
    let octets = address.octets();
    let [first, second, third, _] = octets;
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        || (first == 100 && (64..128).contains(&second))
        || (first == 198 && (18..20).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || first >= 240
}

fn is_reserved_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
}

/// Says whether a range such as `127.0.0.0/8` holds an address.
fn range_holds(range: &str, address: IpAddr) -> bool {
    let Some((base, length)) = range.split_once('/') else {
        return false;
    };
    let (Ok(base), Ok(length)) = (base.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) if length <= 32 => {
            let apart = u32::from(base) ^ u32::from(address);
            apart.checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(base), IpAddr::V6(address)) if length <= 128 => {
            let apart = u128::from(base) ^ u128::from(address);
            apart.checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(list: &str, url: &str, ours: &str, server: &str) -> Option<String> {
        let ours: Vec<_> = ours
            .split_whitespace()
            .map(|ip| ip.parse().unwrap())
            .collect();
        let server = [server.parse().unwrap()];
        missing_entry(list, &url.parse().unwrap(), &ours, &server)
    }

    #[test]
    fn a_private_address_needs_an_entry_and_a_public_one_does_not() {
        let far = "203.0.114.9";
        for (list, url, ours, expected) in [
            ("", "http://10.0.0.5:8000", "10.0.0.5", Some("10.0.0.5")),
            ("10.0.0.5", "http://10.0.0.5:8000", "10.0.0.5", None),
            ("a, 10.0.0.0/8", "http://10.0.0.5:8000", "10.0.0.5", None),
            (
                "10.0.0.0/24",
                "http://10.0.1.5",
                "10.0.1.5",
                Some("10.0.1.5"),
            ),
            ("", "http://askwell:8000", "172.18.0.3", Some("askwell")),
            ("172.16.0.0/12", "http://askwell:8000", "172.18.0.3", None),
            ("askwell", "http://askwell:8000", "172.18.0.3", None),
            (
                "127.0.0.1",
                "http://localhost",
                "::1 127.0.0.1",
                Some("localhost"),
            ),
            ("", "http://[::1]:8000", "::1", Some("::1/128")),
            ("::1/128", "http://[::1]:8000", "::1", None),
            ("", "https://gpt.example.com", "8.8.8.8", None),
            (
                "",
                "https://gpt.example.com",
                "8.8.8.8 10.0.0.1",
                Some("gpt.example.com"),
            ),
            ("", "https://unknown.example.com", "", None),
            ("0.0.0.0/0", "http://10.0.0.5", "10.0.0.5", None),
            (
                "10.0.0.5/33",
                "http://10.0.0.5",
                "10.0.0.5",
                Some("10.0.0.5"),
            ),
        ] {
            let found = missing(list, url, ours, far);
            assert_eq!(found.as_deref(), expected, "{list:?} {url}");
        }
    }

    #[test]
    fn an_address_of_mattermosts_own_machine_needs_an_entry_though_it_is_public() {
        let found = missing("", "http://gpt.example.com:8000", "8.8.8.8", "8.8.8.8");
        assert_eq!(found.as_deref(), Some("gpt.example.com"));
    }

    #[test]
    fn an_entry_is_added_and_taken_out_again() {
        assert_eq!(with_entry("", "a"), "a");
        assert_eq!(with_entry("x, y ", "a"), "x, y a");
        assert_eq!(without_entry("x y a", "a"), "x y");
        assert_eq!(without_entry("a", "a"), "");
    }
}
