//! The ledger: what is reserved, settled and counted, also when several do it, providers say nonsense, or nobody settles.

use std::time::Duration;

use askwell::domain::audit::Actor;
use askwell::domain::budget::{Account, Balance, Bound, Claim, Metered, SettledBy};
use askwell::domain::completion::Usage;
use askwell::domain::id::QuestionId;
use askwell::domain::money::Price;
use askwell::domain::question::Outcome;
use askwell::ports::{
    Admission, Candidate, Dimension, Dimensions, EndedCall, Grant, IfOver, NewCall, Reservation,
    Reserved, StoreError, UsageQuery, UsageSpan,
};

use super::bed::{Bed, LEASE, conclusion, on_both, question, server};

on_both! {
    a_call_is_reserved_before_it_is_made_and_settled_by_what_it_used,
    what_does_not_fit_reserves_nothing_and_writes_no_call,
    a_question_reserves_at_admission_and_gives_back_what_reached_no_model,
    a_question_over_a_budget_is_dropped_or_recorded_and_the_same_event_claims_once,
    a_call_that_nobody_settled_is_settled_at_its_reservation_by_whoever_comes_next,
    a_call_is_settled_once_whoever_settles_it_and_whatever_a_provider_reports,
    a_lost_lease_reserves_nothing,
    people_are_warned_once_by_one_question,
    what_is_granted_may_be_claimed_and_warns_anew,
    a_budget_of_nothing_and_of_everything,
    days_and_dimensions_sum_what_the_ledger_says,
    calls_that_nobody_will_settle_are_settled_when_they_are_looked_for,
    an_answer_written_once_more_is_another_request,
}

/// A dollar a million tokens of a prompt, two of an answer.
pub(super) const PRICE: Price = Price {
    input: 1_000_000,
    cached_input: 100_000,
    output: 2_000_000,
};

pub(super) const BOUND: Bound = Bound {
    prompt_tokens: 100,
    answer_tokens: 50,
    price: Some(PRICE),
};

pub(super) fn account(budget: &str) -> Account {
    Account {
        budget: budget.to_owned(),
        subject: "someone".to_owned(),
        period: "2026-11".to_owned(),
    }
}

pub(super) fn claim(metered: Metered, amount: i64, limit: i64) -> Claim {
    Claim {
        account: account(metered.as_str()),
        metered,
        amount,
        limit,
        warn_from: None,
    }
}

pub(super) fn candidate(number: u32, claims: Vec<Claim>) -> Candidate {
    Candidate {
        question: question(number),
        claims,
        if_over: IfOver::Dropped,
    }
}

pub(super) fn call(question: QuestionId, id: u128) -> NewCall {
    NewCall {
        id,
        question,
        generation: 1,
        server: server(),
        of: Dimensions {
            person: "alice".to_owned(),
            person_name: "Alice".to_owned(),
            channel: "town".to_owned(),
            channel_name: "town-square".to_owned(),
            team: String::new(),
            agent: "default".to_owned(),
        },
        target: "gpt".to_owned(),
        bound: BOUND,
        at: super::bed::MORNING,
        day: "2026-11-28".to_owned(),
    }
}

pub(super) fn reservation(question: QuestionId, id: u128, claims: Vec<Claim>) -> Reservation {
    Reservation {
        ended: Vec::new(),
        call: call(question, id),
        claims,
    }
}

pub(super) fn used(prompt_tokens: u64, completion_tokens: u64) -> Usage {
    Usage {
        prompt_tokens,
        completion_tokens,
        ..Usage::default()
    }
}

pub(super) fn ended(id: u128, by: SettledBy, usage: Usage) -> EndedCall {
    EndedCall {
        id,
        by,
        usage,
        cost: PRICE.cost(usage),
        model: Some("gpt-4o-mini".to_owned()),
        at: super::bed::MORNING,
    }
}

fn all_three(limit: i64) -> Vec<Claim> {
    vec![
        claim(Metered::Requests, 1, limit),
        claim(Metered::Tokens, 150, limit),
        claim(
            Metered::Money,
            BOUND.cost().unwrap().as_nanos(),
            limit.saturating_mul(1_000),
        ),
    ]
}

async fn stands(bed: &Bed, metered: Metered) -> (i64, i64) {
    let accounts = [account(metered.as_str())];
    let balances = bed.store.balances(&server(), &accounts).await.unwrap();
    let Balance {
        reserved, spent, ..
    } = balances[0];
    (reserved, spent)
}

