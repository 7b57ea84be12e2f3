//! Redaction: what of a prompt should not leave for a model's server is replaced by placeholders, and put back into what the model writes.
//!
//! A placeholder, as `⟦phone-1⟧`, stands for one text in one prompt: whoever is answered by it gets back nothing but what their own prompt
//! held. What a model wrote is put back as a whole, and not chunk by chunk, so that it does not matter where its stream was cut; a
//! placeholder that has not come whole yet is not shown. One that a model mangled stays visible. Pictures are not looked into.

use std::collections::HashMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::domain::prompt::Prompt;

/// Characters of a pattern of somebody's own, at most.
const MAX_PATTERN_CHARS: usize = 500;

/// Bytes of a compiled pattern, at most: what is matched takes linear time, but time for each state.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// Patterns of somebody's own, at most.
pub const MAX_PATTERNS: usize = 50;

/// The kinds that are known by a name.
pub const KINDS: [&str; 4] = ["keys", "resident_number", "phone", "email"];

/// Keys of providers by how they begin, tokens of web services, and whole private keys.
const KEYS: &str = r"(?-u:\b)(?:sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|xox[abprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{20,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})|(?s:-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.*?-----END [A-Z ]{0,20}PRIVATE KEY-----)";

const EMAIL: &str = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?-u:\b)";

/// Year, month and day, and seven digits of which the first says the century.
const RESIDENT: &str =
    r"(?-u:\b)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[- ]?[1-8][0-9]{6}(?-u:\b)";

/// Mobile numbers, numbers with the country's code, and others with signs between their groups.
const PHONE: &str = r"(?-u:\b)01[016789][-. ]?[0-9]{3,4}[-. ]?[0-9]{4}(?-u:\b)|\+82[-. ]?(?:\(0\))?[0-9]{1,2}[-. ]?[0-9]{3,4}[-. ]?[0-9]{4}(?-u:\b)|(?-u:\b)0(?:2|[3-6][1-5]|[57]0)[-. )][0-9]{3,4}[-. ][0-9]{4}(?-u:\b)";

/// What is replaced.
#[derive(Clone, Debug, Default)]
pub struct Patterns(Arc<Vec<Pattern>>);

#[derive(Debug)]
struct Pattern {
    kind: &'static str,
    regex: Regex,
}

impl Patterns {
    /// Makes patterns of the kinds of [`KINDS`] and of expressions of somebody's own; `None` where one is no kind, no expression, too long, or
    /// matches nothing at all.
    #[must_use]
    pub fn new(kinds: &[String], own: &[String]) -> Option<Self> {
        if own.len() > MAX_PATTERNS {
            return None;
        }
        let mut patterns = Vec::new();
        // In this order, so that of a resident number no part is taken for a phone's.
        for kind in KINDS
            .iter()
            .filter(|kind| kinds.iter().any(|wanted| wanted == *kind))
        {
            let expression = match *kind {
                "keys" => KEYS,
                "resident_number" => RESIDENT,
                "phone" => PHONE,
                _ => EMAIL,
            };
            let regex = compiled(expression)?;
            let kind = if *kind == "keys" { "key" } else { kind };
            patterns.push(Pattern { kind, regex });
        }
        if !kinds.iter().all(|wanted| KINDS.contains(&wanted.as_str())) {
            return None;
        }
        for expression in own {
            let regex = compiled(expression).filter(|regex| !regex.is_match(""))?;
            patterns.push(Pattern {
                kind: "redacted",
                regex,
            });
        }
        Some(Self(Arc::new(patterns)))
    }
}

fn compiled(expression: &str) -> Option<Regex> {
    if expression.chars().count() > MAX_PATTERN_CHARS {
        return None;
    }
    let mut builder = RegexBuilder::new(expression);
    builder.size_limit(MAX_COMPILED_BYTES).build().ok()
}

/// Whether digits that look like a resident number begin with a day that there is.
fn begins_with_a_day(digits: &str) -> bool {
    let number = |at: usize| {
        digits
            .get(at..at + 2)
            .and_then(|two| two.parse::<u32>().ok())
    };
    let (Some(month), Some(day)) = (number(2), number(4)) else {
        return false;
    };
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    day <= days
}

