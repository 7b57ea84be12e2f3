//! What is erased: at once what somebody wants forgotten, in time what is kept no longer; and that it is gone then, from the rows and
//! from the disk.

use std::fs;
use std::path::Path;
use std::time::Duration;

use askwell::domain::audit::AuditAction;
use askwell::domain::control::Vote;
use askwell::domain::conversation::ConversationKey;
use askwell::domain::event::{Origin, Person};
use askwell::domain::job::{Again, LaneKey};
use askwell::domain::question::{Conclusion, Outcome, Question};
use askwell::domain::retention::{ForgetWithin, Forgetting};
use askwell::domain::run::Run;
use askwell::domain::summary::Summary;
use askwell::domain::time::Timestamp;
use askwell::ports::{
    AgainKind, AskAgain, AskedAgain, AuditPage, KeptSummary, Letters, Scrubbed, StoreError,
    UsageBefore,
};
use askwell::store::{Access, LeaseTime};

use super::bed::{
    Bed, channel, conclusion, numbered, on_both, opinion, place, post, question, refused, server,
    user,
};

/// What no trace may be left of.
const SECRET: &str = "the name of the horse is Vercingetorix";

/// A question of person 1 in channel 1 with a secret in it.
fn secret(number: u32) -> Question {
    Question {
        text: format!("{number}: {SECRET}?"),
        lane: LaneKey::alone(numbered([number])[0]),
        ..question(number)
    }
}

/// The same of another person.
fn of_person(number: u32, person: u32) -> Question {
    Question {
        asker: Person {
            id: Some(user(person)),
            name: "bob".to_owned(),
        },
        ..secret(number)
    }
}

fn in_channel(number: u32, place_number: u32) -> Question {
    Question {
        origin: Origin::Command {
            place: place(place_number),
            response: None,
        },
        ..secret(number)
    }
}

fn telling(at: Timestamp) -> Conclusion {
    Conclusion {
        answer: format!("Yes, {SECRET}."),
        texts: vec![format!("**Yes**, {SECRET}.")],
        ..conclusion(Outcome::Answered, at)
    }
}

async fn answer(bed: &Bed, question: Question) {
    let lease = bed.lease_on(question).await;
    let told = telling(bed.now());
    bed.store.conclude(&lease, &told).await.unwrap();
    bed.store.settle(&lease, bed.now()).await.unwrap();
}

fn forgetting(bed: &Bed, within: ForgetWithin) -> Forgetting {
    Forgetting {
        person: user(1),
        within,
        at: bed.now(),
    }
}

/// Whether anything that was said in the answer to a question is there.
async fn is_kept(bed: &Bed, number: u32) -> bool {
    let id = numbered([number])[0];
    let answer = bed.store.answer(&server(), id).await.unwrap().unwrap();
    let said = format!("{answer:?}");
    let is_there = said.contains(SECRET);
    let is_named = said.contains("alice") || said.contains("bob");
    assert_eq!(is_there, is_named, "{said}");
    is_there
}