async fn three(bed: &Bed) -> [(i64, i64); 3] {
    [
        stands(bed, Metered::Requests).await,
        stands(bed, Metered::Tokens).await,
        stands(bed, Metered::Money).await,
    ]
}

fn number(number: u32) -> QuestionId {
    QuestionId::from_bits(u128::from(number))
}

async fn a_call_is_reserved_before_it_is_made_and_settled_by_what_it_used(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let wanted = reservation(lease.question, 7, all_three(1_000));
    let reserved = bed.store.reserve(Some(&lease), &wanted).await.unwrap();
    assert_eq!(reserved, Reserved::Held { warned: Vec::new() });
    assert_eq!(three(&bed).await, [(1, 0), (150, 0), (200_000, 0)]);
    let report = ended(7, SettledBy::Report, used(40, 10));
    bed.store.settle_calls(&[report]).await.unwrap();
    assert_eq!(three(&bed).await, [(1, 0), (0, 50), (0, 60_000)]);
    let answered = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&lease, &answered).await.unwrap();
    assert_eq!(three(&bed).await, [(0, 1), (0, 50), (0, 60_000)]);
}

async fn what_does_not_fit_reserves_nothing_and_writes_no_call(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let wanted = reservation(lease.question, 7, all_three(149));
    let reserved = bed.store.reserve(Some(&lease), &wanted).await.unwrap();
    assert_eq!(reserved, Reserved::Over(account("tokens")));
    assert_eq!(three(&bed).await, [(0, 0); 3]);
    let report = ended(7, SettledBy::Report, used(40, 10));
    bed.store.settle_calls(&[report]).await.unwrap();
    assert_eq!(three(&bed).await, [(0, 0); 3], "there is no such call");
}

async fn a_question_reserves_at_admission_and_gives_back_what_reached_no_model(bed: Bed) {
    let admitted = bed
        .store
        .admit_within(&[candidate(1, all_three(1_000)), candidate(2, all_three(200))])
        .await
        .unwrap();
    assert_eq!(
        admitted,
        [
            Admission::Accepted,
            Admission::OverBudget(account("tokens"))
        ]
    );
    assert_eq!(three(&bed).await, [(1, 0), (150, 0), (200_000, 0)]);
    let job = bed.claim_one().await;
    assert_eq!(job.over_budget, None);
    // Its call takes the place of what it reserved itself.
    let wanted = reservation(job.question.id, 7, all_three(1_000));
    bed.store.reserve(Some(&job.lease), &wanted).await.unwrap();
    assert_eq!(three(&bed).await, [(1, 0), (150, 0), (200_000, 0)]);
    let nothing = ended(7, SettledBy::Nothing, used(999, 999));
    bed.store.settle_calls(&[nothing]).await.unwrap();
    let failed = conclusion(Outcome::Stopped, bed.now());
    bed.store.conclude(&job.lease, &failed).await.unwrap();
    assert_eq!(three(&bed).await, [(0, 0); 3]);
}

async fn a_question_over_a_budget_is_dropped_or_recorded_and_the_same_event_claims_once(bed: Bed) {
    let one = || vec![claim(Metered::Requests, 1, 1)];
    let recorded = Candidate {
        if_over: IfOver::Recorded,
        ..candidate(3, one())
    };
    let candidates = [
        candidate(1, one()),
        candidate(1, one()),
        candidate(2, one()),
        recorded,
    ];
    let admitted = bed.store.admit_within(&candidates).await.unwrap();
    let over = Admission::OverBudget(account("requests"));
    assert_eq!(
        admitted,
        [
            Admission::Accepted,
            Admission::Duplicate,
            over.clone(),
            Admission::Accepted
        ]
    );
    assert_eq!(stands(&bed, Metered::Requests).await, (1, 0));
    let again = bed.store.admit_within(&candidates[..3]).await.unwrap();
    assert_eq!(again, [Admission::Duplicate, Admission::Duplicate, over]);
    let jobs = bed.claim(10).await;
    let over: Vec<_> = jobs.iter().map(|job| job.over_budget.as_deref()).collect();
    assert_eq!(over, [None, Some("requests")]);
}

