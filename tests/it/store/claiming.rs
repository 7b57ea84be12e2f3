//! Which question is leased when.

use std::collections::HashSet;
use std::time::Duration;

use askwell::domain::id::ServerId;
use askwell::domain::job::Attempt;
use askwell::domain::question::{Outcome, Question};
use askwell::domain::time::Timestamp;
use askwell::ports::{Backlog, Claim};
use askwell::store::{Access, FURTHEST_RETRY, LeaseTime};

use super::bed::{
    Bed, LEASE, conclusion, ids, in_lane, numbered, on_both, question, refused, server,
};

on_both!(
    a_lane_is_worked_on_one_at_a_time_and_in_order,
    a_lane_of_the_same_name_on_another_server_does_not_wait,
    a_dead_letter_does_not_block_its_lane,
    no_more_is_claimed_than_asked_for_and_the_oldest_first,
    every_lease_has_a_token_of_its_own,
    a_lease_that_ends_frees_its_question,
    a_renewed_lease_lasts_longer,
    every_claim_is_an_attempt_and_what_is_given_back_did_not_die,
    a_lease_that_nobody_gave_back_and_a_panic_are_deaths,
    a_retry_waits_for_its_time_and_keeps_its_place,
    a_retry_is_never_further_away_than_the_furthest,
    a_clock_that_jumps_back_strands_neither_leases_nor_retries,
    a_clock_that_jumps_forward_ends_leases_once,
    a_conclusion_comes_back_with_the_next_claim,
    the_next_due_time_is_that_of_the_first_of_a_lane,
    a_question_that_cannot_be_read_stops_no_other,
    the_backlog_counts_what_waits_runs_and_is_dead,
    unfinished_work_is_freed_on_taking_over_where_nobody_else_can_run,
    leases_go_by_the_databases_time_where_it_has_one,
);

fn second() -> Duration {
    Duration::from_secs(1)
}

async fn a_lane_is_worked_on_one_at_a_time_and_in_order(bed: Bed) {
    bed.admit(&[
        in_lane(1, "a"),
        in_lane(2, "a"),
        in_lane(3, "b"),
        in_lane(4, "a"),
    ])
    .await;
    let first = bed.claim(10).await;
    assert_eq!(ids(&first), numbered([1, 3]));
    assert!(bed.claim(10).await.is_empty());
    bed.store.settle(&first[0].lease, bed.now()).await.unwrap();
    let second = bed.claim(10).await;
    assert_eq!(ids(&second), numbered([2]));
    bed.store
        .retry(&second[0].lease, bed.now().after(LEASE))
        .await
        .unwrap();
    assert!(
        bed.claim(10).await.is_empty(),
        "a question that waits for its retry keeps its lane"
    );
}

async fn a_lane_of_the_same_name_on_another_server_does_not_wait(bed: Bed) {
    let other = ServerId::parse("other").unwrap();
    let elsewhere = Question {
        server: other.clone(),
        ..in_lane(2, "a")
    };
    bed.admit(&[in_lane(1, "a"), elsewhere]).await;
    assert_eq!(ids(&bed.claim(10).await), numbered([1]));
    let jobs = bed.claim_of(&other, 10).await;
    assert_eq!(ids(&jobs), numbered([2]));
}

async fn a_dead_letter_does_not_block_its_lane(bed: Bed) {
    bed.admit(&[in_lane(1, "a"), in_lane(2, "a")]).await;
    let job = bed.claim_one().await;
    bed.store
        .bury(&job.lease, bed.now(), &refused())
        .await
        .unwrap();
    assert_eq!(ids(&bed.claim(10).await), numbered([2]));
}

async fn no_more_is_claimed_than_asked_for_and_the_oldest_first(bed: Bed) {
    bed.admit(&[question(3), question(1), question(2)]).await;
    assert!(bed.claim(0).await.is_empty());
    assert_eq!(ids(&bed.claim(2).await), numbered([1, 2]));
    assert_eq!(ids(&bed.claim(2).await), numbered([3]));
}

async fn every_lease_has_a_token_of_its_own(bed: Bed) {
    bed.admit(&(0..300).map(question).collect::<Vec<_>>()).await;
    let jobs = bed.claim(300).await;
    let tokens: HashSet<_> = jobs.iter().map(|job| job.lease.token).collect();
    assert_eq!(tokens.len(), 300);
    assert!(
        jobs.iter()
            .all(|job| job.lease.until == bed.now().after(LEASE))
    );
}

async fn a_lease_that_ends_frees_its_question(bed: Bed) {
    bed.admit(&[question(1)]).await;
    let lost = bed.claim_one().await;
    bed.clock.set(bed.now().after(LEASE).before(second()));
    assert!(bed.claim(10).await.is_empty());
    bed.clock.advance(second());
    let again = bed.claim_one().await;
    assert_eq!(again.lease.attempt, Attempt(2));
    assert_ne!(again.lease.token, lost.lease.token);
}

