//! What is read back later: earlier turns, and our own texts.

use std::time::Duration;

use askwell::domain::agent::AgentName;
use askwell::domain::completion::ModelFailure;
use askwell::domain::conversation::{ConversationKey, Turn, TurnPosts};
use askwell::domain::event::Origin;
use askwell::domain::id::{QuestionId, ServerId};
use askwell::domain::post::{Audience, Delivery, OWN_TEXT_MEMORY};
use askwell::domain::question::{Conclusion, Failure, Outcome, Question, Refusal};
use askwell::domain::run::Run;
use askwell::domain::summary::Summary;
use askwell::ports::{KeptSummary, StoreError};

use super::bed::{Bed, channel, conclusion, intent, on_both, place, post, question, server, user};

on_both!(
    the_newest_turns_come_oldest_first,
    a_turn_comes_with_the_posts_that_show_it,
    only_outcomes_that_are_turns_are_remembered,
    a_conversation_never_sees_another,
    a_question_moved_to_its_thread_is_remembered_there,
    a_question_addressed_to_its_asker_is_remembered_for_them_alone,
    a_turn_is_remembered_once_it_is_concluded,
    the_last_turn_says_whom_a_conversation_goes_on_with,
    a_summary_takes_the_place_of_the_one_before,
    a_fresh_start_is_remembered_and_the_last_word_counts,
    our_own_text_is_known_in_its_channel_only,
    an_own_text_is_known_since_a_time_and_forgotten_later,
    the_database_can_be_written,
);

const SECOND: Duration = Duration::from_secs(1);

fn everybody() -> ConversationKey {
    ConversationKey::channel(&channel(1))
}

async fn questions_of(bed: &Bed, conversation: &ConversationKey, limit: u32) -> Vec<String> {
    let history = bed
        .store
        .history(&server(), conversation, limit)
        .await
        .unwrap();
    history
        .turns
        .into_iter()
        .map(|turn| turn.question)
        .collect()
}

async fn the_newest_turns_come_oldest_first(bed: Bed) {
    for number in 1..=5 {
        bed.answer(question(number), Outcome::Answered).await;
        bed.clock.advance(SECOND);
    }
    let history = bed.store.history(&server(), &everybody(), 2).await.unwrap();
    let turn = |number: u32, finished_after: u32| Turn {
        asker_name: "alice".to_owned(),
        question: format!("question {number}?"),
        answer: "42".to_owned(),
        asked_at: super::bed::MORNING,
        finished_at: super::bed::MORNING.after(SECOND * finished_after),
        posts: TurnPosts::default(),
    };
    assert_eq!(history.turns, [turn(4, 3), turn(5, 4)]);
    assert_eq!(history.afresh_at, None);
    assert_eq!(questions_of(&bed, &everybody(), 100).await.len(), 5);
    assert!(questions_of(&bed, &everybody(), 0).await.is_empty());
}

async fn a_turn_comes_with_the_posts_that_show_it(bed: Bed) {
    let hook = |post| Origin::OutgoingHook {
        place: place(1),
        post,
    };
    let asked = Question {
        origin: hook(post(1)),
        ..question(1)
    };
    let lease = bed.lease_on(asked).await;
    for (part, shown) in [(0, Some(post(2))), (1, Some(post(3))), (2, None)] {
        bed.store.intend(&lease, &intent(part, 1)).await.unwrap();
        if let Some(shown) = shown {
            bed.store.created(&lease, part, &shown).await.unwrap();
        }
    }
    let whole = Conclusion {
        texts: ["one", "two", "three"].map(str::to_owned).to_vec(),
        ..conclusion(Outcome::Answered, bed.now())
    };
    bed.store.conclude(&lease, &whole).await.unwrap();
    bed.store.settle(&lease, bed.now()).await.unwrap();
    bed.clock.advance(SECOND);
    bed.answer(question(2), Outcome::Answered).await;
    let history = bed.store.history(&server(), &everybody(), 2).await.unwrap();
    let posts: Vec<_> = history.turns.into_iter().map(|turn| turn.posts).collect();
    let shown = TurnPosts {
        question: Some(post(1)),
        is_hooks: true,
        answer: vec![(post(2), "one".to_owned()), (post(3), "two".to_owned())],
    };
    assert_eq!(posts, [shown, TurnPosts::default()]);
}

async fn only_outcomes_that_are_turns_are_remembered(bed: Bed) {
    let outcomes = [
        Outcome::Stopped,
        Outcome::Refused(Refusal::Filtered),
        Outcome::Failed(Failure::Model(ModelFailure::Broken)),
        Outcome::Ignored,
        Outcome::Answered,
        Outcome::CutShort,
        Outcome::Interrupted,
    ];
    for (number, outcome) in (1..).zip(outcomes) {
        bed.answer(question(number), outcome).await;
    }
    assert_eq!(
        questions_of(&bed, &everybody(), 100).await,
        ["question 5?", "question 6?", "question 7?"]
    );
}

