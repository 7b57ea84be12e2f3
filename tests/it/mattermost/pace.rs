//! The pace of writes, with time in the test's hands.

use std::time::Duration;

use askwell::mattermost::Settings;
use askwell::ports::{Edited, Mattermost, MattermostFailure, Priority};
use askwell_playground::{Fault, Playground, RateLimit, route};

use super::{CALL_TIMEOUT, Chat};

/// Two writes at once, and then one a second.
fn slowly(_: &Playground, settings: &mut Settings) {
    settings.writes_per_second = 1.0;
    settings.write_burst = 2;
}

#[tokio::test]
async fn what_must_be_written_waits_and_what_can_be_left_out_is() {
    let chat = Chat::with(slowly).await;
    let id = chat
        .server
        .create_post(&chat.new_post("one"))
        .await
        .unwrap();
    let edited = chat
        .server
        .edit_post(&id, "two", None, Priority::Later)
        .await;
    assert_eq!(edited.unwrap(), Edited::Done);
    let edited = chat
        .server
        .edit_post(&id, "three", None, Priority::Later)
        .await;
    assert_eq!(edited.unwrap(), Edited::Skipped);
    let wait = async {
        chat.clock.until_someone_sleeps().await;
        assert_eq!(chat.texts(), ["two"]);
        chat.clock.advance(Duration::from_millis(1_001));
    };
    let (edited, ()) = tokio::join!(
        chat.server.edit_post(&id, "last", None, Priority::First),
        wait
    );
    assert_eq!(edited.unwrap(), Edited::Done);
    assert_eq!(chat.texts(), ["last"]);
}

#[tokio::test]
async fn who_waits_goes_in_order_and_who_leaves_holds_nobody_up() {
    let chat = Chat::with(slowly).await;
    let id = chat.server.create_post(&chat.new_post("0")).await.unwrap();
    let edit = async |text| {
        chat.server
            .edit_post(&id, text, None, Priority::First)
            .await
    };
    edit("1").await.unwrap();
    let mut leaves = Box::pin(edit("left"));
    assert!(futures_util::poll!(&mut leaves).is_pending());
    let time = async {
        for _ in 0..2 {
            chat.clock.until_someone_sleeps().await;
            chat.clock.advance(Duration::from_millis(1_001));
            // Whoever was woken writes before the next one is.
            let edits = || {
                chat.playground
                    .look(|view| view.requests(route::PATCH_POST))
            };
            let before = edits();
            chat.playground
                .wait_until("an edit", |view| view.requests(route::PATCH_POST) > before)
                .await;
        }
    };
    drop(leaves);
    let (two, three, ()) = tokio::join!(edit("2"), edit("3"), time);
    assert_eq!((two.unwrap(), three.unwrap()), (Edited::Done, Edited::Done));
    let history = chat.playground.look(|view| view.history_of(id.as_str()));
    let texts: Vec<&str> = history
        .iter()
        .map(|version| version.text.as_str())
        .collect();
    assert_eq!(texts, ["0", "1", "2", "3"]);
}

#[tokio::test]
async fn a_429_stops_all_writes_for_as_long_as_it_says() {
    let chat = Chat::start().await;
    let id = chat
        .server
        .create_post(&chat.new_post("one"))
        .await
        .unwrap();
    let limited = Fault::TooManyRequests {
        retry_after_seconds: Some(3),
    };
    chat.playground.faults().next(route::PATCH_POST, 1, limited);
    let edited = chat
        .server
        .edit_post(&id, "two", None, Priority::Later)
        .await;
    assert_eq!(edited.unwrap(), Edited::Skipped);
    let edited = chat
        .server
        .edit_post(&id, "three", None, Priority::Later)
        .await;
    assert_eq!(edited.unwrap(), Edited::Skipped);
    let wait = async {
        chat.clock
            .until_someone_sleeps_for(Duration::from_secs(3))
            .await;
        chat.clock.advance(Duration::from_secs(3));
    };
    let (edited, ()) = tokio::join!(
        chat.server.edit_post(&id, "last", None, Priority::First),
        wait
    );
    assert_eq!(edited.unwrap(), Edited::Done);
    assert_eq!(
        chat.playground
            .look(|view| view.requests(route::PATCH_POST)),
        2
    );
}

#[tokio::test]
async fn a_limit_of_the_servers_own_is_told_with_its_delay() {
    let chat = Chat::start().await;
    chat.playground.configure(|settings| {
        settings.rate_limit = Some(RateLimit {
            per_second: 1,
            max_burst: 1,
        });
    });
    let mut last = chat.server.ping().await;
    for _ in 0..5 {
        if last.is_err() {
            break;
        }
        last = chat.server.ping().await;
    }
    let retry_after = Some(Duration::from_secs(1));
    assert_eq!(
        last.unwrap_err().kind,
        MattermostFailure::RateLimited { retry_after }
    );
}

#[tokio::test]
async fn a_write_whose_turn_would_come_too_late_is_refused_at_once() {
    let chat = Chat::start().await;
    let too_long = CALL_TIMEOUT + Duration::from_secs(1);
    let limited = Fault::TooManyRequests {
        retry_after_seconds: Some(too_long.as_secs()),
    };
    chat.playground
        .faults()
        .next(route::CREATE_POST, 1, limited);
    for _ in 0..2 {
        let error = chat.server.create_post(&chat.new_post("x")).await;
        let retry_after = Some(too_long);
        assert_eq!(
            error.unwrap_err().kind,
            MattermostFailure::RateLimited { retry_after }
        );
    }
    assert_eq!(
        chat.playground
            .look(|view| view.requests(route::CREATE_POST)),
        1
    );
}

#[tokio::test]
async fn typing_is_shown_when_there_is_room_and_is_never_waited_for() {
    let chat = Chat::with(slowly).await;
    for _ in 0..3 {
        chat.server.show_typing(&chat.lobby, None).await.unwrap();
    }
    assert_eq!(chat.playground.look(|view| view.requests(route::TYPING)), 1);
}
