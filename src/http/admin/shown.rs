//! How numbers, times and ends are written.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::money::Money;
use crate::domain::question::Outcome;
use crate::domain::time::Timestamp;
use crate::text::PageWord;

/// Writes a whole number in groups of three digits: `12,345`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a large number briefly: `950`, `12.3k`, `4.5M`.
pub(super) fn brief(number: u64) -> String {
    const STEPS: [(u64, &str); 3] = [(1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")];
    for (from, unit) in STEPS {
        if number >= from {
            let one = if unit == "k" { 1_000 } else { from };
            let tenths = number / (one / 10);
            return format!("{}.{}{unit}", tenths / 10, tenths % 10);
        }
    }
    self::number(number)
}

/// Writes an amount of money to the next cent: `$1,234.57`; less than one as exactly as it is.
pub(super) fn dollars(cost: Money) -> String {
    const CENT: i64 = 10_000_000;
    if cost.as_nanos() < CENT {
        return cost.to_string();
    }
    let cents = cost.as_nanos().saturating_add(CENT / 2) / CENT;
    format!(
        "${}.{:02}",
        number((cents / 100).unsigned_abs()),
        cents % 100
    )
}

/// Writes how long something took: `850 ms`, `2.4 s`, `3 min 20 s`, `2 h 5 min`.
pub(super) fn duration(duration: Duration) -> String {
    let (millis, seconds) = (duration.as_millis(), duration.as_secs());
    match seconds {
        0 => format!("{millis} ms"),
        1..=59 => format!("{}.{} s", seconds, (millis / 100) % 10),
        60..=3_599 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, (seconds / 60) % 60),
    }
}

/// Writes how long something took, or a dash.
pub(super) fn duration_or_dash(time: Option<Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), duration)
}

/// Writes parts of a whole in percent: `0.4 %`; a dash of nothing.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = part.saturating_mul(1_000) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A time for people, and for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// `2026-11-28 10:15:07`, in the zone of the installation.
    pub(super) shown: String,
    /// RFC 3339, in UTC.
    pub(super) exact: String,
}

/// Writes times in a zone.
pub(super) struct Times(TimeZone);

impl Times {
    /// Those of a zone by its name; of UTC where there is none.
    pub(super) fn of(zone: &str) -> Self {
        Self(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
    }

    pub(super) fn moment(&self, at: Timestamp) -> Moment {
        let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
        let local = at.to_zoned(self.0.clone());
        Moment {
            shown: local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            exact: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }

    /// Writes the hour of a time: `10:00`.
    pub(super) fn hour(&self, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
        at.to_zoned(self.0.clone()).strftime("%H:%M").to_string()
    }
}

/// How a question stands: a word, and the tone in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) word: PageWord,
    pub(super) tone: &'static str,
}

/// Says how a question ended, by the word of its outcome.
pub(super) fn standing(outcome: Option<&str>) -> Standing {
    let standing = |word, tone| Standing { word, tone };
    let Some(word) = outcome else {
        return standing(PageWord::NotEnded, "live");
    };
    match Outcome::from_stored(word) {
        Some(Outcome::Answered) => standing(PageWord::Answered, "good"),
        Some(Outcome::CutShort) => standing(PageWord::CutShort, "good"),
        Some(Outcome::Interrupted) => standing(PageWord::Interrupted, "warn"),
        Some(Outcome::Stopped) => standing(PageWord::Stopped, "calm"),
        Some(Outcome::Refused(_)) => standing(PageWord::Refused, "warn"),
        Some(Outcome::Failed(_)) | None => standing(PageWord::Failed, "bad"),
        Some(Outcome::QuestionDeleted) => standing(PageWord::Withdrawn, "calm"),
        Some(Outcome::Ignored) => standing(PageWord::Ignored, "calm"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        for (count, grouped, short) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1,000", "1,000"),
            (9_999, "9,999", "9,999"),
            (12_345, "12,345", "12.3k"),
            (1_234_567, "1,234,567", "1.2M"),
            (5_000_000_000, "5,000,000,000", "5.0G"),
        ] {
            assert_eq!(
                (number(count).as_str(), brief(count).as_str()),
                (grouped, short)
            );
        }
        for (nanos, written) in [
            (0, "$0.00"),
            (420_000, "$0.00042"),
            (175_255_000, "$0.18"),
            (1_234_565_000_000, "$1,234.57"),
        ] {
            assert_eq!(dollars(Money::from_nanos(nanos)), written);
        }
        assert_eq!(share(0, 0), "–");
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(u64::MAX, 1), "1844674407370955161.5 %");
    }

    #[test]
    fn times_are_written_as_long_as_they_are() {
        for (millis, written) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (59_999, "59.9 s"),
            (60_000, "1 min 0 s"),
            (3_599_000, "59 min 59 s"),
            (7_500_000, "2 h 5 min"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), written);
        }
    }

    #[test]
    fn a_moment_is_written_in_the_zone_of_the_installation() {
        let moment = Times::of("Asia/Seoul").moment(Timestamp::from_micros(1_790_000_000_000_000));
        assert_eq!(moment.shown, "2026-09-21 23:13:20");
        assert_eq!(moment.exact, "2026-09-21T14:13:20Z");
        let nowhere = Times::of("Nowhere/At_All").moment(Timestamp::EPOCH);
        assert_eq!(nowhere.shown, "1970-01-01 00:00:00");
    }
}
