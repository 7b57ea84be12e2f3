//! Posts created, edited, found again and deleted, also where the server or the way to it fails.

use std::time::Duration;

use askwell::domain::id::{PostId, QuestionId, ServerId, UserId};
use askwell::domain::post::{NewPost, Source};
use askwell::mattermost::{FIND_PAGE_POSTS, Server, http_client};
use askwell::ports::{Edited, Mattermost, MattermostFailure, Priority};
use askwell_playground::{Fault, Gate, route};
use serde_json::json;

use super::{CALL_TIMEOUT, Chat, marked, marker};

fn unknown_post() -> PostId {
    PostId::parse("dddddddddddddddddddddddddd").unwrap()
}

#[tokio::test]
async fn a_created_post_carries_its_marker_and_fetches_nothing() {
    let chat = Chat::start().await;
    let root = chat.say("alice", "a question");
    let post = NewPost {
        root: Some(root.clone()),
        ..chat.new_post("**답**")
    };
    let id = chat.server.create_post(&post).await.unwrap();
    let seen = chat.seen().pop().unwrap();
    assert_eq!(
        (seen.id.as_str(), seen.text.as_str()),
        (id.as_str(), "**답**")
    );
    assert_eq!(seen.root.as_deref(), Some(root.as_str()));
    assert_eq!(seen.props["unsafe_links"], json!("true"));
    let read = chat.server.read_post(&id).await.unwrap().unwrap();
    assert_eq!(read.marker, Some(marker(7, 0)));
    assert_eq!(read.author, chat.bot);
    assert_eq!(read.source, Source::Bot);
}

#[tokio::test]
async fn a_create_that_may_have_happened_is_ambiguous_and_repeating_it_makes_no_second_post() {
    let chat = Chat::start().await;
    let faults = chat.playground.faults();
    faults.next(route::CREATE_POST, 1, Fault::DropAfter);
    let post = chat.new_post("once");
    let lost = chat.server.create_post(&post).await.unwrap_err();
    assert_eq!(lost.kind, MattermostFailure::Ambiguous);
    chat.time.advance(Duration::from_secs(20));
    let id = chat.server.create_post(&post).await.unwrap();
    assert_eq!(chat.seen().len(), 1);
    assert_eq!(chat.seen()[0].id, id.as_str());
}

#[tokio::test]
async fn a_twin_of_a_create_that_still_runs_is_ambiguous_until_it_is_done() {
    let chat = Chat::start().await;
    let gate = Gate::new();
    let faults = chat.playground.faults();
    faults.next(route::CREATE_POST, 1, Fault::HangInside(gate.clone()));
    let post = chat.new_post("once");
    let twin = async {
        gate.reached().await;
        let pending = chat.server.create_post(&post).await.unwrap_err();
        gate.release();
        pending
    };
    let (first, pending) = tokio::join!(chat.server.create_post(&post), twin);
    assert_eq!(pending.kind, MattermostFailure::Ambiguous);
    assert_eq!(pending.id, "api.post.deduplicate_create_post.pending");
    let again = chat.server.create_post(&post).await.unwrap();
    assert_eq!(first.unwrap(), again);
    assert_eq!(chat.texts(), ["once"]);
}

#[tokio::test]
async fn a_call_that_hangs_is_given_up_in_time_and_may_have_happened() {
    let chat = Chat::start().await;
    let gate = Gate::new();
    let faults = chat.playground.faults();
    faults.next(route::CREATE_POST, 1, Fault::HangAfter(gate.clone()));
    let post = chat.new_post("once");
    let give_up = async {
        gate.reached().await;
        chat.clock.advance(CALL_TIMEOUT);
    };
    let (lost, ()) = tokio::join!(chat.server.create_post(&post), give_up);
    assert_eq!(lost.unwrap_err().kind, MattermostFailure::Ambiguous);
    chat.server.create_post(&post).await.unwrap();
    assert_eq!(chat.texts(), ["once"]);
}

