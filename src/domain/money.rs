//! What answers cost, in whole numbers, so that many small amounts add up exactly.

use std::fmt;
use std::iter::Sum;

use super::completion::Usage;

/// An amount in nano-dollars: a thousand-millionth of a US dollar. Up to some nine thousand million dollars; more is as much as there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

const NANOS: i64 = 1_000_000_000;

/// Pico-dollars in a nano-dollar.
const PICOS: u128 = 1_000;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Makes an amount of whole nano-dollars.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Makes an amount of whole dollars, up to as much as there is.
    #[must_use]
    pub const fn from_dollars(dollars: u64) -> Self {
        Self(if dollars > i64::MAX.unsigned_abs() {
            i64::MAX
        } else {
            dollars.cast_signed().saturating_mul(NANOS)
        })
    }

    /// Returns the amount in nano-dollars.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Reads an amount of dollars as people write it, `20` or `0.5`; `None` for a sign, an exponent, more than nine digits behind the
    /// point, and more than there is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > 9 {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let part: i64 = format!("{part:0<9}").parse().ok()?;
        whole.checked_mul(NANOS)?.checked_add(part).map(Self)
    }

    /// Returns the amount in dollars, to the nano-dollar, without a sign for dollars.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let of_a_dollar = NANOS.unsigned_abs();
        format!("{sign}{}.{:09}", nanos / of_a_dollar, nanos % of_a_dollar)
    }

    /// Adds, up to as much as there is.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

/// Dollars to the cent, or as exactly as small amounts need it: `$12.30`, `$0.00042`.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let (dollars, rest) = (
            nanos / NANOS.unsigned_abs(),
            format!("{:09}", nanos % NANOS.unsigned_abs()),
        );
        let exact = rest.trim_end_matches('0').len().max(2);
        // From a dollar on, nobody reads what is beyond a hundredth of a cent.
        let shown = if dollars > 0 { exact.min(4) } else { exact };
        let digits = rest.get(..shown).unwrap_or(&rest);
        write!(formatter, "{sign}${dollars}.{digits}")
    }
}

/// What a model's tokens cost, in pico-dollars each: the number that is a price in micro-dollars a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Price {
    /// Of a token of the prompt.
    pub input: u64,
    /// Of a token of the prompt that came from the provider's cache.
    pub cached_input: u64,
    /// Of a token that the model wrote, reasoning included.
    pub output: u64,
}

impl Price {
    /// Returns the pico-dollars of a token of which a million cost so much, rounded up; of a negative amount, none.
    #[must_use]
    pub fn of_a_million(amount: Money) -> u64 {
        u64::try_from(amount.0).unwrap_or_default().div_ceil(1_000)
    }

    /// Returns what a million tokens cost, of which each costs so many pico-dollars; the reverse of [`Price::of_a_million`].
    #[must_use]
    pub fn a_million(picos: u64) -> Money {
        let nanos = picos.saturating_mul(1_000);
        Money(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    /// Returns what was used costs, rounded up to a whole nano-dollar.
    #[must_use]
    pub fn cost(self, usage: Usage) -> Money {
        let cached = usage.cached_tokens.min(usage.prompt_tokens);
        let fresh = usage.prompt_tokens - cached;
        let of = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let picos = of(fresh, self.input)
            .saturating_add(of(cached, self.cached_input))
            .saturating_add(of(usage.completion_tokens, self.output));
        Money(i64::try_from(picos.div_ceil(PICOS)).unwrap_or(i64::MAX))
    }
}

/// What is done with a model whose price nobody says, where a budget of money must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unpriced {
    /// It is not asked.
    #[default]
    Refused,
    /// It is taken to cost this.
    Estimated(Price),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt: u64, cached: u64, completion: u64) -> Usage {
        Usage {
            prompt_tokens: prompt,
            completion_tokens: completion,
            cached_tokens: cached,
            reasoning_tokens: 0,
        }
    }

    #[test]
    fn a_cost_is_exact_and_rounded_up_once() {
        // $0.15, $0.075 and $0.60 a million tokens.
        let price = Price {
            input: 150_000,
            cached_input: 75_000,
            output: 600_000,
        };
        assert_eq!(price.cost(usage(1_000_000, 0, 0)).to_string(), "$0.15");
        assert_eq!(price.cost(usage(1_000, 400, 100)).as_nanos(), 180_000);
        let odd = Price {
            input: 37_500,
            ..Price::default()
        };
        assert_eq!(odd.cost(usage(1, 0, 0)).as_nanos(), 38, "37.5");
    }

    #[test]
    fn what_a_million_tokens_cost_is_brought_to_one_and_never_rounded_down() {
        for (dollars, picos) in [
            ("0", 0),
            ("0.15", 150_000),
            ("15", 15_000_000),
            ("0.000001", 1),
            ("0.000000001", 1),
            ("0.075000001", 75_001),
        ] {
            let amount = Money::parse(dollars).unwrap();
            assert_eq!(Price::of_a_million(amount), picos, "{dollars}");
        }
        assert_eq!(Price::of_a_million(Money::from_nanos(-1)), 0);
        assert_eq!(Price::a_million(150_000).to_string(), "$0.15");
        assert_eq!(Price::a_million(u64::MAX).as_nanos(), i64::MAX);
        assert_eq!(Money::from_dollars(20), Money::parse("20").unwrap());
        assert_eq!(Money::from_dollars(u64::MAX).as_nanos(), i64::MAX);
    }

    #[test]
    fn nonsense_costs_no_less_than_nothing_and_no_more_than_there_is() {
        let price = Price {
            input: u64::MAX,
            cached_input: 1,
            output: u64::MAX,
        };
        let most = usage(u64::MAX, u64::MAX, u64::MAX);
        assert_eq!(price.cost(most).as_nanos(), i64::MAX);
        assert_eq!(Price::default().cost(most), Money::ZERO);
        // More from the cache than there were.
        let one = Price {
            input: 1_000,
            cached_input: 1_000,
            output: 0,
        };
        assert_eq!(one.cost(usage(1, 9, 0)).as_nanos(), 1);
    }

    #[test]
    fn amounts_are_read_and_shown_as_people_write_them() {
        for (text, nanos) in [
            ("20", Some(20_000_000_000)),
            ("0.5", Some(500_000_000)),
            ("0.000000001", Some(1)),
            ("0", Some(0)),
            ("9223372036", Some(9_223_372_036_000_000_000)),
            ("9223372037", None),
            ("1000000000000000000", None),
            ("0.0000000001", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            (".5", None),
            ("", None),
            ("NaN", None),
        ] {
            assert_eq!(Money::parse(text).map(Money::as_nanos), nanos, "{text:?}");
        }
        for (nanos, shown) in [
            (0, "$0.00"),
            (12_300_000_000, "$12.30"),
            (12_345_678_900, "$12.3456"),
            (420_000, "$0.00042"),
            (-500_000_000, "-$0.50"),
        ] {
            assert_eq!(Money::from_nanos(nanos).to_string(), shown);
        }
    }
}
