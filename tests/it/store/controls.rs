//! What people do about answers: stopped, written once more, thought well of; and the keys of buttons.

use std::time::Duration;

use askwell::domain::control::{Tally, Vote};
use askwell::domain::conversation::ConversationKey;
use askwell::domain::file::Picture;
use askwell::domain::id::{QuestionId, ServerId};
use askwell::domain::job::{Again, Earlier, Lease, Progress};
use askwell::domain::question::{Conclusion, Outcome, Question, Refusal};
use askwell::domain::time::Timestamp;
use askwell::ports::{AgainKind, AskAgain, AskedAgain, KeyAges, SigningKey};
use secrecy::ExposeSecret as _;

use super::bed::{
    Bed, LEASE, MORNING, channel, conclusion, in_lane, intent, on_both, opinion, post, question,
    server,
};

on_both!(
    an_answer_is_known_as_far_as_it_is,
    an_answer_is_stopped_until_it_is_concluded_and_once_is_as_good_as_twice,
    an_ended_answer_is_asked_again_as_the_last_of_its_lane_and_is_no_turn_meanwhile,
    an_answer_is_asked_again_only_when_it_has_ended_and_as_it_was_seen,
    only_what_was_cut_at_its_length_is_gone_on_with,
    what_there_was_before_is_forgotten_when_another_end_is_known,
    a_press_is_known_to_whoever_works_on_the_answer,
    a_worker_is_told_which_of_its_questions_are_to_be_stopped,
    turns_before_a_question_are_those_of_earlier_questions,
    a_post_is_known_by_its_answer_until_it_is_forgotten,
    each_person_counts_once_and_for_the_present_answer,
    a_vote_is_taken_back_only_as_it_was_given,
    keys_are_made_kept_and_forgotten_by_their_age,
    two_who_ask_again_at_once_begin_one_generation,
    a_picture_is_kept_until_its_question_has_ended,
);

const LATER: Timestamp = Timestamp::from_micros(MORNING.as_micros() + 3_600_000_000);

fn again(number: u32, generation: u32, kind: AgainKind) -> AskAgain {
    AskAgain {
        question: question(number).id,
        generation,
        kind,
        deadline: LATER,
        pressed_at: None,
    }
}

impl Bed {
    async fn ask_again(&self, again: AskAgain) -> AskedAgain {
        self.store.ask_again(&server(), again).await.unwrap()
    }

    async fn tally(&self, number: u32) -> Tally {
        let answer = self.store.answer(&server(), question(number).id).await;
        answer.unwrap().unwrap().tally
    }

    async fn vote(&self, number: u32, person: u32, vote: Vote) {
        let opinion = opinion(question(number).id, person, vote);
        let voted = self.store.vote(&server(), &opinion, self.now()).await;
        voted.unwrap();
    }
}

fn other_server() -> ServerId {
    ServerId::parse("other").unwrap()
}

async fn an_answer_is_known_as_far_as_it_is(bed: Bed) {
    let (store, id) = (&bed.store, question(1).id);
    assert_eq!(store.answer(&server(), id).await.unwrap(), None);
    bed.admit(&[question(1)]).await;
    let known = async || store.answer(&server(), id).await.unwrap().unwrap();
    let answer = known().await;
    assert_eq!(answer.question, question(1));
    assert_eq!((answer.generation, answer.progress), (1, Progress::Waiting));
    assert_eq!((answer.conclusion, answer.first), (None, None));
    let lease = bed.claim_one().await.lease;
    store.intend(&lease, &intent(0, 7)).await.unwrap();
    store.created(&lease, 0, &post(1)).await.unwrap();
    let answer = known().await;
    assert_eq!(answer.progress, Progress::Running);
    assert_eq!(answer.first.unwrap().post, Some(post(1)));
    let answered = conclusion(Outcome::Answered, bed.now());
    store.conclude(&lease, &answered).await.unwrap();
    assert_eq!(known().await.conclusion, Some(answered));
    store.settle(&lease, bed.now()).await.unwrap();
    assert_eq!(known().await.progress, Progress::Ended);
    assert_eq!(store.answer(&other_server(), id).await.unwrap(), None);
}

