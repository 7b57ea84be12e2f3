//! The server's rate limiter: a generic cell rate algorithm, one cell for every remote address, or token and account.

use std::collections::HashMap;

use crate::options::RateLimit;
use crate::world::state::World;

/// Addresses that are remembered (`MemoryStoreSize`).
const MAX_ADDRESSES: usize = 10_000;

/// By address, the moment (in microseconds) at which it would be as if it had never asked.
#[derive(Default)]
pub(crate) struct RateLimiter {
    full_at: HashMap<String, i64>,
}

/// What the limiter says of one request; times are in whole seconds, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) limit: u32,
    pub(crate) remaining: i64,
    pub(crate) reset_seconds: i64,
    /// Set where the request is refused.
    pub(crate) retry_after_seconds: Option<i64>,
}

impl World {
    /// Counts a request by its address, or by its token and then its account where that is set. What comes after a refusal
    /// is not counted; nothing is answered where nothing is limited.
    pub(crate) fn count_against_limit(
        &mut self,
        address: &str,
        token: Option<&str>,
    ) -> Vec<Verdict> {
        let Some(limit) = self.settings.rate_limit else {
            return Vec::new();
        };
        let now = self.now().saturating_mul(1000);
        let token = token.filter(|_| self.settings.rate_limit_by_user);
        let user_id = token.and_then(|token| Some(self.authenticate(token)?.id.clone()));
        let first = self
            .rate_limiter
            .count(limit, token.unwrap_or(address), now);
        let mut verdicts = vec![first];
        if let Some(user_id) = user_id.filter(|_| first.retry_after_seconds.is_none()) {
            verdicts.push(self.rate_limiter.count(limit, &user_id, now));
        }
        verdicts
    }
}

impl RateLimiter {
    fn count(&mut self, limit: RateLimit, address: &str, now: i64) -> Verdict {
        let interval = 1_000_000 / i64::from(limit.per_second.max(1));
        let burst = i64::from(limit.max_burst);
        let tolerance = interval * (burst + 1);
        if self.full_at.len() >= MAX_ADDRESSES {
            self.full_at.retain(|_, at| *at > now);
        }
        let held = self.full_at.entry(address.to_owned()).or_insert(now);
        let full_at = (*held).max(now);
        let next = full_at + interval;
        let wait = next - tolerance - now;
        let (full_at, retry_after_seconds) = if wait > 0 {
            (full_at, Some(seconds_up(wait)))
        } else {
            *held = next;
            (next, None)
        };
        Verdict {
            limit: limit.max_burst + 1,
            remaining: (tolerance - (full_at - now)) / interval,
            reset_seconds: seconds_up(full_at - now),
            retry_after_seconds,
        }
    }
}

fn seconds_up(microseconds: i64) -> i64 {
    (microseconds + 999_999) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_the_burst_gets_through() {
        let limit = RateLimit {
            per_second: 5,
            max_burst: 5,
        };
        let mut limiter = RateLimiter::default();
        let verdicts: Vec<Verdict> = (0..7).map(|_| limiter.count(limit, "a", 0)).collect();
        let first = verdicts[0];
        assert_eq!(
            (first.limit, first.remaining, first.reset_seconds),
            (6, 5, 1)
        );
        assert!(
            verdicts[..6]
                .iter()
                .all(|verdict| verdict.retry_after_seconds.is_none())
        );
        let last = verdicts[6];
        assert_eq!((last.remaining, last.reset_seconds), (0, 2));
        assert_eq!(last.retry_after_seconds, Some(1));
        assert_eq!(limiter.count(limit, "a", 200_000).retry_after_seconds, None);
    }
}
