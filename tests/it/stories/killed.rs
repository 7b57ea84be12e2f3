//! The process killed at random moments while people ask and answers are written: each question is answered once or visibly ended.
//!
//! `ASKWELL_KILL_QUESTIONS` and `ASKWELL_KILLS` say how many; `ASKWELL_KILL_SEED` repeats the moments of an earlier run, though not
//! what the machine does between them.

use std::collections::BTreeMap;
use std::time::Duration;

use askwell::text::{Language, Sentence, say};
use askwell_playground::model::{Outcome, Reply};
use askwell_playground::{CommandSeen, TimeSource, route};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;

use super::house::{Account, House};
use super::ledger_after;
use super::process::Process;

/// Answers are edited as often as an operator may ask for, and nobody waits for the limiter.
const TOML: &str = "[mattermost]\nwrites_per_second = 1000\nwrite_burst = 1000\n
[answer]\nedit_interval_seconds = 0.1\nedit_growth_chars = 20\nedit_growth_percent = 0\n";

/// So many ask at the same time, each the next question while the last one is answered.
const ASKERS: usize = 8;

/// Questions asked in one channel; a channel with few posts is quickly looked through.
const QUESTIONS_A_ROOM: usize = 10;

/// How many pieces an answer has, and how long a model takes for each. More is written than is kept after a crash, so that both ways
/// to go on are taken.
const PIECES: usize = 12;
const PAUSE: Duration = Duration::from_millis(12);

/// From the environment, else small enough for every run of the suite.
pub(super) fn number<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    let written = std::env::var(name).ok();
    written.map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}

/// The whole answer to every question.
fn answer() -> String {
    let pieces = (1..=PIECES).map(|piece| format!("This is sentence {piece} of it. "));
    pieces.collect::<String>() + "(the end)"
}

fn slowly(answer: &str) -> Reply {
    let length = answer.len().div_ceil(PIECES);
    (0..PIECES).fold(Reply::empty(), |reply, piece| {
        let text = &answer[piece * length..answer.len().min((piece + 1) * length)];
        reply.content(text).pause(PAUSE)
    })
}

/// When a process is killed: counted in what is seen from outside.
#[derive(Debug)]
struct Moment {
    /// So many times a model was asked, since the beginning.
    requests: usize,
    /// What is waited for then.
    event: Event,
    /// How often others go on before the kill.
    turns: usize,
}

#[derive(Debug)]
enum Event {
    Asked,
    Created,
    Edited,
}

/// Draws the moments, early enough that what is waited for still comes.
fn moments(seed: u64, kills: usize, questions: usize) -> Vec<Moment> {
    let mut chance = StdRng::seed_from_u64(seed);
    let latest = (questions * 3 / 4).max(1);
    let mut requests: Vec<usize> = (0..kills)
        .map(|_| chance.random_range(1..=latest))
        .collect();
    requests.sort_unstable();
    let moment = |requests| Moment {
        requests,
        event: match chance.random_range(0..3) {
            0 => Event::Asked,
            1 => Event::Created,
            _ => Event::Edited,
        },
        turns: chance.random_range(0..200),
    };
    requests.into_iter().map(moment).collect()
}

struct Story {
    house: House,
    /// How many processes have begun to listen.
    lives: watch::Sender<u64>,
}

/// What one person asked.
#[derive(Default)]
struct Asked {
    /// Mattermost was told that it was received.
    accepted: Vec<String>,
    /// The person was told that it failed, which can also be the loss of the acknowledgement alone.
    failed: Vec<String>,
}

fn person(who: usize) -> String {
    format!("person{who}")
}

fn room(who: usize, number: usize) -> String {
    format!("room-{who}-{}", number / QUESTIONS_A_ROOM)
}

impl Story {
    /// Asks a question until it is accepted, again after each kill that made it fail.
    async fn ask(&self, who: usize, number: usize, asked: &mut Asked) -> String {
        let mut lives = self.lives.subscribe();
        for again in 0.. {
            lives.borrow_and_update();
            let question = format!("question-{who}-{number}-{again}");
            let typed = format!("/askgpt {question}");
            let CommandSeen { status, body } = self
                .house
                .playground
                .run_command(&person(who), &room(who, number), &typed, None)
                .await;
            if status == 200 {
                assert_eq!(body["text"], "", "the acknowledgement is silent");
                asked.accepted.push(question.clone());
                return question;
            }
            asked.failed.push(question);
            lives.changed().await.unwrap();
        }
        unreachable!("there are fewer kills than numbers");
    }

    /// Asks one question after the other, the next while the last one is answered.
    async fn ask_all(&self, who: usize, questions: usize) -> Asked {
        let mut asked = Asked::default();
        let mut last = None;
        for number in 0..questions {
            let question = self.ask(who, number, &mut asked).await;
            if let Some((number, question)) = last.replace((number, question)) {
                self.until_ended(&room(who, number), &question).await;
            }
        }
        if let Some((number, question)) = last {
            self.until_ended(&room(who, number), &question).await;
        }
        asked
    }

    async fn until_ended(&self, room: &str, question: &str) {
        self.house
            .playground
            .wait_until(question, |view| {
                let posts = view.posts_seen_by("admin", room);
                posts
                    .iter()
                    .any(|post| post.text.contains(question) && is_an_end(&post.text))
            })
            .await;
    }