async fn what_somebody_wants_forgotten_is_erased_and_nothing_of_others(bed: Bed) {
    answer(&bed, secret(1)).await;
    answer(&bed, of_person(2, 2)).await;
    answer(&bed, in_channel(3, 2)).await;
    for (question, person) in [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)] {
        let opinion = opinion(numbered([question])[0], person, Vote::Up);
        bed.store
            .vote(&server(), &opinion, bed.now())
            .await
            .unwrap();
    }
    let here = forgetting(&bed, ForgetWithin::Channel(channel(1)));
    let forgotten = bed.store.forget(&server(), &here).await.unwrap();
    assert_eq!((forgotten.erased, forgotten.is_to_go_on), (1, false));
    assert!(forgotten.stopped.is_empty());
    assert_eq!(
        [
            is_kept(&bed, 1).await,
            is_kept(&bed, 2).await,
            is_kept(&bed, 3).await
        ],
        [false, true, true]
    );
    let mut votes = Vec::new();
    for id in numbered([1, 2, 3]) {
        let answer = bed.store.answer(&server(), id).await.unwrap().unwrap();
        votes.push(answer.tally.up);
    }
    assert_eq!(
        votes,
        [1, 1, 1],
        "their own votes are gone here, and only here"
    );
    let everywhere = forgetting(&bed, ForgetWithin::Everywhere);
    let forgotten = bed.store.forget(&server(), &everywhere).await.unwrap();
    assert_eq!(forgotten.erased, 1);
    assert!(!is_kept(&bed, 3).await && is_kept(&bed, 2).await);
    // What is left says what became of it, and whose it was.
    let left = bed.store.answer(&server(), numbered([1])[0]).await.unwrap();
    let left = left.unwrap();
    assert_eq!(left.question.asker.id, Some(user(1)));
    assert_eq!(left.conclusion.unwrap().outcome, Outcome::Answered);
    let page = AuditPage {
        server: None,
        before: None,
        action: Some(AuditAction::Forgotten),
        limit: 10,
    };
    let audited = bed.store.audited(page).await.unwrap();
    assert_eq!(audited.len(), 2);
    assert!(audited[1].detail.contains("erased = 1"), "{audited:?}");
    assert!(!format!("{audited:?}").contains("Vercingetorix"));
}

async fn a_thread_is_forgotten_without_its_channel(bed: Bed) {
    let in_thread = |number| {
        let mut question = in_channel(number, 1);
        if let Origin::Command { place, .. } = &mut question.origin {
            place.thread = Some(post(7));
        }
        question
    };
    answer(&bed, in_thread(1)).await;
    answer(&bed, secret(2)).await;
    let within = ForgetWithin::Thread(channel(1), post(7));
    let forgotten = bed
        .store
        .forget(&server(), &forgetting(&bed, within))
        .await
        .unwrap();
    assert_eq!(forgotten.erased, 1);
    assert!(!is_kept(&bed, 1).await && is_kept(&bed, 2).await);
}

async fn what_is_being_answered_is_stopped_and_erased_when_it_ends(bed: Bed) {
    let lease = bed.lease_on(secret(1)).await;
    bed.admit(&[secret(2)]).await;
    let forgotten = bed
        .store
        .forget(&server(), &forgetting(&bed, ForgetWithin::Everywhere))
        .await
        .unwrap();
    assert_eq!(forgotten.erased, 0);
    assert_eq!(forgotten.stopped, numbered([1, 2]));
    assert_eq!(bed.store.stops_of(7).await.unwrap(), numbered([1]));
    assert!(is_kept(&bed, 1).await, "it is still needed");
    bed.store
        .conclude(&lease, &telling(bed.now()))
        .await
        .unwrap();
    bed.store.settle(&lease, bed.now()).await.unwrap();
    assert!(!is_kept(&bed, 1).await);
    // One that nobody worked on yet ends too, even where its end can be shown to nobody.
    let waiting = bed.claim_one().await.lease;
    bed.store
        .bury(&waiting, bed.now(), &refused())
        .await
        .unwrap();
    assert!(!is_kept(&bed, 2).await);
    let revived = bed.store.revive(&Letters::All, bed.now()).await.unwrap();
    assert!(revived.is_empty(), "there is nothing left to try again");
}

async fn where_nothing_is_kept_a_question_is_erased_in_the_moment_when_it_ends(bed: Bed) {
    let lease = bed.lease_on(secret(1)).await;
    bed.store.erase_when_ended(&lease).await.unwrap();
    bed.store
        .conclude(&lease, &telling(bed.now()))
        .await
        .unwrap();
    assert!(is_kept(&bed, 1).await);
    bed.store.settle(&lease, bed.now()).await.unwrap();
    assert!(!is_kept(&bed, 1).await);
    let lost = bed.store.erase_when_ended(&lease).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost)), "{lost:?}");
}

