//! People talk with the bot in channels, threads and direct messages, while its connection is cut and its process killed again and again:
//! each question is answered once or visibly ended, in its place and in its turn.
//!
//! `ASKWELL_CUT_QUESTIONS`, `ASKWELL_CUT_PEOPLE`, `ASKWELL_CUT_CHANNELS`, `ASKWELL_CUTS` and `ASKWELL_CUT_KILLS` say how many;
//! `ASKWELL_CUT_SEED` repeats who asks where and when it is cut and killed, though not what the machine does between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use askwell::text::{Language, Sentence, say};
use askwell_playground::model::{Echo, Reply};
use askwell_playground::{SeenPost, TimeSource, View, route};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::house::{Account, House};
use super::killed::number;
use super::process::Process;

const TOML: &str =
    "[bot]\nhears = \"thread\"\n[mattermost]\nwrites_per_second = 1000\nwrite_burst = 1000\n
[answer]\nedit_interval_seconds = 0.2\nedit_growth_chars = 40\nedit_growth_percent = 0\n";

/// Longer than what is kept after a crash, so that both ways to go on are taken.
const ANSWER: Echo = Echo {
    tokens: Some(80),
    rate: Some(200),
    first_token: Duration::ZERO,
};

/// Questions of one person that may be under way at the same time.
const AT_ONCE: usize = 2;

/// Where a conversation is: a thread of a channel, or a direct channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    channel: String,
    root: Option<String>,
}

/// What was asked in one place: each question's word, and when its post was made.
#[derive(Debug, Default)]
struct Conversation {
    asked: BTreeMap<String, i64>,
    /// Who has addressed the bot there.
    known: BTreeSet<usize>,
}

struct Story {
    house: House,
    channels: usize,
    places: Mutex<BTreeMap<Place, Conversation>>,
}

fn person(who: usize) -> String {
    format!("person{who}")
}

fn is_an_end(post: &SeenPost) -> bool {
    let interrupted = say(Language::Korean, &Sentence::AnswerInterrupted);
    let words = post.text.split_whitespace().count();
    words >= 80 || post.text.ends_with(&interrupted) || post.text.contains("오류 발생: ")
}

/// The questions that a text names.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|end: char| !end.is_ascii_alphanumeric());
    words.filter(|word| word.starts_with("qq"))
}

impl Story {
    async fn furnished(people: usize, channels: usize) -> (Self, Process) {
        let mut house = House::built(Account::Bot, TimeSource::Real).await;
        let names: Vec<String> = (0..people).map(person).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for name in &names {
            house.playground.create_user(name);
            house.playground.set_locale(name, "ko");
        }
        house.playground.join_team("acme", &names);
        for number in 0..channels {
            let members = [&["admin", "gptbot"], names.as_slice()].concat();
            let name = format!("room{number}");
            house.playground.create_channel("acme", &name, &members);
        }
        house.model.answer_otherwise(Reply::echo(ANSWER));
        let process = Process::start(&mut house, TOML);
        process.listening().await;
        house.until_the_bot_hears().await;
        let story = Self {
            house,
            channels,
            places: Mutex::default(),
        };
        (story, process)
    }

    fn places(&self) -> std::sync::MutexGuard<'_, BTreeMap<Place, Conversation>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws a place: a new thread (`None` as its root), one of somebody's, or the person's direct channel with the bot.
    fn drawn(&self, who: usize, chance: &mut StdRng) -> Place {
        let people = &self.house.playground;
        let threads: Vec<Place> = self
            .places()
            .keys()
            .filter(|place| place.root.is_some())
            .cloned()
            .collect();
        match chance.random_range(0..10) {
            0..3 => Place {
                channel: people.direct_channel(&person(who), "gptbot"),
                root: None,
            },
            3..7 if !threads.is_empty() => threads[chance.random_range(0..threads.len())].clone(),
            _ => Place {
                channel: people
                    .channel_id(&format!("room{}", chance.random_range(0..self.channels))),
                root: None,
            },
        }
    }

    /// Asks a question in a place, and returns the place that its answer belongs to.
    fn ask(&self, who: usize, word: &str, mut place: Place) -> Place {
        let people = &self.house.playground;
        let is_direct = place.channel == people.direct_channel(&person(who), "gptbot");
        // Held while it is said, so that what is known of a place is in the order of its posts.
        let mut places = self.places();
        let is_known = places
            .get(&place)
            .is_some_and(|conversation| conversation.known.contains(&who));
        let text = if is_direct || is_known {
            format!("{word}, and why?")
        } else {
            format!("@gptbot {word}, and why?")
        };
        // No two posts of a place in one millisecond: nobody could say which was first.
        let last = places
            .get(&place)
            .and_then(|conversation| conversation.asked.values().max());
        while last.is_some_and(|last| people.now_ms() <= *last) {
            std::hint::spin_loop();
        }
        let post = people.say(&person(who), &place.channel, &text, place.root.as_deref());
        if !is_direct && place.root.is_none() {
            place.root = Some(post.clone());
        }
        let made_at = people.look(|view| {
            let posts = view.posts_seen_by(&person(who), &place.channel);
            let made = posts.into_iter().find(|seen| seen.id == post);
            made.unwrap().create_at
        });
        let conversation = places.entry(place.clone()).or_default();
        conversation.asked.insert(word.to_owned(), made_at);
        conversation.known.insert(who);
        place
    }

