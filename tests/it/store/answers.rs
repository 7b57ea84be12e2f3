//! The posts of an answer, its end, and the wish to stop it.

use std::time::Duration;

use askwell::domain::attention::ChannelKind;
use askwell::domain::completion::{Attempt, FinishReason, ModelFailure, Usage};
use askwell::domain::conversation::ConversationKey;
use askwell::domain::event::{EventKey, Origin, Person, Place};
use askwell::domain::id::{QuestionId, ResponseUrlId, ServerId};
use askwell::domain::job::ControlScope;
use askwell::domain::post::{Audience, Delivery, Part, PartIntent};
use askwell::domain::question::{Conclusion, Failure, Outcome, Question, Refusal};
use askwell::domain::run::Run;
use askwell::ports::StoreError;

use super::bed::{
    Bed, LEASE, channel, conclusion, in_lane, intent, numbered, on_both, place, post, question,
    server, user,
};

on_both!(
    posts_come_back_in_order_as_they_were_intended,
    a_question_put_into_its_thread_is_answered_there,
    an_intent_is_replaced_until_its_post_is_known,
    a_post_that_was_never_intended_is_refused,
    an_answer_that_turned_to_its_asker_has_forgotten_where_it_was_to_go,
    every_conclusion_comes_back_as_it_was_written,
    a_second_conclusion_replaces_the_first,
    how_the_models_did_is_remembered_once_for_each_run,
    usage_beyond_what_a_column_holds_is_held_at_its_end,
    a_stop_reaches_the_askers_unfinished_questions_in_the_channel,
    a_stop_is_seen_by_the_claim_and_by_the_renewal,
    a_stop_leaves_what_has_its_conclusion,
    a_deleted_post_stops_what_it_asked_and_what_was_asked_in_its_thread,
);

