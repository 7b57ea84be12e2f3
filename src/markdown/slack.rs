//! Slack's forms, which Mattermost rewrites in what comes by a webhook, code included, with no way to opt out.
//!
//! `<!all>` becomes a mention, `<@ID>` a name and `<url|text>` a link, also over several lines and through the backticks of two code
//! spans, whose ends are then somewhere else. Read in the server's `ProcessSlackText` of 11.1.

/// What is shown in place of a `<` that begins one of Slack's forms; nothing invisible would keep the server from taking it for one.
const LESS_THAN: char = '‹';

/// Makes a text one that a webhook leaves as it is: a `<` that begins one of Slack's forms becomes a `‹`. Its length in runes stays.
///
/// Takes time linear in the text.
#[must_use]
pub fn without_slack_forms(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    // From the end, so that what follows is known.
    let mut follows = Follows::default();
    let mut replaced = Vec::new();
    for (index, character) in text.char_indices().rev() {
        if character == '<' && follows.makes_a_form() {
            replaced.push(index);
            follows.precede_with(LESS_THAN);
        } else {
            follows.precede_with(character);
        }
    }
    for (index, character) in text.char_indices() {
        let begins = replaced.last() == Some(&index);
        if begins {
            replaced.pop();
        }
        written.push(if begins { LESS_THAN } else { character });
    }
    written
}

/// What follows a place of a text.
#[derive(Default)]
struct Follows {
    next: Option<char>,
    /// Whether a `|` follows before any `<`, and after it, not at once, a `>`.
    has_link: bool,
    after_pipe: AfterPipe,
}

/// What would follow a `|` that stood here.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum AfterPipe {
    #[default]
    NoEnd,
    EndsAtOnce,
    Text,
}

impl Follows {
    fn makes_a_form(&self) -> bool {
        matches!(self.next, Some('!' | '@')) || (self.has_link && self.next != Some('|'))
    }

    fn precede_with(&mut self, character: char) {
        match character {
            '|' => self.has_link = self.after_pipe == AfterPipe::Text,
            '<' => self.has_link = false,
            _ => {}
        }
        self.after_pipe = match (character, self.after_pipe) {
            ('>', _) => AfterPipe::EndsAtOnce,
            (_, AfterPipe::NoEnd) => AfterPipe::NoEnd,
            (_, AfterPipe::EndsAtOnce | AfterPipe::Text) => AfterPipe::Text,
        };
        self.next = Some(character);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_webhook_would_rewrite_is_shown_with_another_sign() {
        for (written, shown) in [
            ("`<!channel>`", "`‹!channel>`"),
            ("<@abc>", "‹@abc>"),
            ("`cat <a | sort >b`", "`cat ‹a | sort >b`"),
            ("`<a|` `b>`", "`‹a|` `b>`"),
            ("<a\n|\nb>", "‹a\n|\nb>"),
            ("a < b, c > d", "a < b, c > d"),
            ("Vec<T>", "Vec<T>"),
            ("<|a>", "<|a>"),
            ("<a|>", "<a|>"),
            ("<<a|b>", "‹‹a|b>"),
            ("<a|b", "<a|b"),
            ("<a||b>", "‹a||b>"),
        ] {
            assert_eq!(without_slack_forms(written), shown);
        }
    }

    /// Matches `<[^<|]+\|[^>]+>` and `<[!@]`, with no thought of time.
    fn has_form(text: &str) -> bool {
        text.split('<')
            .skip(1)
            .any(|after| after.starts_with(['!', '@']))
            || text.match_indices('<').any(|(at, _)| {
                let (url, after) = text[at + 1..].split_once('|').unwrap_or_default();
                let (shown, _) = after.split_once('>').unwrap_or_default();
                !url.is_empty() && !url.contains('<') && !shown.is_empty()
            })
    }

    proptest! {
        #[test]
        fn the_servers_own_patterns_find_nothing(text in "[<>|!@a` \n]{0,24}") {
            prop_assert!(!has_form(&without_slack_forms(&text)));
        }

        #[test]
        fn a_text_without_forms_stays_as_it_is(text in "[<>|a` \n]{0,24}") {
            prop_assume!(!has_form(&text));
            prop_assert_eq!(without_slack_forms(&text), text);
        }
    }
}