async fn a_call_that_nobody_settled_is_settled_at_its_reservation_by_whoever_comes_next(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let wanted = reservation(lease.question, 7, all_three(1_000));
    bed.store.reserve(Some(&lease), &wanted).await.unwrap();
    // Its worker dies.
    let bed = bed.reopened().await;
    bed.clock.advance(LEASE * 3);
    bed.store.take_over(bed.now()).await.unwrap();
    assert_eq!(
        three(&bed).await,
        [(1, 0), (150, 0), (200_000, 0)],
        "not lost"
    );
    let job = bed.claim_one().await;
    let wanted = reservation(job.question.id, 8, all_three(1_000));
    bed.store.reserve(Some(&job.lease), &wanted).await.unwrap();
    assert_eq!(
        three(&bed).await,
        [(1, 0), (150, 150), (200_000, 200_000)],
        "a request is one, however often a model is asked"
    );
    // Whoever was thought dead comes back with what it used.
    let late = ended(7, SettledBy::Report, used(1, 1));
    bed.store.settle_calls(&[late]).await.unwrap();
    let stopped = conclusion(Outcome::Stopped, bed.now());
    bed.store.conclude(&job.lease, &stopped).await.unwrap();
    assert_eq!(three(&bed).await, [(0, 1), (0, 300), (0, 400_000)]);
}

async fn a_call_is_settled_once_whoever_settles_it_and_whatever_a_provider_reports(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    for (id, by, usage, tokens) in [
        (1, SettledBy::Report, used(0, 0), 0),
        (
            2,
            SettledBy::Report,
            used(u64::MAX, u64::MAX),
            2_000_000_000_000,
        ),
        (3, SettledBy::Estimate, used(100, 3), 103),
        (4, SettledBy::Reservation, used(0, 0), 150),
        (5, SettledBy::Nothing, used(9, 9), 0),
    ] {
        let mut wanted = reservation(lease.question, id, all_three(i64::MAX));
        for claim in &mut wanted.claims {
            claim.account.period = id.to_string();
        }
        let held = bed.store.reserve(Some(&lease), &wanted).await.unwrap();
        assert_eq!(held, Reserved::Held { warned: Vec::new() });
        let end = ended(id, by, usage);
        for _ in 0..2 {
            bed.store
                .settle_calls(std::slice::from_ref(&end))
                .await
                .unwrap();
        }
        let of_call = Account {
            period: id.to_string(),
            ..account("tokens")
        };
        let balances = bed.store.balances(&server(), &[of_call]).await.unwrap();
        assert_eq!(
            (balances[0].reserved, balances[0].spent),
            (0, tokens),
            "{by:?}"
        );
    }
}

async fn a_lost_lease_reserves_nothing(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    bed.store.hand_back(&lease).await.unwrap();
    let wanted = reservation(lease.question, 7, all_three(1_000));
    let lost = bed.store.reserve(Some(&lease), &wanted).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost)));
    assert_eq!(three(&bed).await, [(0, 0); 3]);
}

async fn people_are_warned_once_by_one_question(bed: Bed) {
    let near = Claim {
        warn_from: Some(200),
        ..claim(Metered::Tokens, 150, 1_000)
    };
    let mut warned = Vec::new();
    for at in 1..=3 {
        let lease = bed.lease_on(question(at)).await;
        // Asked again after a crash it is told again, by the same question alone.
        for again in 0..2 {
            let id = u128::from(at * 10 + again);
            let wanted = reservation(lease.question, id, vec![near.clone()]);
            let reserved = bed.store.reserve(Some(&lease), &wanted).await.unwrap();
            let Reserved::Held { warned: accounts } = reserved else {
                panic!("there is enough");
            };
            warned.push(accounts.len());
            let report = ended(id, SettledBy::Report, used(10, 0));
            bed.store.settle_calls(&[report]).await.unwrap();
        }
        let answered = conclusion(Outcome::Answered, bed.now());
        bed.store.conclude(&lease, &answered).await.unwrap();
        bed.store.settle(&lease, bed.now()).await.unwrap();
    }
    // 150, 160, 170, 180, 190 and 200 are taken.
    assert_eq!(warned, [0, 0, 0, 0, 0, 1]);
}

