//! What ended in each of the last hours, which is not counted anew whenever somebody looks.
//!
//! Hours that have ended hardly change: a commit comes late, an answer is written once more, something is erased. So each look counts the
//! present hour, those that ended lately, and of the others the one that was counted longest ago; all of them the first time only.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::figures::{Slot, Tallied};
use crate::domain::id::ServerId;
use crate::domain::time::Timestamp;
use crate::ports::{Store, StoreError};

pub(super) const HOUR: Duration = Duration::from_hours(1);

/// How many hours are looked at.
const HOURS: u32 = 24;

/// How long an hour is counted at each look after it ended: for commits that come late, and clocks of other processes that are slow.
const SETTLES: Duration = Duration::from_mins(5);

/// An hour as it was counted last.
#[derive(Clone, Copy)]
struct Counted {
    tallied: Tallied,
    at: Timestamp,
}

type Counts = BTreeMap<Timestamp, Counted>;

/// The hours of each server that this process has counted.
#[derive(Default)]
pub(super) struct Hours {
    /// Never held across an await.
    counted: Mutex<HashMap<ServerId, Counts>>,
}

impl Hours {
    /// Returns the last hours, the earliest first; the last is the present one.
    pub(super) async fn of_last_day(
        &self,
        store: &dyn Store,
        server: &ServerId,
        now: Timestamp,
    ) -> Result<Vec<Slot>, StoreError> {
        let first = first_hour(now);
        let spans = self.with(server, |counts| {
            *counts = counts.split_off(&first);
            to_count(counts, first)
        });
        for span in spans {
            let slots = store.tallied(server, span.clone(), HOUR).await?;
            self.with(server, |counts| {
                for begins_at in hours(first).filter(|hour| span.contains(hour)) {
                    let found = slots.iter().find(|slot| slot.begins_at == begins_at);
                    let tallied = found.map(|slot| slot.tallied).unwrap_or_default();
                    counts.insert(begins_at, Counted { tallied, at: now });
                }
            });
        }
        Ok(self.with(server, |counts| {
            let tallied = |hour| counts.get(&hour).map(|counted| counted.tallied);
            let slot = |begins_at| Slot {
                begins_at,
                tallied: tallied(begins_at).unwrap_or_default(),
            };
            hours(first).map(slot).collect()
        }))
    }

    fn with<T>(&self, server: &ServerId, look: impl FnOnce(&mut Counts) -> T) -> T {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        look(counted.entry(server.clone()).or_default())
    }
}

/// Returns when the first hour begins that is looked at; the last is the present one.
pub(super) fn first_hour(now: Timestamp) -> Timestamp {
    let hour = i64::try_from(HOUR.as_micros()).unwrap_or(i64::MAX);
    let begun = now.as_micros().div_euclid(hour).saturating_mul(hour);
    Timestamp::from_micros(begun).before(HOUR * (HOURS - 1))
}

fn hours(first: Timestamp) -> impl Iterator<Item = Timestamp> {
    (0..HOURS).map(move |hour| first.after(HOUR * hour))
}

/// Returns what must be counted, hours that follow each other as one span.
fn to_count(counts: &Counts, first: Timestamp) -> Vec<Range<Timestamp>> {
    let is_settled = |hour: Timestamp| {
        let counted = counts.get(&hour);
        counted.is_some_and(|counted| counted.at >= hour.after(HOUR + SETTLES))
    };
    let settled = counts.iter().filter(|(hour, _)| is_settled(**hour));
    let oldest = settled
        .min_by_key(|(hour, counted)| (counted.at, **hour))
        .map(|(hour, _)| *hour);
    let mut spans: Vec<Range<Timestamp>> = Vec::new();
    for hour in hours(first).filter(|hour| !is_settled(*hour) || oldest == Some(*hour)) {
        match spans.last_mut().filter(|last| last.end == hour) {
            Some(last) => last.end = hour.after(HOUR),
            None => spans.push(hour..hour.after(HOUR)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u64) -> Timestamp {
        Timestamp::from_micros(0).after(Duration::from_mins(minutes))
    }

    /// Counts as [`Hours`] does, and returns which hours were counted, by how many hours after the first of all times.
    fn look(counts: &mut Counts, now: Timestamp) -> Vec<u64> {
        let first = first_hour(now);
        *counts = counts.split_off(&first);
        let spans = to_count(counts, first);
        let wanted = hours(first).filter(|hour| spans.iter().any(|span| span.contains(hour)));
        let wanted: Vec<Timestamp> = wanted.collect();
        for hour in &wanted {
            let tallied = Tallied::default();
            counts.insert(*hour, Counted { tallied, at: now });
        }
        let number = |hour: &Timestamp| hour.as_micros().unsigned_abs() / 3_600_000_000;
        wanted.iter().map(number).collect()
    }

    #[test]
    fn an_hour_that_has_ended_is_counted_again_now_and_then_only() {
        let mut counts = Counts::new();
        let all: Vec<u64> = (77..=100).collect();
        let begun = 100 * 60;
        assert_eq!(look(&mut counts, at(begun + 10)), all);
        assert_eq!(look(&mut counts, at(begun + 11)), [77, 100]);
        assert_eq!(look(&mut counts, at(begun + 12)), [78, 100]);
        // The next hour: what ended just now is counted until it is settled.
        assert_eq!(look(&mut counts, at(begun + 61)), [79, 100, 101]);
        assert_eq!(look(&mut counts, at(begun + 66)), [80, 100, 101]);
        assert_eq!(look(&mut counts, at(begun + 67)), [81, 101]);
        // Each in its turn, and none is left out.
        let mut again: Vec<u64> = Vec::new();
        for minute in 68..91 {
            again.extend(look(&mut counts, at(begun + minute)).iter().take(1));
        }
        again.sort_unstable();
        assert_eq!(again, (78..=100).collect::<Vec<u64>>());
        // Whoever comes a day later sees nothing of before.
        let all: Vec<u64> = (102..=125).collect();
        assert_eq!(look(&mut counts, at(125 * 60)), all);
    }
}