    /// Kills the process at each of these moments and starts another; returns the last one, and how many answers were being written at
    /// the moments.
    async fn kill_again_and_again(
        &self,
        mut process: Process,
        moments: Vec<Moment>,
    ) -> (Process, usize) {
        let mut broken = 0;
        for Moment {
            requests,
            event,
            turns,
        } in moments
        {
            self.house.model.wait_for_requests(requests).await;
            match event {
                Event::Asked => {}
                Event::Created => self.one_more(route::CREATE_POST).await,
                Event::Edited => self.one_more(route::PATCH_POST).await,
            }
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            let asked = self.house.model.requests();
            broken += asked
                .iter()
                .filter(|request| request.outcome == Outcome::Running)
                .count();
            drop(process);
            process = Process::start_at(&self.house, &self.house.address.to_string());
            process.listening().await;
            self.lives.send_modify(|lives| *lives += 1);
        }
        (process, broken)
    }

    async fn one_more(&self, route: &str) {
        let playground = &self.house.playground;
        let before = playground.look(|view| view.requests(route));
        playground
            .wait_until(route, |view| view.requests(route) > before)
            .await;
    }

    /// Waits until no question waits and none is worked on, also none whose acknowledgement was lost.
    async fn until_nothing_is_left(&self) {
        loop {
            let backlog = &self.house.readiness().await["backlog"];
            if backlog["waiting"] == 0 && backlog["running"] == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Counts the posts of each question, and says of each post how it ended.
    fn ends(&self, rooms: &[String]) -> (BTreeMap<String, usize>, BTreeMap<&'static str, usize>) {
        let (mut posts, mut ends) = (BTreeMap::new(), BTreeMap::new());
        for room in rooms {
            for text in self.house.texts_in(room, "admin") {
                let (question, end) = end_of(&text);
                *posts.entry(question).or_default() += 1;
                *ends.entry(end).or_default() += 1;
            }
        }
        (posts, ends)
    }
}

fn is_an_end(text: &str) -> bool {
    let interrupted = say(Language::Korean, &Sentence::AnswerInterrupted);
    text.ends_with("(the end)") || text.ends_with(&interrupted) || text.contains("오류 발생: ")
}

/// Says to which question a post belongs and how it ended; anything between a beginning and an end fails the test.
fn end_of(text: &str) -> (String, &'static str) {
    let (question, said) = text.split_once('\n').unwrap();
    let (_, question) = question.split_once(": ").unwrap();
    let said = said.strip_prefix("**GPT**: ").unwrap();
    let footnote = say(Language::Korean, &Sentence::AnswerInterrupted);
    let end = if said == answer() {
        "answered"
    } else if let Some(shown) = said.strip_suffix(&footnote) {
        assert!(answer().starts_with(shown.trim()), "{text}");
        "interrupted"
    } else {
        assert!(said.starts_with("오류 발생: "), "{text}");
        "failed"
    };
    (question.to_owned(), end)
}

async fn furnished(questions: usize) -> (Story, Process, Vec<String>) {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let mut rooms = Vec::new();
    for who in 0..ASKERS {
        let person = person(who);
        house.playground.create_user(&person);
        house.playground.set_locale(&person, "ko");
        house.playground.join_team("acme", &[&person]);
        for number in (0..questions.div_ceil(ASKERS)).step_by(QUESTIONS_A_ROOM) {
            let room = room(who, number);
            let members = ["admin", "gptbot", &person];
            house.playground.create_channel("acme", &room, &members);
            rooms.push(room);
        }
    }
    let reply = slowly(&answer());
    house.model.answer_otherwise(reply);
    let process = Process::start(&mut house, &format!("{TOML}\n{}", ledger_after::BUDGETS));
    process.listening().await;
    let lives = watch::Sender::new(1);
    (Story { house, lives }, process, rooms)
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_once_though_the_process_is_killed_again_and_again() {
    let questions = number("ASKWELL_KILL_QUESTIONS", 64);
    let kills = number("ASKWELL_KILLS", 6);
    let seed = number("ASKWELL_KILL_SEED", rand::rng().random());
    eprintln!("ASKWELL_KILL_SEED={seed}");
    let (story, process, rooms) = furnished(questions).await;
    let share = |who| questions / ASKERS + usize::from(who < questions % ASKERS);
    let (asked, (process, broken)) = tokio::join!(
        join_all((0..ASKERS).map(|who| story.ask_all(who, share(who)))),
        story.kill_again_and_again(process, moments(seed, kills, questions)),
    );
    story.until_nothing_is_left().await;
    let (posts, ends) = story.ends(&rooms);
    let accepted: Vec<&String> = asked.iter().flat_map(|asked| &asked.accepted).collect();
    let failed: Vec<&String> = asked.iter().flat_map(|asked| &asked.failed).collect();
    eprintln!(
        "{kills} kills while {broken} answers were being written: {ends:?}; {} commands failed and were given again",
        failed.len()
    );
    assert_eq!(accepted.len(), questions);
    for question in accepted {
        assert_eq!(posts.get(question), Some(&1), "{question}");
    }
    for question in failed {
        assert!(
            posts.get(question).is_none_or(|count| *count == 1),
            "{question}"
        );
    }
    assert!(kills == 0 || broken > 0, "no kill met an answer");
    drop(process);
    let requests = story.house.model.requests().len();
    let database = story.house.directory.path().join("askwell.db");
    ledger_after::is_whole(&database, requests, kills, ASKERS);
}
