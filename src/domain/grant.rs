//! What is asked for where more of a budget is to be granted: `budget sales +5`, `예산 fair +10 @alice`.

use super::budget::Metered;
use super::money::Money;

const WORDS: [&str; 2] = ["budget", "예산"];

/// That more of a budget is to be granted, or some of that taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRequest {
    /// The budget's name, as it was written.
    pub budget: String,
    /// How much: digits, and for dollars a point.
    amount: String,
    /// Whether that much is taken back.
    is_less: bool,
    /// For whom, by the name of an account, where that was said.
    pub person: Option<String>,
}

impl GrantRequest {
    /// Reads a text that asks for it; `None` for any other, however it begins.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let first = words.next()?;
        if !WORDS.iter().any(|word| first.eq_ignore_ascii_case(word)) {
            return None;
        }
        let budget = words.next()?.to_owned();
        let amount = words.next()?;
        let (sign, amount) = amount.split_at_checked(1)?;
        let is_less = match sign {
            "+" => false,
            "-" => true,
            _ => return None,
        };
        let amount = amount.strip_prefix('$').unwrap_or(amount);
        Money::parse(amount)?;
        let person = match words.next() {
            Some(person) => Some(person.strip_prefix('@')?.to_owned()),
            None => None,
        };
        words.next().is_none().then(|| Self {
            budget,
            amount: amount.to_owned(),
            is_less,
            person,
        })
    }

    /// Returns how much that is, in what a budget counts; `None` for a part of a request or a token.
    #[must_use]
    pub fn amount(&self, metered: Metered) -> Option<i64> {
        let amount = match metered {
            Metered::Requests | Metered::Tokens => self.amount.parse().ok()?,
            Metered::Money => Money::parse(&self.amount)?.as_nanos(),
        };
        Some(if self.is_less { -amount } else { amount })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_read_only_where_it_is_one() {
        for (text, expected) in [
            ("budget sales +5", Some(("sales", Some(5), None))),
            (
                "예산 fair +10 @alice",
                Some(("fair", Some(10), Some("alice"))),
            ),
            ("Budget sales -3", Some(("sales", Some(-3), None))),
            ("budget sales +$2.50", Some(("sales", None, None))),
            ("budget sales 5", None),
            ("budget sales +five", None),
            ("budget sales +5 alice", None),
            ("budget sales +5 @alice now", None),
            ("budget", None),
            ("예산 편성 방법을 알려줘", None),
            ("budget for next year + more?", None),
        ] {
            let read = GrantRequest::read(text);
            let read = read.as_ref().map(|grant| {
                let amount = grant.amount(Metered::Requests);
                (grant.budget.as_str(), amount, grant.person.as_deref())
            });
            assert_eq!(read, expected, "{text:?}");
        }
        let dollars = GrantRequest::read("budget sales +$2.50").unwrap();
        assert_eq!(dollars.amount(Metered::Money), Some(2_500_000_000));
    }
}