async fn what_is_granted_may_be_claimed_and_warns_anew(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let near = Claim {
        warn_from: Some(100),
        ..claim(Metered::Tokens, 150, 150)
    };
    let wanted = |id| reservation(lease.question, id, vec![near.clone()]);
    let warned = |reserved: Reserved| match reserved {
        Reserved::Held { warned } => warned.len(),
        Reserved::Over(_) => 99,
    };
    let first = bed.store.reserve(Some(&lease), &wanted(1)).await.unwrap();
    assert_eq!(warned(first), 1);
    let second = bed.store.reserve(Some(&lease), &wanted(2)).await.unwrap();
    assert_eq!(warned(second), 99);
    let grant = Grant {
        account: account("tokens"),
        amount: 150,
        by: Actor::Operator("root".to_owned()),
        at: bed.now(),
    };
    let balance = bed.store.grant(&server(), &grant).await.unwrap();
    let trail = bed.store.audited_after(0, 10).await.unwrap();
    let said: Vec<_> = trail
        .iter()
        .map(|entry| {
            (
                entry.action.as_str(),
                entry.subject.as_str(),
                entry.detail.as_str(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [("budget_granted", "tokens someone", "150 for 2026-11")]
    );
    assert_eq!((balance.granted, balance.reserved), (150, 150));
    let third = bed.store.reserve(Some(&lease), &wanted(3)).await.unwrap();
    assert_eq!(warned(third), 1);
    let fourth = bed.store.reserve(Some(&lease), &wanted(4)).await.unwrap();
    assert_eq!(warned(fourth), 99);
}

async fn a_budget_of_nothing_and_of_everything(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    for (limit, amount, fits) in [
        (0, 1, false),
        (0, 0, false),
        (i64::MAX, i64::MAX, true),
        (i64::MAX, 1, false),
        (1_000_000_000_000_000_000, 1, true),
    ] {
        let mut wanted = claim(Metered::Tokens, amount, limit);
        wanted.account.subject = limit.to_string();
        let id = u128::try_from(amount).unwrap() * 2 + u128::try_from(limit).unwrap();
        let wanted = reservation(lease.question, id, vec![wanted]);
        let reserved = bed.store.reserve(Some(&lease), &wanted).await.unwrap();
        let is_held = matches!(reserved, Reserved::Held { .. });
        assert_eq!(is_held, fits, "{amount} of {limit}");
    }
}

/// Days and months are found otherwise than spans, and say the same.
async fn days_and_months_are_found_as_spans_are(bed: &Bed) {
    let (day, month) = (
        |day: &str| UsageSpan::Day(day.to_owned()),
        |month: &str| UsageSpan::Month(month.to_owned()),
    );
    let alike = [
        (month("2026-11"), "2026-11-01", "2026-11-30"),
        (day("2026-11-23"), "2026-11-23", "2026-11-23"),
        (day("2026-11-30"), "2026-11-30", "2026-11-30"),
        (day("2026-11-29"), "2026-11-29", "2026-11-29"),
        (month("2026-12"), "2026-12-01", "2026-12-31"),
    ];
    for (span, since, until) in alike {
        let days = UsageSpan::Days(since.to_owned(), until.to_owned());
        for by in Dimension::ALL {
            for limit in [1, 10] {
                let of = async |span: &UsageSpan| {
                    let query = UsageQuery {
                        by,
                        subject: None,
                        span: span.clone(),
                        limit,
                    };
                    bed.store.usage(&server(), &query).await.unwrap()
                };
                assert_eq!(of(&span).await, of(&days).await, "{span:?} {by:?}");
            }
        }
    }
}

async fn days_and_dimensions_sum_what_the_ledger_says(bed: Bed) {
    for at in 1..=4_u32 {
        let lease = bed.lease_on(question(at)).await;
        for (again, by) in [(0, SettledBy::Report), (1, SettledBy::Nothing)] {
            let id = u128::from(at * 10 + again);
            let mut wanted = reservation(lease.question, id, Vec::new());
            wanted.call.of.person = (at % 2).to_string();
            wanted.call.of.person_name = format!("person {}", at % 2);
            wanted.call.day = format!("2026-11-{}", 20 + at);
            bed.store.reserve(Some(&lease), &wanted).await.unwrap();
            let end = ended(id, by, used(u64::from(at), 1));
            bed.store.settle_calls(&[end]).await.unwrap();
        }
        let answered = conclusion(Outcome::Answered, bed.now());
        bed.store.conclude(&lease, &answered).await.unwrap();
        bed.store.settle(&lease, bed.now()).await.unwrap();
    }
    let query = |by, since: &str, until: &str| UsageQuery {
        by,
        subject: None,
        span: UsageSpan::Days(since.to_owned(), until.to_owned()),
        limit: 10,
    };
    let found = async |query: UsageQuery| {
        let rows = bed.store.usage(&server(), &query).await.unwrap();
        let row = |row: askwell::ports::UsageRow| {
            let usage = row.usage;
            let cost = row.cost.as_nanos();
            assert_eq!(cost, PRICE.cost(usage).as_nanos());
            let name = row.name;
            (name, row.questions, row.calls, usage.prompt_tokens)
        };
        rows.into_iter().map(row).collect::<Vec<_>>()
    };
    let whole = query(Dimension::Total, "2026-11-01", "2026-11-30");
    assert_eq!(found(whole).await, [(String::new(), 4, 4, 10)]);
    // Whoever is renamed is called as they are now.
    let lease = bed.lease_on(question(5)).await;
    let mut wanted = reservation(lease.question, 50, Vec::new());
    "0".clone_into(&mut wanted.call.of.person);
    "A. Renamed".clone_into(&mut wanted.call.of.person_name);
    "2026-11-30".clone_into(&mut wanted.call.day);
    bed.store.reserve(Some(&lease), &wanted).await.unwrap();
    let end = ended(50, SettledBy::Report, used(1, 1));
    bed.store.settle_calls(&[end]).await.unwrap();
    let people = query(Dimension::Person, "2026-11-01", "2026-11-30");
    assert_eq!(
        found(people.clone()).await,
        [
            ("A. Renamed".to_owned(), 3, 3, 7),
            ("person 1".to_owned(), 2, 2, 4)
        ]
    );
    let one = UsageQuery {
        subject: Some("1".to_owned()),
        ..people
    };
    assert_eq!(found(one.clone()).await, [("person 1".to_owned(), 2, 2, 4)]);
    days_and_months_are_found_as_spans_are(&bed).await;
    let month = UsageSpan::Month("2026-11".to_owned());
    let of_month = UsageQuery { span: month, ..one };
    assert_eq!(found(of_month).await, [("person 1".to_owned(), 2, 2, 4)]);
    let days = query(Dimension::Model, "2026-11-22", "2026-11-23");
    assert_eq!(found(days).await, [("gpt".to_owned(), 2, 2, 5)]);
}

async fn calls_that_nobody_will_settle_are_settled_when_they_are_looked_for(bed: Bed) {
    bed.answer(question(1), Outcome::Answered).await;
    // As a summary's, which is written when its question has ended.
    let wanted = reservation(number(1), 7, all_three(1_000));
    bed.store.reserve(None, &wanted).await.unwrap();
    assert_eq!(stands(&bed, Metered::Tokens).await, (150, 0));
    let began = super::bed::MORNING;
    assert_eq!(bed.store.settle_lost(began).await.unwrap(), 0, "not yet");
    let later = began.after(Duration::from_secs(1));
    assert_eq!(bed.store.settle_lost(later).await.unwrap(), 1);
    assert_eq!(stands(&bed, Metered::Tokens).await, (0, 150));
    // Whoever works on a question settles its calls.
    let lease = bed.lease_on(question(2)).await;
    let wanted = reservation(lease.question, 8, all_three(1_000));
    bed.store.reserve(Some(&lease), &wanted).await.unwrap();
    assert_eq!(bed.store.settle_lost(later).await.unwrap(), 0);
}

async fn an_answer_written_once_more_is_another_request(bed: Bed) {
    let lease = bed.lease_on(question(1)).await;
    let wanted = reservation(lease.question, 7, all_three(1_000));
    bed.store.reserve(Some(&lease), &wanted).await.unwrap();
    let end = ended(7, SettledBy::Report, used(1, 1));
    bed.store.settle_calls(&[end]).await.unwrap();
    let answered = conclusion(Outcome::Answered, bed.now());
    bed.store.conclude(&lease, &answered).await.unwrap();
    bed.store.settle(&lease, bed.now()).await.unwrap();
    let again = askwell::ports::AskAgain {
        question: lease.question,
        generation: 1,
        kind: askwell::ports::AgainKind::Regenerate,
        deadline: bed.now().after(Duration::from_mins(10)),
        pressed_at: None,
    };
    bed.store.ask_again(&server(), again).await.unwrap();
    let job = bed.claim_one().await;
    let mut wanted = reservation(job.question.id, 8, all_three(1_000));
    wanted.call.generation = 2;
    bed.store.reserve(Some(&job.lease), &wanted).await.unwrap();
    assert_eq!(stands(&bed, Metered::Requests).await, (1, 1));
    bed.store.conclude(&job.lease, &answered).await.unwrap();
    assert_eq!(stands(&bed, Metered::Requests).await, (0, 2));
}