async fn a_conversation_never_sees_another(bed: Bed) {
    let conversations = [
        everybody(),
        ConversationKey::channel(&channel(2)),
        ConversationKey::thread(&channel(1), &post(1)),
        ConversationKey::person(&channel(1), &user(1)),
        ConversationKey::person(&channel(1), &user(2)),
        ConversationKey::private(&channel(1), &user(1)),
    ];
    for (number, conversation) in (1..).zip(conversations.clone()) {
        bed.answer(
            Question {
                conversation,
                ..question(number)
            },
            Outcome::Answered,
        )
        .await;
    }
    let other = ServerId::parse("other").unwrap();
    bed.answer(
        Question {
            server: other.clone(),
            ..question(100)
        },
        Outcome::Answered,
    )
    .await;
    bed.store
        .start_afresh(&other, &everybody(), bed.now())
        .await
        .unwrap();
    for (number, conversation) in (1..).zip(&conversations) {
        let history = bed
            .store
            .history(&server(), conversation, 10)
            .await
            .unwrap();
        assert_eq!(history.turns.len(), 1);
        assert_eq!(history.turns[0].question, format!("question {number}?"));
        assert_eq!(history.afresh_at, None);
    }
    let history = bed.store.history(&other, &everybody(), 10).await.unwrap();
    assert_eq!(history.turns[0].question, "question 100?");
    assert_eq!(history.afresh_at, Some(bed.now()));
}

async fn a_question_moved_to_its_thread_is_remembered_there(bed: Bed) {
    let thread = ConversationKey::thread(&channel(1), &post(1));
    let lease = bed.lease_on(question(1)).await;
    bed.store.place_in(&lease, &post(1), &thread).await.unwrap();
    bed.store.hand_back(&lease).await.unwrap();
    let job = bed.claim_one().await;
    assert_eq!(job.question.conversation, thread);
    bed.store
        .conclude(&job.lease, &conclusion(Outcome::Answered, bed.now()))
        .await
        .unwrap();
    assert_eq!(questions_of(&bed, &thread, 10).await, ["question 1?"]);
    assert!(questions_of(&bed, &everybody(), 10).await.is_empty());
}

async fn a_question_addressed_to_its_asker_is_remembered_for_them_alone(bed: Bed) {
    let alone = ConversationKey::private(&channel(1), &user(1));
    let lease = bed.lease_on(question(1)).await;
    let direct = Delivery::Direct { asker: user(1) };
    let store = &bed.store;
    let addressed = store.address_to_asker(&lease, &direct, &alone);
    addressed.await.unwrap();
    store.hand_back(&lease).await.unwrap();
    let job = bed.claim_one().await;
    assert_eq!(job.question.audience, Audience::Asker);
    assert_eq!(job.question.delivery, direct);
    assert_eq!(job.question.conversation, alone);
    let answered = conclusion(Outcome::Answered, bed.now());
    store.conclude(&job.lease, &answered).await.unwrap();
    assert!(questions_of(&bed, &everybody(), 10).await.is_empty());
    assert_eq!(questions_of(&bed, &alone, 10).await, ["question 1?"]);
}

async fn a_turn_is_remembered_once_it_is_concluded(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    assert!(questions_of(&bed, &everybody(), 10).await.is_empty());
    bed.store
        .conclude(&lease, &conclusion(Outcome::Answered, bed.now()))
        .await
        .unwrap();
    assert_eq!(questions_of(&bed, &everybody(), 10).await, ["question 1?"]);
    bed.store.settle(&lease, bed.now()).await.unwrap();
    let bed = bed.reopened().await;
    assert_eq!(questions_of(&bed, &everybody(), 10).await, ["question 1?"]);
}

async fn a_fresh_start_is_remembered_and_the_last_word_counts(bed: Bed) {
    let later = bed.now().after(SECOND);
    for at in [bed.now(), later, bed.now()] {
        bed.store
            .start_afresh(&server(), &everybody(), at)
            .await
            .unwrap();
        let history = bed
            .store
            .history(&server(), &everybody(), 10)
            .await
            .unwrap();
        assert_eq!(history.afresh_at, Some(at));
    }
}

