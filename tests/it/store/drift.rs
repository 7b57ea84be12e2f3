//! Both databases answer the same to any run of verbs: twins that drift apart are found here.

use std::time::Duration;

use askwell::domain::control::Vote;
use askwell::domain::event::EventKey;
use askwell::domain::id::QuestionId;
use askwell::domain::job::{ControlScope, Lease};
use askwell::domain::question::{Outcome, Question};
use askwell::ports::{AgainKind, AskAgain, KeyAges, Letters, SigningKey};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::bed::{
    Bed, channel, conclusion, in_lane, intent, opinion, post, question, refused, server, user,
};

/// One verb, or a move of the clock. Leases are named by when they were given, counted from the first.
#[derive(Clone, Debug)]
enum Step {
    Admit(Vec<(u32, u8)>),
    Claim(u32),
    Forward(u32),
    Back(u32),
    Renew(usize),
    Retry(usize, u32),
    Die(usize, u32),
    HandBack(usize),
    Conclude(usize, bool),
    TurnToAsker(usize),
    Settle(usize),
    Bury(usize),
    Revive,
    Intend(usize, u32),
    Created(usize, u32),
    ForgetPart(usize, u32),
    AskAgain(usize, u32, bool),
    StopAnswer(usize),
    Vote(usize, u32, bool),
    TakeVoteBack(usize, u32),
    Keys(u8),
    Stop,
    TextPosted(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let seconds = || prop_oneof![0..5_u32, 50..70_u32, 500..700_u32];
    let lease = || 0..12_usize;
    let step = prop_oneof![
        4 => prop::collection::vec((0..40_u32, 0..4_u8), 0..6).prop_map(Step::Admit),
        6 => (0..4_u32).prop_map(Step::Claim),
        2 => seconds().prop_map(Step::Forward),
        1 => seconds().prop_map(Step::Back),
        1 => lease().prop_map(Step::Renew),
        2 => (lease(), seconds()).prop_map(|(lease, seconds)| Step::Retry(lease, seconds)),
        1 => (lease(), seconds()).prop_map(|(lease, seconds)| Step::Die(lease, seconds)),
        1 => lease().prop_map(Step::HandBack),
        2 => (lease(), any::<bool>()).prop_map(|(lease, answered)| Step::Conclude(lease, answered)),
        1 => lease().prop_map(Step::TurnToAsker),
        3 => lease().prop_map(Step::Settle),
        1 => lease().prop_map(Step::Bury),
        1 => (lease(), 0..3_u32).prop_map(|(lease, part)| Step::Intend(lease, part)),
        1 => (lease(), 0..3_u32).prop_map(|(lease, part)| Step::Created(lease, part)),
        1 => (lease(), 0..3_u32).prop_map(|(lease, part)| Step::ForgetPart(lease, part)),
        2 => (lease(), 1..3_u32, any::<bool>())
            .prop_map(|(lease, generation, whole)| Step::AskAgain(lease, generation, whole)),
        1 => lease().prop_map(Step::StopAnswer),
        1 => (lease(), 0..3_u32, any::<bool>()).prop_map(|(lease, who, up)| Step::Vote(lease, who, up)),
        1 => (lease(), 0..3_u32).prop_map(|(lease, who)| Step::TakeVoteBack(lease, who)),
        1 => any::<u8>().prop_map(Step::Keys),
        1 => Just(Step::Revive),
        1 => Just(Step::Stop),
        1 => (0..3_u8).prop_map(Step::TextPosted),
    ];
    prop::collection::vec(step, 1..60)
}

/// A store under test with the leases it has given.
struct Side {
    bed: Bed,
    leases: Vec<Lease>,
}

impl Side {
    /// Takes a step and everything that can be seen after it, as text.
    async fn take(&mut self, number: usize, step: &Step) -> String {
        let answer = match step {
            Step::Admit(asked) => self.admit(number, asked).await,
            Step::Claim(limit) => {
                let jobs = self.bed.claim(*limit).await;
                self.leases.extend(jobs.iter().map(|job| job.lease.clone()));
                format!("{jobs:?}")
            }
            Step::Forward(seconds) => {
                self.bed
                    .clock
                    .advance(Duration::from_secs((*seconds).into()));
                String::new()
            }
            Step::Back(seconds) => {
                let back = Duration::from_secs((*seconds).into());
                self.bed.clock.set(self.bed.now().before(back));
                String::new()
            }
            Step::Stop => {
                let scope = ControlScope {
                    asker: user(1),
                    channel: channel(1),
                    thread: None,
                };
                let stopped = self.bed.store.request_stop(&server(), &scope).await;
                format!("{stopped:?}")
            }
            Step::Revive => {
                let (store, now) = (&self.bed.store, self.bed.now());
                let dead = store.dead_letters(5).await;
                format!("{dead:?} {:?}", store.revive(&Letters::All, now).await)
            }
            Step::TextPosted(digest) => {
                let (store, now) = (&self.bed.store, self.bed.now());
                let posted = store
                    .remember_text(&server(), &channel(1), &[*digest; 32], now)
                    .await;
                let mut known = Vec::new();
                for other in 0..3 {
                    let since = now.before(Duration::from_mins(30));
                    known.push(
                        store
                            .is_own_text(&server(), &channel(1), &[other; 32], since)
                            .await,
                    );
                }
                format!("{posted:?} {known:?}")
            }
            Step::Keys(id) => self.keys(*id).await,
            Step::AskAgain(lease, ..)
            | Step::StopAnswer(lease)
            | Step::Vote(lease, ..)
            | Step::TakeVoteBack(lease, _) => match self.leases.get(*lease) {
                Some(lease) => self.control(step, lease.question).await,
                None => String::new(),
            },
            under_lease => self.take_under_lease(under_lease).await,
        };
        let (store, conversation) = (&self.bed.store, question(0).conversation);
        let due = store.next_due(&server()).await.unwrap();
        let backlog = store.backlog(&server()).await.unwrap();
        let history = store.history(&server(), &conversation, 5).await.unwrap();
        format!("{answer} {due:?} {backlog:?} {history:?}")
    }

