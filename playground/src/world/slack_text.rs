//! What the server makes of Slack's forms in texts that integrations send.

use crate::world::state::World;

impl World {
    /// Turns `<!here>` and its kin into mentions, and `<@id>` into names.
    pub(crate) fn expand_slack_mentions(&self, text: &str) -> String {
        let mut expanded = text
            .replace("<!channel>", "@channel")
            .replace("<!here>", "@here")
            .replace("<!all>", "@all");
        let mut at = 0;
        while let Some(found) = expanded.get(at..).and_then(|rest| rest.find("<@")) {
            let start = at + found;
            at = start + 2;
            let Some(length) = expanded.get(at..).and_then(|rest| rest.find('>')) else {
                break;
            };
            let id = expanded.get(at..at + length).unwrap_or_default();
            if let Some(user) = self.users.get(id) {
                let name = format!("@{}", user.username);
                expanded.replace_range(start..=at + length, &name);
            }
        }
        expanded
    }
}

/// Turns `<url|text>` into Markdown links, everywhere, code included.
pub(crate) fn slack_links_to_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let inner = from.get(1..).unwrap_or_default();
        if let Some((url, label, length)) = slack_link(inner) {
            out.extend(["[", label, "](", url, ")"]);
            rest = inner.get(length..).unwrap_or_default();
        } else {
            out.push('<');
            rest = inner;
        }
    }
    out.push_str(rest);
    out
}

/// The parts of `url|text>` and how long it is.
fn slack_link(inner: &str) -> Option<(&str, &str, usize)> {
    let bar = inner.find(['|', '<', '>'])?;
    let (url, from) = inner.split_at(bar);
    let label_and_rest = from.strip_prefix('|')?;
    let end = label_and_rest.find(['|', '>'])?;
    let (label, tail) = label_and_rest.split_at(end);
    let is_link = !url.is_empty() && !label.is_empty() && tail.starts_with('>');
    is_link.then_some((url, label, bar + 1 + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_converted_even_where_they_are_not_meant() {
        assert_eq!(
            slack_links_to_markdown("a<b|c>d <http://x.example|label> <!here> a<b"),
            "a[c](b)d [label](http://x.example) <!here> a<b"
        );
    }
}
