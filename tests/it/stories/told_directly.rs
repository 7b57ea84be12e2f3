//! The bot may not post where it was asked: then the asker alone is told, and nobody else.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{Fault, Gate, SeenPost, route};

use super::chance::{Chance, FIRST_DELAY, HOOK_WORD, house};
use super::house::House;

/// What stands before an answer that could not be posted in its channel.
const PREFACE: &str = "질문하신 채널에는 답변을 올릴 수 없어서, 이 메시지로만 알려 드려요.";

const WORDS: &str = "The first half of an answer that is long enough to be shown.";

/// The posts alice sees in her direct channel with the bot.
fn told_directly(house: &House) -> Vec<SeenPost> {
    let direct = house.playground.direct_channel("alice", "gptbot");
    house
        .playground
        .look(|view| view.posts_seen_by("alice", &direct))
}

pub(super) async fn see_directly(house: &House, text: &str) -> SeenPost {
    let direct = house.playground.direct_channel("alice", "gptbot");
    house
        .playground
        .wait_for("the direct message", |view| {
            view.posts_seen_by("alice", &direct)
                .into_iter()
                .find(|post| post.text.contains(text))
        })
        .await
}

fn nobody_sees(house: &House, text: &str) -> bool {
    !house.texts("bob").iter().any(|seen| seen.contains(text))
}

/// Sends what Mattermost would, with the right tokens.
async fn send(house: &House, fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let client = reqwest::Client::builder().build().unwrap();
    let reply = client
        .post(format!("{}/mattermost-gpt", house.url))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.finish())
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    reply.text().await.unwrap()
}

/// Runs the command as alice in the lobby, with a `response_url` that is over.
async fn ask_without_a_way_back(house: &House, text: &str) {
    ask_as(house, "alice", text).await;
}

