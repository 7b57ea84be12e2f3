//! Another configuration is put in place, or refused, while people ask and answers are being written.

use std::time::Duration;

use askwell_playground::model::{Reply, ScriptedModel};
use askwell_playground::{CommandSpec, SeenPost, TimeSource};

use super::house::{Account, House};
use super::process::Process;
use super::several::{also, secrets};
use super::terminal::{run, text};

/// A configuration in which the assistant has a name, and the bot hears no posts.
fn named(name: &str) -> String {
    format!("[answer]\nassistant = \"{name}\"\n[bot]\nhears = \"nothing\"\n")
}

/// The same with a bot that hears.
fn hearing(name: &str) -> String {
    format!("[answer]\nassistant = \"{name}\"\n[bot]\nhears = \"thread\"\n")
}

async fn house() -> House {
    House::with(Account::Bot, &named("Old")).await
}

/// How many posts of the lobby hold these words.
fn count(house: &House, words: &str) -> usize {
    let texts = house.texts("bob");
    texts.iter().filter(|text| text.contains(words)).count()
}

/// The keys of each entry about the configuration.
fn changes_written_down(house: &House) -> Vec<String> {
    let arguments = ["audit", "export", "--format", "csv"];
    let output = run(house.directory.path(), &house.environment, &arguments);
    let entries = text(&output.stdout);
    let of_configuration = entries
        .lines()
        .filter(|line| line.contains("configuration_changed"));
    of_configuration.map(str::to_owned).collect()
}

#[tokio::test]
async fn an_answer_ends_as_it_began_and_the_next_one_has_the_new_name() {
    let house = house().await;
    let held = Reply::deltas(["The first"])
        .gate("middle")
        .content(" answer.");
    house.model.answer_next(held);
    house
        .model
        .answer_otherwise(Reply::text("The second answer."));
    house.ask("alice", "first?").await;
    house.model.wait_at_gate("middle").await;
    assert!(house.reload(&named("New")).await);

    // Another lane than that of the answer which is still being written.
    house.ask("bob", "second?").await;
    let second = house
        .see_in_time("bob", "the second answer", |post| {
            post.text.contains("The second answer.")
        })
        .await;
    assert!(second.text.contains("New"), "{}", second.text);
    house.model.open_gate("middle");
    let first = house
        .see_in_time("bob", "the first answer, whole", |post| {
            post.text.contains("The first answer.")
        })
        .await;
    assert!(first.text.contains("Old"), "{}", first.text);
    assert_eq!(house.model.requests().len(), 2);
    assert_eq!(count(&house, "answer."), 2);

    let written = changes_written_down(&house);
    assert_eq!(written.len(), 1, "{written:?}");
    assert!(
        written[0].contains("keys = answer.assistant"),
        "{written:?}"
    );
    assert!(!written[0].contains("New"), "{written:?}");
}

#[tokio::test]
async fn a_question_that_waits_behind_one_from_before_is_answered_under_the_new_settings() {
    let house = house().await;
    let held = Reply::deltas(["The first"])
        .gate("middle")
        .content(" answer.");
    house.model.answer_next(held);
    house
        .model
        .answer_otherwise(Reply::text("The second answer."));
    house.ask("alice", "first?").await;
    house.model.wait_at_gate("middle").await;
    house.ask("alice", "second?").await;
    assert!(house.reload(&named("New")).await);
    house.model.open_gate("middle");
    let second = house
        .see_in_time("bob", "the second answer", |post| {
            post.text.contains("The second answer.")
        })
        .await;
    assert!(second.text.contains("New"), "{}", second.text);
    assert_eq!(count(&house, "The first answer."), 1);
}

#[tokio::test]
async fn what_is_asked_while_configurations_come_and_go_is_answered_once_each() {
    let house = house().await;
    house.model.answer_otherwise(Reply::text("An answer."));
    let asking = async {
        for number in 0..20 {
            let person = if number % 2 == 0 { "alice" } else { "bob" };
            house.ask(person, &format!("question {number}?")).await;
            tokio::task::yield_now().await;
        }
    };
    let changing = async {
        for number in 0..5 {
            assert!(house.reload(&named(&format!("Name{number}"))).await);
        }
    };
    futures_util::join!(asking, changing);
    house
        .meanwhile(house.playground.wait_until("all answers", |view| {
            let posts = view.posts_seen_by("bob", "lobby");
            let answers = posts.iter().filter(|post| post.text.contains("An answer."));
            answers.count() == 20
        }))
        .await;
    house.pass(Duration::from_secs(5)).await;
    assert_eq!(count(&house, "An answer."), 20);
    assert_eq!(house.model.requests().len(), 20);
    assert_eq!(changes_written_down(&house).len(), 5);
}

#[tokio::test]
async fn a_half_written_file_is_refused_and_the_old_configuration_kept() {
    let house = house().await;
    house.model.answer_otherwise(Reply::text("An answer."));
    for wrong in [
        "[answer]\nassis",
        "[answer]\nassistent = \"New\"\n",
        "[server]\nlanguage = \"xx\"\n",
    ] {
        assert!(!house.reload(wrong).await, "{wrong}");
    }
    assert_eq!(changes_written_down(&house), Vec::<String>::new());
    house.ask("alice", "still there?").await;
    let answer = house
        .see_in_time("bob", "the answer", |post| post.text.contains("An answer."))
        .await;
    assert!(answer.text.contains("Old"), "{}", answer.text);
}

