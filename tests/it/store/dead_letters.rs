//! Questions whose end could be shown to nobody: looked at, and tried again.

use std::time::Duration;

use askwell::domain::event::Origin;
use askwell::domain::id::QuotedId;
use askwell::domain::job::{DeadLetter, Undeliverable};
use askwell::domain::question::{Outcome, Question};
use askwell::domain::time::Timestamp;
use askwell::ports::{Backlog, Burial, Letters};
use askwell::store::ROWS_PER_STATEMENT;

use super::bed::{
    Bed, LEASE, MORNING, channel, conclusion, ids, in_lane, numbered, on_both, question, refused,
    server,
};

on_both!(
    dead_letters_are_listed_the_last_first_and_without_a_word_of_people,
    what_cannot_be_read_of_a_dead_letter_hides_nothing_else,
    a_revived_letter_is_published_and_an_unconcluded_one_asked,
    a_revived_letter_is_the_last_of_its_lane,
    only_the_letter_that_is_quoted_is_revived,
    more_letters_are_revived_than_a_statement_takes,
);

const SECOND: Duration = Duration::from_secs(1);

/// Until when what is revived may take.
const LATER: Timestamp = Timestamp::from_micros(MORNING.as_micros() + 3_600_000_000);

async fn bury(bed: &Bed, question: Question, burial: &Burial) {
    let lease = bed.lease_on(question).await;
    bed.store.bury(&lease, bed.now(), burial).await.unwrap();
}

async fn revive(bed: &Bed, letters: &Letters) -> Vec<askwell::domain::id::QuestionId> {
    bed.store.revive(letters, LATER).await.unwrap()
}

async fn dead_letters_are_listed_the_last_first_and_without_a_word_of_people(bed: Bed) {
    assert!(bed.store.dead_letters(10).await.unwrap().is_empty());
    let lease = bed.lease_on(question(1)).await;
    let answered = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&lease, &answered).await.unwrap();
    bed.store.bury(&lease, bed.now(), &refused()).await.unwrap();
    bed.clock.advance(SECOND);
    let by_hand = Question {
        origin: Origin::ByHand,
        ..question(2)
    };
    let deadly = Burial {
        reason: Undeliverable::Deadly,
        detail: String::new(),
    };
    bury(&bed, by_hand, &deadly).await;
    bed.answer(question(3), Outcome::Answered).await;
    bed.admit(&[question(4)]).await;

    let first = DeadLetter {
        question: question(1).id,
        server: server(),
        channel: Some(channel(1)),
        asked_at: MORNING,
        outcome: Some(Outcome::Answered),
        reason: Some(Undeliverable::Refused),
        detail: refused().detail,
    };
    let last = DeadLetter {
        question: question(2).id,
        channel: None,
        outcome: None,
        reason: Some(Undeliverable::Deadly),
        detail: String::new(),
        ..first.clone()
    };
    let letters = bed.store.dead_letters(10).await.unwrap();
    assert_eq!(letters, [last.clone(), first]);
    assert_eq!(bed.store.dead_letters(1).await.unwrap(), [last]);
    let told = format!("{letters:?}");
    assert!(!told.contains("question 1?") && !told.contains("alice") && !told.contains("42"));
}

async fn what_cannot_be_read_of_a_dead_letter_hides_nothing_else(bed: Bed) {
    bury(&bed, question(1), &refused()).await;
    bed.tamper("UPDATE questions SET channel_id = 'nowhere', outcome = 'eaten'")
        .await;
    bed.tamper("UPDATE jobs SET buried_for = 'bad weather'")
        .await;
    let letters = bed.store.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].question, question(1).id);
    assert_eq!(
        (&letters[0].channel, &letters[0].outcome, letters[0].reason),
        (&None, &None, None)
    );
}

async fn a_revived_letter_is_published_and_an_unconcluded_one_asked(bed: Bed) {
    bed.admit(&[question(1), question(2)]).await;
    // Some deaths, to be forgotten.
    for _ in 0..2 {
        bed.claim(10).await;
        bed.clock.advance(LEASE);
    }
    let jobs = bed.claim(10).await;
    let answered = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&jobs[0].lease, &answered).await.unwrap();
    for job in &jobs {
        bed.store
            .bury(&job.lease, bed.now(), &refused())
            .await
            .unwrap();
    }
    assert!(bed.claim(10).await.is_empty());

    assert_eq!(revive(&bed, &Letters::All).await, numbered([1, 2]));
    assert!(revive(&bed, &Letters::All).await.is_empty(), "once");
    assert!(bed.store.dead_letters(10).await.unwrap().is_empty());
    let revived = bed.claim(10).await;
    assert_eq!(ids(&revived), numbered([1, 2]));
    assert_eq!(revived[0].concluded, Some(answered));
    assert_eq!(revived[1].concluded, None);
    for job in &revived {
        assert_eq!(job.deaths, 0);
        assert_eq!(job.question.deadline, LATER);
    }
}

async fn a_revived_letter_is_the_last_of_its_lane(bed: Bed) {
    bury(&bed, in_lane(1, "a"), &refused()).await;
    bed.admit(&[in_lane(2, "a"), in_lane(3, "a")]).await;
    let running = bed.claim_one().await;
    revive(&bed, &Letters::All).await;
    assert!(bed.claim(10).await.is_empty(), "one of a lane at a time");
    bed.admit(&[in_lane(4, "a")]).await;
    bed.store.settle(&running.lease, bed.now()).await.unwrap();
    for number in [3, 1, 4] {
        let job = bed.claim_one().await;
        assert_eq!(job.question.id, question(number).id);
        bed.store.settle(&job.lease, bed.now()).await.unwrap();
    }
}

async fn only_the_letter_that_is_quoted_is_revived(bed: Bed) {
    for number in [0x1_0000_0001, 0x2_0000_0001, 0x3_0000_0002_u64] {
        let id = askwell::domain::id::QuestionId::from_bits(u128::from(number));
        let low = u32::try_from(number >> 32).unwrap();
        bury(
            &bed,
            Question {
                id,
                ..question(low)
            },
            &refused(),
        )
        .await;
    }
    let quoted = |digits: &str| Letters::Quoted(QuotedId::parse(digits).unwrap());
    assert!(revive(&bed, &quoted("0300000001")).await.is_empty());
    let revived = revive(&bed, &quoted("0200000001")).await;
    assert_eq!(revived.len(), 1);
    assert_eq!(revived[0].quoted(), "0200000001");
    assert_eq!(bed.store.dead_letters(10).await.unwrap().len(), 2);
    assert_eq!(bed.claim_one().await.question.id, revived[0]);
}

async fn more_letters_are_revived_than_a_statement_takes(bed: Bed) {
    let count = u32::try_from(ROWS_PER_STATEMENT).unwrap() + 1;
    let asked: Vec<_> = (0..count)
        .map(|number| in_lane(number, if number % 2 == 0 { "even" } else { "odd" }))
        .collect();
    bed.admit(&asked).await;
    for _ in 0..count.div_ceil(2) {
        for job in bed.claim(2).await {
            bed.store
                .bury(&job.lease, bed.now(), &refused())
                .await
                .unwrap();
        }
    }
    assert_eq!(revive(&bed, &Letters::All).await, numbered(0..count));
    let expected = Backlog {
        waiting: u64::from(count),
        ..Backlog::default()
    };
    assert_eq!(bed.store.backlog(&server()).await.unwrap(), expected);
    assert_eq!(ids(&bed.claim(10).await), numbered([0, 1]));
}