async fn a_renewed_lease_lasts_longer(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    bed.clock.set(bed.now().after(LEASE).before(second()));
    let until = bed.now().after(LEASE);
    let renewal = bed.store.renew(&lease, until).await.unwrap();
    assert_eq!(renewal.until, until);
    assert!(!renewal.stop_requested);
    bed.clock.set(until.before(second()));
    assert!(bed.claim(10).await.is_empty());
    bed.clock.set(until);
    assert_eq!(ids(&bed.claim(10).await), numbered([1]));
}

async fn every_claim_is_an_attempt_and_what_is_given_back_did_not_die(bed: Bed) {
    bed.admit(&[question(1)]).await;
    for attempt in [1, 3, 5] {
        let job = bed.claim_one().await;
        assert_eq!((job.lease.attempt, job.deaths), (Attempt(attempt), 0));
        bed.store.hand_back(&job.lease).await.unwrap();
        let job = bed.claim_one().await;
        assert_eq!((job.lease.attempt, job.deaths), (Attempt(attempt + 1), 0));
        bed.store.retry(&job.lease, bed.now()).await.unwrap();
    }
}

async fn a_lease_that_nobody_gave_back_and_a_panic_are_deaths(bed: Bed) {
    bed.admit(&[question(1)]).await;
    assert_eq!(bed.claim_one().await.deaths, 0);
    bed.clock.advance(LEASE);
    let job = bed.claim_one().await;
    assert_eq!(job.deaths, 1);
    let at = bed.now().after(second());
    let retried = bed.store.retry_after_death(&job.lease, at).await;
    retried.unwrap();
    assert!(bed.claim(10).await.is_empty(), "it waits for its time");
    bed.clock.set(at);
    let job = bed.claim_one().await;
    assert_eq!(job.deaths, 2);
    bed.store.hand_back(&job.lease).await.unwrap();
    let job = bed.claim_one().await;
    assert_eq!(job.deaths, 2, "they are remembered");
    bed.clock.advance(LEASE);
    assert_eq!(bed.claim_one().await.deaths, 3);
}

async fn a_retry_waits_for_its_time_and_keeps_its_place(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    bed.admit(&[question(2)]).await;
    let at = bed.now().after(second());
    bed.store.retry(&lease, at).await.unwrap();
    assert_eq!(ids(&bed.claim(10).await), numbered([2]));
    bed.clock.set(at);
    assert_eq!(ids(&bed.claim(10).await), numbered([1]));
}

async fn a_retry_is_never_further_away_than_the_furthest(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let begin = bed.now();
    bed.store
        .retry(&lease, begin.after(FURTHEST_RETRY * 10))
        .await
        .unwrap();
    assert_eq!(
        bed.store.next_due(&server()).await.unwrap(),
        Some(begin.after(FURTHEST_RETRY))
    );
    assert!(bed.claim(10).await.is_empty());
    bed.clock.advance(FURTHEST_RETRY);
    bed.claim_one().await;
}

async fn a_clock_that_jumps_back_strands_neither_leases_nor_retries(bed: Bed) {
    bed.admit(&[question(1), question(2), question(3)]).await;
    let jobs = bed.claim(2).await;
    bed.store
        .retry(&jobs[1].lease, bed.now().after(FURTHEST_RETRY))
        .await
        .unwrap();
    // A lease may seem to be as long as two; then it must have been given before the clock jumped.
    bed.clock.set(bed.now().before(LEASE));
    assert_eq!(
        ids(&bed.claim(10).await),
        numbered([2, 3]),
        "a question that was never tried does not wait"
    );
    bed.clock.set(bed.now().before(LEASE * 10));
    assert_eq!(ids(&bed.claim(10).await), numbered([1, 2, 3]));
    assert!(bed.claim(10).await.is_empty());
}

async fn a_clock_that_jumps_forward_ends_leases_once(bed: Bed) {
    bed.admit(&[question(1)]).await;
    bed.claim_one().await;
    bed.clock.advance(Duration::from_hours(24 * 365));
    assert_eq!(bed.claim_one().await.lease.attempt, Attempt(2));
    assert!(bed.claim(10).await.is_empty());
}

async fn a_conclusion_comes_back_with_the_next_claim(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let conclusion = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&lease, &conclusion).await.unwrap();
    bed.clock.advance(LEASE);
    assert_eq!(bed.claim_one().await.concluded, Some(conclusion));
}

async fn the_next_due_time_is_that_of_the_first_of_a_lane(bed: Bed) {
    assert_eq!(bed.store.next_due(&server()).await.unwrap(), None);
    bed.admit(&[in_lane(1, "a"), in_lane(2, "a")]).await;
    assert!(
        bed.store.next_due(&server()).await.unwrap() <= Some(bed.now()),
        "one is due now"
    );
    let begin = bed.now();
    let job = bed.claim_one().await;
    assert_eq!(
        bed.store.next_due(&server()).await.unwrap(),
        Some(begin.after(LEASE)),
        "the second one waits for the first"
    );
    bed.store
        .retry(&job.lease, begin.after(second()))
        .await
        .unwrap();
    assert_eq!(
        bed.store.next_due(&server()).await.unwrap(),
        Some(begin.after(second()))
    );
    bed.admit(&[question(3)]).await;
    let other = bed.claim_one().await;
    bed.clock.advance(second() * 2);
    assert_eq!(
        bed.store.next_due(&server()).await.unwrap(),
        Some(begin.after(second())),
        "what is overdue counts"
    );
    let job = bed.claim_one().await;
    bed.store
        .bury(&other.lease, bed.now(), &refused())
        .await
        .unwrap();
    bed.store.settle(&job.lease, bed.now()).await.unwrap();
    let last = bed.claim_one().await;
    bed.store.settle(&last.lease, bed.now()).await.unwrap();
    assert_eq!(bed.store.next_due(&server()).await.unwrap(), None);
}