async fn the_last_turn_says_whom_a_conversation_goes_on_with(bed: Bed) {
    let name = |text| AgentName::parse(text);
    let last = async || {
        let (server, conversation) = (server(), everybody());
        let last = bed.store.last_agent(&server, &conversation);
        last.await.unwrap()
    };
    assert_eq!(last().await, None);
    let said = Question {
        agent: name("reviewer"),
        ..question(1)
    };
    bed.answer(said.clone(), Outcome::Answered).await;
    bed.clock.advance(SECOND);
    assert_eq!(last().await, name("reviewer"));
    // Found later, and kept for whoever takes the question up again.
    let lease = bed.lease_on(question(2)).await;
    let found = name("translator").unwrap();
    bed.store.give_to(&lease, &found).await.unwrap();
    bed.store.hand_back(&lease).await.unwrap();
    let job = bed.claim_one().await;
    assert_eq!(job.question.agent, name("translator"));
    let done = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&job.lease, &done).await.unwrap();
    bed.store.settle(&job.lease, bed.now()).await.unwrap();
    bed.clock.advance(SECOND);
    assert_eq!(last().await, name("translator"));
    let refused = bed.store.give_to(&lease, &found).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    // What was refused is no turn; whoever has no name is nobody to go on with.
    let asked = Question {
        agent: name("payroll"),
        ..question(3)
    };
    let refusal = Outcome::Refused(Refusal::AgentNotForThem);
    bed.answer(asked, refusal).await;
    bed.clock.advance(SECOND);
    assert_eq!(last().await, name("translator"));
    bed.answer(question(4), Outcome::Answered).await;
    assert_eq!(last().await, None);
}

async fn a_summary_takes_the_place_of_the_one_before(bed: Bed) {
    bed.answer(question(1), Outcome::Answered).await;
    let summary = |covered: &[&str], text: &str| Summary {
        covered: covered.iter().map(|&digest| digest.to_owned()).collect(),
        text: text.to_owned(),
    };
    let (server, conversation) = (server(), everybody());
    let summary_of = || bed.store.summary(&server, &conversation);
    assert_eq!(summary_of().await.unwrap(), None);
    for (number, covered) in [(1, &["a"][..]), (2, &["a", "b"])] {
        bed.clock.advance(SECOND);
        let summary = summary(covered, &format!("요약 {number}"));
        let kept = KeptSummary {
            summary: summary.clone(),
            after: QuestionId::from_bits(1),
            run: Run::begun(bed.now(), None),
            at: bed.now(),
        };
        let keeping = bed.store.keep_summary(&server, &conversation, &kept);
        keeping.await.unwrap();
        assert_eq!(summary_of().await.unwrap(), Some(summary));
    }
    bed.store
        .start_afresh(&server, &conversation, bed.now())
        .await
        .unwrap();
    assert_eq!(summary_of().await.unwrap(), None, "of what was before");
    let elsewhere = ConversationKey::channel(&channel(2));
    let other = bed.store.summary(&server, &elsewhere);
    assert_eq!(other.await.unwrap(), None);
    let runs = bed.store.runs(QuestionId::from_bits(1)).await.unwrap();
    assert_eq!(runs.len(), 2, "what they took is remembered");
}

async fn our_own_text_is_known_in_its_channel_only(bed: Bed) {
    let digest = [0xab; 32];
    let now = bed.now();
    bed.store
        .remember_text(&server(), &channel(1), &digest, now)
        .await
        .unwrap();
    bed.store
        .remember_text(&server(), &channel(1), &digest, now)
        .await
        .unwrap();
    let other = ServerId::parse("other").unwrap();
    assert!(
        bed.store
            .is_own_text(&server(), &channel(1), &digest, now)
            .await
            .unwrap()
    );
    assert!(
        !bed.store
            .is_own_text(&server(), &channel(2), &digest, now)
            .await
            .unwrap()
    );
    assert!(
        !bed.store
            .is_own_text(&other, &channel(1), &digest, now)
            .await
            .unwrap()
    );
    assert!(
        !bed.store
            .is_own_text(&server(), &channel(1), &[0; 32], now)
            .await
            .unwrap()
    );
}

async fn an_own_text_is_known_since_a_time_and_forgotten_later(bed: Bed) {
    let (digest, begin) = ([1; 32], bed.now());
    let (server, channel) = (server(), channel(1));
    let is_known = || bed.store.is_own_text(&server, &channel, &digest, begin);
    bed.store
        .remember_text(&server, &channel, &digest, begin)
        .await
        .unwrap();
    let later = begin.after(SECOND);
    assert!(
        !bed.store
            .is_own_text(&server, &channel, &digest, later)
            .await
            .unwrap()
    );
    bed.store
        .remember_text(&server, &channel, &[2; 32], begin.after(OWN_TEXT_MEMORY))
        .await
        .unwrap();
    assert!(is_known().await.unwrap(), "kept for an hour");
    bed.store
        .remember_text(&server, &channel, &[3; 32], later.after(OWN_TEXT_MEMORY))
        .await
        .unwrap();
    assert!(!is_known().await.unwrap(), "but no longer");
}

async fn the_database_can_be_written(bed: Bed) {
    bed.store.check_writable(bed.now()).await.unwrap();
    bed.store.check_writable(bed.now()).await.unwrap();
}
