//! Several at once: order within lanes, and no question twice, whatever the interleaving.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use askwell::domain::question::Question;
use askwell::ports::{Admission, Claim, Clock as _, Store};
use tokio::task::JoinSet;

use super::bed::{Bed, HandClock, LEASE, in_lane, server};

const WORKERS: usize = 4;
const LANES: u32 = 8;
const QUESTIONS: u32 = 200;

/// What was begun and ended, lane by lane.
#[derive(Default)]
struct Record {
    running: HashMap<String, u128>,
    ended: HashMap<String, Vec<u32>>,
}

fn number_of(question: &Question) -> u32 {
    let number = question.key.as_str().trim_start_matches("event:");
    number.parse().unwrap()
}

/// Claims and settles until all is done, checking that no lane is worked on twice at a time.
async fn work(
    store: Arc<dyn Store>,
    clock: Arc<HandClock>,
    record: Arc<Mutex<Record>>,
    worker: u128,
) {
    loop {
        let claim = Claim {
            server: server(),
            worker,
            lease: LEASE,
            limit: 3,
            now: clock.now(),
        };
        let jobs = store.claim(claim).await.unwrap();
        for job in &jobs {
            let lane = job.question.lane.as_str().to_owned();
            let before = record.lock().unwrap().running.insert(lane, worker);
            assert_eq!(before, None, "a lane is worked on by one at a time");
        }
        for job in &jobs {
            tokio::task::yield_now().await;
            let lane = job.question.lane.as_str().to_owned();
            {
                let mut record = record.lock().unwrap();
                record.running.remove(&lane);
                record
                    .ended
                    .entry(lane)
                    .or_default()
                    .push(number_of(&job.question));
            }
            store.settle(&job.lease, clock.now()).await.unwrap();
        }
        let backlog = store.backlog(&server()).await.unwrap();
        if backlog.waiting + backlog.running == 0 {
            break;
        }
    }
}

/// Four claim while a fifth admits.
async fn four_workers_keep_the_order_of_every_lane(bed: Bed) {
    bed.admit(
        &(0..LANES)
            .map(|number| in_lane(number, &format!("lane {number}")))
            .collect::<Vec<_>>(),
    )
    .await;
    let record = Arc::new(Mutex::new(Record::default()));
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let store = bed.another().await;
        let worker = u128::try_from(worker).unwrap();
        workers.spawn(work(
            store,
            Arc::clone(&bed.clock),
            Arc::clone(&record),
            worker,
        ));
    }
    for number in LANES..QUESTIONS {
        bed.admit(&[in_lane(number, &format!("lane {}", number % LANES))])
            .await;
    }
    while let Some(worker) = workers.join_next().await {
        worker.unwrap();
    }
    // A worker that found nothing to do may have gone home before the last question came.
    work(
        Arc::clone(&bed.store),
        Arc::clone(&bed.clock),
        Arc::clone(&record),
        99,
    )
    .await;
    let record = record.lock().unwrap();
    for lane in 0..LANES {
        let expected: Vec<_> = (lane..QUESTIONS)
            .step_by(usize::try_from(LANES).unwrap())
            .collect();
        assert_eq!(record.ended[&format!("lane {lane}")], expected);
    }
}

/// The same events, in different orders, from several sides: exactly one accepts each, and nobody waits for ever.
async fn the_same_events_from_several_sides_are_accepted_once(bed: Bed) {
    let mut sides = JoinSet::new();
    for side in 0..WORKERS {
        let store = bed.another().await;
        sides.spawn(async move {
            let mut accepted = 0;
            for round in 0..10_u32 {
                let mut batch: Vec<_> = (0..40)
                    .map(|number| {
                        let number = round * 40 + number;
                        let id = u128::from(number) * 10 + u128::try_from(side).unwrap();
                        let lane = format!("lane {}", number % 5);
                        Question {
                            id: askwell::domain::id::QuestionId::from_bits(id),
                            ..in_lane(number, &lane)
                        }
                    })
                    .collect();
                batch.rotate_left(side * 7);
                if side % 2 == 0 {
                    batch.reverse();
                }
                let admissions = store.admit(&batch).await.unwrap();
                accepted += admissions
                    .iter()
                    .filter(|&admission| *admission == Admission::Accepted)
                    .count();
            }
            accepted
        });
    }
    let mut accepted = 0;
    while let Some(side) = sides.join_next().await {
        accepted += side.unwrap();
    }
    assert_eq!(accepted, 400);
    assert_eq!(bed.store.backlog(&server()).await.unwrap().waiting, 400);
}

mod sqlite {
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn four_workers_keep_the_order_of_every_lane() {
        super::four_workers_keep_the_order_of_every_lane(super::Bed::on_sqlite().await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_same_events_from_several_sides_are_accepted_once() {
        super::the_same_events_from_several_sides_are_accepted_once(super::Bed::on_sqlite().await)
            .await;
    }
}

mod postgres {
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn four_workers_keep_the_order_of_every_lane() {
        super::four_workers_keep_the_order_of_every_lane(super::Bed::on_postgres().await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_same_events_from_several_sides_are_accepted_once() {
        super::the_same_events_from_several_sides_are_accepted_once(
            super::Bed::on_postgres().await,
        )
        .await;
    }
}
