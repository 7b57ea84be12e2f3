//! A house whose database is PostgreSQL.

use askwell_playground::TimeSource;
use askwell_playground::model::Reply;

use super::house::{Account, House, lasting_address};
use super::process::Process;

#[tokio::test]
async fn questions_are_answered_remembered_and_taken_up_after_a_restart() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.move_to_postgres().await;
    house.open("");
    house
        .model
        .answer_next(Reply::text("I will remember Nabi."));
    house.ask("alice", "my cat is Nabi").await;
    house
        .see("bob", "the first answer", |post| {
            post.text == "**alice**: my cat is Nabi\n**GPT**: I will remember Nabi."
        })
        .await;

    house.playground.go_down().await;
    house.ask("bob", "who is her cat?").await;
    house.close().await;
    house.playground.come_up().await;
    house.open("");
    house.model.answer_next(Reply::text("Nabi is."));
    house
        .see_in_time("alice", "the second answer", |post| {
            post.text == "**bob**: who is her cat?\n**GPT**: Nabi is."
        })
        .await;
    assert_eq!(house.texts("alice").len(), 2);
    let requests = house.model.requests();
    let asked = requests[1].body.to_string();
    assert!(asked.contains("alice: my cat is Nabi"));
    assert!(asked.contains("I will remember Nabi."));
}

#[tokio::test]
async fn what_two_replicas_hear_is_answered_once() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.move_to_postgres().await;
    house
        .model
        .answer_otherwise(Reply::text("Once and no more."));
    let one = Process::start(&mut house, "[bot]\nhears = \"thread\"\n");
    let two = Process::start_at(&house, &lasting_address().to_string());
    house
        .playground
        .wait_until("both connections", |view| {
            view.connections_of("gptbot") == 2
        })
        .await;
    let people = ["alice", "bob", "admin"];
    let mut asked = Vec::new();
    for person in people.repeat(3) {
        let post = house.playground.say(person, "lobby", "@gptbot well?", None);
        asked.push(post);
    }
    for post in &asked {
        house.see_reply(post, "Once and no more.").await;
    }
    // Whatever either still has in hand it finishes before it ends.
    for replica in [one, two] {
        replica.signal("TERM");
        let (status, log) = replica.ended().await;
        assert_eq!(status.code(), Some(0), "{log}");
    }
    let posts = house
        .playground
        .look(|view| view.posts_seen_by("bob", "lobby"));
    for post in &asked {
        let of_it = |seen: &&askwell_playground::SeenPost| {
            seen.author == "gptbot" && seen.root.as_ref() == Some(post)
        };
        assert_eq!(posts.iter().filter(of_it).count(), 1);
    }
    assert_eq!(house.model.requests().len(), asked.len());
}
