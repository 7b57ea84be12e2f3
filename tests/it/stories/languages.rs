//! Each person is spoken to in the language of their own account.

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::model::Reply;
use askwell_playground::{SeenPost, TimeSource};

use super::house::{Account, House};

/// A Korean installation in which alice reads English, bob Korean and carol French.
async fn house(toml: &str) -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.playground.create_user("carol");
    house.playground.join_team("acme", &["carol"]);
    house.playground.join_channel("lobby", &["carol"]);
    for (person, locale) in [("alice", "en-AU"), ("bob", "ko"), ("carol", "fr")] {
        house.playground.set_locale(person, locale);
    }
    house.open(toml);
    house
}

/// Has somebody ask what the model replies to so, and returns the answer once it has ended with these words.
async fn answered(house: &House, person: &str, reply: Reply, words: &str) -> SeenPost {
    house.model.answer_next(reply);
    house.ask(person, "why?").await;
    let heading = format!("**{person}**: why?");
    house
        .see("admin", words, |post| {
            post.text.starts_with(&heading) && post.text.contains(words)
        })
        .await
}

/// Why a question failed, without the id.
fn why(language: Language) -> String {
    let reason = Reason::ModelKeyRejected;
    say(language, &Sentence::Refused(reason))
}

#[tokio::test]
async fn why_a_question_failed_is_said_in_the_askers_language() {
    let house = house("").await;
    for (person, language) in [
        ("alice", Language::English),
        ("bob", Language::Korean),
        ("carol", Language::Korean),
    ] {
        let reply = Reply::unauthorized();
        answered(&house, person, reply, &why(language)).await;
    }
}

#[tokio::test]
async fn footnotes_instructions_and_help_are_in_the_askers_language() {
    let house = house("").await;
    for (person, language) in [("alice", Language::English), ("bob", Language::Korean)] {
        let reply = Reply::deltas(["A sentence that is cut."]).finish("length");
        let footnote = say(language, &Sentence::AnswerCutAtLength);
        answered(&house, person, reply, &footnote).await;
        let help = Sentence::Help {
            trigger: "askgpt",
            assistant: "GPT",
        };
        let told = house.ask(person, "help").await;
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let told = told["text"].as_str().unwrap();
        assert!(told.starts_with(&say(language, &help)), "{told}");
    }
    let told: Vec<String> = house
        .model
        .requests()
        .iter()
        .map(|request| request.body["messages"][0]["content"].to_string())
        .collect();
    assert!(told[0].contains("You are GPT"), "{}", told[0]);
    assert!(told[1].contains("당신은"), "{}", told[1]);
}

#[tokio::test]
async fn everybody_is_spoken_to_alike_where_accounts_are_not_followed() {
    let house = house("[answer]\nfollow_people = false\n").await;
    let reply = Reply::unauthorized();
    answered(&house, "alice", reply, &why(Language::Korean)).await;
}

#[tokio::test]
async fn whoever_changes_their_language_is_spoken_to_in_it_from_then_on() {
    let house = house("[bot]\nhears = \"thread\"\n").await;
    house.until_the_bot_hears().await;
    let direct = house.playground.direct_channel("bob", "gptbot");
    let sentence = |language| say(language, &Sentence::AnswerCutAtLength);
    for (locale, language) in [("ko", Language::Korean), ("en", Language::English)] {
        house.playground.set_locale("bob", locale);
        house
            .model
            .answer_next(Reply::deltas(["A sentence that is cut."]).finish("length"));
        house.playground.say("bob", &direct, "why?", None);
        house
            .playground
            .wait_until("the footnote", |view| {
                let posts = view.posts_seen_by("bob", &direct);
                posts
                    .iter()
                    .any(|post| post.text.ends_with(&sentence(language)))
            })
            .await;
    }
}