async fn a_question_that_cannot_be_read_stops_no_other(bed: Bed) {
    bed.admit(&[question(1), question(2), question(3), question(4)])
        .await;
    bed.tamper("UPDATE questions SET origin = 'telepathy' WHERE event_key = 'event:1'")
        .await;
    bed.tamper("UPDATE questions SET channel_id = 'nowhere' WHERE event_key = 'event:2'")
        .await;
    assert_eq!(ids(&bed.claim(3).await), numbered([3]));
    assert_eq!(
        ids(&bed.claim(3).await),
        numbered([4]),
        "it stands in nobody's way"
    );
    bed.tamper("UPDATE questions SET origin = 'by_hand' WHERE event_key = 'event:1'")
        .await;
    bed.clock.advance(LEASE);
    assert_eq!(
        ids(&bed.claim(10).await),
        numbered([1, 3, 4]),
        "it is not lost"
    );
}

async fn the_backlog_counts_what_waits_runs_and_is_dead(bed: Bed) {
    assert_eq!(
        bed.store.backlog(&server()).await.unwrap(),
        Backlog::default()
    );
    bed.admit(
        &(0..10)
            .map(|number| in_lane(number, "a"))
            .collect::<Vec<_>>(),
    )
    .await;
    bed.admit(&(10..14).map(question).collect::<Vec<_>>()).await;
    let jobs = bed.claim(10).await;
    assert_eq!(jobs.len(), 5);
    bed.store.settle(&jobs[1].lease, bed.now()).await.unwrap();
    bed.store
        .bury(&jobs[2].lease, bed.now(), &refused())
        .await
        .unwrap();
    bed.store.hand_back(&jobs[3].lease).await.unwrap();
    let expected = Backlog {
        waiting: 10,
        running: 2,
        dead: 1,
    };
    assert_eq!(bed.store.backlog(&server()).await.unwrap(), expected);
}

async fn unfinished_work_is_freed_on_taking_over_where_nobody_else_can_run(bed: Bed) {
    bed.admit(&[question(1), question(2)]).await;
    let jobs = bed.claim(1).await;
    let beside = bed.open(Access::Beside, LeaseTime::Clock).await.unwrap();
    assert_eq!(
        beside.take_over(bed.now()).await.unwrap(),
        0,
        "not by a command beside"
    );
    drop(beside);
    let bed = bed.reopened().await;
    let freed = bed.store.take_over(bed.now()).await.unwrap();
    if matches!(bed.settings, askwell::store::Settings::Sqlite(_)) {
        assert_eq!(freed, 1);
        let again = bed.claim(10).await;
        assert_eq!(ids(&again), numbered([1, 2]));
        assert_eq!(
            (again[0].deaths, again[1].deaths),
            (1, 0),
            "it may be what made the process die"
        );
    } else {
        assert_eq!(freed, 0, "other replicas may be at work");
        assert_eq!(ids(&bed.claim(10).await), numbered([2]));
    }
    assert_eq!(ids(&jobs), numbered([1]));
}

async fn leases_go_by_the_databases_time_where_it_has_one(bed: Bed) {
    bed.admit(&[question(1)]).await;
    let store = bed.open(Access::Beside, LeaseTime::Database).await.unwrap();
    let worker_whose_clock_is_wrong = Timestamp::from_micros(1_000_000_000);
    bed.clock.set(worker_whose_clock_is_wrong);
    let claim = Claim {
        server: server(),
        worker: 1,
        lease: LEASE,
        limit: 1,
        now: bed.now(),
    };
    let lease = store.claim(claim.clone()).await.unwrap().remove(0).lease;
    assert_eq!(
        lease.until,
        bed.now().after(LEASE),
        "told in the worker's own time"
    );
    let due = store.next_due(&server()).await.unwrap().unwrap();
    assert!(
        due <= bed.now().after(LEASE) && due > bed.now().after(LEASE / 2),
        "in the worker's own time"
    );
    store
        .renew(&lease, bed.now().after(LEASE * 2))
        .await
        .unwrap();
    let due = store.next_due(&server()).await.unwrap().unwrap();
    assert!(
        due <= bed.now().after(LEASE * 2) && due > bed.now().after(LEASE),
        "renewed"
    );
    if matches!(bed.settings, askwell::store::Settings::Postgres(_)) {
        let ahead = Claim {
            now: bed.now().after(LEASE * 100),
            ..claim.clone()
        };
        assert!(
            store.claim(ahead).await.unwrap().is_empty(),
            "another worker's clock ends no lease"
        );
    }
}
