//! Which names a model of the table goes by.

use serde::Deserialize;

/// A rule for names. Names come in small letters.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(super) enum Rule {
    Is(String),
    Begins(String),
    Ends(String),
    Contains(String),
    /// The same length and letters, with a digit wherever the pattern has `#`.
    IsDated(String),
    /// The same of its beginning.
    BeginsDated(String),
    /// Of each list at least one holds.
    All(Vec<Vec<Rule>>),
    /// None holds.
    None(Vec<Rule>),
}

/// A rule as it stands in the table: a text behind the sign of its kind, or one of two kinds of list.
enum Written {
    Text(String),
    Group(Group),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Group {
    All(Vec<Vec<Rule>>),
    None(Vec<Rule>),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;

        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self::Text(text)),
            group => serde_json::from_value(group)
                .map(Self::Group)
                .map_err(D::Error::custom),
        }
    }
}

impl TryFrom<Written> for Rule {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let text = match written {
            Written::Group(Group::All(lists)) => return Ok(Self::All(lists)),
            Written::Group(Group::None(rules)) => return Ok(Self::None(rules)),
            Written::Text(text) => text,
        };
        let mut characters = text.chars();
        let sign = characters.next();
        let rest = characters.as_str().to_owned();
        match sign {
            Some('=') => Ok(Self::Is(rest)),
            Some('^') => Ok(Self::Begins(rest)),
            Some('$') => Ok(Self::Ends(rest)),
            Some('*') => Ok(Self::Contains(rest)),
            Some('#') => Ok(Self::IsDated(rest)),
            Some('~') => Ok(Self::BeginsDated(rest)),
            _ => Err("a rule begins with the sign of its kind"),
        }
    }
}

impl Rule {
    /// Says whether a name, in small letters, is meant.
    pub(super) fn holds(&self, name: &str) -> bool {
        match self {
            Self::Is(text) => name == text,
            Self::Begins(text) => name.starts_with(text),
            Self::Ends(text) => name.ends_with(text),
            Self::Contains(text) => name.contains(text),
            Self::IsDated(pattern) => name.len() == pattern.len() && begins_dated(name, pattern),
            Self::BeginsDated(pattern) => begins_dated(name, pattern),
            Self::All(lists) => lists.iter().all(|rules| one_holds(rules, name)),
            Self::None(rules) => !one_holds(rules, name),
        }
    }
}

/// Says whether one of some rules holds.
pub(super) fn one_holds(rules: &[Rule], name: &str) -> bool {
    rules.iter().any(|rule| rule.holds(name))
}

fn begins_dated(name: &str, pattern: &str) -> bool {
    let is_meant = |(byte, wanted): (u8, u8)| match wanted {
        b'#' => byte.is_ascii_digit(),
        _ => byte == wanted,
    };
    name.len() >= pattern.len() && name.bytes().zip(pattern.bytes()).all(is_meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_rule_means_its_names_and_no_others() {
        for (rule, meant, other) in [
            (r#""=gpt-4o""#, "gpt-4o", "gpt-4o-mini"),
            (r#""^gpt-4o""#, "gpt-4o-mini", "ft:gpt-4o"),
            (r#""$:free""#, "llama:free", "llama:freed"),
            (r#""*claude""#, "us.claude-x", "claud"),
            (r##""#a-####""##, "a-2024", "a-20245"),
            (r##""#a-####""##, "a-0000", "a-202x"),
            (r#""~a-#""#, "a-2024", "a-"),
            (r#"{"all":[["^a","^b"],["$c"]]}"#, "b c", "bd"),
            (r#"{"none":["$-tts","*-tts-"]}"#, "gemini", "gemini-tts"),
        ] {
            let read: Rule = serde_json::from_str(rule).unwrap();
            assert!(read.holds(meant), "{rule} {meant}");
            assert!(!read.holds(other), "{rule} {other}");
        }
    }

    #[test]
    fn a_rule_of_no_known_kind_is_not_read() {
        for rule in [r#""gpt""#, r#""""#, "1", r#"{"some":[]}"#, "null"] {
            assert!(serde_json::from_str::<Rule>(rule).is_err(), "{rule}");
        }
    }
}
