//! What is left of what people say: nothing of what they want forgotten, nothing of what is kept nowhere, and nothing of what is too old.

use std::time::Duration;

use askwell::pipeline::retain::LOOK_EVERY;
use askwell_playground::TimeSource;
use askwell_playground::model::Reply;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::house::{Account, House};
use super::terminal::{run, text};

const SECRET: &str = "Vercingetorix";

/// A house that hears, by a clock that moves between two questions.
async fn hearing(toml: &str) -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.be_reachable();
    house.open(&format!("[bot]\nhears = \"thread\"\n{toml}"));
    house.until_the_bot_hears().await;
    house
}

impl House {
    /// Has somebody ask in the lobby, and waits for the answer, which is `answer`.
    async fn asked(&self, person: &str, text: &str, answer: &str) {
        self.clock.advance(Duration::from_secs(1));
        self.model.answer_next(Reply::text(answer));
        self.ask(person, text).await;
        self.see("bob", "the answer", |post| post.text.contains(answer))
            .await;
        // What is seen may not have ended yet; whoever asks next waits for it.
    }

    /// How many texts with the secret the closed house's database holds.
    fn secrets(&self) -> i64 {
        let file = self.directory.path().join("askwell.db");
        let database = rusqlite::Connection::open(file).unwrap();
        let sql = format!(
            "SELECT COUNT(*) FROM questions WHERE text || COALESCE(answer, '') || COALESCE(texts, '') LIKE '%{SECRET}%'"
        );
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// Waits until it was looked what is kept no longer.
    async fn looked(&self) {
        self.clock.until_someone_sleeps_for(LOOK_EVERY).await;
    }

    fn last_prompt(&self) -> String {
        self.model.requests().last().unwrap().body.to_string()
    }
}

#[tokio::test]
async fn the_model_is_told_who_asks_by_a_name_that_only_the_key_can_make() {
    let house = hearing("[model]\nuser_key = \"a-key-of-ours\"\n").await;
    let mut users = Vec::new();
    for (number, person) in ["alice", "bob", "alice"].into_iter().enumerate() {
        let answer = format!("Answer {number}.");
        house.asked(person, "who am I?", &answer).await;
        let request = house.model.requests().pop().unwrap();
        let id = house.playground.user_id(person);
        assert!(!request.body.to_string().contains(&id));
        users.push(request.body["user"].as_str().unwrap().to_owned());
        let mut mac = Hmac::<Sha256>::new_from_slice(b"a-key-of-ours").unwrap();
        mac.update(id.as_bytes());
        let told = users.last().unwrap();
        let bytes = (0..told.len()).step_by(2);
        let bytes = bytes.map(|at| u8::from_str_radix(&told[at..at + 2], 16).unwrap());
        mac.verify_slice(&bytes.collect::<Vec<_>>()).unwrap();
    }
    assert_eq!(users[0], users[2]);
    assert_ne!(users[0], users[1]);
}

#[tokio::test]
async fn whoever_wants_to_be_forgotten_here_is_and_is_told_what_stays() {
    let mut house = hearing("").await;
    house
        .asked("alice", &format!("My horse is {SECRET}."), "A fine name.")
        .await;
    house
        .asked("bob", "And mine is Bucephalus.", "Another one.")
        .await;
    house.clock.advance(Duration::from_secs(1));
    let told = house.ask("alice", "잊어줘").await;
    assert!(
        told.contains("질문 1개") && told.contains("Mattermost에 올라온 글"),
        "{told}"
    );
    house
        .asked("alice", "What is my horse called?", "I do not know.")
        .await;
    let prompt = house.last_prompt();
    assert!(
        !prompt.contains(SECRET) && prompt.contains("Bucephalus"),
        "{prompt}"
    );
    house.close().await;
    assert_eq!(house.secrets(), 0);
    // In Mattermost it stays.
    assert!(house.texts("bob").iter().any(|text| text.contains(SECRET)));
}

#[tokio::test]
async fn whoever_asks_to_be_forgotten_everywhere_is_forgotten_in_other_channels_too() {
    let mut house = hearing("").await;
    house
        .asked("alice", &format!("I am {SECRET}."), "Hello.")
        .await;
    let said = house
        .playground
        .say("alice", "garden", "@gptbot forget everywhere", None);
    house
        .playground
        .wait_for("what is told", |view| {
            let posts = view.posts_seen_by("bob", "garden");
            let told = |post: &askwell_playground::SeenPost| {
                post.root.as_deref() == Some(&said) && post.text.contains("모두 잊었어요")
            };
            posts.into_iter().find(told)
        })
        .await;
    house.close().await;
    assert_eq!(house.secrets(), 0);
}

#[tokio::test]
async fn an_answer_that_is_being_written_is_stopped_and_forgotten() {
    let mut house = hearing("").await;
    house
        .model
        .answer_next(Reply::deltas(["Vercingetorix was a king of the Arverni. "]).gate("middle"));
    house.ask("alice", &format!("Who was {SECRET}?")).await;
    house.model.wait_at_gate("middle").await;
    house
        .see("bob", "the beginning", |post| post.text.contains("Arverni"))
        .await;
    let told = house.ask("alice", "forget").await;
    assert!(told.contains("쓰고 있던 답변 1개"), "{told}");
    house
        .see("bob", "that it was stopped", |post| {
            post.text.contains("멈췄어요")
        })
        .await;
    house.close().await;
    assert_eq!(house.secrets(), 0);
}

#[tokio::test]
async fn nobody_is_told_that_something_was_forgotten_where_there_was_nothing() {
    let house = hearing("").await;
    let told = house.ask("alice", "모두 잊어줘").await;
    assert!(told.contains("기억하고 있는 질문이 없어요"), "{told}");
    assert!(house.ask("alice", "help").await.contains("잊어줘"));
}

/// Has alice say something to the bot directly, and waits for the answer.
async fn said_directly(house: &House, direct: &str, text: &str, answer: &str) {
    house.clock.advance(Duration::from_secs(1));
    house.model.answer_next(Reply::text(answer));
    house.playground.say("alice", direct, text, None);
    house
        .playground
        .wait_for("the answer", |view| {
            let posts = view.posts_seen_by("alice", direct);
            posts.into_iter().find(|post| post.text.contains(answer))
        })
        .await;
}

#[tokio::test]
async fn of_direct_messages_nothing_is_left_where_they_are_not_kept() {
    let mut house = hearing("[retention]\nkeep_direct = false\n").await;
    let direct = house.playground.direct_channel("alice", "gptbot");
    house
        .asked("alice", &format!("lobby {SECRET}"), "Kept.")
        .await;
    said_directly(&house, &direct, &format!("direct {SECRET}"), "Not kept.").await;
    said_directly(&house, &direct, "what did I say?", "Nothing.").await;
    let prompt = house.last_prompt();
    assert!(!prompt.contains(SECRET), "{prompt}");
    house.close().await;
    assert_eq!(house.secrets(), 1, "the one in the lobby");
}

#[tokio::test]
async fn of_a_private_channel_nothing_is_left_where_they_are_not_kept_also_of_commands() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let den = house
        .playground
        .create_private_channel("acme", "den", &["alice", "bob", "gptbot"]);
    house.open("[retention]\nkeep_private = false\n");
    let _ = den;
    house
        .asked("alice", &format!("lobby {SECRET}"), "Kept.")
        .await;
    house.clock.advance(Duration::from_secs(1));
    house.model.answer_next(Reply::text("Not kept."));
    let typed = format!("/askgpt den {SECRET}");
    house
        .playground
        .run_command("alice", "den", &typed, None)
        .await;
    house
        .playground
        .wait_for("the answer", |view| {
            let posts = view.posts_seen_by("alice", "den");
            posts
                .into_iter()
                .find(|post| post.text.contains("Not kept."))
        })
        .await;
    house.close().await;
    assert_eq!(house.secrets(), 1, "the one in the lobby");
}