async fn an_answer_is_stopped_until_it_is_concluded_and_once_is_as_good_as_twice(bed: Bed) {
    let (store, id) = (&bed.store, question(1).id);
    let stop = async || store.stop_answer(&server(), id, None).await.unwrap();
    assert!(!stop().await, "there is none");
    bed.admit(&[question(1)]).await;
    assert!(!store.stop_answer(&other_server(), id, None).await.unwrap());
    assert!(stop().await && stop().await);
    let job = bed.claim_one().await;
    assert!(job.stop_requested);
    let stopped = conclusion(Outcome::Stopped, bed.now());
    store.conclude(&job.lease, &stopped).await.unwrap();
    assert!(!stop().await);
    store.settle(&job.lease, bed.now()).await.unwrap();
    assert!(!stop().await);
    // What is begun then was not stopped.
    bed.ask_again(again(1, 1, AgainKind::Regenerate)).await;
    assert!(!bed.claim_one().await.stop_requested);
}

async fn an_ended_answer_is_asked_again_as_the_last_of_its_lane_and_is_no_turn_meanwhile(bed: Bed) {
    bed.answer(in_lane(1, "a"), Outcome::Answered).await;
    bed.admit(&[in_lane(2, "a"), in_lane(3, "a")]).await;
    let running = bed.claim_one().await;
    let begun = bed.ask_again(again(1, 1, AgainKind::Regenerate)).await;
    assert_eq!(begun, AskedAgain::Begun { generation: 2 });
    let turns = async || {
        let conversation = question(1).conversation;
        let history = bed.store.history(&server(), &conversation, 10).await;
        history.unwrap().turns.len()
    };
    assert_eq!(turns().await, 0);
    assert!(bed.claim(10).await.is_empty(), "one of a lane at a time");
    bed.store.settle(&running.lease, bed.now()).await.unwrap();
    let next = bed.claim_one().await;
    assert_eq!(next.question.id, question(3).id);
    bed.store.settle(&next.lease, bed.now()).await.unwrap();
    let job = bed.claim_one().await;
    assert_eq!(job.question.id, question(1).id);
    assert_eq!((job.generation, job.deaths), (2, 0));
    assert_eq!((job.question.deadline, job.concluded), (LATER, None));
    let earlier = Earlier {
        answer: "42".to_owned(),
        outcome: Outcome::Answered,
    };
    assert_eq!(job.again, Some(Again::Regenerate(earlier)));
    let answered = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&job.lease, &answered).await.unwrap();
    assert_eq!(turns().await, 1);
}

async fn an_answer_is_asked_again_only_when_it_has_ended_and_as_it_was_seen(bed: Bed) {
    let regenerate = |generation| again(1, generation, AgainKind::Regenerate);
    let refused = async |generation| {
        let asked = bed.ask_again(regenerate(generation)).await;
        assert_eq!(asked, AskedAgain::NotNow, "{generation}");
    };
    refused(1).await;
    bed.admit(&[question(1)]).await;
    refused(1).await;
    let lease = bed.claim_one().await.lease;
    refused(1).await;
    let answered = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&lease, &answered).await.unwrap();
    refused(1).await;
    bed.store.settle(&lease, bed.now()).await.unwrap();
    refused(0).await;
    refused(2).await;
    let elsewhere = bed.store.ask_again(&other_server(), regenerate(1)).await;
    assert_eq!(elsewhere.unwrap(), AskedAgain::NotNow);
    let begun = AskedAgain::Begun { generation: 2 };
    assert_eq!(bed.ask_again(regenerate(1)).await, begun);
    refused(1).await;
    refused(2).await;
}

async fn only_what_was_cut_at_its_length_is_gone_on_with(bed: Bed) {
    let outcomes = [
        (Outcome::Answered, false),
        (Outcome::Interrupted, false),
        (Outcome::Stopped, false),
        (Outcome::Ignored, false),
        (Outcome::CutShort, true),
    ];
    for (number, (outcome, can)) in (1..).zip(outcomes) {
        bed.answer(question(number), outcome.clone()).await;
        let asked = bed.ask_again(again(number, 1, AgainKind::Continue)).await;
        assert_eq!(asked != AskedAgain::NotNow, can, "{outcome:?}");
    }
    let ignored = bed.ask_again(again(4, 1, AgainKind::Regenerate)).await;
    assert_eq!(ignored, AskedAgain::NotNow);
    let job = bed.claim_one().await;
    assert_eq!(job.again.unwrap().beginning(), "42");
}

async fn what_there_was_before_is_forgotten_when_another_end_is_known(bed: Bed) {
    bed.answer(question(1), Outcome::CutShort).await;
    bed.ask_again(again(1, 1, AgainKind::Continue)).await;
    let job = bed.claim_one().await;
    let answered = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&job.lease, &answered).await.unwrap();
    bed.clock.advance(LEASE);
    let job = bed.claim_one().await;
    assert_eq!((job.again, job.concluded), (None, Some(answered)));
    assert_eq!(job.generation, 2);
}