/// What was replaced in one prompt.
#[derive(Clone, Debug, Default)]
pub struct Redacted {
    patterns: Patterns,
    /// What each placeholder stands for, in the order in which they were made.
    made: Vec<(String, String)>,
    known: HashMap<String, usize>,
}

impl Redacted {
    /// Begins with nothing replaced.
    #[must_use]
    pub fn by(patterns: &Patterns) -> Self {
        Self {
            patterns: patterns.clone(),
            ..Self::default()
        }
    }

    /// Replaces in every message of a prompt; `None` where nothing is replaced in any.
    #[must_use]
    pub fn hide_in(&mut self, prompt: &Prompt) -> Option<Prompt> {
        if self.patterns.0.is_empty() {
            return None;
        }
        let hidden: Vec<_> = prompt
            .messages
            .iter()
            .map(|message| self.hide(&message.text))
            .collect();
        if self.made.is_empty() {
            return None;
        }
        let mut prompt = prompt.clone();
        let messages = Arc::make_mut(&mut prompt.messages);
        for (message, text) in messages.iter_mut().zip(hidden) {
            message.text = text;
        }
        Some(prompt)
    }

    /// Replaces in a text; what was replaced before is by the same placeholder.
    #[must_use]
    pub fn hide(&mut self, text: &str) -> String {
        let mut found: Vec<(usize, usize, &'static str)> = Vec::new();
        for pattern in self.patterns.0.iter() {
            for hit in pattern.regex.find_iter(text) {
                let is_free = |(from, until, _): &(usize, usize, _)| {
                    hit.end() <= *from || hit.start() >= *until
                };
                let is_one = pattern.kind != "resident_number" || begins_with_a_day(hit.as_str());
                if is_one && found.iter().all(is_free) {
                    found.push((hit.start(), hit.end(), pattern.kind));
                }
            }
        }
        found.sort_unstable();
        let (mut hidden, mut end) = (String::with_capacity(text.len()), 0);
        for (from, until, kind) in found {
            hidden.push_str(text.get(end..from).unwrap_or_default());
            hidden.push_str(&self.placeholder(kind, text.get(from..until).unwrap_or_default()));
            end = until;
        }
        hidden.push_str(text.get(end..).unwrap_or_default());
        hidden
    }

    fn placeholder(&mut self, kind: &str, original: &str) -> String {
        if let Some((placeholder, _)) = self.known.get(original).and_then(|at| self.made.get(*at)) {
            return placeholder.clone();
        }
        let placeholder = format!("⟦{kind}-{}⟧", self.made.len() + 1);
        self.known.insert(original.to_owned(), self.made.len());
        self.made.push((placeholder.clone(), original.to_owned()));
        placeholder
    }

    /// Puts back what placeholders stand for.
    #[must_use]
    pub fn restore(&self, text: &str) -> String {
        let (mut restored, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find('⟦').filter(|_| !self.made.is_empty()) {
            let (before, from) = rest.split_at(at);
            restored.push_str(before);
            let made = self
                .made
                .iter()
                .find(|(placeholder, _)| from.starts_with(placeholder));
            let (placed, length) = match made {
                Some((placeholder, original)) => (original.as_str(), placeholder.len()),
                None => ("⟦", '⟦'.len_utf8()),
            };
            restored.push_str(placed);
            rest = from.get(length..).unwrap_or_default();
        }
        restored.push_str(rest);
        restored
    }

    /// The same of a text that grows: a placeholder at its end that has not come whole is left out.
    #[must_use]
    pub fn restore_growing(&self, text: &str) -> String {
        let is_begun = |tail: &str| {
            let mut made = self.made.iter();
            made.any(|(placeholder, _)| placeholder.starts_with(tail) && placeholder != tail)
        };
        let whole = match text.rfind('⟦') {
            Some(at) if text.get(at..).is_some_and(is_begun) => text.get(..at).unwrap_or_default(),
            _ => text,
        };
        self.restore(whole)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all() -> Patterns {
        Patterns::new(
            &KINDS.map(str::to_owned),
            &["(?i)project [a-z]+".to_owned()],
        )
        .unwrap()
    }

    fn hidden(text: &str) -> String {
        Redacted::by(&all()).hide(text)
    }

    #[test]
    fn what_should_not_leave_is_replaced_and_what_only_looks_so_is_not() {
        for (text, expected) in [
            ("제 번호는 010-1234-5678이에요", "제 번호는 ⟦phone-1⟧이에요"),
            ("01012345678 / +82 10-1234-5678", "⟦phone-1⟧ / ⟦phone-2⟧"),
            ("02-123-4567, 031 123 4567", "⟦phone-1⟧, ⟦phone-2⟧"),
            (
                "주민번호900101-1234567입니다",
                "주민번호⟦resident_number-1⟧입니다",
            ),
            ("9002291234567", "⟦resident_number-1⟧"),
            ("900230-1234567", "900230-1234567"),
            ("901301-1234567", "901301-1234567"),
            ("a.b+c@mail.example.co.kr로", "⟦email-1⟧로"),
            (
                "sk-proj-abcdefghijklmnop and AKIAABCDEFGHIJKLMNOP",
                "⟦key-1⟧ and ⟦key-2⟧",
            ),
            ("ghp_0123456789abcdefghij0123456789", "⟦key-1⟧"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----.",
                "⟦key-1⟧.",
            ),
            (
                "about Project Zeus, Project Zeus",
                "about ⟦redacted-1⟧, ⟦redacted-1⟧",
            ),
            (
                "sk-short, 2026-11-28, 192.168.0.1, @alice",
                "sk-short, 2026-11-28, 192.168.0.1, @alice",
            ),
            ("1010101234567812345", "1010101234567812345"),
        ] {
            assert_eq!(hidden(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_put_back_that_this_prompt_did_not_hold() {
        let mut one = Redacted::by(&all());
        let mut other = Redacted::by(&all());
        let asked = one.hide("call 010-1111-2222");
        let asked_otherwise = other.hide("call 010-3333-4444, 010-5555-6666");
        assert!(asked_otherwise.contains("phone-2"));
        assert_eq!(one.restore(&asked), "call 010-1111-2222");
        assert_eq!(
            one.restore("⟦phone-2⟧ ⟦phone-1⟧ ⟦ phone-1⟧"),
            "⟦phone-2⟧ 010-1111-2222 ⟦ phone-1⟧"
        );
        assert_eq!(Redacted::by(&all()).restore("⟦phone-1⟧"), "⟦phone-1⟧");
    }

    #[test]
    fn patterns_that_are_none_are_refused() {
        let own = |expression: &str| Patterns::new(&[], &[expression.to_owned()]);
        assert!(own("a(").is_none() && own("a*").is_none() && own(r"\w{1000}{1000}").is_none());
        assert!(own(&"a".repeat(MAX_PATTERN_CHARS)).is_some());
        assert!(own(&"a".repeat(MAX_PATTERN_CHARS + 1)).is_none());
        assert!(Patterns::new(&["passports".to_owned()], &[]).is_none());
        let many = |count: usize| Patterns::new(&[], &vec!["a".to_owned(); count]);
        assert!(many(MAX_PATTERNS).is_some() && many(MAX_PATTERNS + 1).is_none());
    }

    proptest! {
        #[test]
        fn wherever_a_stream_is_cut_the_answer_is_whole_and_no_piece_of_a_placeholder_is_shown(
            words in prop::collection::vec(prop_oneof![
                Just("010-1234-5678".to_owned()),
                Just("a@example.com".to_owned()),
                Just("010-1234-5679".to_owned()),
                "[a-z가-힣⟦⟧ -]{0,8}",
            ], 0..12),
        ) {
            let said = words.join(" ");
            let mut redacted = Redacted::by(&all());
            let sent = redacted.hide(&said);
            prop_assert!(!sent.contains("1234") && !sent.contains("example"));
            prop_assert_eq!(&redacted.restore(&sent), &said);
            for (cut, _) in sent.char_indices() {
                let shown = redacted.restore_growing(&sent[..cut]);
                prop_assert!(said.starts_with(&shown), "{} of {}", shown, said);
            }
        }
    }
}
