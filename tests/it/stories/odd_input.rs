//! Odd questions: control characters, very long texts.

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::SeenPost;
use askwell_playground::model::Reply;

use super::house::{Account, House};

#[tokio::test]
async fn control_characters_reach_neither_the_model_nor_anybodys_screen() {
    let house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_next(Reply::text("빨\u{0}간\u{7}색\u{1b}[0m이에요."));
    house
        .ask("alice", "무\u{0}슨 \u{7}색\u{1b}[31m이\u{9b}야?\u{7f}")
        .await;
    let answer = house
        .see("bob", "the answer", |post| post.text.contains("이에요"))
        .await;
    assert_eq!(
        answer.text,
        "**alice**: 무슨 색\\[31m이야?\n**GPT**: 빨간색[0m이에요."
    );
    let requests = house.model.requests();
    assert_eq!(requests[0].last_user_message(), "alice: 무슨 색[31m이야?");
}

#[tokio::test]
async fn a_question_of_forty_thousand_letters_is_refused_to_its_asker_alone() {
    let house = House::with(Account::Bot, "").await;
    let told = house.ask("alice", &"가".repeat(40_000)).await;
    let sentence = say(
        Language::Korean,
        &Sentence::Refused(Reason::QuestionTooLong { limit: 20_000 }),
    );
    assert!(told.contains(&sentence), "{told}");
    house
        .see("alice", "the refusal", |post| {
            post.is_ephemeral && post.text == sentence
        })
        .await;
    assert!(house.texts("bob").is_empty());
    assert!(house.model.requests().is_empty());
}

#[tokio::test]
async fn a_question_of_forty_thousand_letters_is_answered_where_it_is_allowed() {
    let limits = "[limits]\nmax_question_chars = 50000\n[model]\nwindow_tokens = 200000\n";
    let house = House::with(Account::Bot, limits).await;
    house.model.answer_next(Reply::text("A long question."));
    let question = "가".repeat(40_000);
    house.ask("alice", &question).await;
    let answer = house
        .see("bob", "the answer", |post| {
            post.text.ends_with("A long question.")
        })
        .await;
    assert!(
        answer.text.chars().count() < 600,
        "the question is echoed in part"
    );
    let requests = house.model.requests();
    assert_eq!(
        requests[0].last_user_message(),
        format!("alice: {question}")
    );
}

/// The longest post that Mattermost takes, in runes.
const LONGEST_POST: usize = 16_383;

/// Mentions the bot in the lobby with a post of the longest length that is filled with an emoji; returns what the bot was asked, and the
/// first word of it in the thread.
async fn ask_with_a_post_full_of(emoji: &str, house: &House) -> (String, SeenPost) {
    house.until_the_bot_hears().await;
    house.model.answer_next(Reply::text("Many of them."));
    let mention = "@gptbot ";
    let room = LONGEST_POST - mention.chars().count();
    let question = emoji.repeat(room / emoji.chars().count());
    let asked = format!("{mention}{question}");
    let asked = house.playground.say("alice", "lobby", &asked, None);
    let answer = house
        .see("bob", "a word in the thread", |post| {
            post.root.as_deref() == Some(&asked) && post.author == "gptbot"
        })
        .await;
    (question, answer)
}

#[tokio::test]
async fn the_longest_post_full_of_one_emoji_is_answered_as_it_is() {
    for emoji in ["😀", "👩\u{200d}👩\u{200d}👧\u{200d}👦"] {
        let house = House::with(Account::Bot, "[bot]\nhears = \"thread\"\n").await;
        let (question, answer) = ask_with_a_post_full_of(emoji, &house).await;
        assert_eq!(answer.text, "Many of them.");
        let requests = house.model.requests();
        assert_eq!(
            requests[0].last_user_message(),
            format!("alice: {question}")
        );
    }
}

#[tokio::test]
async fn the_longest_post_full_of_one_emoji_is_called_too_long_where_it_is() {
    let toml = "[bot]\nhears = \"thread\"\n[limits]\nmax_question_chars = 16000\n";
    let house = House::with(Account::Bot, toml).await;
    let (_, answer) = ask_with_a_post_full_of("😀", &house).await;
    let reason = Reason::QuestionTooLong { limit: 16_000 };
    let sentence = say(Language::Korean, &Sentence::Refused(reason));
    assert_eq!(answer.text, sentence);
    assert!(house.model.requests().is_empty());
}