async fn posts_come_back_in_order_as_they_were_intended(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    assert!(bed.store.parts(lease.question).await.unwrap().is_empty());
    let whole = PartIntent {
        root: Some(post(3)),
        anchor: Some(post(4)),
        ..intent(1, u128::MAX)
    };
    bed.store.intend(&lease, &whole).await.unwrap();
    bed.store.intend(&lease, &intent(0, 5)).await.unwrap();
    bed.store.created(&lease, 1, &post(8)).await.unwrap();
    let expected = [
        Part {
            intent: intent(0, 5),
            post: None,
        },
        Part {
            intent: whole,
            post: Some(post(8)),
        },
    ];
    assert_eq!(bed.store.parts(lease.question).await.unwrap(), expected);
    assert!(
        bed.store
            .parts(QuestionId::from_bits(2))
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_question_put_into_its_thread_is_answered_there(bed: Bed) {
    let asked = |number, delivery| Question {
        origin: Origin::OutgoingHook {
            place: place(1),
            post: post(2),
        },
        delivery,
        ..question(number)
    };
    let by_bot = |root| Delivery::Bot {
        channel: channel(1),
        root: Some(root),
        fallback: None,
    };
    let directly = Delivery::Direct { asker: user(1) };
    let cases = [
        (asked(1, by_bot(post(2))), by_bot(post(1))),
        (asked(2, directly.clone()), directly),
    ];
    let conversation = ConversationKey::thread(&channel(1), &post(1));
    for (asked, delivery) in cases {
        let mut in_its_thread = place(1);
        in_its_thread.thread = Some(post(1));
        let expected = Question {
            origin: Origin::OutgoingHook {
                place: in_its_thread,
                post: post(2),
            },
            conversation: conversation.clone(),
            delivery,
            ..asked.clone()
        };
        let lease = bed.lease_on(asked).await;
        bed.store
            .place_in(&lease, &post(1), &conversation)
            .await
            .unwrap();
        bed.store.hand_back(&lease).await.unwrap();
        let job = bed.claim_one().await;
        assert_eq!(job.question, expected);
        bed.store.settle(&job.lease, bed.now()).await.unwrap();
    }
}

async fn an_intent_is_replaced_until_its_post_is_known(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    bed.store.intend(&lease, &intent(0, 1)).await.unwrap();
    let second = PartIntent {
        channel: channel(2),
        intended_at: bed.now().after(LEASE),
        ..intent(0, 2)
    };
    bed.store.intend(&lease, &second).await.unwrap();
    bed.store.created(&lease, 0, &post(1)).await.unwrap();
    bed.store.created(&lease, 0, &post(1)).await.unwrap();
    bed.store.intend(&lease, &intent(0, 3)).await.unwrap();
    let expected = [Part {
        intent: second,
        post: Some(post(1)),
    }];
    assert_eq!(bed.store.parts(lease.question).await.unwrap(), expected);
}

async fn a_post_that_was_never_intended_is_refused(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let result = bed.store.created(&lease, 0, &post(1)).await;
    assert!(
        matches!(result, Err(StoreError::Corrupt { what: "part" })),
        "{result:?}"
    );
    assert!(bed.store.parts(lease.question).await.unwrap().is_empty());
}

async fn an_answer_that_turned_to_its_asker_has_forgotten_where_it_was_to_go(bed: Bed) {
    let response = ResponseUrlId::parse("cyi3e1qg4tbwfyu1i56pnrempo").unwrap();
    let deliveries = [
        Delivery::Bot {
            channel: channel(1),
            root: Some(post(1)),
            fallback: Some(response.clone()),
        },
        Delivery::Response {
            id: response,
            audience: Audience::Asker,
        },
        Delivery::Webhook {
            channel_name: "lobby".to_owned(),
            channel: channel(1),
        },
    ];
    for (number, delivery) in (1..).zip(deliveries) {
        let asked = Question {
            delivery,
            ..question(number)
        };
        let expected = Question {
            delivery: Delivery::Direct { asker: user(1) },
            ..asked.clone()
        };
        let lease = bed.lease_on(asked).await;
        bed.store.intend(&lease, &intent(0, 1)).await.unwrap();
        bed.store.created(&lease, 0, &post(2)).await.unwrap();
        bed.store.intend(&lease, &intent(1, 2)).await.unwrap();
        let concluded = conclusion(Outcome::Answered, bed.now());
        bed.store.conclude(&lease, &concluded).await.unwrap();
        let texts = ["for you alone".to_owned(), "and more".to_owned()];
        bed.store
            .turn_to_asker(&lease, &user(1), &texts)
            .await
            .unwrap();
        bed.store.hand_back(&lease).await.unwrap();
        let job = bed.claim_one().await;
        assert_eq!(job.question, expected);
        let expected = Conclusion {
            texts: texts.to_vec(),
            ..concluded
        };
        assert_eq!(job.concluded, Some(expected));
        let parts = bed.store.parts(job.question.id).await.unwrap();
        assert!(parts.is_empty(), "{parts:?}");
        bed.store.settle(&job.lease, bed.now()).await.unwrap();
    }
}

async fn every_conclusion_comes_back_as_it_was_written(bed: Bed) {
    let outcomes = [
        Outcome::Answered,
        Outcome::CutShort,
        Outcome::Interrupted,
        Outcome::Stopped,
        Outcome::Ignored,
        Outcome::Refused(Refusal::NotAMember),
        Outcome::Failed(Failure::Deadline),
    ];
    for (number, outcome) in (1..).zip(outcomes) {
        let conclusion = Conclusion {
            outcome,
            answer: "'; -- 오늘 \"맑음\" 🌤".to_owned(),
            texts: vec![
                "첫 \"글\"\n```".to_owned(),
                String::new(),
                "\\u0000 \u{1}".to_owned(),
            ],
            picture: None,
            usage: Usage {
                prompt_tokens: 1,
                completion_tokens: 2,
                cached_tokens: 3,
                reasoning_tokens: 4,
            },
            model: Some("gpt-x".to_owned()),
            run: None,
            at: bed.now(),
        };
        let lease = bed.lease_on(question(number)).await;
        bed.store.conclude(&lease, &conclusion).await.unwrap();
        bed.store.hand_back(&lease).await.unwrap();
        let job = bed.claim_one().await;
        assert_eq!(job.concluded, Some(conclusion));
        bed.store.settle(&job.lease, bed.now()).await.unwrap();
    }
}

async fn how_the_models_did_is_remembered_once_for_each_run(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let begun = bed.now();
    let run = |seconds, finish| Run {
        begun_at: begun.after(Duration::from_secs(seconds)),
        asked: Some("fast".into()),
        target: Some("second".into()),
        model: Some("m2".into()),
        attempts: vec![Attempt {
            target: "first".into(),
            failure: ModelFailure::Unavailable,
            after: Duration::from_millis(40),
        }],
        first_token: Some(Duration::from_millis(120)),
        whole: Duration::from_secs(3),
        usage: Usage {
            prompt_tokens: 9,
            completion_tokens: 7,
            cached_tokens: 5,
            reasoning_tokens: 3,
        },
        finish,
    };
    let bare = Run {
        asked: None,
        target: None,
        model: None,
        attempts: Vec::new(),
        first_token: None,
        ..run(9, None)
    };
    let all: Vec<_> = (0..)
        .zip(FinishReason::ALL)
        .map(|(seconds, finish)| run(seconds, Some(finish)))
        .chain([bare])
        .collect();
    for run in all.iter().chain(&all) {
        let concluded = Conclusion {
            run: Some(Box::new(run.clone())),
            ..conclusion(Outcome::Answered, bed.now())
        };
        bed.store.conclude(&lease, &concluded).await.unwrap();
    }
    assert_eq!(bed.store.runs(lease.question).await.unwrap(), all);
    let another = question(2).id;
    assert!(bed.store.runs(another).await.unwrap().is_empty());
}

async fn a_second_conclusion_replaces_the_first(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    bed.store
        .conclude(&lease, &conclusion(Outcome::Answered, bed.now()))
        .await
        .unwrap();
    let second = Conclusion {
        answer: String::new(),
        texts: Vec::new(),
        ..conclusion(Outcome::Stopped, bed.now())
    };
    bed.store.conclude(&lease, &second).await.unwrap();
    bed.store.hand_back(&lease).await.unwrap();
    assert_eq!(bed.claim_one().await.concluded, Some(second));
    let history = bed
        .store
        .history(&server(), &question(1).conversation, 10)
        .await
        .unwrap();
    assert!(
        history.turns.is_empty(),
        "what was stopped is no turn any more"
    );
}

async fn usage_beyond_what_a_column_holds_is_held_at_its_end(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let usage = Usage {
        prompt_tokens: u64::MAX,
        ..Usage::default()
    };
    let endless = Conclusion {
        usage,
        ..conclusion(Outcome::Answered, bed.now())
    };
    bed.store.conclude(&lease, &endless).await.unwrap();
    bed.store.hand_back(&lease).await.unwrap();
    let concluded = bed.claim_one().await.concluded.unwrap();
    assert_eq!(concluded.usage.prompt_tokens, i64::MAX.unsigned_abs());
}

fn scope() -> ControlScope {
    ControlScope {
        asker: user(1),
        channel: channel(1),
        thread: None,
    }
}

async fn a_stop_reaches_the_askers_unfinished_questions_in_the_channel(bed: Bed) {
    let mut in_a_thread = place(1);
    in_a_thread.thread = Some(post(5));
    let asked_in = |number, place| Question {
        origin: Origin::Command {
            place,
            response: None,
        },
        ..question(number)
    };
    let asked_by = |number, person| Question {
        asker: Person {
            id: Some(user(person)),
            name: String::new(),
        },
        ..question(number)
    };
    bed.answer(question(1), Outcome::Answered).await;
    bed.admit(&[
        in_lane(2, "a"),
        in_lane(3, "a"),
        asked_in(4, in_a_thread),
        Question {
            audience: Audience::Asker,
            ..question(5)
        },
        asked_in(6, place(2)),
        asked_by(7, 2),
        Question {
            server: ServerId::parse("other").unwrap(),
            ..question(8)
        },
        Question {
            origin: Origin::ByHand,
            ..question(9)
        },
    ])
    .await;
    bed.claim(1).await;
    let in_the_thread = ControlScope {
        thread: Some(post(5)),
        ..scope()
    };
    let stopped = bed.store.request_stop(&server(), &in_the_thread).await;
    assert_eq!(stopped.unwrap(), numbered([4]));
    let stopped = bed.store.request_stop(&server(), &scope()).await.unwrap();
    assert_eq!(stopped, numbered([2, 3, 4, 5]));
    let marked: Vec<_> = bed
        .claim(10)
        .await
        .into_iter()
        .filter(|job| job.stop_requested)
        .collect();
    assert_eq!(super::bed::ids(&marked), numbered([4, 5]));
}

async fn a_stop_is_seen_by_the_claim_and_by_the_renewal(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    bed.store.request_stop(&server(), &scope()).await.unwrap();
    bed.store.request_stop(&server(), &scope()).await.unwrap();
    let renewal = bed
        .store
        .renew(&lease, bed.now().after(LEASE))
        .await
        .unwrap();
    assert!(renewal.stop_requested);
    bed.store.retry(&lease, bed.now()).await.unwrap();
    assert!(bed.claim_one().await.stop_requested);
}

async fn a_stop_leaves_what_has_its_conclusion(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    bed.store
        .conclude(&lease, &conclusion(Outcome::Answered, bed.now()))
        .await
        .unwrap();
    assert!(
        bed.store
            .request_stop(&server(), &scope())
            .await
            .unwrap()
            .is_empty()
    );
    let renewal = bed
        .store
        .renew(&lease, bed.now().after(LEASE))
        .await
        .unwrap();
    assert!(!renewal.stop_requested);
}

async fn a_deleted_post_stops_what_it_asked_and_what_was_asked_in_its_thread(bed: Bed) {
    let asked = |number: u32, root: Option<u32>| Question {
        key: EventKey::of_post(&post(number)),
        origin: Origin::Post {
            place: Place {
                thread: root.map(post),
                ..place(1)
            },
            post: post(number),
            kind: ChannelKind::Open,
        },
        ..question(number)
    };
    let other = Question {
        server: ServerId::parse("other").unwrap(),
        ..asked(5, Some(1))
    };
    let questions = [
        asked(1, Some(1)),
        asked(2, Some(1)),
        asked(3, Some(3)),
        asked(4, None),
        other,
    ];
    bed.admit(&questions).await;
    let stop = async |number| {
        let stopped = bed.store.stop_questions_of(&server(), &post(number)).await;
        let mut stopped = stopped.unwrap();
        stopped.sort_unstable();
        stopped
    };
    assert_eq!(stop(1).await, [question(1).id, question(2).id]);
    assert_eq!(stop(4).await, [question(4).id]);
    assert!(stop(9).await.is_empty());
}