#[tokio::test]
async fn each_way_to_fail_is_told_apart() {
    let chat = Chat::start().await;
    let table = [
        (Fault::InternalError, MattermostFailure::Ambiguous),
        (Fault::BadGateway, MattermostFailure::Ambiguous),
        (Fault::DropBefore, MattermostFailure::Ambiguous),
    ];
    for (fault, kind) in table {
        let faults = chat.playground.faults();
        faults.always(route::CREATE_POST, fault.clone());
        let error = chat.server.create_post(&chat.new_post("x")).await;
        assert_eq!(error.unwrap_err().kind, kind, "{fault:?}");
        faults.clear();
    }
    let long = chat.new_post(&"가".repeat(16_384));
    let error = chat.server.create_post(&long).await.unwrap_err();
    assert_eq!(error.kind, MattermostFailure::Rejected);
    assert_eq!(error.id, "model.post.is_valid.message_length.app_error");
    chat.playground.remove_from_channel("lobby", "gptbot");
    let error = chat.server.create_post(&chat.new_post("x")).await;
    assert_eq!(error.unwrap_err().kind, MattermostFailure::Forbidden);
    chat.playground.go_down().await;
    let error = chat.server.create_post(&chat.new_post("x")).await;
    assert_eq!(error.unwrap_err().kind, MattermostFailure::Unreachable);
    let error = chat.server.ping().await.unwrap_err();
    assert_eq!(error.kind, MattermostFailure::Unreachable);
    chat.playground.come_up().await;
    chat.server.ping().await.unwrap();
}

#[tokio::test]
async fn a_revoked_token_is_refused_everywhere_and_never_printed() {
    let chat = Chat::start().await;
    chat.server.ping().await.unwrap();
    chat.playground.revoke_tokens_of("gptbot");
    let error = chat.server.create_post(&chat.new_post("x")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, MattermostFailure::TokenRefused);
    let error = chat.server.ping().await.unwrap_err();
    assert_eq!(error.kind, MattermostFailure::TokenRefused);
    assert!(!format!("{error} {error:?} {:?}", chat.server).contains("Bearer"));
}

#[tokio::test]
async fn an_edit_replaces_the_text_and_keeps_the_marker() {
    let chat = Chat::start().await;
    let id = chat
        .server
        .create_post(&chat.new_post("one"))
        .await
        .unwrap();
    for (text, priority) in [("two", Priority::Later), ("three", Priority::First)] {
        let edited = chat
            .server
            .edit_post(&id, text, None, priority)
            .await
            .unwrap();
        assert_eq!(edited, Edited::Done);
    }
    assert_eq!(chat.texts(), ["three"]);
    let read = chat.server.read_post(&id).await.unwrap().unwrap();
    assert_eq!(read.marker, Some(marker(7, 0)));
}

#[tokio::test]
async fn what_can_no_longer_be_edited_is_gone_and_stays_as_it_is() {
    let chat = Chat::start().await;
    let edit = async |id: &PostId| chat.server.edit_post(id, "x", None, Priority::First).await;
    assert_eq!(edit(&unknown_post()).await.unwrap(), Edited::Gone);
    let old = chat
        .server
        .create_post(&chat.new_post("old"))
        .await
        .unwrap();
    chat.playground
        .configure(|settings| settings.post_edit_time_limit = Some(5));
    chat.time.advance(Duration::from_secs(6));
    assert_eq!(edit(&old).await.unwrap(), Edited::TooOld);
    chat.playground.delete("gptbot", old.as_str());
    assert_eq!(edit(&old).await.unwrap(), Edited::Gone);
    assert_eq!(chat.server.read_post(&old).await.unwrap(), None);
}

#[tokio::test]
async fn deleting_what_is_gone_is_no_failure_and_others_posts_stay() {
    let chat = Chat::start().await;
    let id = chat.server.create_post(&chat.new_post("x")).await.unwrap();
    chat.server.delete_post(&id).await.unwrap();
    chat.server.delete_post(&id).await.unwrap();
    chat.server.delete_post(&unknown_post()).await.unwrap();
    let other = chat.say("alice", "mine");
    let error = chat.server.delete_post(&other).await.unwrap_err();
    assert_eq!(error.kind, MattermostFailure::Forbidden);
    assert_eq!(chat.texts(), ["mine"]);
}

