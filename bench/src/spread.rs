//! How far repetitions lie apart, and what most of many samples stay below.

use std::time::Duration;

/// The least, the middle and the greatest of several repetitions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The least.
    pub(crate) least: f64,
    /// The middle one; of an even number the mean of both in the middle.
    pub(crate) median: f64,
    /// The greatest.
    pub(crate) greatest: f64,
}

impl Spread {
    /// Makes a spread of repetitions; `None` of none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let upper = *sorted.get(sorted.len() / 2)?;
        let lower = *sorted.get((sorted.len() - 1) / 2)?;
        Some(Self {
            least: *sorted.first()?,
            median: f64::midpoint(lower, upper),
            greatest: *sorted.last()?,
        })
    }
}

/// Many samples of one duration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    sorted: Vec<Duration>,
}

impl Samples {
    /// Takes samples in any order.
    pub(crate) fn new(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self { sorted: samples }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The sample that `permille` of a thousand do not exceed (nearest rank), in microseconds; zero of none.
    pub(crate) fn permille_micros(&self, permille: usize) -> f64 {
        let rank = (self.sorted.len() * permille).div_ceil(1000).max(1);
        let sample = self.sorted.get(rank - 1).copied().unwrap_or_default();
        sample.as_secs_f64() * 1e6
    }

    /// The median in microseconds.
    pub(crate) fn median_micros(&self) -> f64 {
        self.permille_micros(500)
    }

    /// The 99th percentile in microseconds.
    pub(crate) fn p99_micros(&self) -> f64 {
        self.permille_micros(990)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_least_middle_and_greatest() {
        let spread = Spread::of([3.0, 1.0, 2.0, 10.0]).unwrap();
        assert_eq!(
            (spread.least, spread.median, spread.greatest),
            (1.0, 2.5, 10.0)
        );
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let samples = Samples::new((1..=200).map(Duration::from_micros).collect());
        assert!((samples.median_micros() - 100.0).abs() < 1e-9);
        assert!((samples.p99_micros() - 198.0).abs() < 1e-9);
        assert!((samples.permille_micros(1000) - 200.0).abs() < 1e-9);
        assert!(Samples::default().p99_micros().abs() < 1e-9);
    }
}
