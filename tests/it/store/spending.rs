//! That budgets cannot be overspent: many at once, and any order of what can happen, beside a model of what should be.

use std::collections::{BTreeMap, HashMap};

use askwell::domain::budget::{Account, Claim, Metered, SettledBy};
use askwell::domain::id::QuestionId;
use askwell::domain::job::Lease;
use askwell::domain::question::Outcome;
use askwell::ports::{Admission, Candidate, Clock as _, Reserved};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinSet;

use super::bed::{Bed, conclusion, question, server};
use super::ledger::{account, call, candidate, claim, ended, reservation, used};

/// Several sides ask 10,000 questions at once of a budget for 100.
async fn ten_thousand_questions_at_once_take_the_hundred_that_there_are(bed: Bed) {
    const SIDES: u32 = 8;
    const EACH: u32 = 1_250;
    let mut sides = JoinSet::new();
    for side in 0..SIDES {
        let store = bed.another().await;
        sides.spawn(async move {
            let mut accepted = 0;
            let numbers: Vec<u32> = (0..EACH).map(|number| number * SIDES + side).collect();
            for batch in numbers.chunks(50) {
                let batch: Vec<Candidate> = batch
                    .iter()
                    .map(|number| {
                        let mut claims = vec![
                            claim(Metered::Requests, 1, 100),
                            claim(Metered::Tokens, 150, 1_000_000),
                        ];
                        // Another order from each side.
                        claims.rotate_left(usize::try_from(side % 2).unwrap());
                        candidate(*number, claims)
                    })
                    .collect();
                let admissions = store.admit_within(&batch).await.unwrap();
                accepted += admissions
                    .iter()
                    .filter(|admission| **admission == Admission::Accepted)
                    .count();
            }
            accepted
        });
    }
    let mut accepted = 0;
    while let Some(side) = sides.join_next().await {
        accepted += side.unwrap();
    }
    assert_eq!(accepted, 100);
    assert_eq!(bed.store.backlog(&server()).await.unwrap().waiting, 100);
    let accounts = [account("requests"), account("tokens")];
    let balances = bed.store.balances(&server(), &accounts).await.unwrap();
    let reserved: Vec<i64> = balances.iter().map(|balance| balance.reserved).collect();
    assert_eq!(reserved, [100, 15_000]);
}

/// Calls over many questions at once, some of them settled with more than they had reserved.
async fn calls_at_once_hold_no_more_than_there_is(bed: Bed) {
    const QUESTIONS: u32 = 40;
    const LIMIT: i64 = 1_000;
    let questions: Vec<_> = (0..QUESTIONS).map(question).collect();
    bed.admit(&questions).await;
    let jobs = bed.claim(QUESTIONS).await;
    let mut workers = JoinSet::new();
    for (number, job) in (0_u32..).zip(jobs) {
        let store = bed.another().await;
        workers.spawn(async move {
            let mut spent = 0;
            for again in 0..5 {
                let id = u128::from(number * 100 + again);
                let claims = vec![claim(Metered::Tokens, 150, LIMIT)];
                let wanted = reservation(job.lease.question, id, claims);
                let reserved = store.reserve(Some(&job.lease), &wanted).await.unwrap();
                if let Reserved::Over(_) = reserved {
                    continue;
                }
                spent += 10;
                let end = ended(id, SettledBy::Report, used(9, 1));
                store.settle_calls(&[end]).await.unwrap();
            }
            spent
        });
    }
    let mut spent = 0;
    while let Some(worker) = workers.join_next().await {
        spent += worker.unwrap();
    }
    let balances = bed
        .store
        .balances(&server(), &[account("tokens")])
        .await
        .unwrap();
    assert_eq!((balances[0].reserved, balances[0].spent), (0, spent));
    assert!((1..=LIMIT).contains(&spent), "{spent}");
}

/// What a budget should hold, reckoned by hand.
#[derive(Default)]
struct Reckoned {
    /// What is held, by whom and of what.
    held: HashMap<(String, Account), (Metered, i64)>,
    spent: BTreeMap<Account, i64>,
    /// By how much more than reserved was reported.
    excess: i64,
}

impl Reckoned {
    fn reserved(&self, account: &Account) -> i64 {
        let held = self.held.iter();
        held.filter(|((_, of), _)| of == account)
            .map(|(_, (_, amount))| amount)
            .sum()
    }

    fn fits(&self, claim: &Claim) -> bool {
        let spent = self.spent.get(&claim.account).copied().unwrap_or_default();
        spent + self.reserved(&claim.account) + claim.amount <= claim.limit
    }

    /// Makes all claims or none; says whether they were made.
    fn claim(&mut self, holder: &str, claims: &[&Claim]) -> bool {
        let fits = claims.iter().all(|claim| self.fits(claim));
        if fits {
            for claim in claims {
                let key = (holder.to_owned(), claim.account.clone());
                self.held.insert(key, (claim.metered, claim.amount));
            }
        }
        fits
    }

