//! A model that is away, refuses, limits, fails, falls silent or never ends: the asker reads what happened and what to do.

use std::time::Duration;

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::model::{Reply, ScriptedModel};

use super::house::{Account, House, MODEL_TIMEOUT};

/// What stands under the question where nothing was written, up to the id.
fn error(reason: Reason) -> String {
    let reason = say(Language::Korean, &Sentence::Refused(reason));
    format!("**alice**: hi\n**GPT**: 오류 발생: {reason} (문의 번호 ")
}

/// What stands under what was written, in the end.
fn footnoted(written: &str, footnote: Sentence<'_>) -> String {
    let footnote = say(Language::Korean, &footnote);
    format!("**alice**: hi\n**GPT**: {written}\n\n{footnote}")
}

async fn asked(toml: &str, reply: Reply) -> House {
    let house = House::with(Account::Bot, toml).await;
    house.model.answer_otherwise(reply);
    house.ask("alice", "hi").await;
    house
}

/// Waits until the only post begins with an error, and says how often the model was asked.
async fn see_the_error(house: &House, reason: Reason) -> usize {
    let error = error(reason);
    house
        .see_in_time("bob", &error, |post| post.text.starts_with(&error))
        .await;
    assert_eq!(house.texts("bob").len(), 1, "{reason:?}");
    house.model.requests().len()
}

#[tokio::test]
async fn what_asking_again_does_not_help_is_said_at_once() {
    for (reply, reason) in [
        (Reply::unauthorized(), Reason::ModelKeyRejected),
        (Reply::model_not_found(), Reason::ModelNotFound),
        (Reply::out_of_quota(), Reason::ModelQuotaExhausted),
        (Reply::rate_limited(Some("600")), Reason::ModelRateLimited),
        (
            Reply::error(400, "No.", "invalid_request_error", None),
            Reason::ModelRejectedRequest,
        ),
        (
            Reply::error(
                400,
                "This model's maximum context length is 10 tokens.",
                "invalid_request_error",
                Some("context_length_exceeded"),
            ),
            Reason::ContextTooLong,
        ),
        (
            Reply::error(400, "No.", "invalid_request_error", Some("content_filter")),
            Reason::ModelRefused,
        ),
        (
            Reply::empty().finish("content_filter"),
            Reason::ModelRefused,
        ),
        (
            Reply::empty().reasoning("hm").finish("length"),
            Reason::ModelOnlyReasoned,
        ),
    ] {
        let house = asked("", reply).await;
        assert_eq!(see_the_error(&house, reason).await, 1, "{reason:?}");
    }
}

#[tokio::test]
async fn what_may_pass_is_asked_again_twice_and_then_said() {
    for (reply, reason) in [
        (Reply::server_error(), Reason::ModelUnreachable),
        (Reply::unavailable(), Reason::ModelUnreachable),
        (Reply::html(502), Reason::ModelUnreachable),
        (Reply::html(200), Reason::ModelFailed),
        (Reply::rate_limited(None), Reason::ModelRateLimited),
        (Reply::rate_limited(Some("2")), Reason::ModelRateLimited),
        (
            Reply::empty().error_in_stream("overloaded"),
            Reason::ModelFailed,
        ),
        (Reply::empty().cut(), Reason::ModelFailed),
        (Reply::empty(), Reason::ModelAnsweredNothing),
        (Reply::text(" \n "), Reason::ModelAnsweredNothing),
        (Reply::empty().reasoning("hm"), Reason::ModelAnsweredNothing),
    ] {
        let house = asked("", reply).await;
        assert_eq!(see_the_error(&house, reason).await, 3, "{reason:?}");
    }
}

#[tokio::test]
async fn what_passes_in_time_is_not_seen_at_all() {
    for reply in [
        Reply::rate_limited(Some("7")),
        Reply::rate_limited(None),
        Reply::server_error(),
        Reply::empty().error_in_stream("overloaded"),
        Reply::empty(),
        Reply::reset(),
    ] {
        let house = House::with(Account::Bot, "").await;
        house.model.answer_next(reply);
        house
            .model
            .answer_next(Reply::text("All is well again with me."));
        house.ask("alice", "hi").await;
        house
            .see_in_time("bob", "the answer", |post| {
                post.text == "**alice**: hi\n**GPT**: All is well again with me."
            })
            .await;
        assert_eq!(house.texts("bob").len(), 1);
    }
}

