//! Recording questions, one or many at once.

use askwell::domain::event::{EventKey, Origin, Person};
use askwell::domain::id::{QuestionId, ResponseUrlId, ServerId};
use askwell::domain::post::{Audience, Delivery};
use askwell::domain::question::Question;
use askwell::ports::{Admission, Backlog};
use askwell::store::ROWS_PER_STATEMENT;

use super::bed::{
    Bed, channel, ids, in_lane, numbered, on_both, place, post, question, server, user,
};

on_both!(
    an_empty_batch_is_accepted,
    a_question_comes_back_as_it_was_asked,
    every_way_to_ask_and_to_answer_comes_back,
    the_same_event_is_accepted_once,
    the_same_event_twice_in_one_batch_is_accepted_once,
    the_same_question_twice_in_one_batch_is_accepted_once,
    the_same_event_on_another_server_is_another_question,
    duplicates_among_new_questions_are_told_apart,
    a_batch_may_be_larger_than_a_statement,
    a_lane_is_numbered_in_the_order_of_the_batch,
    text_hostile_to_sql_is_only_text,
    a_nul_is_replaced_and_fails_nothing,
    a_text_of_a_megabyte_is_kept,
    admitted_questions_survive_a_restart,
);

async fn an_empty_batch_is_accepted(bed: Bed) {
    bed.admit(&[]).await;
    assert_eq!(
        bed.store.backlog(&server()).await.unwrap(),
        Backlog::default()
    );
}

async fn a_question_comes_back_as_it_was_asked(bed: Bed) {
    let asked = question(1);
    bed.admit(std::slice::from_ref(&asked)).await;
    let job = bed.claim_one().await;
    assert_eq!(job.question, asked);
    assert_eq!(job.concluded, None);
    assert!(!job.stop_requested);
}

async fn every_way_to_ask_and_to_answer_comes_back(bed: Bed) {
    let response = || ResponseUrlId::parse("cyi3e1qg4tbwfyu1i56pnrempo").unwrap();
    let mut in_a_thread = place(2);
    in_a_thread.team = None;
    in_a_thread.thread = Some(post(9));
    let origins = [
        Origin::Command {
            place: place(1),
            response: Some(response()),
        },
        Origin::Command {
            place: in_a_thread,
            response: None,
        },
        Origin::OutgoingHook {
            place: place(3),
            post: post(4),
        },
        Origin::ByHand,
    ];
    let deliveries = [
        Delivery::Bot {
            channel: channel(1),
            root: Some(post(2)),
            fallback: Some(response()),
        },
        Delivery::Bot {
            channel: channel(1),
            root: None,
            fallback: None,
        },
        Delivery::Direct { asker: user(5) },
        Delivery::Response {
            id: response(),
            audience: Audience::Asker,
        },
        Delivery::Response {
            id: response(),
            audience: Audience::Channel,
        },
        Delivery::Webhook {
            channel_name: "town-square".to_owned(),
            channel: channel(6),
        },
        Delivery::Inline,
    ];
    let mut asked = Vec::new();
    for origin in &origins {
        for delivery in &deliveries {
            let number = u32::try_from(asked.len()).unwrap();
            asked.push(Question {
                origin: origin.clone(),
                delivery: delivery.clone(),
                audience: Audience::Asker,
                asker: Person {
                    id: None,
                    name: "curl".to_owned(),
                },
                ..question(number)
            });
        }
    }
    bed.admit(&asked).await;
    let claimed: Vec<_> = bed
        .claim(100)
        .await
        .into_iter()
        .map(|job| job.question)
        .collect();
    assert_eq!(claimed, asked);
}

async fn the_same_event_is_accepted_once(bed: Bed) {
    bed.admit(&[question(1)]).await;
    let again = Question {
        key: question(1).key,
        ..question(2)
    };
    assert_eq!(
        bed.store.admit(&[again]).await.unwrap(),
        [Admission::Duplicate]
    );
    assert_eq!(ids(&bed.claim(10).await), numbered([1]));
    assert_eq!(bed.store.backlog(&server()).await.unwrap().waiting, 0);
}

async fn the_same_event_twice_in_one_batch_is_accepted_once(bed: Bed) {
    let again = Question {
        key: question(1).key,
        ..question(2)
    };
    let admissions = bed
        .store
        .admit(&[question(1), again, question(3)])
        .await
        .unwrap();
    assert_eq!(
        admissions,
        [
            Admission::Accepted,
            Admission::Duplicate,
            Admission::Accepted
        ]
    );
    assert_eq!(ids(&bed.claim(10).await), numbered([1, 3]));
}

async fn the_same_question_twice_in_one_batch_is_accepted_once(bed: Bed) {
    let admissions = bed.store.admit(&[question(1), question(1)]).await.unwrap();
    assert_eq!(admissions, [Admission::Accepted, Admission::Duplicate]);
    assert_eq!(ids(&bed.claim(10).await), numbered([1]));
}