#[tokio::test]
async fn our_own_posts_are_found_after_the_anchor_among_many_others_and_in_threads() {
    let chat = Chat::start().await;
    let anchor = chat.say("alice", "the question");
    let mut ours = Vec::new();
    for part in 0..2 {
        for number in 0..FIND_PAGE_POSTS {
            chat.say("alice", &format!("{part} {number}"));
        }
        let post = NewPost {
            props: marked(marker(7, part)),
            pending: u128::from(part),
            root: (part == 1).then(|| anchor.clone()),
            ..chat.new_post("ours")
        };
        ours.push(chat.server.create_post(&post).await.unwrap());
    }
    let other = NewPost {
        props: marked(marker(8, 0)),
        pending: 9,
        ..chat.new_post("another answer")
    };
    chat.server.create_post(&other).await.unwrap();
    let question = QuestionId::from_bits(7);
    let found = chat
        .server
        .find_own_posts(&chat.lobby, Some(&anchor), question)
        .await
        .unwrap();
    let ids: Vec<PostId> = found.into_iter().map(|post| post.id).collect();
    assert_eq!(ids, ours);
    // Without an anchor, the newest page is all that is looked at.
    let found = chat
        .server
        .find_own_posts(&chat.lobby, None, question)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_marker_that_somebody_else_wrote_is_not_ours() {
    let chat = Chat::start().await;
    let anchor = chat.say("alice", "the question");
    let mallory = chat.playground.create_bot("mallory");
    chat.playground.join_team("acme", &["mallory"]);
    chat.playground.join_channel("lobby", &["mallory"]);
    let settings = askwell::mattermost::Settings {
        server: ServerId::parse("main").unwrap(),
        url: chat.playground.url().parse().unwrap(),
        bot_token: Some(mallory.token.into()),
        incoming_webhook_url: None,
        actions_url: None,
        writes_per_second: 10.0,
        write_burst: 10,
        call_timeout: CALL_TIMEOUT,
    };
    let theirs = Server::new(settings, http_client().unwrap(), chat.clock.clone());
    chat.time.advance(Duration::from_secs(1));
    theirs.create_post(&chat.new_post("forged")).await.unwrap();
    let found = chat
        .server
        .find_own_posts(&chat.lobby, Some(&anchor), QuestionId::from_bits(7))
        .await
        .unwrap();
    assert!(found.is_empty());
}

#[tokio::test]
async fn the_newest_post_is_known_and_a_hidden_channel_has_none() {
    let chat = Chat::start().await;
    let newest = chat.say("alice", "newest");
    let found = chat.server.newest_post(&chat.lobby).await.unwrap();
    assert_eq!(found, Some(newest));
    let den = chat
        .playground
        .create_private_channel("acme", "den", &["admin", "alice"]);
    let den = askwell::domain::id::ChannelId::parse(&den).unwrap();
    assert_eq!(chat.server.newest_post(&den).await.unwrap(), None);
    assert_eq!(
        chat.server.is_member(&den, &chat.alice).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn members_are_told_from_others() {
    let chat = Chat::start().await;
    let bob = UserId::parse(&chat.playground.create_user("bob")).unwrap();
    let is_member = async |user| chat.server.is_member(&chat.lobby, user).await.unwrap();
    assert_eq!(is_member(&chat.alice).await, Some(true));
    assert_eq!(is_member(&bob).await, Some(false));
}

#[tokio::test]
async fn a_direct_channel_is_opened_once() {
    let chat = Chat::start().await;
    let one = chat.server.direct_channel(&chat.alice).await.unwrap();
    let same = chat.server.direct_channel(&chat.alice).await.unwrap();
    assert_eq!(one, same);
    let post = NewPost {
        channel: one.clone(),
        ..chat.new_post("only you")
    };
    chat.server.create_post(&post).await.unwrap();
    let seen = chat
        .playground
        .look(|view| view.posts_seen_by("alice", one.as_str()));
    assert_eq!(seen.last().unwrap().text, "only you");
    // Who we are was asked once.
    assert_eq!(
        chat.playground.look(|view| view.requests(route::GET_USER)),
        1
    );
}

#[tokio::test]
async fn without_a_bot_nothing_is_seen_and_nothing_can_be_posted_as_one() {
    let chat = Chat::with(|_, settings| settings.bot_token = None).await;
    let post = chat.say("alice", "hi");
    assert_eq!(chat.server.read_post(&post).await.unwrap(), None);
    assert_eq!(chat.server.newest_post(&chat.lobby).await.unwrap(), None);
    let member = chat.server.is_member(&chat.lobby, &chat.alice).await;
    assert_eq!(member.unwrap(), None);
    chat.server.show_typing(&chat.lobby, None).await.unwrap();
    let error = chat.server.create_post(&chat.new_post("x")).await;
    assert_eq!(error.unwrap_err().kind, MattermostFailure::Rejected);
    chat.server.ping().await.unwrap();
}
