//! The installation's calendar: in which minute, day or month something is counted, and when the next one begins.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};

use crate::domain::budget::BudgetPeriod;
use crate::domain::time::Timestamp;

/// Days and months of a time zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
}

/// A period of a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// By what it is known, as `2026-11`.
    pub name: String,
    /// When the next one begins; absent where none does.
    pub ends_at: Option<Timestamp>,
}

impl Calendar {
    /// The calendar of a time zone by its IANA name; UTC's where there is no such zone, which the configuration never leaves.
    #[must_use]
    pub fn of(zone: &str) -> Self {
        Self {
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
        }
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        // Beyond the years that a calendar has, it stands still.
        let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
        at.to_zoned(self.zone.clone())
    }

    /// Returns the day, as `2026-11-28`.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%d").to_string()
    }

    /// Returns the period in which a time lies. Minutes are the clock's; days and months begin when they do in the zone, also where
    /// its clocks change.
    #[must_use]
    pub fn period(&self, period: BudgetPeriod, at: Timestamp) -> Period {
        let now = self.zoned(at);
        let (name, next) = match period {
            BudgetPeriod::Ever => {
                return Period {
                    name: "ever".to_owned(),
                    ends_at: None,
                };
            }
            BudgetPeriod::Minute => {
                let micros = at.as_micros();
                let next = micros
                    .saturating_sub(micros.rem_euclid(MINUTE))
                    .saturating_add(MINUTE);
                let utc = now.with_time_zone(TimeZone::UTC);
                return Period {
                    name: utc.strftime("%Y-%m-%dT%H:%M").to_string(),
                    ends_at: Some(Timestamp::from_micros(next)),
                };
            }
            BudgetPeriod::Day => (now.strftime("%Y-%m-%d"), now.date().tomorrow()),
            BudgetPeriod::Month => {
                let next = now.date().first_of_month().checked_add(1.month());
                (now.strftime("%Y-%m"), next)
            }
        };
        let next = next.and_then(|day| {
            day.to_datetime(Time::midnight())
                .to_zoned(self.zone.clone())
        });
        Period {
            name: name.to_string(),
            ends_at: next.ok().map(|next| timestamp(&next)),
        }
    }

    /// Returns a time as people of the zone read it, to the minute.
    #[must_use]
    pub fn to_the_minute(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// Returns the first day of the month in which a time lies.
    #[must_use]
    pub fn first_of_month(&self, at: Timestamp) -> String {
        let first = self.zoned(at).date().first_of_month();
        first.strftime("%Y-%m-%d").to_string()
    }
}

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

fn timestamp(zoned: &Zoned) -> Timestamp {
    Timestamp::from_micros(zoned.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let at: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_micros(at.as_microsecond())
    }

    #[test]
    fn days_and_months_begin_when_they_do_in_the_zone() {
        let table = [
            (
                "Asia/Seoul",
                BudgetPeriod::Day,
                "2026-11-28T14:59:59Z",
                "2026-11-28",
                "2026-11-28T15:00:00Z",
            ),
            (
                "Asia/Seoul",
                BudgetPeriod::Day,
                "2026-11-28T15:00:00Z",
                "2026-11-29",
                "2026-11-29T15:00:00Z",
            ),
            (
                "Asia/Seoul",
                BudgetPeriod::Month,
                "2026-12-31T15:00:00Z",
                "2027-01",
                "2027-01-31T15:00:00Z",
            ),
            (
                "UTC",
                BudgetPeriod::Minute,
                "2026-11-28T14:59:59.9Z",
                "2026-11-28T14:59",
                "2026-11-28T15:00:00Z",
            ),
            // Clocks go forward: the month is an hour shorter; and back: the day has 25 hours.
            (
                "Europe/Berlin",
                BudgetPeriod::Month,
                "2026-03-15T00:00:00Z",
                "2026-03",
                "2026-03-31T22:00:00Z",
            ),
            (
                "Europe/Berlin",
                BudgetPeriod::Day,
                "2026-10-25T00:30:00Z",
                "2026-10-25",
                "2026-10-25T23:00:00Z",
            ),
            // Where midnight does not exist, the day begins when it does.
            (
                "America/Santiago",
                BudgetPeriod::Day,
                "2026-09-05T12:00:00Z",
                "2026-09-05",
                "2026-09-06T04:00:00Z",
            ),
        ];
        for (zone, period, now, name, ends_at) in table {
            let found = Calendar::of(zone).period(period, at(now));
            assert_eq!(found.name, name, "{zone} {now}");
            assert_eq!(found.ends_at, Some(at(ends_at)), "{zone} {now}");
        }
        let ever = Calendar::of("UTC").period(BudgetPeriod::Ever, Timestamp::EPOCH);
        assert_eq!((ever.name.as_str(), ever.ends_at), ("ever", None));
    }

    #[test]
    fn no_time_and_no_zone_is_too_far() {
        for micros in [i64::MIN, -1, 0, i64::MAX] {
            for period in BudgetPeriod::ALL {
                let calendar = Calendar::of("Nowhere/Land");
                let at = Timestamp::from_micros(micros);
                assert!(!calendar.period(*period, at).name.is_empty());
                assert_eq!(calendar.day(at).len(), "2026-11-28".len());
            }
        }
    }
}