    /// Gives back what somebody holds, and spends something of it instead.
    fn settle(&mut self, holder: &str, spent: impl Fn(Metered, i64) -> i64) {
        let of_holder = |(by, _): &(String, Account)| by == holder;
        let keys: Vec<_> = self
            .held
            .keys()
            .filter(|key| of_holder(key))
            .cloned()
            .collect();
        for key in keys {
            let (metered, amount) = self.held.remove(&key).unwrap();
            let spent = spent(metered, amount);
            self.excess += (spent - amount).max(0);
            *self.spent.entry(key.1).or_default() += spent;
        }
    }
}

struct Walk {
    bed: Bed,
    reckoned: Reckoned,
    chance: StdRng,
    /// What is worked on, and the calls that are not settled.
    working: Vec<(Lease, Vec<u128>, bool)>,
    next: u32,
}

const LIMITS: [(Metered, i64, i64); 3] = [
    (Metered::Requests, 1, 12),
    (Metered::Tokens, 150, 2_000),
    (Metered::Money, 200_000, 3_000_000),
];

fn all() -> Vec<Claim> {
    LIMITS
        .map(|(metered, amount, limit)| claim(metered, amount, limit))
        .to_vec()
}

fn by_call(call: u128) -> String {
    format!("call {call}")
}

fn by_question(question: QuestionId) -> String {
    format!("question {question}")
}

impl Walk {
    async fn admit(&mut self) {
        self.next += 1;
        let number = self.next;
        let id = QuestionId::from_bits(u128::from(number));
        let claims = all();
        let fits = self
            .reckoned
            .claim(&by_question(id), &claims.iter().collect::<Vec<_>>());
        let admitted = self
            .bed
            .store
            .admit_within(&[candidate(number, claims)])
            .await
            .unwrap();
        assert_eq!(admitted[0] == Admission::Accepted, fits, "{admitted:?}");
        self.work().await;
    }

    async fn work(&mut self) {
        let jobs = self.bed.claim(100).await;
        let leases = jobs.into_iter().map(|job| (job.lease, Vec::new(), false));
        self.working.extend(leases);
    }

    /// Asks a model, which settles what others left.
    async fn call(&mut self, at: usize) {
        let (lease, calls, has_reached) = &mut self.working[at];
        let id = u128::from(self.chance.random::<u64>());
        let (by_question, by_call) = (by_question(lease.question), by_call(id));
        let claims = all();
        // What the question held of tokens and money makes room.
        let held = std::mem::take(&mut self.reckoned.held);
        self.reckoned.held = held
            .into_iter()
            .filter(|((by, _), (metered, _))| *by != by_question || *metered == Metered::Requests)
            .collect();
        let holds_request = self.reckoned.held.keys().any(|(by, _)| *by == by_question);
        let wanted: Vec<&Claim> = claims
            .iter()
            .filter(|claim| claim.metered != Metered::Requests || !holds_request)
            .collect();
        let fits = wanted.iter().all(|claim| self.reckoned.fits(claim));
        if fits {
            for claim in wanted {
                let by = match claim.metered {
                    Metered::Requests => &by_question,
                    Metered::Tokens | Metered::Money => &by_call,
                };
                self.reckoned.claim(by, &[claim]);
            }
            calls.push(id);
            *has_reached = true;
        }
        let mut wanted = reservation(lease.question, id, claims);
        wanted.call = call(lease.question, id);
        let reserved = self.bed.store.reserve(Some(lease), &wanted).await.unwrap();
        assert_eq!(
            matches!(reserved, Reserved::Held { .. }),
            fits,
            "{reserved:?}"
        );
    }

    async fn settle(&mut self, at: usize) {
        let (_, calls, has_reached) = &mut self.working[at];
        let Some(id) = calls.pop() else { return };
        let by = SettledBy::ALL[self.chance.random_range(0..SettledBy::ALL.len())];
        let usage = used(
            self.chance.random_range(0..250),
            self.chance.random_range(0..60),
        );
        let end = ended(id, by, usage);
        if by == SettledBy::Nothing && calls.is_empty() {
            // Others may have been settled before; then the store knows better, which the end of the question shows.
            *has_reached = *has_reached && self.chance.random_bool(0.5);
        }
        let tokens = i64::try_from(usage.prompt_tokens + usage.completion_tokens).unwrap();
        let cost = end.cost.as_nanos();
        self.reckoned
            .settle(&by_call(id), |metered, amount| match (by, metered) {
                (SettledBy::Nothing, _) => 0,
                (SettledBy::Reservation, _) => amount,
                (_, Metered::Tokens) => tokens,
                (_, _) => cost,
            });
        self.bed.store.settle_calls(&[end]).await.unwrap();
    }

