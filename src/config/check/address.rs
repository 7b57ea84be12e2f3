//! Addresses of neighbours, written by an operator and therefore trusted, whatever network they are in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference::{Form, Key};

/// Ends of names that no public server has.
const PRIVATE_SUFFIXES: [&str; 4] = [".local", ".internal", ".localhost", ".home.arpa"];

/// Reads the address of a key; a slash at its end does not count.
pub(super) fn address(values: &Values, key: &Key, allow: Option<&'static Key>) -> Option<Url> {
    let text = values.text(key)?;
    match checked(text, allow.is_none_or(|allow| values.switch(allow)), allow) {
        Ok(url) => Some(url),
        Err(fault) => {
            values.report(key, fault);
            None
        }
    }
}

fn checked(text: &str, plain: bool, allow: Option<&'static Key>) -> Result<Url, Fault> {
    let wrong = Fault::Form(Form::Address);
    let mut url = Url::parse(text.trim()).map_err(|_| wrong.clone())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Fault::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Fault::Query);
    }
    if let Some(allow) = allow
        && url.scheme() == "http"
        && !plain
        && is_public(&url)
    {
        return Err(Fault::PlainHttp { allow });
    }
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty();
    }
    Ok(url)
}

/// Says whether a host is reached over networks that others can read.
fn is_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name.contains('.') && !PRIVATE_SUFFIXES.iter().any(|end| name.ends_with(end))
        }
        Some(Host::Ipv4(address)) => is_public_v4(address),
        Some(Host::Ipv6(address)) => is_public_v6(address),
        None => true,
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // 100.64.0.0/10 is what overlay networks give their machines (RFC 6598).
    let shared = first == 100 && (64..128).contains(&second);
    !(address.is_loopback() || address.is_private() || address.is_link_local() || shared)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => {
            !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reference::MODEL_PLAIN_HTTP;

    fn is_accepted(text: &str) -> bool {
        checked(text, false, Some(&MODEL_PLAIN_HTTP)).is_ok()
    }

    #[test]
    fn plain_http_is_for_hosts_of_ones_own_network() {
        for host in [
            "localhost",
            "mattermost",
            "127.0.0.1:8065",
            "[::1]:8065",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.9",
            "100.64.0.1",
            "[fd00::1]",
            "[::ffff:10.0.0.1]",
            "chat.local",
            "chat.prod.internal",
        ] {
            assert!(is_accepted(&format!("http://{host}")), "{host}");
        }
        for host in [
            "chat.example.com",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "[2001:4860::1]",
            "[::ffff:8.8.8.8]",
            "local.example.com",
            "notlocal.com.",
        ] {
            assert!(!is_accepted(&format!("http://{host}")), "{host}");
            assert!(is_accepted(&format!("https://{host}")), "{host}");
        }
    }

    #[test]
    fn an_address_has_no_user_query_fragment_or_other_scheme() {
        for text in [
            "https://user@chat.example.com",
            "https://user:secret@chat.example.com",
            "https://chat.example.com/?a=b",
            "https://chat.example.com/#top",
            "ftp://chat.example.com",
            "file:///etc/passwd",
            "chat.example.com",
            "https://",
            "",
        ] {
            assert!(!is_accepted(text), "{text}");
        }
    }

    #[test]
    fn a_slash_at_the_end_does_not_count() {
        let url = |text| checked(text, false, None).map(String::from);
        assert_eq!(url("https://a.b/v1/"), url("https://a.b/v1"));
        assert_eq!(url("https://a.b"), Ok("https://a.b/".to_owned()));
    }
}