    async fn admit(&self, step: usize, asked: &[(u32, u8)]) -> String {
        let id = |index| QuestionId::from_bits(u128::try_from(step * 100 + index).unwrap());
        let questions: Vec<_> = asked
            .iter()
            .enumerate()
            .map(|(index, (event, lane))| Question {
                id: id(index),
                key: EventKey::from_stored(format!("event:{event}")),
                ..in_lane(*event, &format!("lane {lane}"))
            })
            .collect();
        format!("{:?}", self.bed.store.admit(&questions).await)
    }

    async fn keys(&self, id: u8) -> String {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let ages = KeyAges {
            signs: minutes(1),
            is_kept: minutes(3),
        };
        let offered = SigningKey {
            id: id.into(),
            secret: format!("{id:064x}").into(),
            created_at: self.bed.now(),
        };
        let keys = self.bed.store.signing_keys(&server(), offered, ages).await;
        // The same number may be drawn twice, which no key's is.
        keys.map_or_else(|_| "twice".to_owned(), |keys| format!("{keys:?}"))
    }

    async fn control(&self, step: &Step, question: QuestionId) -> String {
        let (store, now, main) = (&self.bed.store, self.bed.now(), server());
        let done = match step {
            Step::AskAgain(_, generation, whole) => {
                let kind = if *whole {
                    AgainKind::Regenerate
                } else {
                    AgainKind::Continue
                };
                let again = AskAgain {
                    question,
                    generation: *generation,
                    kind,
                    deadline: now,
                    pressed_at: whole.then_some(now),
                };
                format!("{:?}", store.ask_again(&main, again).await)
            }
            Step::StopAnswer(_) => {
                format!("{:?}", store.stop_answer(&main, question, Some(now)).await)
            }
            Step::Vote(_, who, up) => {
                let vote = if *up { Vote::Up } else { Vote::Down };
                let opinion = opinion(question, *who, vote);
                format!("{:?}", store.vote(&main, &opinion, now).await)
            }
            Step::TakeVoteBack(_, who) => {
                let opinion = opinion(question, *who, Vote::Up);
                format!("{:?}", store.take_vote_back(&main, &opinion).await)
            }
            _ => String::new(),
        };
        let posts = store.question_of_post(&main, &post(1)).await;
        format!("{done} {:?} {posts:?}", store.answer(&main, question).await)
    }

