//! Replies that wait, and clients that leave.

use askwell_playground::model::{Outcome, Reply, ScriptedModel};

use crate::client::{Client, ask};

#[tokio::test]
async fn a_reply_waits_at_its_gate_until_it_is_opened() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("before").gate("middle").content("after"));
    let mut client = Client::connect(model.address()).await;
    client.ask("hi", true).await;
    client.head().await;
    client.chunk().await.unwrap();
    assert!(
        String::from_utf8(client.chunk().await.unwrap())
            .unwrap()
            .contains("before")
    );
    model.wait_at_gate("middle").await;
    assert_eq!(model.requests()[0].outcome, Outcome::Running);
    model.open_gate("middle");
    assert!(
        String::from_utf8(client.chunk().await.unwrap())
            .unwrap()
            .contains("after")
    );
    model.wait_for_answers(1).await;
}

#[tokio::test]
async fn a_gate_before_the_head_holds_even_the_status_back() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::unavailable().gate_before_head("queue"));
    let asked = ask(&model, "hi");
    let opened = async {
        model.wait_at_gate("queue").await;
        model.open_gate("queue");
    };
    assert_eq!(tokio::join!(asked, opened).0.status(), 503);
}

#[tokio::test]
async fn a_gate_once_open_stays_open() {
    let model = ScriptedModel::start().await;
    model.open_gate("door");
    model.answer_otherwise(Reply::empty().gate("door").content("in"));
    for _ in 0..3 {
        assert_eq!(ask(&model, "hi").await.content(), "in");
    }
}

#[tokio::test]
async fn one_stalled_answer_does_not_hold_up_the_others() {
    let model = ScriptedModel::start().await;
    model.answer_when("slow", Reply::empty().gate("never").content("late"));
    let mut slow = Client::connect(model.address()).await;
    slow.ask("slow", true).await;
    model.wait_at_gate("never").await;
    assert_eq!(ask(&model, "quick").await.content(), "A scripted answer.");
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_wherever_the_reply_stands() {
    let model = ScriptedModel::start().await;
    let replies = [
        Reply::text("a").gate("never"),
        Reply::text("a").gate_before_head("never"),
        Reply::text("a").endless(" and on"),
        Reply::text("a").fall_silent(),
        Reply::silence(),
    ];
    for (count, reply) in replies.into_iter().enumerate() {
        model.answer_next(reply);
        let mut client = Client::connect(model.address()).await;
        client.ask("hi", true).await;
        model.wait_for_requests(count + 1).await;
        drop(client);
        assert_eq!(model.wait_for_disconnects(count + 1).await.len(), count + 1);
    }
}

#[tokio::test]
async fn endless_output_goes_on_until_the_client_leaves() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::empty().endless("more "));
    for stream in [true, false] {
        let mut client = Client::connect(model.address()).await;
        client.ask("hi", stream).await;
        client.head().await;
        for _ in 0..1_000 {
            assert!(!client.chunk().await.unwrap().is_empty());
        }
    }
    model.wait_for_disconnects(2).await;
}

#[tokio::test]
async fn a_client_that_leaves_after_the_end_has_not_left_early() {
    let model = ScriptedModel::start().await;
    for _ in 0..20 {
        ask(&model, "hi").await;
    }
    let requests = model.wait_for_answers(20).await;
    assert_eq!(requests.len(), 20);
}

#[tokio::test(start_paused = true)]
#[should_panic(
    expected = "waited 60 s for 1 clients to leave at the scripted model; completions until now: []"
)]
async fn a_wait_for_nothing_fails_and_says_for_what() {
    ScriptedModel::start().await.wait_for_disconnect().await;
}
