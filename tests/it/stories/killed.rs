//! The process killed at random while people ask: each question is answered once or visibly ended.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use askwell_playground::model::{Echo, Reply, ScriptedModel};
use askwell_playground::{CommandSpec, Options, Playground};

/// From the environment, else small enough for every run of the suite.
fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

struct Process {
    child: Child,
}

impl Process {
    fn start(directory: &std::path::Path, environment: &BTreeMap<String, String>) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_askwell"))
            .arg("serve")
            .current_dir(directory)
            .env_clear()
            .envs(environment)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child }
    }

    async fn ready(&self, url: &str) {
        let client = reqwest::Client::builder().build().unwrap();
        loop {
            let reply = client.get(format!("{url}/healthz")).send().await;
            if reply.is_ok_and(|reply| reply.status().is_success()) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_once_though_the_process_is_killed_again_and_again() {
    let (questions, kills) = (
        number("ASKWELL_KILL_QUESTIONS", 40),
        number("ASKWELL_KILLS", 4),
    );
    let address = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap()
    };
    let url = format!("http://{address}");
    let playground = Playground::start(Options::default()).await.unwrap();
    playground.create_admin("admin");
    let people: Vec<String> = (0..10).map(|number| format!("person{number}")).collect();
    let bot = playground.create_bot("gptbot");
    playground.create_team("acme");
    let mut members: Vec<&str> = people.iter().map(String::as_str).collect();
    for person in &members {
        playground.create_user(person);
    }
    members.extend(["admin", "gptbot"]);
    playground.join_team("acme", &members);
    playground.create_channel("acme", "lobby", &members);
    let command = playground.create_command(
        "acme",
        &CommandSpec::new("askgpt", &format!("{url}/mattermost-gpt")),
    );
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::echo(Echo::default()));
    let directory = tempfile::tempdir().unwrap();
    let environment = BTreeMap::from([
        ("OPENAI_BASE_URL".to_owned(), model.base_url()),
        ("ASKWELL_MODEL".to_owned(), "scripted".to_owned()),
        ("ASKWELL_LISTEN".to_owned(), address.to_string()),
        ("MATTERMOST_URL".to_owned(), playground.url()),
        ("MATTERMOST_BOT_TOKEN".to_owned(), bot.token),
        ("MATTERMOST_COMMAND_TOKENS".to_owned(), command.token),
    ]);
    std::fs::write(
        directory.path().join("askwell.toml"),
        "[mattermost]\nwrites_per_second = 1000\nwrite_burst = 1000\n",
    )
    .unwrap();

    let mut process = Process::start(directory.path(), &environment);
    process.ready(&url).await;
    let kill_every = (questions / (kills + 1)).max(1);
    let mut accepted = Vec::new();
    for number in 0..questions {
        if number > 0 && number % kill_every == 0 {
            drop(process);
            process = Process::start(directory.path(), &environment);
            process.ready(&url).await;
        }
        let person = &people[number % people.len()];
        let text = format!("/askgpt question-{number:05}");
        let seen = playground.run_command(person, "lobby", &text, None).await;
        if seen.status == 200 {
            accepted.push(format!("question-{number:05}"));
        }
    }
    for question in &accepted {
        let echoed = format!(": {question}\n");
        playground
            .wait_until(question, |view| {
                let posts = view.posts_seen_by("admin", "lobby");
                posts.iter().any(|post| post.text.contains(&echoed))
            })
            .await;
    }
    let posts = playground.look(|view| view.posts_seen_by("admin", "lobby"));
    for question in &accepted {
        let count = posts
            .iter()
            .filter(|post| post.text.contains(&format!(": {question}\n")))
            .count();
        assert_eq!(count, 1, "{question}");
    }
    assert_eq!(
        accepted.len(),
        questions,
        "a command failed though askwell was up"
    );
}
