//! The bot as a member of the team: mentions, direct messages and threads, heard over the WebSocket.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{SeenPost, TimeSource};

use super::house::{Account, House};

/// A house whose bot hears.
async fn listening() -> House {
    listening_with("[bot]\nhears = \"thread\"\n").await
}

async fn listening_with(toml: &str) -> House {
    let house = House::with(Account::Bot, toml).await;
    house.until_the_bot_hears().await;
    house
}

impl House {
    pub(super) async fn until_the_bot_hears(&self) {
        self.playground
            .wait_until("the bot's connection", |view| {
                view.connections_of("gptbot") == 1
            })
            .await;
    }

    /// Lets time pass until the bot hears again.
    pub(super) async fn until_the_bot_hears_again(&self) {
        while self.playground.look(|view| view.connections_of("gptbot")) == 0 {
            self.clock.advance(Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
    }

    /// Waits for the reply in a thread that holds these words.
    pub(super) async fn see_reply(&self, root: &str, words: &str) -> SeenPost {
        self.see("bob", words, |post| {
            post.root.as_deref() == Some(root) && post.text.contains(words)
        })
        .await
    }
}

#[tokio::test]
async fn a_mention_is_answered_in_its_thread_and_the_eyes_are_gone_when_it_is() {
    let house = listening().await;
    house
        .model
        .answer_next(Reply::deltas(["맑아요. 우산은 필요 없어요. 산책하기 좋아요."]).gate("end"));
    let asked = house
        .playground
        .say("alice", "lobby", "@gptbot 오늘 날씨 어때?", None);
    house
        .playground
        .wait_until("the eyes", |view| {
            view.reactions_on(&asked)
                .contains(&("eyes".to_owned(), "gptbot".to_owned()))
        })
        .await;
    house.see_reply(&asked, "필요 없어요").await;
    house.model.open_gate("end");
    house
        .playground
        .wait_until("no eyes", |view| view.reactions_on(&asked).is_empty())
        .await;
    let answer = house.see_reply(&asked, "필요 없어요").await;
    assert_eq!(answer.author, "gptbot");
    assert_eq!(answer.text, "맑아요. 우산은 필요 없어요. 산책하기 좋아요.");
    let requests = house.model.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].last_user_message().ends_with("오늘 날씨 어때?"));
}

#[tokio::test]
async fn a_direct_message_needs_no_mention_and_is_answered_where_it_was_written() {
    let house = listening().await;
    let channel = house.playground.direct_channel("alice", "gptbot");
    house.model.answer_otherwise(Reply::text("Hello, alice."));
    house.playground.say("alice", &channel, "hello there", None);
    let answer = house
        .playground
        .wait_for("the answer", |view| {
            let posts = view.posts_seen_by("alice", &channel);
            posts.into_iter().find(|post| post.author == "gptbot")
        })
        .await;
    assert_eq!(answer.root, None);
    assert_eq!(answer.text, "Hello, alice.");
}

#[tokio::test]
async fn whoever_asked_in_a_thread_goes_on_without_a_mention_and_others_are_context() {
    let house = listening().await;
    house.model.answer_otherwise(Reply::text("I see."));
    let root = house
        .playground
        .say("alice", "lobby", "@gptbot the build fails", None);
    house.see_reply(&root, "I see.").await;
    house
        .playground
        .say("bob", "lobby", "here it works", Some(&root));
    house
        .playground
        .say("alice", "lobby", "@bob on which machine?", Some(&root));
    house
        .model
        .answer_next(Reply::text("Compare the versions."));
    house
        .playground
        .say("alice", "lobby", "so what is it?", Some(&root));
    house.see_reply(&root, "Compare the versions.").await;

    let requests = house.model.requests();
    assert_eq!(
        requests.len(),
        2,
        "bob did not ask, nor alice when she asked bob"
    );
    let prompt = requests[1].body.to_string();
    for said in [
        "alice: @gptbot the build fails",
        "I see.",
        "bob: here it works",
        "alice: @bob on which machine?",
        "alice: so what is it?",
    ] {
        assert!(prompt.contains(said), "{said} is not in {prompt}");
    }
}