    async fn take_under_lease(&self, step: &Step) -> String {
        let (store, now) = (&self.bed.store, self.bed.now());
        let (Step::Renew(lease)
        | Step::Retry(lease, _)
        | Step::Die(lease, _)
        | Step::HandBack(lease)
        | Step::Conclude(lease, _)
        | Step::TurnToAsker(lease)
        | Step::Settle(lease)
        | Step::Bury(lease)
        | Step::Intend(lease, _)
        | Step::Created(lease, _)
        | Step::ForgetPart(lease, _)) = step
        else {
            panic!("{step:?} needs no lease");
        };
        let Some(lease) = self.leases.get(*lease) else {
            return String::new();
        };
        let later = |seconds: u32| now.after(Duration::from_secs(seconds.into()));
        match step {
            Step::Renew(_) => format!("{:?}", store.renew(lease, later(60)).await),
            Step::Retry(_, seconds) => format!("{:?}", store.retry(lease, later(*seconds)).await),
            Step::Die(_, seconds) => {
                let again = later(*seconds);
                format!("{:?}", store.retry_after_death(lease, again).await)
            }
            Step::HandBack(_) => format!("{:?}", store.hand_back(lease).await),
            Step::Conclude(_, answered) => {
                let outcome = if *answered {
                    Outcome::Answered
                } else {
                    Outcome::CutShort
                };
                format!(
                    "{:?}",
                    store.conclude(lease, &conclusion(outcome, now)).await
                )
            }
            Step::TurnToAsker(_) => {
                let texts = [format!("turned in attempt {}", lease.attempt.0)];
                let turned = store.turn_to_asker(lease, &user(1), &texts).await;
                format!("{turned:?} {:?}", store.parts(lease.question).await)
            }
            Step::Settle(_) => format!("{:?}", store.settle(lease, now).await),
            Step::Bury(_) => format!("{:?}", store.bury(lease, now, &refused()).await),
            Step::Intend(_, part) => {
                let intended = store.intend(lease, &intent(*part, lease.token)).await;
                format!("{intended:?} {:?}", store.parts(lease.question).await)
            }
            Step::Created(_, part) => {
                let created = store.created(lease, *part, &post(lease.attempt.0)).await;
                format!("{created:?} {:?}", store.parts(lease.question).await)
            }
            Step::ForgetPart(_, part) => {
                let forgotten = store.forget_part(lease, *part).await;
                format!("{forgotten:?} {:?}", store.parts(lease.question).await)
            }
            Step::AskAgain(..)
            | Step::StopAnswer(_)
            | Step::Vote(..)
            | Step::TakeVoteBack(..)
            | Step::Keys(_)
            | Step::Admit(_)
            | Step::Claim(_)
            | Step::Forward(_)
            | Step::Back(_)
            | Step::Revive
            | Step::Stop
            | Step::TextPosted(_) => String::new(),
        }
    }
}

async fn run_on_both(steps: &[Step]) {
    let mut sqlite = Side {
        bed: Bed::on_sqlite().await,
        leases: Vec::new(),
    };
    let mut postgres = Side {
        bed: Bed::on_postgres().await,
        leases: Vec::new(),
    };
    for (number, step) in steps.iter().enumerate() {
        let answer = sqlite.take(number, step).await;
        assert_eq!(
            answer,
            postgres.take(number, step).await,
            "step {number}, {step:?}"
        );
    }
}

#[test]
fn both_databases_answer_the_same_to_any_run_of_verbs() {
    let config = Config {
        cases: 16,
        failure_persistence: None,
        ..Config::default()
    };
    let seeded = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    TestRunner::new_with_rng(config, seeded)
        .run(&steps(), |steps| {
            runtime.block_on(run_on_both(&steps));
            Ok(())
        })
        .unwrap();
}
