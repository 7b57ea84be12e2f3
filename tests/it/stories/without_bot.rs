//! Where there is no bot account: `response_url`, the reply itself.

use askwell_playground::model::Reply;

use super::house::{Account, House};

#[tokio::test]
async fn an_answer_comes_by_response_url_after_an_ephemeral_word_that_it_is_worked_on() {
    let house = House::with(Account::Nothing, "").await;
    house.model.answer_next(Reply::text("by another way"));
    house.ask("alice", "hello?").await;
    let answer = house
        .see("bob", "the answer", |post| {
            post.text.contains("by another way")
        })
        .await;
    assert_eq!(answer.text, "**alice**: hello?\n**GPT**: by another way");
    let told = house
        .see("alice", "the acknowledgement", |post| post.is_ephemeral)
        .await;
    assert!(!told.text.is_empty());
}

async fn by_hand(house: &House, fields: &[(&str, &str)]) -> (u16, serde_json::Value) {
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
    let status = reply.status().as_u16();
    let body = reply.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn a_caller_by_hand_is_answered_in_the_reply() {
    let house = House::with(Account::Nothing, "").await;
    house.model.answer_next(Reply::text("안녕하세요!"));
    let token = house.command_token.clone();
    let (status, body) = by_hand(
        &house,
        &[("token", &token), ("text", "안녕"), ("user_name", "me")],
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(body["response_type"], "in_channel");
    assert_eq!(body["text"], "**me**: 안녕\n**GPT**: 안녕하세요!");
}

#[tokio::test]
async fn a_caller_by_hand_is_told_of_a_failure_in_words_with_status_500() {
    let house = House::with(Account::Nothing, "").await;
    house.model.answer_otherwise(Reply::unauthorized());
    let token = house.command_token.clone();
    let (status, body) = by_hand(
        &house,
        &[("token", &token), ("text", "안녕"), ("user_name", "me")],
    )
    .await;
    assert_eq!(status, 500);
    assert!(
        body["text"].as_str().unwrap().starts_with("오류 발생: "),
        "{body}"
    );
}

#[tokio::test]
async fn without_the_right_token_nothing_is_asked_and_nothing_echoed() {
    let house = House::with(Account::Nothing, "").await;
    let (status, body) = by_hand(
        &house,
        &[("token", "wrong"), ("text", "안녕"), ("user_name", "me")],
    )
    .await;
    assert_eq!(status, 401);
    assert!(!body.to_string().contains("안녕"));
    assert!(house.model.requests().is_empty());
}
