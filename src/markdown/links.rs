//! Where a link leads, and whether its text tells.

use std::collections::BTreeSet;

use url::{Host, Url};

/// Hosts remembered of one conversation; the texts of a conversation are bounded, this is the bound of what they leave behind.
pub const MAX_KNOWN_HOSTS: usize = 256;

/// What is known where an answer's links are judged: the hosts that people of the conversation named themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkContext {
    known_hosts: BTreeSet<String>,
}

impl LinkContext {
    /// Collects the hosts of all `http` and `https` addresses in texts that people wrote.
    ///
    /// Pass no text of a model here, else it could introduce its own hosts. Beyond [`MAX_KNOWN_HOSTS`] no more are remembered.
    pub fn of_conversation<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut context = Self::default();
        for text in texts {
            for address in addresses(text) {
                if let Some(host) = Url::parse(address).ok().as_ref().and_then(Url::host_str) {
                    context = context.knowing(host);
                }
            }
        }
        context
    }

    /// Adds a host, such as that of the Mattermost server itself.
    #[must_use]
    pub fn knowing(mut self, host: &str) -> Self {
        if self.known_hosts.len() < MAX_KNOWN_HOSTS {
            self.known_hosts.insert(plain_host(host));
        }
        self
    }

    fn knows(&self, host: &str) -> bool {
        self.known_hosts.contains(&plain_host(host))
    }
}

fn plain_host(host: &str) -> String {
    let host = host.to_lowercase();
    host.strip_prefix("www.").unwrap_or(&host).to_owned()
}

fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| character.is_whitespace() || "<>()[]\"'`|".contains(character))
        .filter_map(|word| {
            let start = word.find("https://").or_else(|| word.find("http://"))?;
            word.get(start..)
        })
}

/// What becomes of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It stays a link.
    Keep,
    /// Its text is followed by this address.
    Show(String),
    /// Only its text stays.
    TextOnly,
}

/// Judges a link by its text and by what stands in its parentheses.
pub(super) fn judge(text: &str, target: &str, context: &LinkContext) -> Verdict {
    let target = Target::read(target);
    let decoded = decode(if target.is_odd {
        target.whole
    } else {
        target.address
    });
    let Some(url) = resolve(&decoded) else {
        return Verdict::TextOnly;
    };
    match url.scheme() {
        "http" | "https" => judge_web(text, &target, &url, context),
        "mailto" | "tel" if !target.is_odd && decoded == target.address => Verdict::Keep,
        _ => Verdict::TextOnly,
    }
}

fn judge_web(text: &str, target: &Target<'_>, url: &Url, context: &LinkContext) -> Verdict {
    let Some(host) = url.host_str() else {
        return Verdict::TextOnly;
    };
    let is_plain = !target.is_odd
        && url.username().is_empty()
        && url.password().is_none()
        && !target.address.contains(['\\', '&', '@', '\u{200b}']);
    let tells = says_address(text, url);
    let shown = host_in(text);
    let misleads = shown.is_some_and(|shown| shown != plain_host(host));
    if is_plain && !misleads && (context.knows(host) || tells) {
        Verdict::Keep
    } else {
        Verdict::Show(written(url))
    }
}

/// Whether a link whose target begins here could lead to somebody's server: `handlers[i](event)` could not.
pub(super) fn may_lead(target: &str) -> bool {
    const LONGEST: usize = 256;
    let longest = target
        .char_indices()
        .nth(LONGEST)
        .map_or(target.len(), |(at, _)| at);
    let target = target.get(..longest).unwrap_or_default();
    let Some((inner, _)) = target.split_once(')') else {
        return true;
    };
    if inner.contains('(') {
        return target.contains(['.', ':', '/', '\\', '&']);
    }
    // A space ends an address where a title follows it, and makes it none elsewhere.
    let inner = inner.trim();
    let (address, rest) = inner.split_once(' ').unwrap_or((inner, "\""));
    if inner.contains([':', '/', '\\', '%', '&']) {
        return true;
    }
    rest.trim_start().starts_with(['"', '\'', '=', '>']) && may_be_a_host(&decode(address))
}

fn may_be_a_host(text: &str) -> bool {
    let text = text
        .trim_start_matches(['.', '?', '#', '<'])
        .trim_end_matches('>');
    let url = Url::parse(&format!("http://{text}")).ok();
    url.as_ref()
        .and_then(Url::host)
        .is_some_and(|host| match host {
            Host::Domain(name) => is_name(name.trim_end_matches('.')),
            // A small number is an address of no network.
            Host::Ipv4(address) => address.octets()[0] != 0,
            Host::Ipv6(_) => true,
        })
}