/// Asks as a program does, and returns what it is told at the end.
async fn by_hand(house: &House, words: &str) -> String {
    let form = format!("token={}&text={words}&user_name=me", house.command_token);
    let url = format!("{}/mattermost-gpt", house.url);
    let client = reqwest::Client::builder().build().unwrap();
    let kind = "application/x-www-form-urlencoded";
    let request = client.post(url).header("content-type", kind).body(form);
    let reply = request.send().await.unwrap().bytes().await.unwrap();
    text(&reply)
}

/// Waits until so many questions are in the database.
async fn until_accepted(house: &House, questions: i64) {
    until_counted(house, "SELECT COUNT(*) FROM questions", questions).await;
}

/// Waits until a query of the database counts so many.
async fn until_counted(house: &House, sql: &str, expected: i64) {
    let file = house.directory.path().join("askwell.db");
    let connection = rusqlite::Connection::open(file).unwrap();
    let count = || -> i64 { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    while count() < expected {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_waits_by_hand_is_answered_also_where_another_configuration_came_between() {
    let toml = format!("{}[limits]\nworkers = 1\n", named("Old"));
    let house = House::with(Account::Bot, &toml).await;
    let held = Reply::deltas(["The"])
        .gate("middle")
        .content(" first answer.");
    house.model.answer_next(held);
    house
        .model
        .answer_otherwise(Reply::text("The second answer."));
    let first = by_hand(&house, "first");
    let second = async {
        house.model.wait_at_gate("middle").await;
        by_hand(&house, "second").await
    };
    let changed = async {
        house.model.wait_at_gate("middle").await;
        until_accepted(&house, 2).await;
        assert!(house.reload(&named("New")).await);
        house.model.open_gate("middle");
    };
    let (first, second, ()) = futures_util::join!(first, second, changed);
    assert!(
        first.contains("The first answer.") && first.contains("Old"),
        "{first}"
    );
    // Accepted under the old configuration, and answered by whoever has taken its place.
    assert!(
        second.contains("The second answer.") && second.contains("New"),
        "{second}"
    );
}

#[tokio::test]
async fn an_answer_from_before_is_stopped_by_a_word_said_after() {
    let house = house().await;
    let held = Reply::deltas(["The first"])
        .gate("middle")
        .content(" answer.");
    house.model.answer_next(held);
    house.ask("alice", "first?").await;
    house.model.wait_at_gate("middle").await;
    assert!(house.reload(&named("New")).await);
    house.ask("alice", "stop").await;
    let stopped = house
        .see_in_time("bob", "the stopped answer", |post| {
            post.text.contains("The first") && post.text.contains("멈췄어요")
        })
        .await;
    assert!(!stopped.text.contains("answer."), "{}", stopped.text);
    house.model.open_gate("middle");
}

#[tokio::test]
async fn posts_are_heard_before_and_after_and_between_two_configurations() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.open(&hearing("Old"));
    house.until_the_bot_hears().await;
    house.model.answer_otherwise(Reply::text("I heard."));
    let say = |words: &str| house.playground.say("alice", "lobby", words, None);
    let first = say("@gptbot one");
    house.meanwhile(house.see_reply(&first, "I heard")).await;
    house.clock.advance(Duration::from_secs(1));
    let new = hearing("New");
    let reload = house.reload(&new);
    let (is_in_force, second) = futures_util::join!(reload, async { say("@gptbot two") });
    assert!(is_in_force);
    house.meanwhile(house.see_reply(&second, "I heard")).await;
    house.clock.advance(Duration::from_secs(1));
    let third = say("@gptbot three");
    house.meanwhile(house.see_reply(&third, "I heard")).await;
    assert_eq!(count(&house, "I heard."), 3);
    assert_eq!(house.model.requests().len(), 3);
}

#[tokio::test]
async fn a_further_bot_comes_and_goes_without_a_restart() {
    let house = house().await;
    let bot = house.playground.create_bot("salesbot");
    house.playground.join_team("acme", &["salesbot"]);
    house.playground.join_channel("lobby", &["salesbot"]);
    let hook = format!("{}/mattermost-gpt", house.url);
    let spec = CommandSpec::new("sales", &hook);
    let command = house.playground.create_command("acme", &spec);
    let other = ScriptedModel::start().await;
    other.answer_otherwise(Reply::text("We sell."));
    let sales = async || {
        let playground = &house.playground;
        let ask = playground.run_command("alice", "lobby", "/sales what?", None);
        ask.await.status
    };
    assert_ne!(sales().await, 200, "nobody knows its token");

    let secrets = secrets(&house.playground.url(), &other, &command.token, &bot.token);
    let toml = also(&house, "sales", &secrets);
    assert!(house.reload(&toml).await);
    assert_eq!(sales().await, 200);
    house
        .see_in_time("bob", "the further bot's answer", |post| {
            post.author == "salesbot" && post.text.contains("We sell.")
        })
        .await;

    assert!(house.reload(&named("Old")).await);
    assert_ne!(sales().await, 200);
    let written = changes_written_down(&house);
    assert!(written[0].contains("server.also"), "{written:?}");
    assert!(written[0].contains("sales: mattermost.name"), "{written:?}");
    assert!(!written.concat().contains(&command.token));
}

#[tokio::test]
async fn a_broken_token_is_mended_by_the_next_configuration_and_nothing_is_lost() {
    let mut house = house().await;
    house.model.answer_otherwise(Reply::text("An answer."));
    let good = house.environment.insert(
        "MATTERMOST_BOT_TOKEN".to_owned(),
        "brokenbrokenbrokenbroken12".to_owned(),
    );
    assert!(house.reload(&named("New")).await);
    house.ask("alice", "is anybody there?").await;
    house.pass(Duration::from_secs(5)).await;
    assert_eq!(count(&house, "An answer."), 0);
    house
        .environment
        .insert("MATTERMOST_BOT_TOKEN".to_owned(), good.unwrap());
    assert!(house.reload(&named("New")).await);
    house
        .see_in_time("bob", "the answer", |post| post.text.contains("An answer."))
        .await;
    house.pass(Duration::from_secs(5)).await;
    assert_eq!(count(&house, "An answer."), 1);
}

/// A house whose askwell watches its files.
async fn watching() -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.environment.remove("ASKWELL_WATCH");
    house.open(&named("Old"));
    house.model.answer_otherwise(Reply::text("An answer."));
    house
}

/// Asks, and returns the answer's post.
async fn asked(house: &House, words: &str, answer: &str) -> String {
    house.model.answer_next(Reply::text(answer));
    house.ask("alice", words).await;
    let is_it = |post: &SeenPost| post.text.contains(answer);
    house.see_in_time("bob", answer, is_it).await.text
}

/// Waits, while time passes, until so many changes were written down.
async fn until_changed(house: &House, changes: i64) {
    let sql = "SELECT COUNT(*) FROM audit WHERE action = 'configuration_changed'";
    house.meanwhile(until_counted(house, sql, changes)).await;
}

/// Asks until an answer has this name; a change is written down a moment before it is in force.
async fn until_named(house: &House, name: &str) {
    for number in 0..50 {
        let answer = format!("Answer {number}.");
        if asked(house, "who?", &answer).await.contains(name) {
            return;
        }
    }
    panic!("nobody of the name {name} answers");
}

#[tokio::test]
async fn a_file_that_was_written_is_in_force_once_without_anybody_asking() {
    let house = watching().await;
    assert!(asked(&house, "first?", "The first.").await.contains("Old"));
    house.write(&named("New"));
    until_changed(&house, 1).await;
    until_named(&house, "New").await;

    // What somebody asked for is not taken up a second time for having been written.
    assert!(house.reload(&named("Newer")).await);
    house.pass(Duration::from_secs(20)).await;
    assert!(
        asked(&house, "third?", "The third.")
            .await
            .contains("Newer")
    );
    assert_eq!(changes_written_down(&house).len(), 2);
}

#[tokio::test]
async fn of_a_file_that_is_being_written_nothing_is_taken() {
    let house = watching().await;
    // Each of them would be a whole configuration.
    for length in 0..20 {
        house.write(&named(&"New".repeat(length + 1)));
        house.pass(Duration::from_secs(1)).await;
    }
    house.write("[answer]\nassis");
    house.pass(Duration::from_secs(10)).await;
    assert_eq!(changes_written_down(&house), Vec::<String>::new());
    assert!(asked(&house, "first?", "The first.").await.contains("Old"));
    house.write(&named("Whole"));
    until_changed(&house, 1).await;
    until_named(&house, "Whole").await;
    assert_eq!(changes_written_down(&house).len(), 1);
}

#[tokio::test]
async fn the_process_looks_again_when_it_is_sent_the_signal_and_says_what_it_found() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let english = ("ASKWELL_LANGUAGE".to_owned(), "en".to_owned());
    house.environment.extend([english]);
    let process = Process::start(&mut house, &named("Old"));
    process.listening().await;
    let write = |toml: &str| {
        std::fs::write(house.directory.path().join("askwell.toml"), toml).unwrap();
        process.signal("HUP");
    };
    write("[answer]\nassistent = \"New\"\n");
    process.logged("the old one stays in force").await;
    process.logged("assistent").await;
    write(&format!(
        "{}[server]\nmax_connections = 512\n",
        named("New")
    ));
    process.logged("another configuration is in force").await;
    process.logged("keys=\"server.max_connections\"").await;
    house.model.answer_next(Reply::text("An answer."));
    house.ask("alice", "who are you?").await;
    let answer = house
        .see("bob", "the answer", |post| post.text.contains("An answer."))
        .await;
    assert!(answer.text.contains("New"), "{}", answer.text);
    process.signal("TERM");
    let (status, log) = process.ended().await;
    assert!(status.success(), "{log}");
}