#[tokio::test]
async fn only_people_are_answered() {
    let house = listening().await;
    house.playground.create_bot("otherbot");
    house.playground.join_team("acme", &["otherbot"]);
    house.playground.join_channel("lobby", &["otherbot"]);
    house
        .model
        .answer_otherwise(Reply::text("@gptbot @otherbot hello"));
    house
        .playground
        .say("otherbot", "lobby", "@gptbot are you there?", None);
    let asked = house.playground.say("bob", "lobby", "@gptbot hi", None);
    house.see_reply(&asked, "hello").await;
    let asked = house.playground.say("bob", "lobby", "@gptbot bye", None);
    house.see_reply(&asked, "hello").await;
    assert_eq!(house.model.requests().len(), 2);
}

#[tokio::test]
async fn a_group_message_needs_a_mention() {
    let house = listening().await;
    let group = house.playground.group_channel(&["alice", "bob", "gptbot"]);
    house.model.answer_otherwise(Reply::text("Here I am."));
    house.playground.say("alice", &group, "where is it?", None);
    let asked = house
        .playground
        .say("alice", &group, "@gptbot야 어디 있니?", None);
    house
        .playground
        .wait_for("the answer", |view| {
            let posts = view.posts_seen_by("bob", &group);
            posts
                .into_iter()
                .find(|post| post.root.as_deref() == Some(asked.as_str()))
        })
        .await;
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn what_is_asked_while_the_connection_is_cut_is_answered_once() {
    let house = listening().await;
    house.model.answer_otherwise(Reply::text("Yes, I heard."));
    let first = house.playground.say("alice", "lobby", "@gptbot one", None);
    house.see_reply(&first, "I heard").await;
    house.playground.cut_connections_of("gptbot");
    let second = house.playground.say("alice", "lobby", "@gptbot two", None);
    house.until_the_bot_hears_again().await;
    house.meanwhile(house.see_reply(&second, "I heard")).await;
    let third = house
        .playground
        .say("alice", "lobby", "@gptbot three", None);
    house.see_reply(&third, "I heard").await;
    assert_eq!(house.model.requests().len(), 3);
    let posts = house
        .playground
        .look(|view| view.posts_seen_by("bob", "lobby"));
    let answers = posts.iter().filter(|post| post.author == "gptbot").count();
    assert_eq!(answers, 3);
}

#[tokio::test]
async fn a_deleted_question_stops_its_answer() {
    let house = listening().await;
    house.model.answer_next(
        Reply::deltas(["A very long answer begins here, and goes on and on. "]).gate("never"),
    );
    let asked = house
        .playground
        .say("alice", "lobby", "@gptbot tell me everything", None);
    house.see_reply(&asked, "begins here").await;
    house.playground.delete("alice", &asked);
    house.model.wait_for_disconnect().await;
}

#[tokio::test]
async fn the_words_help_and_stop_work_in_a_direct_message() {
    let house = listening().await;
    let channel = house.playground.direct_channel("alice", "gptbot");
    house.playground.say("alice", &channel, "도움말", None);
    house
        .playground
        .wait_until("the help", |view| {
            let posts = view.posts_seen_by("alice", &channel);
            posts.iter().any(|post| post.author == "gptbot")
        })
        .await;
    assert!(house.model.requests().is_empty());
    house
        .model
        .answer_next(Reply::deltas(["An answer that never ends begins like this. "]).gate("never"));
    house
        .playground
        .say("alice", &channel, "tell me everything", None);
    house
        .playground
        .wait_until("the beginning", |view| {
            let posts = view.posts_seen_by("alice", &channel);
            posts
                .iter()
                .any(|post| post.text.contains("begins like this"))
        })
        .await;
    house.playground.say("alice", &channel, "멈춰", None);
    house.model.wait_for_disconnect().await;
}

#[tokio::test]
async fn a_stop_in_a_thread_leaves_the_answers_elsewhere() {
    let house = listening().await;
    house.model.answer_next(
        Reply::deltas(["The first answer begins like this and never ends. "]).gate("never"),
    );
    let one = house.playground.say("alice", "lobby", "@gptbot one?", None);
    house.see_reply(&one, "first answer begins").await;
    house.model.answer_next(
        Reply::deltas([
            "The other answer begins like this and has an end. ",
            "And it ends.",
        ])
        .gate("end"),
    );
    let other = house.playground.say("alice", "lobby", "@gptbot two?", None);
    house.see_reply(&other, "other answer begins").await;
    house.playground.say("alice", "lobby", "그만", Some(&one));
    house.see_reply(&one, "여기서 답변을 멈췄어요").await;
    house.model.open_gate("end");
    let answer = house.see_reply(&other, "And it ends.").await;
    assert!(!answer.text.contains("멈췄어요"), "{}", answer.text);
}

#[tokio::test]
async fn where_only_mentions_are_heard_a_thread_does_not_go_on_by_itself() {
    let house = listening_with("[bot]\nhears = \"mention\"\n").await;
    house.model.answer_otherwise(Reply::text("I see."));
    let root = house.playground.say("alice", "lobby", "@gptbot hi", None);
    house.see_reply(&root, "I see.").await;
    house
        .playground
        .say("alice", "lobby", "and then?", Some(&root));
    let other = house.playground.say("alice", "lobby", "@gptbot bye", None);
    house.see_reply(&other, "I see.").await;
    assert_eq!(house.model.requests().len(), 2);
}

#[tokio::test]
async fn typing_is_shown_again_for_as_long_as_an_answer_is_worked_on() {
    let house = listening().await;
    house
        .model
        .answer_next(Reply::empty().gate("long").content("At last."));
    house
        .playground
        .say("alice", "lobby", "@gptbot think hard", None);
    house.model.wait_at_gate("long").await;
    let shown = || {
        let route = "POST /api/v4/users/{user_id}/typing";
        house.playground.look(|view| view.requests(route))
    };
    let before = shown();
    house.pass(Duration::from_secs(13)).await;
    let after = shown();
    assert!(
        (before + 2..=before + 4).contains(&after),
        "every 4 seconds: {before}, {after}"
    );
    house.model.open_gate("long");
    house
        .see("bob", "the answer", |post| post.text == "At last.")
        .await;
}

#[tokio::test]
async fn a_bot_alone_is_a_complete_configuration() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.environment.remove("MATTERMOST_COMMAND_TOKENS");
    house.open("[bot]\nhears = \"thread\"\n");
    house.until_the_bot_hears().await;
    house.model.answer_next(Reply::text("Hello."));
    let asked = house.playground.say("alice", "lobby", "@gptbot hi", None);
    house.see_reply(&asked, "Hello.").await;
}

