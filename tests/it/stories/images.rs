//! Pictures that people ask for: drawn once, shown once, and where that cannot be, one sentence says why.

use std::time::Duration;

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::model::Reply;
use askwell_playground::{Fault, Gate, SeenPost, TimeSource, route};

use super::buttons::labels;
use super::house::{Account, House};
use super::process::Process;

/// As long as a model may take, so that time does not pass while one draws.
const TOML: &str = "[images]\nenabled = true\ntimeout_seconds = 60\nmax_bytes = 65536\n";

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\na cat on a roof";

async fn drawing() -> House {
    House::with(Account::Bot, TOML).await
}

fn refused(reason: Reason) -> String {
    say(Language::Korean, &Sentence::Refused(reason))
}

impl House {
    /// Waits for the post that shows a picture.
    async fn see_picture(&self) -> SeenPost {
        self.see_in_time("bob", "the picture", |post| !post.files.is_empty())
            .await
    }

    /// Waits for the picture that alice alone is shown.
    async fn see_directly(&self) -> SeenPost {
        let channel = self.playground.direct_channel("alice", "gptbot");
        let shown = self.playground.wait_for("the picture", |view| {
            let mut posts = view.posts_seen_by("alice", &channel).into_iter();
            posts.find(|post| !post.files.is_empty())
        });
        self.meanwhile(shown).await
    }

    /// Waits for a post that says this.
    async fn see_said(&self, words: &str) -> SeenPost {
        self.see_in_time("bob", words, |post| post.text.contains(words))
            .await
    }
}

/// Makes sure that a post shows one picture, and this one.
fn shows(post: &SeenPost, picture: &[u8], name: &str) {
    let [file] = post.files.as_slice() else {
        panic!("{:?}", post.files);
    };
    assert_eq!((file.name.as_str(), file.bytes.as_slice()), (name, picture));
}

#[tokio::test]
async fn a_picture_is_drawn_and_shown_beneath_the_question() {
    let house = drawing().await;
    let drawn = Reply::picture(PICTURE).gate_before_head("drawing");
    house.model.draw_next(drawn);
    house.ask("alice", "그림: 지붕 위의 고양이").await;
    house.model.wait_at_gate("drawing").await;
    let placeholder = house
        .see("bob", "a sign", |post| post.text.contains("그리는 중"))
        .await;
    assert!(placeholder.files.is_empty());
    house.model.open_gate("drawing");
    let shown = house.see_picture().await;
    assert_eq!(shown.id, placeholder.id);
    assert_eq!(
        shown.text,
        "**alice**: 그림: 지붕 위의 고양이\n**GPT**: 그림을 그렸어요."
    );
    shows(&shown, PICTURE, "image.png");
    assert_eq!(house.texts("bob").len(), 1);
    let [asked] = house.model.picture_requests().try_into().unwrap();
    assert_eq!(asked.body["prompt"], "지붕 위의 고양이");
    assert_eq!(asked.body["response_format"], "b64_json");
    assert_eq!(asked.body["n"], 1);
    assert!(
        house.model.requests().is_empty(),
        "no model of texts is asked"
    );
}

#[tokio::test]
async fn a_mention_is_answered_with_a_picture_in_its_thread() {
    let toml =
        format!("[bot]\nhears = \"mention\"\n{TOML}name = \"gpt-image-1\"\nsize = \"1024x1024\"\n");
    let house = House::with(Account::Bot, &toml).await;
    house.until_the_bot_hears().await;
    let jpeg = b"\xFF\xD8\xFF\xE0 a cat";
    house.model.draw_next(Reply::picture(jpeg));
    let asked = house
        .playground
        .say("alice", "lobby", "@gptbot image: a cat", None);
    let shown = house.see_picture().await;
    assert_eq!(shown.root.as_deref(), Some(asked.as_str()));
    assert_eq!(shown.text, "그림을 그렸어요.");
    shows(&shown, jpeg, "image.jpg");
    let [drawn] = house.model.picture_requests().try_into().unwrap();
    assert_eq!(drawn.body["prompt"], "a cat");
    assert_eq!(drawn.body["size"], "1024x1024");
    assert!(drawn.body.get("response_format").is_none());
}

#[tokio::test]
async fn a_private_picture_is_seen_by_nobody_else() {
    let house = drawing().await;
    house.model.draw_next(Reply::picture(PICTURE));
    house.ask("alice", "나만: 그림: 고양이").await;
    shows(&house.see_directly().await, PICTURE, "image.png");
    assert!(house.texts("bob").is_empty());
}

#[tokio::test]
async fn a_server_that_refuses_to_be_asked_for_the_picture_itself_is_asked_without() {
    let house = drawing().await;
    house
        .model
        .draw_next(Reply::field_unknown("response_format"));
    for number in 1..=2 {
        house.model.draw_next(Reply::picture(PICTURE));
        house.ask("alice", &format!("그림: 고양이 {number}")).await;
        house
            .see_in_time("bob", "the picture", |post| {
                post.text.contains(&number.to_string()) && !post.files.is_empty()
            })
            .await;
    }
    let asked = house.model.picture_requests();
    let fields = asked
        .iter()
        .map(|asked| asked.body.get("response_format").is_some());
    assert_eq!(fields.collect::<Vec<_>>(), [true, false, false]);
}