/// Whether a name has several labels, of which the last could be one of the internet's.
fn is_name(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, last)| {
        !last.is_empty()
            && last
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// Writes an address so that nothing in it is read as Markdown or as a mention.
fn written(url: &Url) -> String {
    let mut written = String::new();
    let has_bracketed_host = url.as_str().contains("://[");
    for character in url.as_str().chars() {
        match character {
            '@' => written.push_str("%40"),
            '*' => written.push_str("%2A"),
            '|' => written.push_str("%7C"),
            '`' => written.push_str("%60"),
            '[' if !has_bracketed_host => written.push_str("%5B"),
            ']' if !has_bracketed_host => written.push_str("%5D"),
            '(' => written.push_str("%28"),
            ')' => written.push_str("%29"),
            _ => written.push(character),
        }
    }
    written
}

fn says_address(text: &str, url: &Url) -> bool {
    let bare = |address: &str| {
        let address = address.trim().trim_end_matches('/');
        let address = address
            .strip_prefix("https://")
            .or(address.strip_prefix("http://"))
            .unwrap_or(address);
        address.to_owned()
    };
    // Longer texts cannot be the address; comparing lengths first keeps nested links linear.
    text.len() <= url.as_str().len() + 8 && bare(text) == bare(url.as_str())
}

/// Returns the host that a text looks like it names.
fn host_in(text: &str) -> Option<String> {
    const LONGEST: usize = 512;
    // Not trimmed at its end: the texts of nested links share theirs.
    let text = text.trim_start();
    let end = text
        .char_indices()
        .take_while(|(at, _)| *at <= LONGEST)
        .find(|(_, character)| character.is_whitespace())
        .map_or(text.len(), |(at, _)| at);
    let (text, rest) = text.split_at(end);
    if text.len() > LONGEST || !text.contains('.') || !rest.trim_start().is_empty() {
        return None;
    }
    let url = if text.contains("://") {
        Url::parse(text).ok()?
    } else {
        Url::parse(&format!("http://{text}")).ok()?
    };
    let host = plain_host(url.host_str()?);
    let (_, suffix) = host.rsplit_once('.')?;
    let is_host = text.contains("://")
        || (suffix.len() >= 2
            && suffix.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !is_file(suffix));
    is_host.then_some(host)
}

/// Whether a name ending so is more likely a file than a host: `[main.rs](https://…)` misleads nobody.
fn is_file(suffix: &str) -> bool {
    const FILES: [&str; 24] = [
        "c", "cc", "cpp", "css", "csv", "go", "h", "html", "java", "js", "json", "kt", "lock",
        "log", "md", "pdf", "php", "py", "rs", "sh", "toml", "ts", "txt", "yml",
    ];
    FILES.contains(&suffix)
}

struct Target<'a> {
    whole: &'a str,
    address: &'a str,
    /// Whether readers could disagree where the address ends.
    is_odd: bool,
}

impl<'a> Target<'a> {
    fn read(written: &'a str) -> Self {
        let written = written.trim();
        let (address, rest) = match written.strip_prefix('<') {
            Some(inner) => match inner.split_once('>') {
                Some((address, rest)) => (address, rest),
                None => (inner, "<"),
            },
            None => written
                .split_once(|character: char| character.is_whitespace())
                .unwrap_or((written, "")),
        };
        Self {
            whole: written,
            address,
            is_odd: !is_title_or_size(rest.trim()) || address.contains(char::is_whitespace),
        }
    }
}

fn is_title_or_size(rest: &str) -> bool {
    let quoted = |quote: char| {
        rest.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
            .is_some_and(|title| !title.contains(quote))
    };
    rest.is_empty()
        || quoted('"')
        || quoted('\'')
        || rest.strip_prefix('=').is_some_and(|size| {
            size.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'x')
        })
}

/// Undoes what a browser undoes before it reads a scheme: entities, white space and what cannot be seen.
fn decode(address: &str) -> String {
    let mut decoded = String::new();
    let mut rest = address;
    while let Some(character) = rest.chars().next() {
        let (decoded_character, length) = entity(rest).unwrap_or((character, character.len_utf8()));
        rest = rest.get(length..).unwrap_or_default();
        let unseen = decoded_character.is_whitespace()
            || decoded_character.is_control()
            || matches!(decoded_character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}');
        if !unseen {
            decoded.push(decoded_character);
        }
    }
    decoded
}

