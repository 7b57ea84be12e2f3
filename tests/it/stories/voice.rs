//! Recordings that people attach: written down for the model, and where that cannot be, the asker is told.

use askwell::domain::file::FileTrouble;
use askwell_playground::model::Reply;

use super::attached::unread;
use super::house::{Account, House};

const TOML: &str = "[bot]\nhears = \"thread\"\n[speech]\nenabled = true\ntimeout_seconds = 60\nmax_file_bytes = 65536\n";

const RECORDING: &[u8] = b"OggS\0 what somebody said";

async fn listening(toml: &str) -> House {
    let house = House::with(Account::Bot, toml).await;
    house.until_the_bot_hears().await;
    house
        .model
        .answer_otherwise(Reply::text("I have listened."));
    house
}

fn voice() -> (&'static str, Vec<u8>) {
    ("voice.opus", RECORDING.to_vec())
}

#[tokio::test]
async fn what_is_said_in_a_recording_is_told_with_the_question_as_a_transcript() {
    let toml = format!("{TOML}name = \"whisper-1\"\nlanguage = \"ko\"\n");
    let house = listening(&toml).await;
    let said = "내일 회의는 세 시로 옮깁시다.";
    house.model.transcribe_next(Reply::transcript(said));
    house
        .say_with("@gptbot 언제로 옮겼어?", &[voice()], None)
        .await;
    let answer = house.see_the_answer("I have listened.").await;
    assert!(answer.ends_with("I have listened."), "{answer}");
    let told = house.last_said();
    assert!(
        told.contains("언제로 옮겼어?") && told.contains(said),
        "{told}"
    );
    assert!(
        told.contains("받아쓴 글") && told.contains("`voice.opus`"),
        "{told}"
    );
    let [asked] = house.model.transcript_requests().try_into().unwrap();
    let form = String::from_utf8_lossy(&asked.bytes);
    for part in [
        "name=\"model\"\r\n\r\nwhisper-1\r\n",
        "name=\"language\"\r\n\r\nko\r\n",
        "name=\"response_format\"\r\n\r\njson\r\n",
        "name=\"file\"; filename=\"recording.ogg\"\r\n",
        "\r\n\r\nOggS\0 what somebody said\r\n--",
    ] {
        assert!(form.contains(part), "{part:?} is not in {form}");
    }
}

#[tokio::test]
async fn a_recording_of_the_thread_is_written_down_for_the_questions_that_follow() {
    let house = listening(TOML).await;
    house
        .model
        .transcribe_next(Reply::transcript("Sow in spring."));
    let root = house.say_with("our plan", &[voice()], None).await;
    house.say_with("@gptbot when?", &[], Some(&root)).await;
    house.see_the_answer("I have listened.").await;
    assert!(house.last_said().contains("Sow in spring."));
}

#[tokio::test]
async fn a_long_transcript_is_told_as_far_as_it_fits() {
    let house = listening(&format!("{TOML}[model]\nwindow_tokens = 2048\n")).await;
    let long = "word ".repeat(20_000);
    house.model.transcribe_next(Reply::transcript(&long));
    house.say_with("@gptbot sum it up", &[voice()], None).await;
    house
        .see_the_answer(&unread("voice.opus", FileTrouble::Cut))
        .await;
    let told = house.last_said();
    assert!((1_000..6_000).contains(&told.len()), "{}", told.len());
}

#[tokio::test]
async fn what_could_not_be_written_down_is_told_beneath_the_answer() {
    let refused = Reply::error(400, "Invalid file format.", "invalid_request_error", None);
    for (reply, trouble, tries) in [
        (Reply::unavailable(), FileTrouble::Unheard, 3),
        (Reply::unauthorized(), FileTrouble::Unheard, 1),
        (refused, FileTrouble::Broken, 1),
        (Reply::transcript(" "), FileTrouble::Broken, 1),
    ] {
        let house = listening(TOML).await;
        for _ in 0..tries {
            house.model.transcribe_next(reply.clone());
        }
        house.say_with("@gptbot well?", &[voice()], None).await;
        let answer = house.see_the_answer(&unread("voice.opus", trouble)).await;
        assert!(answer.starts_with("I have listened."), "{answer}");
        assert_eq!(house.model.transcript_requests().len(), tries);
    }
}

#[tokio::test]
async fn a_recording_that_is_too_large_is_not_sent() {
    let house = listening(TOML).await;
    let large = [RECORDING, &vec![0; 65_536]].concat();
    house
        .say_with("@gptbot well?", &[("voice.ogg", large)], None)
        .await;
    house
        .see_the_answer(&unread("voice.ogg", FileTrouble::TooLarge))
        .await;
    assert!(house.model.transcript_requests().is_empty());
}

#[tokio::test]
async fn where_nobody_listens_a_recording_is_a_file_of_no_kind_that_is_read() {
    let house = listening("[bot]\nhears = \"thread\"\n").await;
    house.say_with("@gptbot well?", &[voice()], None).await;
    house
        .see_the_answer(&unread("voice.opus", FileTrouble::Unsupported))
        .await;
    assert!(house.model.transcript_requests().is_empty());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_long_recording() {
    let house = listening(TOML).await;
    let slow = Reply::transcript("too late").gate_before_head("listening");
    house.model.transcribe_next(slow);
    house.say_with("@gptbot well?", &[voice()], None).await;
    house.model.wait_at_gate("listening").await;
    house.ask("alice", "그만").await;
    house.see_the_answer("멈췄어요").await;
    assert!(house.model.requests().is_empty());
}
