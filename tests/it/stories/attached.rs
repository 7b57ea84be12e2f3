//! Files that people attach: the model reads what is in them, and the asker is told what it could not.

use std::io::Cursor;

use askwell::domain::file::FileTrouble;
use askwell::text::{Language, Sentence, say};
use askwell_playground::model::Reply;
use serde_json::{Value, json};

use super::house::{Account, House};

async fn house(model: &str) -> House {
    let toml = format!("[bot]\nhears = \"thread\"\n[model]\n{model}");
    let house = House::with(Account::Bot, &toml).await;
    house.until_the_bot_hears().await;
    house
        .model
        .answer_otherwise(Reply::text("I have looked at it."));
    house
}

impl House {
    /// Posts in the lobby with files, as a client does; returns the post's id.
    pub(super) async fn say_with(
        &self,
        text: &str,
        files: &[(&str, Vec<u8>)],
        root: Option<&str>,
    ) -> String {
        let session = self.playground.session_of("alice");
        let channel = self.playground.channel_id("lobby");
        let send = async |path: String, body: reqwest::Body| -> Value {
            let client = reqwest::Client::builder().build().unwrap();
            let url = format!("{}/api/v4/{path}", self.playground.url());
            let request = client.post(url).bearer_auth(&session).body(body);
            let reply = request.send().await.unwrap().error_for_status().unwrap();
            serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap()
        };
        let mut ids = Vec::new();
        for (name, bytes) in files {
            let path = format!("files?channel_id={channel}&filename={name}");
            let uploaded = send(path, bytes.clone().into()).await;
            ids.push(uploaded["file_infos"][0]["id"].clone());
        }
        let post = json!({ "channel_id": channel, "message": text, "file_ids": ids, "root_id": root.unwrap_or_default() });
        let posted = send("posts".to_owned(), post.to_string().into()).await;
        posted["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn see_the_answer(&self, words: &str) -> String {
        let answer = self
            .see_in_time("bob", words, |post| {
                post.author == "gptbot" && post.text.contains(words)
            })
            .await;
        answer.text
    }

    pub(super) fn last_said(&self) -> String {
        let last = self.model.requests().pop().unwrap();
        last.last_user_message().clone()
    }
}

pub(super) fn unread(name: &str, trouble: FileTrouble) -> String {
    say(Language::Korean, &Sentence::FileUnread { name, trouble })
}

fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(40, 30, image::Rgb([200, 30, 30]));
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn what_a_file_says_is_told_with_the_question() {
    let house = house("").await;
    let file = ("plan.txt", "첫째, 씨앗을 심는다.".as_bytes().to_vec());
    house.say_with("@gptbot what first?", &[file], None).await;
    let answer = house.see_the_answer("I have looked at it.").await;
    assert!(answer.ends_with("I have looked at it."), "{answer}");
    let said = house.last_said();
    assert!(said.contains("what first?"), "{said}");
    assert!(
        said.contains("`plan.txt`") && said.contains("첫째, 씨앗을 심는다."),
        "{said}"
    );
}

#[tokio::test]
async fn a_picture_goes_to_a_model_that_sees() {
    for wire in ["chat_completions", "responses", "messages"] {
        let house = house(&format!("vision = true\nwire = \"{wire}\"\n")).await;
        house
            .say_with("@gptbot what is it?", &[("red.png", picture())], None)
            .await;
        house.see_the_answer("I have looked at it.").await;
        let asked = house.model.requests().pop().unwrap();
        let [image] = asked.images().try_into().unwrap();
        assert!(image.starts_with("data:image/jpeg;base64,"), "{wire}");
    }
}

#[tokio::test]
async fn who_sends_a_picture_to_a_model_that_sees_none_is_told_so() {
    let house = house("").await;
    house
        .say_with("@gptbot what is it?", &[("red.png", picture())], None)
        .await;
    house
        .see_the_answer(&unread("red.png", FileTrouble::Unseen))
        .await;
    let asked = house.model.requests().pop().unwrap();
    assert!(asked.images().is_empty());
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_and_the_others_are_read_all_the_same() {
    let house = house("").await;
    let files = [
        ("noise.bin", vec![0, 159, 146, 150, 0, 1, 2, 3]),
        ("half.pdf", b"%PDF-1.7\nand no more".to_vec()),
        ("good.md", b"# Seven".to_vec()),
    ];
    house.say_with("@gptbot how many?", &files, None).await;
    let last = unread("half.pdf", FileTrouble::Broken);
    let answer = house.see_the_answer(&last).await;
    for (name, trouble) in [
        ("noise.bin", FileTrouble::Unsupported),
        ("half.pdf", FileTrouble::Broken),
    ] {
        assert!(answer.contains(&unread(name, trouble)), "{answer}");
    }
    assert!(!answer.contains("good.md"), "{answer}");
    assert!(house.last_said().contains("# Seven"));
}

#[tokio::test]
async fn of_a_file_that_is_too_long_the_beginning_is_read_and_that_is_said() {
    let house = house("window_tokens = 2048\n").await;
    let long = "word ".repeat(20_000).into_bytes();
    house
        .say_with("@gptbot sum it up", &[("long.txt", long)], None)
        .await;
    house
        .see_the_answer(&unread("long.txt", FileTrouble::Cut))
        .await;
    let said = house.last_said();
    assert!((1_000..6_000).contains(&said.len()), "{}", said.len());
}

#[tokio::test]
async fn a_file_of_the_thread_is_read_for_the_questions_that_follow() {
    let house = house("").await;
    let file = ("plan.txt", b"Sow in spring.".to_vec());
    let root = house.say_with("our plan", &[file], None).await;
    house.say_with("@gptbot when?", &[], Some(&root)).await;
    house.see_the_answer("I have looked at it.").await;
    assert!(house.last_said().contains("Sow in spring."));
}
