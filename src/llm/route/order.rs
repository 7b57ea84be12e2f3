//! In which order the models of a route are asked.

use super::ResolvedRoute;
use super::breaker::Shut;
use crate::domain::completion::ModelFailure;
use crate::domain::time::Timestamp;

/// What is known of a model when a question comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) shut: Option<Shut>,
    /// Whether it writes as many answers as it may.
    pub(super) is_full: bool,
    /// Whether it has failed at this answer already.
    pub(super) is_avoided: bool,
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// These, one after the other.
    Ask(Vec<usize>),
    /// Nobody before then.
    Wait {
        because: ModelFailure,
        until: Timestamp,
    },
    /// There is nobody.
    Nobody,
}

/// Decides whom to ask; `random` gives numbers in `0.0..1.0`.
///
/// The first targets come in an order drawn by their weights, then the fallbacks in theirs, and those that are full after all that are not.
/// One that is shut is not asked, unless all are, and for a reason that waiting does not mend: then the question
/// shows whether an operator has mended it.
pub(super) fn order(
    way: &ResolvedRoute,
    standing: impl Fn(usize) -> Standing,
    mut random: impl FnMut() -> f64,
) -> Order {
    let mut all = drawn(&way.first, &mut random);
    for member in &way.then {
        if !all.contains(member) {
            all.push(*member);
        }
    }
    all.retain(|member| !standing(*member).is_avoided);
    if all.is_empty() {
        return Order::Nobody;
    }
    let (mut open, shut): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|member| standing(*member).shut.is_none());
    if !open.is_empty() {
        open.sort_by_key(|member| standing(*member).is_full);
        return Order::Ask(open);
    }
    let passing = |shut: &Shut| !is_lasting(shut.because);
    let soonest = shut
        .iter()
        .filter_map(|member| standing(*member).shut)
        .filter(passing)
        .min_by_key(|shut| shut.until);
    match soonest {
        Some(Shut { because, until }) => Order::Wait { because, until },
        None => Order::Ask(shut),
    }
}

/// Says whether somebody must do something before it works again.
fn is_lasting(failure: ModelFailure) -> bool {
    matches!(
        failure,
        ModelFailure::KeyRefused | ModelFailure::ModelUnknown | ModelFailure::QuotaSpent
    )
}

/// Draws without putting back, each as likely as its weight among those left.
fn drawn(weighted: &[(usize, u32)], random: &mut impl FnMut() -> f64) -> Vec<usize> {
    let mut left: Vec<_> = weighted.to_vec();
    let mut drawn = Vec::new();
    while !left.is_empty() {
        let total: f64 = left.iter().map(|(_, weight)| f64::from(*weight)).sum();
        // Where there is no choice, chance is not asked.
        let mut point = if left.len() == 1 {
            0.0
        } else {
            random() * total
        };
        let chosen = left.iter().position(|(_, weight)| {
            point -= f64::from(*weight);
            point < 0.0
        });
        // The last one where rounding, or weights of zero, leave none.
        let (member, _) = left.remove(chosen.unwrap_or(left.len() - 1));
        if !drawn.contains(&member) {
            drawn.push(member);
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const WELL: Standing = Standing {
        shut: None,
        is_full: false,
        is_avoided: false,
    };

    fn shut(because: ModelFailure, seconds: u64) -> Standing {
        let until = Timestamp::EPOCH.after(Duration::from_secs(seconds));
        Standing {
            shut: Some(Shut { because, until }),
            ..WELL
        }
    }

    fn way() -> ResolvedRoute {
        ResolvedRoute {
            first: vec![(0, 3), (1, 1)],
            then: vec![2, 0],
            hedges: false,
        }
    }

    fn ordered(standings: [Standing; 3], random: f64) -> Order {
        order(&way(), |member| standings[member], || random)
    }

    #[test]
    fn the_first_are_drawn_by_weight_and_the_fallbacks_follow() {
        assert_eq!(ordered([WELL; 3], 0.0), Order::Ask(vec![0, 1, 2]));
        assert_eq!(ordered([WELL; 3], 0.74), Order::Ask(vec![0, 1, 2]));
        assert_eq!(ordered([WELL; 3], 0.76), Order::Ask(vec![1, 0, 2]));
    }

    #[test]
    fn who_is_full_comes_last_who_is_shut_or_avoided_not_at_all() {
        let full = Standing {
            is_full: true,
            ..WELL
        };
        assert_eq!(ordered([full, WELL, WELL], 0.0), Order::Ask(vec![1, 2, 0]));
        let ill = shut(ModelFailure::Unavailable, 5);
        assert_eq!(ordered([ill, WELL, WELL], 0.0), Order::Ask(vec![1, 2]));
        let avoided = Standing {
            is_avoided: true,
            ..WELL
        };
        assert_eq!(ordered([WELL, avoided, WELL], 0.0), Order::Ask(vec![0, 2]));
        assert_eq!(ordered([avoided; 3], 0.0), Order::Nobody);
    }

    #[test]
    fn where_all_are_shut_the_soonest_is_waited_for_and_who_must_be_mended_is_asked() {
        let wrong_key = shut(ModelFailure::KeyRefused, 1);
        let standings = [
            shut(ModelFailure::Unavailable, 9),
            wrong_key,
            shut(ModelFailure::RateLimited, 7),
        ];
        let soonest = Order::Wait {
            because: ModelFailure::RateLimited,
            until: Timestamp::EPOCH.after(Duration::from_secs(7)),
        };
        assert_eq!(ordered(standings, 0.0), soonest);
        assert_eq!(ordered([wrong_key; 3], 0.0), Order::Ask(vec![0, 1, 2]));
    }
}