/// The same, under another name.
pub(super) async fn ask_as(house: &House, name: &str, text: &str) {
    let (alice, lobby) = (
        house.playground.user_id("alice"),
        house.playground.channel_id("lobby"),
    );
    send(
        house,
        &[
            ("token", &house.command_token),
            ("command", "/askgpt"),
            ("text", text),
            ("user_id", &alice),
            ("user_name", name),
            ("channel_id", &lobby),
            ("channel_name", "lobby"),
            (
                "response_url",
                "http://x/hooks/commands/cyi3e1qg4tbwfyu1i56pnrempo",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_asker_is_told_directly_where_the_bot_was_taken_out_of_the_channel() {
    let house = house(Chance::steady(), "").await;
    house.playground.remove_from_channel("lobby", "gptbot");
    house.model.answer_next(Reply::text("It is **blue**."));
    let asked = format!("{HOOK_WORD} which colour?");
    house.playground.say("alice", "lobby", &asked, None);
    let told = see_directly(&house, "blue").await;
    assert_eq!(told.author, "gptbot");
    assert_eq!(
        told.text,
        format!("{PREFACE}\n\n**alice**: which colour?\n\nIt is **blue**.")
    );
    assert_eq!(told_directly(&house).len(), 1);
    assert!(nobody_sees(&house, "blue"));
}

#[tokio::test]
async fn the_asker_is_told_directly_where_the_bot_cannot_even_see_the_channel() {
    let house = house(Chance::steady(), "").await;
    let playground = &house.playground;
    playground.create_team("globex");
    playground.join_team("globex", &["admin", "alice", "bob"]);
    let atrium = playground.create_channel("globex", "atrium", &["admin", "alice", "bob"]);
    let post = playground.say("alice", "atrium", "#ask which colour?", None);
    house.model.answer_next(Reply::text("It is **blue**."));
    let alice = playground.user_id("alice");
    let token = &house.environment["MATTERMOST_OUTGOING_TOKENS"];
    send(
        &house,
        &[
            ("token", token),
            ("channel_id", &atrium),
            ("channel_name", "atrium"),
            ("user_id", &alice),
            ("user_name", "alice"),
            ("post_id", &post),
            ("text", "#ask which colour?"),
            ("trigger_word", HOOK_WORD),
        ],
    )
    .await;
    let told = see_directly(&house, "blue").await;
    assert!(told.text.starts_with(PREFACE), "{}", told.text);
}

#[tokio::test]
async fn the_asker_of_a_command_is_told_directly_when_its_response_url_is_over_too() {
    let house = house(Chance::steady(), "").await;
    house.playground.remove_from_channel("lobby", "gptbot");
    house.model.answer_next(Reply::text("It is **blue**."));
    ask_without_a_way_back(&house, "which colour?").await;
    let told = see_directly(&house, "blue").await;
    assert_eq!(
        told.text,
        format!("{PREFACE}\n\n**alice**: which colour?\n**GPT**: It is **blue**.")
    );
    assert!(nobody_sees(&house, "blue"));
}

#[tokio::test]
async fn a_private_answer_reaches_its_asker_when_the_response_url_is_over() {
    let house = house(Chance::steady(), "").await;
    house.model.answer_next(Reply::text("It is **blue**."));
    ask_without_a_way_back(&house, "나만: which colour?").await;
    see_directly(&house, "blue").await;
    assert!(nobody_sees(&house, "blue"));
}

#[tokio::test]
async fn an_error_reaches_the_asker_where_the_channel_was_archived() {
    let house = house(Chance::steady(), "[model]\ntries = 1\n").await;
    let reply = Reply::unauthorized().gate_before_head("thinking");
    house.model.answer_next(reply);
    let asked = format!("{HOOK_WORD} which colour?");
    house.playground.say("alice", "lobby", &asked, None);
    house.model.wait_for_requests(1).await;
    house.playground.archive_channel("lobby");
    house.model.open_gate("thinking");
    see_directly(&house, "오류 발생").await;
}

#[tokio::test]
async fn what_was_begun_directly_is_ended_there_once_whatever_happens_meanwhile() {
    let house = house(Chance::steady(), "").await;
    let (playground, clock) = (&house.playground, &house.clock);
    playground.remove_from_channel("lobby", "gptbot");
    house.model.answer_next(Reply::text("It is **blue**."));
    let refused = Gate::new();
    let faults = playground.faults();
    faults.next(route::CREATE_POST, 1, Fault::HangBefore(refused.clone()));
    let asked = format!("{HOOK_WORD} which colour?");
    playground.say("alice", "lobby", &asked, None);
    // The first create is refused, and the second is made without a word; then Mattermost goes away.
    refused.reached().await;
    let told = Gate::new();
    faults.next(route::CREATE_POST, 1, Fault::HangAfter(told.clone()));
    refused.release();
    told.reached().await;
    playground.go_down().await;
    let unknown = Duration::from_secs(3);
    clock.until_someone_sleeps_for(unknown).await;
    clock.advance(unknown);
    // Whether the repeated create is refused or cut off on its way is a matter of how fast the connections die.
    clock
        .until_someone_sleeps_for_one_of(&[FIRST_DELAY, unknown])
        .await;
    // It comes back, and the bot with it; the answer is looked for where it was begun.
    playground.come_up().await;
    playground.join_channel("lobby", &["gptbot"]);
    clock.advance(Duration::from_secs(30));
    playground
        .wait_until("the end of the question", |view| {
            view.requests(route::PATCH_POST) > 0
        })
        .await;
    assert_eq!(told_directly(&house).len(), 1);
    assert!(nobody_sees(&house, "blue"));
    assert_eq!(playground.look(|view| view.requests(route::CREATE_POST)), 2);
}

#[tokio::test]
async fn the_whole_answer_is_told_directly_where_the_bot_was_taken_out_while_it_grew() {
    let house = house(Chance::steady(), "").await;
    let growing = Reply::deltas([WORDS]).gate("out").content("The end.");
    house.model.answer_next(growing);
    let asked = format!("{HOOK_WORD} a long question");
    house.playground.say("alice", "lobby", &asked, None);
    house.model.wait_at_gate("out").await;
    house
        .see("bob", "the beginning", |post| post.text.contains(WORDS))
        .await;
    house.playground.remove_from_channel("lobby", "gptbot");
    house.model.open_gate("out");
    let told = see_directly(&house, "The end.").await;
    assert!(told.text.contains(PREFACE) && told.text.contains(WORDS));
    assert!(nobody_sees(&house, "The end."));
}

#[tokio::test]
async fn the_whole_answer_is_told_directly_where_its_channel_was_archived_while_it_grew() {
    let house = house(Chance::steady(), "").await;
    let growing = Reply::deltas([WORDS]).gate("archived").content("The end.");
    house.model.answer_next(growing);
    let asked = format!("{HOOK_WORD} a long question");
    house.playground.say("alice", "lobby", &asked, None);
    house.model.wait_at_gate("archived").await;
    house
        .see("bob", "the beginning", |post| post.text.contains(WORDS))
        .await;
    house.playground.archive_channel("lobby");
    house.model.open_gate("archived");
    let told = see_directly(&house, "The end.").await;
    assert!(told.text.contains(PREFACE) && told.text.contains(WORDS));
    assert!(nobody_sees(&house, "The end."));
    assert_eq!(told_directly(&house).len(), 1);
}

#[tokio::test]
async fn nothing_is_answered_to_somebody_who_was_taken_out_of_the_channel_after_asking() {
    let house = house(Chance::steady(), "").await;
    let growing = Reply::empty().gate("out").content("A secret of the lobby.");
    house.model.answer_next(growing);
    house.ask("alice", "what is new?").await;
    house.model.wait_at_gate("out").await;
    house.playground.remove_from_channel("lobby", "alice");
    house.model.open_gate("out");
    see_directly(&house, "이 채널의 멤버만").await;
    assert!(nobody_sees(&house, "secret"));
    let of_the_bot = |post: &SeenPost| post.author == "gptbot";
    let lobby = house.playground.channel_id("lobby");
    let seen = house
        .playground
        .look(|view| view.posts_seen_by("bob", &lobby));
    assert!(!seen.iter().any(of_the_bot), "{seen:?}");
    assert_eq!(told_directly(&house).len(), 1);
}