async fn what_was_erased_is_no_turn_and_is_not_asked_again(bed: Bed) {
    answer(&bed, secret(1)).await;
    answer(&bed, secret(2)).await;
    let erased = bed.store.erase(&numbered([1, 99]), bed.now()).await;
    assert_eq!(erased.unwrap(), 1);
    let conversation = ConversationKey::channel(&channel(1));
    let history = bed.store.history(&server(), &conversation, 10).await;
    let history = history.unwrap();
    assert_eq!(history.turns.len(), 1);
    assert!(history.turns[0].question.starts_with('2'));
    let again = |number| AskAgain {
        question: numbered([number])[0],
        generation: 1,
        kind: AgainKind::Regenerate,
        deadline: bed.now().after(Duration::from_mins(1)),
        pressed_at: None,
    };
    let asked = bed.store.ask_again(&server(), again(1)).await.unwrap();
    assert_eq!(asked, AskedAgain::NotNow);
    assert!(bed.claim(10).await.is_empty(), "it was not put back");
    // What is being written once more is passed over.
    bed.store.ask_again(&server(), again(2)).await.unwrap();
    assert_eq!(bed.store.erase(&numbered([2]), bed.now()).await.unwrap(), 0);
    let job = bed.claim_one().await;
    assert!(matches!(job.again, Some(Again::Regenerate(_))));
    assert!(format!("{job:?}").contains(SECRET));
}

async fn a_summary_goes_with_a_turn_of_its_conversation_and_none_comes_late(bed: Bed) {
    answer(&bed, secret(1)).await;
    let conversation = ConversationKey::channel(&channel(1));
    let kept = KeptSummary {
        summary: Summary {
            covered: vec!["a".to_owned()],
            text: SECRET.to_owned(),
        },
        after: numbered([1])[0],
        run: Run::begun(bed.now(), None),
        at: bed.now(),
    };
    let (store, server) = (&bed.store, server());
    store
        .keep_summary(&server, &conversation, &kept)
        .await
        .unwrap();
    let listed = store.kept_summaries(&server, None, 10).await.unwrap();
    assert_eq!(listed[0].conversation, conversation);
    let after = store.kept_summaries(&server, Some(&conversation), 10).await;
    assert!(after.unwrap().is_empty());
    let everywhere = forgetting(&bed, ForgetWithin::Everywhere);
    store.forget(&server, &everywhere).await.unwrap();
    let summary = store.summary(&server, &conversation).await.unwrap();
    assert_eq!(summary, None);
    // Begun before what it tells of was forgotten.
    store
        .keep_summary(&server, &conversation, &kept)
        .await
        .unwrap();
    let summary = store.summary(&server, &conversation).await.unwrap();
    assert_eq!(summary, None);
    bed.clock.advance(Duration::from_secs(1));
    let later = KeptSummary {
        run: Run::begun(bed.now(), None),
        ..kept
    };
    store
        .keep_summary(&server, &conversation, &later)
        .await
        .unwrap();
    assert!(
        store
            .summary(&server, &conversation)
            .await
            .unwrap()
            .is_some()
    );
}

async fn questions_are_looked_through_in_order_and_only_those_that_have_ended(bed: Bed) {
    for number in [1, 2, 4] {
        answer(&bed, secret(number)).await;
    }
    bed.admit(&[secret(3)]).await;
    bed.store.erase(&numbered([2]), bed.now()).await.unwrap();
    let kept = bed.store.kept_questions(&server(), None, 3).await.unwrap();
    let found: Vec<_> = kept.questions.iter().map(|kept| kept.id).collect();
    assert_eq!((found, kept.last), (numbered([1]), Some(numbered([3])[0])));
    let rest = bed.store.kept_questions(&server(), kept.last, 3).await;
    let rest = rest.unwrap();
    assert_eq!(rest.questions[0].id, numbered([4])[0]);
    assert_eq!(rest.questions[0].channel, Some(channel(1)));
    let end = bed.store.kept_questions(&server(), rest.last, 3).await;
    assert_eq!(end.unwrap().last, None);
}