async fn a_press_is_known_to_whoever_works_on_the_answer(bed: Bed) {
    bed.answer(question(1), Outcome::Answered).await;
    let pressed = AskAgain {
        pressed_at: Some(bed.now()),
        ..again(1, 1, AgainKind::Regenerate)
    };
    bed.ask_again(pressed).await;
    assert_eq!(bed.claim_one().await.pressed_at, Some(bed.now()));
    bed.admit(&[question(2)]).await;
    assert_eq!(bed.claim_one().await.pressed_at, None);
}

async fn a_worker_is_told_which_of_its_questions_are_to_be_stopped(bed: Bed) {
    bed.admit(&[question(1), question(2), question(3)]).await;
    let jobs = bed.claim(2).await;
    let stops = async |worker| bed.store.stops_of(worker).await.unwrap();
    assert!(stops(7).await.is_empty());
    for number in [2, 3] {
        let (id, pressed_at) = (question(number).id, Some(MORNING));
        let stopped = bed.store.stop_answer(&server(), id, pressed_at).await;
        assert!(stopped.unwrap());
    }
    // The third waits for its turn.
    assert_eq!(stops(7).await, [question(2).id]);
    assert!(stops(8).await.is_empty());
    bed.store.settle(&jobs[1].lease, bed.now()).await.unwrap();
    assert!(stops(7).await.is_empty());
    let third = bed.claim_one().await;
    assert_eq!(
        (third.stop_requested, third.pressed_at),
        (true, Some(MORNING))
    );
}

async fn turns_before_a_question_are_those_of_earlier_questions(bed: Bed) {
    for number in 1..=4 {
        bed.answer(question(number), Outcome::Answered).await;
        bed.clock.advance(Duration::from_secs(1));
    }
    let before = async |number, limit| {
        let conversation = ConversationKey::channel(&channel(1));
        let id = question(number).id;
        let store = &bed.store;
        let history = store
            .history_before(&server(), &conversation, id, limit)
            .await;
        let turns = history.unwrap().turns;
        turns
            .into_iter()
            .map(|turn| turn.question)
            .collect::<Vec<_>>()
    };
    assert_eq!(before(3, 10).await, ["question 1?", "question 2?"]);
    assert_eq!(before(4, 1).await, ["question 3?"]);
    assert!(before(1, 10).await.is_empty());
}

async fn a_post_is_known_by_its_answer_until_it_is_forgotten(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    for part in 0..2 {
        bed.store.intend(&lease, &intent(part, 7)).await.unwrap();
        let created = bed.store.created(&lease, part, &post(part)).await;
        created.unwrap();
    }
    let whose = async |server: &ServerId, number| {
        let found = bed.store.question_of_post(server, &post(number)).await;
        found.unwrap()
    };
    assert_eq!(whose(&server(), 1).await, Some(question(1).id));
    assert_eq!(whose(&other_server(), 1).await, None);
    assert_eq!(whose(&server(), 9).await, None);
    for _ in 0..2 {
        bed.store.forget_part(&lease, 1).await.unwrap();
        assert_eq!(whose(&server(), 1).await, None);
    }
    assert_eq!(whose(&server(), 0).await, Some(question(1).id));
    assert_eq!(bed.store.parts(lease.question).await.unwrap().len(), 1);
}

async fn each_person_counts_once_and_for_the_present_answer(bed: Bed) {
    bed.answer(question(1), Outcome::Answered).await;
    bed.vote(1, 1, Vote::Up).await;
    bed.vote(1, 1, Vote::Up).await;
    bed.vote(1, 2, Vote::Up).await;
    bed.vote(1, 3, Vote::Down).await;
    assert_eq!(bed.tally(1).await, Tally { up: 2, down: 1 });
    bed.vote(1, 2, Vote::Down).await;
    assert_eq!(bed.tally(1).await, Tally { up: 1, down: 2 });
    // There is no such question, so nobody thinks anything of it.
    let nobodys = QuestionId::from_bits(99);
    let (store, now) = (&bed.store, bed.now());
    let nobodys = opinion(nobodys, 1, Vote::Up);
    store.vote(&server(), &nobodys, now).await.unwrap();

    bed.ask_again(again(1, 1, AgainKind::Regenerate)).await;
    assert_eq!(bed.tally(1).await, Tally::default());
    bed.vote(1, 2, Vote::Up).await;
    assert_eq!(bed.tally(1).await, Tally { up: 1, down: 0 });
}

