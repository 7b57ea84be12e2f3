//! A lease that was lost writes nothing, whatever the verb.

use askwell::domain::conversation::ConversationKey;
use askwell::domain::id::QuestionId;
use askwell::domain::job::{Attempt, Lease};
use askwell::domain::post::Delivery;
use askwell::domain::question::Outcome;
use askwell::ports::StoreError;

use super::bed::{
    Bed, LEASE, channel, conclusion, intent, on_both, post, question, refused, server, user,
};

on_both!(
    a_lost_lease_writes_nothing,
    a_lease_is_over_when_its_job_is,
    a_lease_on_no_question_writes_nothing,
    an_ended_lease_that_nobody_took_still_writes,
);

fn assert_lost<T: std::fmt::Debug>(result: &Result<T, StoreError>, verb: &str) {
    assert!(
        matches!(result, Err(StoreError::LeaseLost)),
        "{verb}: {result:?}"
    );
}

/// Tries every verb under a lease that does not hold.
async fn assert_writes_nothing(bed: &Bed, lease: &Lease) {
    let store = &bed.store;
    let elsewhere = ConversationKey::person(&channel(9), &user(9));
    let conclusion = conclusion(Outcome::Answered, bed.now());
    assert_lost(
        &store.renew(lease, bed.now().after(LEASE * 9)).await,
        "renew",
    );
    assert_lost(
        &store.place_in(lease, &post(9), &elsewhere).await,
        "place_in",
    );
    let direct = Delivery::Direct { asker: user(9) };
    assert_lost(
        &store.address_to_asker(lease, &direct, &elsewhere).await,
        "address_to_asker",
    );
    assert_lost(&store.intend(lease, &intent(0, 1)).await, "intend");
    assert_lost(&store.created(lease, 0, &post(1)).await, "created");
    assert_lost(&store.forget_part(lease, 0).await, "forget_part");
    assert_lost(&store.conclude(lease, &conclusion).await, "conclude");
    let turned = store.turn_to_asker(lease, &user(1), &[]).await;
    assert_lost(&turned, "turn_to_asker");
    assert_lost(&store.settle(lease, bed.now()).await, "settle");
    assert_lost(&store.bury(lease, bed.now(), &refused()).await, "bury");
    assert_lost(&store.retry(lease, bed.now()).await, "retry");
    let died = store.retry_after_death(lease, bed.now()).await;
    assert_lost(&died, "retry_after_death");
    assert_lost(&store.hand_back(lease).await, "hand_back");
    let history = store.history(&server(), &elsewhere, 10).await.unwrap();
    assert!(history.turns.is_empty());
}

async fn a_lost_lease_writes_nothing(bed: Bed) {
    let lost = bed.lease_on(question(1)).await;
    bed.store.intend(&lost, &intent(0, 77)).await.unwrap();
    bed.clock.advance(LEASE);
    let held = bed.claim_one().await;
    assert_writes_nothing(&bed, &lost).await;
    // Everything is as the second claim left it.
    let parts = bed.store.parts(lost.question).await.unwrap();
    assert_eq!(
        (parts.len(), parts[0].intent.pending, &parts[0].post),
        (1, 77, &None)
    );
    assert!(bed.claim(10).await.is_empty());
    bed.clock.advance(LEASE);
    let again = bed.claim_one().await;
    assert_eq!(again.lease.attempt, Attempt(3));
    assert_eq!((again.concluded, again.question), (None, held.question));
}

async fn a_lease_is_over_when_its_job_is(bed: Bed) {
    let settled = bed.lease_on(question(1)).await;
    bed.store.settle(&settled, bed.now()).await.unwrap();
    assert_writes_nothing(&bed, &settled).await;
    let buried = bed.lease_on(question(2)).await;
    bed.store
        .bury(&buried, bed.now(), &refused())
        .await
        .unwrap();
    assert_writes_nothing(&bed, &buried).await;
    let retried = bed.lease_on(question(3)).await;
    bed.store.retry(&retried, bed.now()).await.unwrap();
    assert_writes_nothing(&bed, &retried).await;
    let died = bed.claim_one().await.lease;
    let after_death = bed.store.retry_after_death(&died, bed.now()).await;
    after_death.unwrap();
    assert_writes_nothing(&bed, &died).await;
    let handed_back = bed.claim_one().await.lease;
    bed.store.hand_back(&handed_back).await.unwrap();
    assert_writes_nothing(&bed, &handed_back).await;
    assert_eq!(bed.claim_one().await.question, question(3));
}

async fn a_lease_on_no_question_writes_nothing(bed: Bed) {
    let held = bed.lease_on(question(1)).await;
    let nowhere = Lease {
        question: QuestionId::from_bits(999),
        ..held.clone()
    };
    assert_writes_nothing(&bed, &nowhere).await;
    let guessed = Lease {
        token: held.token ^ 1,
        ..held.clone()
    };
    assert_writes_nothing(&bed, &guessed).await;
    bed.store.settle(&held, bed.now()).await.unwrap();
}

async fn an_ended_lease_that_nobody_took_still_writes(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    bed.clock.advance(LEASE * 5);
    bed.store
        .conclude(&lease, &conclusion(Outcome::Answered, bed.now()))
        .await
        .unwrap();
    bed.store.settle(&lease, bed.now()).await.unwrap();
    assert!(bed.claim(10).await.is_empty());
}