#[tokio::test]
async fn a_model_that_nobody_serves_is_said_to_be_away_and_asked_again_once_it_is_back() {
    let mut house = House::with(Account::Bot, "").await;
    let address = house.model.address();
    let elsewhere = ScriptedModel::start().await;
    std::mem::replace(&mut house.model, elsewhere).stop().await;

    house.ask("alice", "hi").await;
    see_the_error(&house, Reason::ModelUnreachable).await;

    house.ask("alice", "are you back?").await;
    house.pass(Duration::from_secs(1)).await;
    house.model = ScriptedModel::start_at(address).await.unwrap();
    house.model.answer_next(Reply::text("Here I am again."));
    house
        .see_in_time("bob", "the answer", |post| {
            post.text == "**alice**: are you back?\n**GPT**: Here I am again."
        })
        .await;
}

#[tokio::test]
async fn a_model_that_never_begins_is_given_up_after_three_times_its_time() {
    let house = asked("", Reply::silence()).await;
    house.model.wait_for_requests(1).await;
    house
        .pass(3 * MODEL_TIMEOUT + Duration::from_secs(10))
        .await;
    assert_eq!(see_the_error(&house, Reason::ModelSlowToBegin).await, 3);
}

#[tokio::test]
async fn a_model_that_falls_silent_leaves_what_it_wrote_with_a_word_about_it() {
    let written = "The first half of an answer, and";
    let house = asked("", Reply::deltas([written]).fall_silent()).await;
    house
        .see("bob", "the first half", |post| post.text.contains(written))
        .await;
    house.clock.until_someone_sleeps_for(MODEL_TIMEOUT).await;
    house.pass(MODEL_TIMEOUT).await;
    let seen = footnoted(written, Sentence::AnswerInterrupted);
    house
        .see_in_time("bob", "the footnote", |post| post.text == seen)
        .await;
    assert_eq!(house.texts("bob").len(), 1);
    house.model.wait_for_disconnect().await;
}

#[tokio::test]
async fn whatever_breaks_an_answer_off_leaves_what_was_written_with_a_word_about_it() {
    let written = "The first half of an answer, and";
    let begun = || Reply::deltas([written]);
    for (reply, footnote) in [
        (begun().cut(), Sentence::AnswerInterrupted),
        (begun().cut_with_reset(), Sentence::AnswerInterrupted),
        (
            begun().error_in_stream("overloaded"),
            Sentence::AnswerInterrupted,
        ),
        (
            begun().raw("data: nonsense\n\n"),
            Sentence::AnswerInterrupted,
        ),
        (begun().finish("length"), Sentence::AnswerCutAtLength),
        (begun().finish("content_filter"), Sentence::AnswerWithheld),
    ] {
        let house = asked("", reply.clone()).await;
        let seen = footnoted(written, footnote);
        house
            .see_in_time("bob", &seen, |post| post.text == seen)
            .await;
        assert_eq!(house.texts("bob").len(), 1, "{reply:?}");
        assert_eq!(house.model.requests().len(), 1, "{reply:?}");
    }
}

#[tokio::test]
async fn an_answer_that_needs_more_posts_than_it_may_have_is_cut_with_a_word_about_it() {
    let lines = "and on and on\n".repeat(5_000);
    for reply in [
        Reply::text(&lines),
        Reply::deltas([format!("```\n{lines}").as_str()]).cut(),
    ] {
        let house = asked("[answer]\nmax_posts = 2\n", reply).await;
        see_an_answer_of_two_posts_cut_at_length(&house).await;
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_with_a_word_about_it() {
    let endless = Reply::empty().endless("and on and on.\n");
    let house = asked("[answer]\nmax_posts = 2\n", endless).await;
    // Whoever always has something to read waits for no time: it must not pass until the model is left.
    house.model.wait_for_disconnect().await;
    see_an_answer_of_two_posts_cut_at_length(&house).await;
}

async fn see_an_answer_of_two_posts_cut_at_length(house: &House) {
    let footnote = say(Language::Korean, &Sentence::AnswerCutAtLength);
    let last = house
        .see_in_time("bob", "the footnote", |post| post.text.ends_with(&footnote))
        .await;
    let posts = house
        .playground
        .look(|view| view.posts_seen_by("bob", "lobby"));
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[1], last);
    let fences = last.text.lines().filter(|line| line.starts_with("```"));
    assert_eq!(fences.count() % 2, 0, "the footnote stands in no code");
    let runes = last.text.chars().count();
    assert!((16_000..=16_383).contains(&runes), "{runes}");
}

#[tokio::test]
async fn a_model_that_writes_without_end_is_left() {
    let house = asked(
        "[answer]\nmax_posts = 1\n",
        Reply::empty().endless("and on and on.\n"),
    )
    .await;
    house.model.wait_for_disconnect().await;
}
