//! What a server is set up to take and to show, learnt from it and obeyed when it changes.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{ManualTime, TimeSource};

use super::house::{Account, House};

fn long_answer(paragraphs: usize) -> String {
    "A paragraph of an answer that is long.\n\n".repeat(paragraphs)
}

/// Waits, while time passes, until bob sees every paragraph of a long answer, and returns its posts.
async fn all_shown(house: &House, paragraphs: usize) -> Vec<String> {
    let all = house.playground.wait_for("the whole answer", |view| {
        let posts = view.posts_seen_by("bob", "lobby");
        let texts: Vec<String> = posts.into_iter().map(|post| post.text).collect();
        let shown = texts.concat().matches("A paragraph").count();
        (shown >= paragraphs).then_some(texts)
    });
    house.meanwhile(all).await
}

fn longest(house: &House) -> usize {
    let texts = house.texts("bob");
    let lengths = texts.iter().map(|text| text.chars().count());
    lengths.max().unwrap()
}

#[tokio::test]
async fn a_server_that_takes_shorter_posts_gets_shorter_ones_and_nothing_is_lost() {
    let house = House::with(Account::Bot, "").await;
    house
        .playground
        .configure(|settings| settings.max_post_size = 4_000);
    house.model.answer_next(Reply::text(&long_answer(200)));
    house.ask("alice", "a long one?").await;
    house.model.wait_for_answers(1).await;
    all_shown(&house, 200).await;
    house.pass(Duration::from_secs(30)).await;
    assert!(longest(&house) <= 4_000);
    let shown = house.texts("bob").concat();
    assert_eq!(shown.matches("A paragraph").count(), 200);
}

#[tokio::test]
async fn an_upgrade_that_makes_posts_shorter_while_an_answer_grows_loses_nothing() {
    let house = House::with(Account::Bot, "").await;
    let growing = Reply::deltas(["A word. "])
        .gate("upgrade")
        .content(&long_answer(200));
    house.model.answer_next(growing);
    house.ask("alice", "a long one?").await;
    house.model.wait_at_gate("upgrade").await;
    house
        .playground
        .configure(|settings| settings.max_post_size = 4_000);
    house.model.open_gate("upgrade");
    all_shown(&house, 200).await;
    house.pass(Duration::from_mins(1)).await;
    assert!(longest(&house) <= 4_000);
    let shown = house.texts("bob").concat();
    assert_eq!(shown.matches("A paragraph").count(), 200);
}

#[tokio::test]
async fn a_formula_is_shown_as_one_where_the_server_shows_latex() {
    for (enabled, shown) in [(true, "```latex\nx^2\n```"), (false, "```\nx^2\n```")] {
        let house = House::with(Account::Bot, "").await;
        house
            .playground
            .configure(|settings| settings.enable_latex = enabled);
        house.model.answer_next(Reply::text("So:\n\n$$x^2$$"));
        house.ask("alice", "formula?").await;
        house
            .see("bob", "the formula", |post| post.text.ends_with(shown))
            .await;
    }
}

#[tokio::test]
async fn an_answer_that_grew_longer_than_posts_may_be_edited_is_one_whole_post_in_the_end() {
    let time = ManualTime::default();
    let mut house = House::built(Account::Bot, TimeSource::Manual(time.clone())).await;
    house
        .playground
        .configure(|settings| settings.post_edit_time_limit = Some(60));
    house.open("");
    let growing = Reply::deltas(["The first words of it, which are shown. "])
        .gate("a while")
        .content("The last words.");
    house.model.answer_next(growing);
    house.ask("alice", "slow?").await;
    let begun = house
        .see("bob", "the beginning", |post| post.text.contains("first"))
        .await;
    house.model.wait_at_gate("a while").await;
    time.advance(Duration::from_mins(2));
    house.model.open_gate("a while");
    let whole = house
        .see("bob", "the end", |post| {
            post.text.contains("The last words.")
        })
        .await;
    assert_ne!(whole.id, begun.id);
    house.pass(Duration::from_mins(1)).await;
    let texts = house.texts("bob");
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("first words"));
}