#[tokio::test]
async fn an_answer_of_which_nothing_was_kept_cannot_be_written_once_more() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.be_reachable();
    let lobby = house.playground.channel_id("lobby");
    house.open(&format!(
        "[[channel]]\nid = \"{lobby}\"\nkeep_texts = false\n"
    ));
    house.asked("alice", "why?", "Because.").await;
    house.asked("alice", "and why?", "For that.").await;
    let post = house
        .see("bob", "the first answer", |post| {
            post.text.contains("Because.")
        })
        .await;
    house.press("alice", &post, "regenerate").await;
    assert!(house.look_at(&post.id).text.contains("Because."));
    assert_eq!(house.model.requests().len(), 2);
}

#[tokio::test]
async fn texts_go_when_their_time_is_over_and_figures_stay() {
    const TOML: &str = "[retention]\ntexts_days = 30\nusage_days = 400\n";
    let mut house = House::with(Account::Bot, TOML).await;
    house
        .asked("alice", &format!("I am {SECRET}."), "Hello.")
        .await;
    house.close().await;
    house.clock.advance(Duration::from_hours(29 * 24));
    house.open(TOML);
    house.looked().await;
    house
        .asked("bob", &format!("I am {SECRET}, too."), "So you are.")
        .await;
    house.close().await;
    house.clock.advance(Duration::from_hours(23));
    house.open(TOML);
    house.looked().await;
    // What is over while it runs goes too.
    house.clock.advance(LOOK_EVERY);
    house.looked().await;
    house.close().await;
    assert_eq!(house.secrets(), 1, "bob's");
    let file = house.directory.path().join("askwell.db");
    let database = rusqlite::Connection::open(file).unwrap();
    let left: (i64, i64) = database
        .query_row(
            "SELECT (SELECT COUNT(*) FROM questions), (SELECT SUM(calls) FROM usage WHERE dimension = 'total')",
            [],
            |row| row.try_into(),
        )
        .unwrap();
    assert_eq!(left, (2, 2));
}