async fn figures_are_erased_apart_from_texts_and_what_is_not_settled_stays(bed: Bed) {
    answer(&bed, secret(1)).await;
    let call = |id: u32, begun_at: i64, settled: &str| {
        format!("INSERT INTO calls (id, question_id, generation, server_id, person_id, person_name, channel_id, channel_name, team_id, agent, target, day, begun_at, reserved_prompt, reserved_answer, settled_by)
            VALUES ('{id:032x}', 'q', 1, 'main', 'p', 'p', 'c', 'c', 't', 'default', 'm', '2026-01-01', {begun_at}, 1, 1, {settled});")
    };
    let mut sql = String::new();
    for id in 0..1_200 {
        sql += &call(id, if id % 2 == 0 { 1 } else { i64::MAX }, "'report'");
    }
    sql += &call(9_999, 1, "NULL");
    for (day, subject) in [("2026-01-01", "a"), ("2026-02-01", "b")] {
        let row = format!(
            "INSERT INTO usage VALUES ('main', 'person', '{day}', '{subject}', '{subject}', 1, 1, 1, 1, 1, 1, 1);"
        );
        sql.push_str(&row);
    }
    for month in ["2025-12", "2026-01"] {
        let row = format!(
            "INSERT INTO usage_months VALUES ('main', 'person', '{month}', 'a', 'a', 1, 1, 1, 1, 1, 1, 1);"
        );
        sql.push_str(&row);
    }
    for (period, reserved) in [("2025-12", 0), ("2025-11", 1), ("2026-01", 0), ("ever", 0)] {
        let row = format!(
            "INSERT INTO balances (server_id, budget, subject, period, reserved, spent, granted) VALUES ('main', 'b', '', '{period}', {reserved}, 1, 0);"
        );
        sql.push_str(&row);
    }
    bed.tamper(&sql).await;
    let mut before = UsageBefore {
        at: bed.now(),
        day: "2026-01-15".to_owned(),
        after: String::new(),
    };
    let mut steps = 0;
    while let Some(after) = bed.store.erase_usage(&server(), &before).await.unwrap() {
        before.after = after;
        steps += 1;
    }
    assert!(
        steps >= 3,
        "more calls than are looked at in one step: {steps}"
    );
    let counts = [
        ("calls", 601),
        ("usage", 1),
        ("usage_months", 1),
        ("balances", 3),
        ("questions", 1),
    ];
    for (table, expected) in counts {
        assert_eq!(bed.count(table).await, expected, "{table}");
    }
    assert!(is_kept(&bed, 1).await);
}

async fn the_disk_is_cleaned_once_a_day_where_something_was_erased(bed: Bed) {
    let scrub = || bed.store.scrub(bed.now());
    answer(&bed, secret(1)).await;
    assert_eq!(scrub().await.unwrap(), Scrubbed::NothingToDo);
    bed.store.erase(&numbered([1]), bed.now()).await.unwrap();
    bed.clock.advance(Duration::from_hours(2));
    assert_eq!(scrub().await.unwrap(), Scrubbed::Done);
    answer(&bed, secret(2)).await;
    bed.store.erase(&numbered([2]), bed.now()).await.unwrap();
    bed.clock.advance(Duration::from_hours(19));
    assert_eq!(scrub().await.unwrap(), Scrubbed::NothingToDo);
    bed.clock.advance(Duration::from_hours(1));
    assert_eq!(scrub().await.unwrap(), Scrubbed::Done);
    bed.clock.advance(Duration::from_hours(48));
    assert_eq!(scrub().await.unwrap(), Scrubbed::NothingToDo);
}

on_both!(
    what_somebody_wants_forgotten_is_erased_and_nothing_of_others,
    a_thread_is_forgotten_without_its_channel,
    what_is_being_answered_is_stopped_and_erased_when_it_ends,
    where_nothing_is_kept_a_question_is_erased_in_the_moment_when_it_ends,
    what_was_erased_is_no_turn_and_is_not_asked_again,
    a_summary_goes_with_a_turn_of_its_conversation_and_none_comes_late,
    questions_are_looked_through_in_order_and_only_those_that_have_ended,
    figures_are_erased_apart_from_texts_and_what_is_not_settled_stays,
    the_disk_is_cleaned_once_a_day_where_something_was_erased,
);

/// Asks so much and so differently long that rows are moved between pages, of which copies stay.
async fn many(bed: &Bed) {
    for number in 1..=300 {
        let length = usize::try_from(number * 37 % 900).unwrap();
        let mut asked = if number % 2 == 0 {
            secret(number)
        } else {
            Question {
                text: "nothing".to_owned(),
                ..of_person(number, 2)
            }
        };
        asked.text += &"x".repeat(length);
        let lease = bed.lease_on(asked).await;
        let mut told = if number % 2 == 0 {
            telling(bed.now())
        } else {
            conclusion(Outcome::Answered, bed.now())
        };
        told.answer += &"y".repeat(length * 11 % 7_000);
        bed.store.conclude(&lease, &told).await.unwrap();
        bed.store.settle(&lease, bed.now()).await.unwrap();
    }
}

/// How often the secret stands in the file and in its log.
fn found_in(directory: &Path) -> [usize; 2] {
    ["askwell.db", "askwell.db-wal"].map(|name| {
        let bytes = fs::read(directory.join(name)).unwrap_or_default();
        let secret = SECRET.as_bytes();
        bytes
            .windows(secret.len())
            .filter(|window| *window == secret)
            .count()
    })
}

async fn forget_everything(bed: &Bed) {
    let everywhere = forgetting(bed, ForgetWithin::Everywhere);
    let forgotten = bed.store.forget(&server(), &everywhere).await.unwrap();
    assert_eq!(forgotten.erased, 150);
}

#[tokio::test]
async fn what_was_forgotten_is_gone_from_the_log_at_once_and_from_the_file_within_the_day() {
    let bed = Bed::on_sqlite().await;
    many(&bed).await;
    let [_, in_log] = found_in(bed.directory.path());
    assert!(in_log > 0, "a test that finds nothing shows nothing");
    forget_everything(&bed).await;
    bed.store.empty_log().await.unwrap();
    let [in_file, in_log] = found_in(bed.directory.path());
    assert_eq!(in_log, 0);
    assert!(in_file < 150, "what is deleted is overwritten: {in_file}");
    bed.clock.advance(Duration::from_hours(23));
    assert_eq!(bed.store.scrub(bed.now()).await.unwrap(), Scrubbed::Done);
    assert_eq!(found_in(bed.directory.path()), [0, 0]);
    assert_eq!(bed.count("questions").await, 300);
}

#[tokio::test]
async fn what_was_forgotten_in_the_moment_of_a_crash_is_gone_after_the_next_start() {
    let bed = Bed::on_sqlite().await;
    many(&bed).await;
    forget_everything(&bed).await;
    // What a crash leaves: both files as they are, nothing closed.
    let crashed = tempfile::TempDir::new().unwrap();
    for name in ["askwell.db", "askwell.db-wal"] {
        fs::copy(bed.directory.path().join(name), crashed.path().join(name)).unwrap();
    }
    let [in_file, in_log] = found_in(crashed.path());
    assert!(in_file + in_log > 0);
    let mut after = bed;
    after.settings = askwell::store::Settings::Sqlite(crashed.path().join("askwell.db"));
    let store = after.open(Access::Serve, LeaseTime::Clock).await.unwrap();
    assert_eq!(store.scrub(after.now()).await.unwrap(), Scrubbed::Done);
    assert_eq!(found_in(crashed.path()), [0, 0]);
}

/// PostgreSQL's pages are read as they are; where its extension for that is not installed, this shows nothing.
#[tokio::test]
async fn what_was_forgotten_is_no_row_of_any_page_of_postgresql_within_the_day() {
    const ROWS: &str = "SELECT COUNT(*) FROM generate_series(0, (pg_relation_size('questions') / 8192)::int - 1) AS page,
         heap_page_items(get_raw_page('questions', page)) AS item WHERE position('Vercingetorix'::bytea IN item.t_data) > 0";
    let bed = Bed::on_postgres().await;
    if bed
        .try_tamper("CREATE EXTENSION pageinspect")
        .await
        .is_err()
    {
        return;
    }
    many(&bed).await;
    forget_everything(&bed).await;
    assert!(bed.query(ROWS).await > 0, "dead rows are still there");
    bed.clock.advance(Duration::from_hours(23));
    assert_eq!(bed.store.scrub(bed.now()).await.unwrap(), Scrubbed::Done);
    assert_eq!(bed.query(ROWS).await, 0);
}