async fn a_vote_is_taken_back_only_as_it_was_given(bed: Bed) {
    bed.answer(question(1), Outcome::Answered).await;
    let back = async |vote| {
        let opinion = opinion(question(1).id, 1, vote);
        let taken = bed.store.take_vote_back(&server(), &opinion).await;
        taken.unwrap();
    };
    back(Vote::Up).await;
    bed.vote(1, 1, Vote::Up).await;
    bed.vote(1, 1, Vote::Down).await;
    back(Vote::Up).await;
    assert_eq!(bed.tally(1).await, Tally { up: 0, down: 1 });
    back(Vote::Down).await;
    assert_eq!(bed.tally(1).await, Tally::default());
}

async fn keys_are_made_kept_and_forgotten_by_their_age(bed: Bed) {
    let day = Duration::from_hours(24);
    let ages = KeyAges {
        signs: day,
        is_kept: 3 * day,
    };
    let keys = async |server: &ServerId, id| {
        let offered = SigningKey {
            id,
            secret: format!("{id:064x}").into(),
            created_at: bed.now(),
        };
        let keys = bed.store.signing_keys(server, offered, ages).await.unwrap();
        for key in &keys {
            assert_eq!(key.secret.expose_secret(), format!("{:064x}", key.id));
        }
        keys.iter().map(|key| key.id).collect::<Vec<_>>()
    };
    assert_eq!(keys(&server(), u64::MAX).await, [u64::MAX]);
    assert_eq!(keys(&server(), 2).await, [u64::MAX], "one signs already");
    assert_eq!(keys(&other_server(), 7).await, [7]);
    bed.clock.advance(day);
    assert_eq!(keys(&server(), 3).await, [3, u64::MAX]);
    bed.clock.advance(2 * day);
    assert_eq!(keys(&server(), 4).await, [4, 3, u64::MAX]);
    bed.clock.advance(Duration::from_micros(1));
    assert_eq!(keys(&server(), 5).await, [4, 3]);
    // A clock that was far ahead when it was made, and is not now.
    bed.clock.set(MORNING.before(30 * day));
    assert_eq!(keys(&server(), 6).await, [6, 4, 3]);
    assert_eq!(keys(&server(), 8).await, [4, 3, 6], "one signs again");
}

async fn two_who_ask_again_at_once_begin_one_generation(bed: Bed) {
    let other = bed.another().await;
    for number in 1..=8 {
        let asked = Question {
            id: QuestionId::from_bits(number.into()),
            ..question(number)
        };
        bed.answer(asked, Outcome::Answered).await;
        let regenerate = again(number, 1, AgainKind::Regenerate);
        let main = server();
        let (one, two) = tokio::join!(
            bed.store.ask_again(&main, regenerate),
            other.ask_again(&main, regenerate)
        );
        let begun = AskedAgain::Begun { generation: 2 };
        let mut asked = [one.unwrap(), two.unwrap()];
        asked.sort_by_key(|asked| *asked == begun);
        assert_eq!(asked, [AskedAgain::NotNow, begun]);
        let lease = bed.claim_one().await.lease;
        let answered = conclusion(Outcome::Answered, bed.now());
        bed.store.conclude(&lease, &answered).await.unwrap();
        bed.store.settle(&lease, bed.now()).await.unwrap();
    }
}

async fn a_picture_is_kept_until_its_question_has_ended(bed: Bed) {
    let store = &bed.store;
    let concluded = async |lease: Lease, ended: &Conclusion| {
        store.conclude(&lease, ended).await.unwrap();
        store.hand_back(&lease).await.unwrap();
        let job = bed.claim_one().await;
        assert_eq!(job.concluded.as_ref(), Some(ended));
        job.lease
    };
    let drawn = Conclusion {
        picture: Picture::of(b"\x89PNG\r\n\x1a\n\0\xFF".to_vec()),
        ..conclusion(Outcome::Answered, bed.now())
    };
    let lease = bed.lease_on(question(1)).await;
    let lease = concluded(lease, &drawn).await;
    // What is concluded in its place has none.
    let withdrawn = conclusion(Outcome::Refused(Refusal::NotAMember), bed.now());
    let lease = concluded(lease, &withdrawn).await;
    let lease = concluded(lease, &drawn).await;
    store.settle(&lease, bed.now()).await.unwrap();
    bed.ask_again(again(1, 1, AgainKind::Regenerate)).await;
    let lease = bed.claim_one().await.lease;
    let undrawn = conclusion(Outcome::Answered, bed.now());
    concluded(lease, &undrawn).await;
}