#[tokio::test]
async fn what_goes_wrong_is_said_in_its_own_words_and_tried_again_only_where_that_may_help() {
    let large = [PICTURE, &vec![0; 65_536]].concat();
    for (reply, sentence, tries) in [
        (Reply::picture_refused(), "안전 기준", 1),
        (Reply::out_of_quota(), "사용 한도", 1),
        (Reply::unavailable(), "연결할 수 없거나", 3),
        (Reply::picture(b"<html>not a picture"), "문제가 생겼어요", 3),
        (
            Reply::document(200, "text/html", "<html>"),
            "문제가 생겼어요",
            3,
        ),
        (Reply::picture(&large), "너무 커서", 1),
        (
            Reply::picture_at("https://images.example.com/1.png"),
            "b64_json",
            1,
        ),
    ] {
        let house = drawing().await;
        for _ in 0..tries {
            house.model.draw_next(reply.clone());
        }
        house.ask("alice", "그림: 고양이").await;
        let said = house.see_said("오류 발생: ").await;
        assert!(said.text.contains(sentence), "{}", said.text);
        assert!(said.files.is_empty());
        assert_eq!(house.model.picture_requests().len(), tries, "{sentence}");
        assert_eq!(house.texts("bob").len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_wants_patience_is_asked_again_after_it() {
    let house = drawing().await;
    house.model.draw_next(Reply::rate_limited(Some("7")));
    house.model.draw_next(Reply::picture(PICTURE));
    house.ask("alice", "그림: 고양이").await;
    let begun = house.clock_ms();
    shows(&house.see_picture().await, PICTURE, "image.png");
    assert!(house.clock_ms() - begun >= 7_000);
}

#[tokio::test]
async fn a_model_that_draws_for_too_long_is_given_up() {
    let house = drawing().await;
    let drawn = Reply::picture(PICTURE).gate_before_head("never");
    house.model.draw_next(drawn);
    house.ask("alice", "그림: 고양이").await;
    house.model.wait_at_gate("never").await;
    house.pass(Duration::from_mins(1)).await;
    let said = house.see_said("오류 발생: ").await;
    assert!(said.text.contains("너무 오래 걸려서"), "{}", said.text);
    assert_eq!(house.model.picture_requests().len(), 1);
}

#[tokio::test]
async fn a_stop_ends_the_drawing() {
    let house = drawing().await;
    let drawn = Reply::picture(PICTURE).gate_before_head("drawing");
    house.model.draw_next(drawn);
    house.ask("alice", "그림: 고양이").await;
    house.model.wait_at_gate("drawing").await;
    house
        .see("bob", "a sign", |post| post.text.contains("그리는 중"))
        .await;
    house.ask("alice", "그만").await;
    let stopped = house.see_said("멈췄어요").await;
    assert!(!stopped.text.contains("그리는 중"), "{}", stopped.text);
    assert!(stopped.files.is_empty());
}

#[tokio::test]
async fn the_button_stops_and_another_picture_takes_the_place_of_the_first() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.be_reachable();
    house.open(TOML);
    house.model.draw_next(Reply::picture(PICTURE));
    house.ask("alice", "그림: 고양이").await;
    let first = house
        .see_in_time("bob", "the picture", |post| {
            !post.files.is_empty() && labels(post).len() == 3
        })
        .await;
    let drawn = Reply::picture(b"\xFF\xD8\xFF another").gate_before_head("again");
    house.model.draw_next(drawn);
    house.press("alice", &first, "regenerate").await;
    house.model.wait_at_gate("again").await;
    let growing = house
        .see_in_time("bob", "a sign", |post| {
            post.text.contains("그리는 중") && labels(post) == ["■ 멈추기"]
        })
        .await;
    house.press("alice", &growing, "stop").await;
    let kept = house.see_said("앞의 답변을 그대로 두었어요").await;
    shows(&kept, PICTURE, "image.png");

    house.until_settled().await;
    shows(&house.look_at(&kept.id), PICTURE, "image.png");
    let webp = b"RIFF\0\0\0\0WEBPVP8 ";
    house.model.draw_next(Reply::picture(webp));
    house
        .see_in_time("bob", "buttons", |post| labels(post).len() == 3)
        .await;
    house.press("alice", &kept, "regenerate").await;
    let other = house
        .see_in_time("bob", "another picture", |post| {
            post.files.iter().any(|file| file.name == "image.webp")
        })
        .await;
    assert_eq!(other.id, first.id);
    shows(&other, webp, "image.webp");
}

#[tokio::test]
async fn where_the_bot_may_not_post_the_picture_goes_to_the_asker_alone() {
    let house = drawing().await;
    house
        .playground
        .create_channel("acme", "attic", &["alice", "bob"]);
    house.model.draw_next(Reply::picture(PICTURE));
    let typed = "/askgpt 그림: 고양이";
    let seen = house
        .playground
        .run_command("alice", "attic", typed, None)
        .await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let shown = house.see_directly().await;
    assert!(shown.text.contains("이 메시지로만"), "{}", shown.text);
    shows(&shown, PICTURE, "image.png");
    assert!(house.texts_in("attic", "bob").is_empty());
    assert_eq!(house.model.picture_requests().len(), 1);
}

#[tokio::test]
async fn where_nobody_draws_whoever_asks_is_told_so_in_one_sentence() {
    let house = House::with(Account::Bot, "").await;
    house.ask("alice", "그림: 고양이").await;
    let said = house.see_said(&refused(Reason::ImagesNotSetUp)).await;
    assert!(!said.text.contains("오류 발생"), "{}", said.text);
    assert!(house.model.picture_requests().is_empty());
    let help = house.ask("alice", "도움말").await;
    assert!(!help.contains("그림: "), "{help}");
}

#[tokio::test]
async fn the_help_tells_of_pictures_where_they_are_drawn() {
    let house = drawing().await;
    let help = house.ask("alice", "도움말").await;
    assert!(help.contains("`/askgpt 그림: 설명`"), "{help}");
}

#[tokio::test]
async fn without_a_bot_no_picture_is_drawn_that_nobody_could_post() {
    let house = House::with(Account::Nothing, TOML).await;
    house.ask("alice", "그림: 고양이").await;
    house.see_said(&refused(Reason::ImagesNeedBot)).await;
    assert!(house.model.picture_requests().is_empty());
}

#[tokio::test]
async fn a_picture_that_mattermost_does_not_take_is_told_and_not_drawn_again() {
    let house = drawing().await;
    house
        .playground
        .configure(|settings| settings.max_file_size = 10);
    house.model.draw_next(Reply::picture(PICTURE));
    house.ask("alice", "그림: 고양이").await;
    let said = house.see_said("오류 발생: ").await;
    assert!(said.text.contains("받아 주지 않았어요"), "{}", said.text);
    assert_eq!(house.model.picture_requests().len(), 1);
}

#[tokio::test]
async fn a_picture_is_kept_while_mattermost_fails_and_shown_when_it_is_back() {
    let house = drawing().await;
    let faults = house.playground.faults();
    faults.next(route::UPLOAD_FILE, 2, Fault::InternalError);
    faults.next(route::PATCH_POST, 1, Fault::BadGateway);
    house.model.draw_next(Reply::picture(PICTURE));
    house.ask("alice", "그림: 고양이").await;
    shows(&house.see_picture().await, PICTURE, "image.png");
    assert_eq!(house.texts("bob").len(), 1);
    assert_eq!(house.model.picture_requests().len(), 1);
}

#[tokio::test]
async fn a_picture_that_was_uploaded_when_the_process_was_killed_is_shown_once_and_not_drawn_again()
{
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.model.draw_next(Reply::picture(PICTURE));
    let gate = Gate::new();
    let hangs = Fault::HangAfter(gate.clone());
    house.playground.faults().next(route::UPLOAD_FILE, 1, hangs);
    let process = Process::start(&mut house, TOML);
    process.listening().await;
    house.ask("alice", "그림: 고양이").await;
    gate.reached().await;
    drop(process);
    gate.release();
    assert!(house.playground.look(|view| {
        let posts = view.posts_seen_by("bob", "lobby");
        posts.iter().all(|post| post.files.is_empty())
    }));
    let process = Process::start_at(&house, &house.address.to_string());
    process.listening().await;
    let shown = house
        .see("bob", "the picture", |post| !post.files.is_empty())
        .await;
    shows(&shown, PICTURE, "image.png");
    assert!(shown.text.ends_with("그림을 그렸어요."), "{}", shown.text);
    assert_eq!(house.texts("bob").len(), 1);
    assert_eq!(house.model.picture_requests().len(), 1);
}

#[tokio::test]
async fn a_picture_that_was_being_drawn_when_the_process_was_killed_is_drawn_again_into_the_same_post()
 {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let drawn = Reply::picture(b"\xFF\xD8\xFF lost").gate_before_head("never");
    house.model.draw_next(drawn);
    // That a picture is being drawn is no beginning of an answer, however short one may be to be kept.
    let toml = format!("[answer]\nkeep_from_chars = 0\n{TOML}");
    let process = Process::start(&mut house, &toml);
    process.listening().await;
    house.ask("alice", "그림: 고양이").await;
    house.model.wait_at_gate("never").await;
    let sign = house
        .see("bob", "a sign", |post| post.text.contains("그리는 중"))
        .await;
    drop(process);
    house.model.draw_next(Reply::picture(PICTURE));
    let process = Process::start_at(&house, &house.address.to_string());
    process.listening().await;
    let shown = house
        .see("bob", "the picture", |post| !post.files.is_empty())
        .await;
    assert_eq!(shown.id, sign.id);
    shows(&shown, PICTURE, "image.png");
    assert_eq!(house.texts("bob").len(), 1);
    assert_eq!(house.model.picture_requests().len(), 2);
}