#[tokio::test]
async fn a_token_that_was_revoked_is_said_to_be_and_another_is_taken_up_without_a_restart() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let file = house.directory.path().join("bot-token");
    let token = house.environment.remove("MATTERMOST_BOT_TOKEN").unwrap();
    std::fs::write(&file, token).unwrap();
    let named = file.to_string_lossy().into_owned();
    house
        .environment
        .insert("MATTERMOST_BOT_TOKEN_FILE".to_owned(), named);
    house.open("[bot]\nhears = \"thread\"\n");
    house.until_the_bot_hears().await;
    house.model.answer_otherwise(Reply::text("Here I am."));
    let first = house.playground.say("alice", "lobby", "@gptbot hi", None);
    house.see_reply(&first, "Here I am.").await;
    assert_eq!(house.readiness().await["socket"]["state"], "ok");

    house.playground.revoke_tokens_of("gptbot");
    let mut seconds = 0;
    while house.readiness().await["socket"]["failure"] != "token_refused" {
        seconds += 1;
        assert!(seconds < 300, "nobody noticed");
        house.pass(Duration::from_secs(1)).await;
    }
    let readiness = house.readiness().await;
    assert_eq!(readiness["mattermost"]["failure"], "token_refused");
    let missed = house
        .playground
        .say("alice", "lobby", "@gptbot anybody there?", None);

    std::fs::write(&file, house.playground.grant_token("gptbot")).unwrap();
    house
        .meanwhile(house.see_reply(&missed, "Here I am."))
        .await;
    assert_eq!(house.readiness().await["socket"]["state"], "ok");
    assert_eq!(house.model.requests().len(), 2);
}