#[tokio::test]
async fn what_should_not_leave_is_put_back_into_the_answer_wherever_its_stream_is_cut() {
    let house = House::with(
        Account::Bot,
        "[redaction]\npatterns = [\"phone\", \"resident_number\"]\n",
    )
    .await;
    house.model.answer_next(Reply::deltas([
        "전화는 \u{27e6}pho",
        "ne-1\u{27e7}, 주민번호는 \u{27e6}resident_",
        "number-2",
        "\u{27e7}예요.",
    ]));
    house
        .ask(
            "alice",
            "내 전화는 010-1234-5678, 주민번호는 900101-1234567이야",
        )
        .await;
    let post = house
        .see("bob", "the whole answer", |post| {
            post.text.contains("예요.")
        })
        .await;
    assert!(
        post.text
            .contains("전화는 010-1234-5678, 주민번호는 900101-1234567예요."),
        "{}",
        post.text
    );
    let sent = house.last_prompt();
    assert!(
        !sent.contains("1234-5678") && !sent.contains("900101"),
        "{sent}"
    );
    // What was said before is replaced, too, when it is told again.
    house.asked("alice", "뭐라고 했지?", "다 들었어요.").await;
    let sent = house.last_prompt();
    assert!(
        sent.contains("phone-1") && !sent.contains("1234-5678"),
        "{sent}"
    );
}

#[tokio::test]
async fn what_was_stored_is_sealed_with_a_new_key_and_not_opened_without_it() {
    let mut house = hearing("").await;
    house
        .asked("alice", &format!("I am {SECRET}."), "Hello.")
        .await;
    house.close().await;
    let keys = |house: &House, arguments: &[&str]| {
        let arguments = [&["keys"], arguments].concat();
        let output = run(house.directory.path(), &house.environment, &arguments);
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (code, key, _) = keys(&house, &["new"]);
    assert_eq!((code, house.secrets()), (Some(0), 1));
    let sealed = ("ASKWELL_SEAL_KEY".to_owned(), key.trim().to_owned());
    house.environment.extend([sealed]);
    let (code, said, complaint) = keys(&house, &["rotate"]);
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.contains("2개"), "{said}");
    assert_eq!(house.secrets(), 0);
    let file = std::fs::read(house.directory.path().join("askwell.db")).unwrap();
    assert!(!String::from_utf8_lossy(&file).contains(SECRET));
    house.environment.remove("ASKWELL_SEAL_KEY");
    let (code, _, complaint) = keys(&house, &["rotate"]);
    assert_eq!(code, Some(1));
    assert!(complaint.contains("seal_keys_old"), "{complaint}");
    house
        .environment
        .extend([("ASKWELL_SEAL_KEY".to_owned(), key.trim().to_owned())]);
    house.open("");
    house.asked("alice", "Who am I?", "You said it.").await;
    assert!(house.last_prompt().contains(SECRET));
}