    /// Has a person ask one question after the other; of the last few the answers are waited for.
    async fn talk(&self, who: usize, questions: usize, seed: u64) {
        let mut chance = StdRng::seed_from_u64(seed.wrapping_add(who as u64));
        let mut open = Vec::new();
        for number in 0..questions {
            let place = self.drawn(who, &mut chance);
            open.push(self.ask(who, &format!("qq{who}x{number}"), place));
            if open.len() == AT_ONCE {
                self.until_answered(&open.remove(0)).await;
            }
        }
        for place in open {
            self.until_answered(&place).await;
        }
    }

    /// Waits until as many answers have ended in a place as questions were asked there so far.
    async fn until_answered(&self, place: &Place) {
        let asked = self.places()[place].asked.len();
        self.house
            .playground
            .wait_until("an end to every question of a place", |view| {
                let answers = answers(view, place);
                answers.iter().filter(|post| is_an_end(post)).count() >= asked
            })
            .await;
    }

    /// Cuts the connection so many times, and kills the process so many times in between; at random moments, counted in posts of the bot.
    async fn spoil(
        &self,
        mut process: Process,
        (cuts, kills): (usize, usize),
        (questions, seed): (usize, u64),
    ) -> Process {
        let mut chance = StdRng::seed_from_u64(seed);
        let latest = u64::try_from(questions).unwrap() * 9 / 10;
        let mut moments: Vec<(u64, bool)> = (0..cuts + kills)
            .map(|number| (chance.random_range(1..=latest), number < kills))
            .collect();
        moments.sort_unstable();
        for (posts, is_kill) in moments {
            self.house
                .playground
                .wait_until("another answer", |view| {
                    view.requests(route::CREATE_POST) >= posts
                })
                .await;
            for _ in 0..chance.random_range(0..200) {
                tokio::task::yield_now().await;
            }
            if is_kill {
                drop(process);
                process = Process::start_at(&self.house, &self.house.address.to_string());
                process.listening().await;
            } else {
                self.house.playground.cut_connections_of("gptbot");
            }
        }
        process
    }

    async fn until_nothing_is_left(&self) {
        loop {
            let backlog = &self.house.readiness().await["backlog"];
            if backlog["waiting"] == 0 && backlog["running"] == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// How long it took, from the first question to the last answer's beginning.
    fn seconds(&self) -> i64 {
        let places = self.places();
        let asked = places.values().flat_map(|place| place.asked.values());
        let begun = asked.min().copied().unwrap_or_default();
        let of_answers = places.keys().flat_map(|place| {
            let answers = self.house.playground.look(|view| answers(view, place));
            answers.into_iter().map(|answer| answer.create_at)
        });
        (of_answers.max().unwrap_or_default() - begun) / 1_000
    }

    /// Checks every place, and counts how the answers ended.
    fn ends(&self) -> BTreeMap<&'static str, usize> {
        let mut ends = BTreeMap::new();
        for (place, conversation) in &*self.places() {
            let answers = self.house.playground.look(|view| answers(view, place));
            let texts: Vec<&str> = answers.iter().map(|post| post.text.as_str()).collect();
            assert_eq!(
                answers.len(),
                conversation.asked.len(),
                "{place:?}: {conversation:?}\n{texts:#?}"
            );
            let mut answered = BTreeSet::new();
            let mut last = 0;
            for answer in &answers {
                *ends.entry(end_of(answer)).or_default() += 1;
                // What fails names nothing.
                let Some(word) = named(&answer.text).last() else {
                    assert!(answer.text.contains("오류 발생: "), "{}", answer.text);
                    continue;
                };
                let made_at = conversation.asked.get(word);
                let made_at = made_at.unwrap_or_else(|| panic!("{word} is none of {place:?}"));
                assert!(answered.insert(word), "{word} twice in {place:?}");
                assert!(last <= *made_at, "{word} out of turn: {texts:#?}");
                last = *made_at;
            }
        }
        ends
    }
}

/// The bot's posts in a place, oldest first.
fn answers(view: &View<'_>, place: &Place) -> Vec<SeenPost> {
    let posts = view.posts_seen_by("gptbot", &place.channel);
    let is_an_answer = |post: &SeenPost| post.author == "gptbot" && post.root == place.root;
    posts.into_iter().filter(is_an_answer).collect()
}

fn end_of(answer: &SeenPost) -> &'static str {
    assert!(is_an_end(answer), "not ended: {}", answer.text);
    let interrupted = say(Language::Korean, &Sentence::AnswerInterrupted);
    if answer.text.contains("오류 발생: ") {
        "failed"
    } else if answer.text.ends_with(&interrupted) {
        "interrupted"
    } else {
        "answered"
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_answered_once_in_their_place_and_turn_though_all_is_cut_and_killed() {
    let questions = number("ASKWELL_CUT_QUESTIONS", 60);
    let people = number("ASKWELL_CUT_PEOPLE", 6);
    let channels = number("ASKWELL_CUT_CHANNELS", 3);
    let (cuts, kills) = (number("ASKWELL_CUTS", 10), number("ASKWELL_CUT_KILLS", 2));
    let seed = number("ASKWELL_CUT_SEED", rand::rng().random());
    eprintln!("ASKWELL_CUT_SEED={seed}");
    let (story, process) = Story::furnished(people, channels).await;
    let share = |who| questions / people + usize::from(who < questions % people);
    let (_, _process) = tokio::join!(
        join_all((0..people).map(|who| story.talk(who, share(who), seed))),
        story.spoil(process, (cuts, kills), (questions, seed)),
    );
    story.until_nothing_is_left().await;
    let ends = story.ends();
    let places = story.places().len();
    eprintln!(
        "{questions} questions of {people} people in {places} threads and direct channels of {channels} rooms, {cuts} cuts and {kills} kills in {} s: {ends:?}",
        story.seconds()
    );
    assert_eq!(ends.values().sum::<usize>(), questions);
}