/// Reads the entity that a text begins with.
fn entity(text: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 10;
    let body = text.strip_prefix('&')?;
    let end = body.bytes().take(LONGEST).position(|byte| byte == b';');
    let name = body.get(..end?)?;
    let character = match name {
        "amp" | "AMP" => '&',
        "colon" => ':',
        "sol" => '/',
        "bsol" => '\\',
        "commat" => '@',
        "period" => '.',
        "Tab" | "NewLine" | "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((character, name.len() + 2))
}

/// Reads an address as Mattermost's client does: without a scheme it is a host; what leads back into the server is none.
fn resolve(decoded: &str) -> Option<Url> {
    if decoded.starts_with("//") || decoded.starts_with("\\\\") || decoded.starts_with("/\\") {
        return Url::parse(&format!("https:{decoded}")).ok();
    }
    if decoded.is_empty() || decoded.starts_with(['/', '\\', '#', '?', '.']) {
        return None;
    }
    if has_scheme(decoded) {
        return Url::parse(decoded).ok();
    }
    Url::parse(&format!("http://{decoded}")).ok()
}

fn has_scheme(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    // `example.com:8080/x` is a host with its port.
    let is_port = scheme.contains('.') && rest.starts_with(|first: char| first.is_ascii_digit());
    is_scheme && !is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> LinkContext {
        LinkContext::of_conversation(["see https://docs.example.com/a and (http://Intra.example)"])
    }

    #[test]
    fn links_to_hosts_of_the_conversation_stay() {
        let table = [
            ("the guide", "https://docs.example.com/guide"),
            ("the guide", "https://www.docs.example.com/guide \"Title\""),
            ("here", "http://intra.example"),
            ("https://other.example/x", "https://other.example/x"),
            ("other.example", "https://other.example/"),
            ("write", "mailto:a@b.example"),
            ("main.rs", "https://docs.example.com/main.rs"),
        ];
        for (text, target) in table {
            assert_eq!(judge(text, target, &context()), Verdict::Keep, "{target}");
        }
    }

    #[test]
    fn a_hidden_target_outside_the_conversation_is_shown() {
        let table = [
            (
                "x",
                "https://evil.example/?d=1",
                "https://evil.example/?d=1",
            ),
            ("x", "//evil.example", "https://evil.example/"),
            ("x", "evil.example/a", "http://evil.example/a"),
            (
                "x",
                "https://docs.example.com@evil.example/",
                "https://docs.example.com%40evil.example/",
            ),
            (
                "x",
                "https://docs.example.com\\@evil.example/",
                "https://docs.example.com/%40evil.example/",
            ),
            (
                "docs.example.com",
                "http://intra.example/",
                "http://intra.example/",
            ),
            ("x", "https://gооd.example/", "https://xn--gd-nmca.example/"),
            (
                "x",
                "https://evil\u{200b}.example/",
                "https://evil.example/",
            ),
            ("x", "h&#116;tps://evil.example/", "https://evil.example/"),
        ];
        for (text, target, shown) in table {
            let Verdict::Show(address) = judge(text, target, &context()) else {
                panic!("{target} is not shown");
            };
            let without_homoglyph = shown.contains("xn--") && address.contains("xn--");
            assert!(address == shown || without_homoglyph, "{target}: {address}");
        }
    }

    #[test]
    fn dangerous_targets_are_dropped() {
        let targets = [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java&#115;cript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "mattermost://x",
            "file:///etc/passwd",
            "/api/v4/users/me",
            "/\u{200b}api/v4/users",
            "#top",
            "",
        ];
        for target in targets {
            assert_eq!(
                judge("x", target, &context()),
                Verdict::TextOnly,
                "{target}"
            );
        }
    }

    #[test]
    fn a_call_of_what_an_array_holds_leads_nowhere() {
        for call in [
            "event)", ")", "42)", "...args)", "a, b.c)", "f(x))", "x\n  y)", "\"a.b\")",
        ] {
            assert!(!may_lead(call), "{call}");
        }
        for target in [
            "https://evil.example)",
            "evil.example)",
            "<evil.example>)",
            " evil.example )",
            "evil.example \"docs\")",
            "evil\n.example)",
            "/api/v4/users)",
            "3232235777)",
            "&#104;ttps&colon;//evil.example)",
            "a(b).evil.example)",
            "evil%2eexample)",
            "evil",
        ] {
            assert!(may_lead(target), "{target}");
        }
    }

    #[test]
    fn hosts_are_remembered_up_to_the_limit() {
        let texts: Vec<String> = (0..=MAX_KNOWN_HOSTS)
            .map(|number| format!("https://h{number:03}.example"))
            .collect();
        let context = LinkContext::of_conversation(texts.iter().map(String::as_str));
        assert!(
            context.knows("h000.example")
                && context.knows(&format!("h{}.example", MAX_KNOWN_HOSTS - 1))
        );
        assert!(!context.knows(&format!("h{MAX_KNOWN_HOSTS}.example")));
    }
}