    /// Whoever works on a question dies, and another takes it up: its calls are settled at their reservation when that one goes on.
    async fn die(&mut self, at: usize) {
        let (lease, calls, _) = self.working.remove(at);
        self.bed.store.hand_back(&lease).await.unwrap();
        self.work().await;
        let Some(again) = self
            .working
            .iter()
            .position(|(new, ..)| new.question == lease.question)
        else {
            panic!("it is due");
        };
        for id in calls {
            self.reckoned.settle(&by_call(id), |_, amount| amount);
        }
        self.call(again).await;
        self.working[again].2 = true;
    }

    async fn conclude(&mut self, at: usize) {
        let (lease, calls, _) = self.working.remove(at);
        for id in calls {
            self.reckoned.settle(&by_call(id), |_, amount| amount);
        }
        let stopped = conclusion(Outcome::Stopped, self.bed.clock.now());
        self.bed.store.conclude(&lease, &stopped).await.unwrap();
        self.bed
            .store
            .settle(&lease, self.bed.clock.now())
            .await
            .unwrap();
        // Whether it is a request says the ledger: the sum is compared at the end.
        let held = by_question(lease.question);
        let before = self.stands(Metered::Requests).await.1;
        let known = self
            .reckoned
            .spent
            .get(&account("requests"))
            .copied()
            .unwrap_or_default();
        let is_request = before > known;
        self.reckoned
            .settle(&held, |metered, amount| match metered {
                Metered::Requests if is_request => amount,
                _ => 0,
            });
    }

    async fn stands(&self, metered: Metered) -> (i64, i64) {
        let accounts = [account(metered.as_str())];
        let balances = self.bed.store.balances(&server(), &accounts).await.unwrap();
        (balances[0].reserved, balances[0].spent)
    }

    async fn check(&self) {
        for (metered, _, limit) in LIMITS {
            let of = account(metered.as_str());
            let spent = self.reckoned.spent.get(&of).copied().unwrap_or_default();
            let (reserved, stored) = self.stands(metered).await;
            assert_eq!(
                (reserved, stored),
                (self.reckoned.reserved(&of), spent),
                "{metered:?}"
            );
            assert!(
                reserved + stored <= limit + self.reckoned.excess,
                "{metered:?}"
            );
        }
    }
}

async fn any_order_of_what_can_happen_loses_and_mints_nothing(bed: Bed) {
    let mut walk = Walk {
        bed,
        reckoned: Reckoned::default(),
        chance: StdRng::seed_from_u64(20_261_128),
        working: Vec::new(),
        next: 0,
    };
    for _ in 0..400 {
        let at = walk.working.len().checked_sub(1);
        let at = at.map(|last| walk.chance.random_range(0..=last));
        match (walk.chance.random_range(0..10), at) {
            (0..=2, _) | (_, None) => walk.admit().await,
            (3..=5, Some(at)) => walk.call(at).await,
            (6..=7, Some(at)) => walk.settle(at).await,
            (8, Some(at)) => walk.die(at).await,
            (_, Some(at)) => walk.conclude(at).await,
        }
        walk.check().await;
    }
    while !walk.working.is_empty() {
        walk.conclude(0).await;
    }
    walk.check().await;
    assert!(walk.reckoned.held.is_empty());
    assert!(
        walk.reckoned.spent[&account("tokens")] > 500,
        "something happened"
    );
}

mod sqlite {
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn ten_thousand_questions_at_once_take_the_hundred_that_there_are() {
        let bed = super::Bed::on_sqlite().await;
        super::ten_thousand_questions_at_once_take_the_hundred_that_there_are(bed).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn calls_at_once_hold_no_more_than_there_is() {
        super::calls_at_once_hold_no_more_than_there_is(super::Bed::on_sqlite().await).await;
    }

    #[tokio::test]
    async fn any_order_of_what_can_happen_loses_and_mints_nothing() {
        let bed = super::Bed::on_sqlite().await;
        super::any_order_of_what_can_happen_loses_and_mints_nothing(bed).await;
    }
}

mod postgres {
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn ten_thousand_questions_at_once_take_the_hundred_that_there_are() {
        let bed = super::Bed::on_postgres().await;
        super::ten_thousand_questions_at_once_take_the_hundred_that_there_are(bed).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn calls_at_once_hold_no_more_than_there_is() {
        super::calls_at_once_hold_no_more_than_there_is(super::Bed::on_postgres().await).await;
    }

    #[tokio::test]
    async fn any_order_of_what_can_happen_loses_and_mints_nothing() {
        let bed = super::Bed::on_postgres().await;
        super::any_order_of_what_can_happen_loses_and_mints_nothing(bed).await;
    }
}