async fn the_same_event_on_another_server_is_another_question(bed: Bed) {
    let elsewhere = Question {
        server: ServerId::parse("other").unwrap(),
        key: question(1).key,
        ..question(2)
    };
    bed.admit(&[question(1), elsewhere.clone()]).await;
    assert_eq!(ids(&bed.claim(10).await), numbered([1]));
    assert_eq!(
        ids(&bed.claim_of(&elsewhere.server, 10).await),
        numbered([2])
    );
}

async fn duplicates_among_new_questions_are_told_apart(bed: Bed) {
    let known: Vec<_> = (0..100)
        .filter(|number| number % 3 == 0)
        .map(question)
        .collect();
    bed.admit(&known).await;
    let batch: Vec<_> = (0..100)
        .map(|number| Question {
            id: QuestionId::from_bits(1_000 + u128::from(number)),
            ..question(number)
        })
        .collect();
    let admissions = bed.store.admit(&batch).await.unwrap();
    for (number, admission) in admissions.iter().enumerate() {
        let expected = if number % 3 == 0 {
            Admission::Duplicate
        } else {
            Admission::Accepted
        };
        assert_eq!(*admission, expected, "{number}");
    }
    assert_eq!(bed.store.backlog(&server()).await.unwrap().waiting, 100);
}

async fn a_batch_may_be_larger_than_a_statement(bed: Bed) {
    let mut begin = 0;
    for size in [1, 2, ROWS_PER_STATEMENT, ROWS_PER_STATEMENT + 1, 1_000] {
        let end = begin + u32::try_from(size).unwrap();
        let batch: Vec<_> = (begin..end).map(question).collect();
        bed.admit(&batch).await;
        assert_eq!(
            bed.store.admit(&batch).await.unwrap(),
            vec![Admission::Duplicate; size]
        );
        begin = end;
    }
    assert_eq!(
        bed.store.backlog(&server()).await.unwrap().waiting,
        u64::from(begin)
    );
}

async fn a_lane_is_numbered_in_the_order_of_the_batch(bed: Bed) {
    // Neither keys nor ids are in the order of the batch.
    let batch: Vec<_> = [5, 3, 9, 1]
        .map(|number| Question {
            key: EventKey::from_stored(format!("event:{}", 100 - number)),
            ..in_lane(number, "thread")
        })
        .to_vec();
    bed.admit(&batch).await;
    bed.admit(&[in_lane(2, "thread")]).await;
    for number in [5, 3, 9, 1, 2] {
        let job = bed.claim_one().await;
        assert_eq!(ids(std::slice::from_ref(&job)), numbered([number]));
        bed.store.settle(&job.lease, bed.now()).await.unwrap();
    }
}

const HOSTILE: [&str; 8] = [
    "'; DROP TABLE questions; --",
    "\"quoted\" 'single' `back` \\ \\' \\0 \\u0000",
    "100% _under_ $1 ?1 :name @p {curly} %s",
    "오늘 날씨 어때? 👩‍👩‍👧‍👦 🇰🇷",
    "مرحبا \u{202e}dlrow\u{202c} \u{200b}\u{feff}",
    "line\r\nbreak\ttab\u{1}\u{7f}\u{85}",
    "\u{10ffff}\u{e000}",
    "",
];

async fn text_hostile_to_sql_is_only_text(bed: Bed) {
    let asked: Vec<_> = (0..)
        .zip(HOSTILE)
        .map(|(number, text)| Question {
            key: EventKey::from_stored(format!("{number}{text}")),
            text: text.to_owned(),
            asker: Person {
                id: None,
                name: text.to_owned(),
            },
            ..in_lane(number, &format!("{number}{text}"))
        })
        .collect();
    bed.admit(&asked).await;
    assert_eq!(
        bed.store.admit(&asked).await.unwrap(),
        vec![Admission::Duplicate; HOSTILE.len()]
    );
    let claimed: Vec<_> = bed
        .claim(100)
        .await
        .into_iter()
        .map(|job| job.question)
        .collect();
    assert_eq!(claimed, asked);
}

async fn a_nul_is_replaced_and_fails_nothing(bed: Bed) {
    let asked = Question {
        text: "a\0b".to_owned(),
        key: EventKey::from_stored("event:\0".to_owned()),
        ..in_lane(1, "lane\0")
    };
    bed.admit(&[asked.clone(), question(2)]).await;
    assert_eq!(
        bed.store.admit(&[asked]).await.unwrap(),
        [Admission::Duplicate]
    );
    let jobs = bed.claim(10).await;
    assert_eq!(ids(&jobs), numbered([1, 2]));
    assert_eq!(jobs[0].question.text, "a\u{fffd}b");
}

async fn a_text_of_a_megabyte_is_kept(bed: Bed) {
    let text = "답".repeat(350_000);
    bed.admit(&[Question {
        text: text.clone(),
        ..question(1)
    }])
    .await;
    assert_eq!(bed.claim_one().await.question.text, text);
}

async fn admitted_questions_survive_a_restart(bed: Bed) {
    bed.admit(&[question(1), in_lane(2, "thread"), in_lane(3, "thread")])
        .await;
    let bed = bed.reopened().await;
    assert_eq!(
        bed.store.admit(&[question(1)]).await.unwrap(),
        [Admission::Duplicate]
    );
    assert_eq!(ids(&bed.claim(10).await), numbered([1, 2]));
}
