//! Texts sealed in the database: nothing of them is to be read there without the key, and everything with it.

use askwell::domain::conversation::ConversationKey;
use askwell::domain::event::{EventKey, Origin, Person};
use askwell::domain::file::Picture;
use askwell::domain::id::ResponseUrlId;
use askwell::domain::post::{Audience, Delivery};
use askwell::domain::question::{Conclusion, Outcome, Question};
use askwell::domain::run::Run;
use askwell::domain::summary::Summary;
use askwell::ports::{AgainKind, AskAgain, AskedAgain, KeptSummary, KeyAges, SigningKey};
use askwell::store::{Access, LeaseTime, OpenError, SealKey, SealKeys, Settings};
use secrecy::ExposeSecret as _;

use super::bed::{
    Bed, channel, conclusion, numbered, on_both, place, question, refused, server, user,
};

const SECRETS: [&str; 4] = ["Vercingetorix", "zwölf Legionen", SIGNING, RESPONSE];
const SIGNING: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
const RESPONSE: &str = "rrrrrrrrrrrrrrrrrrrrrrrrrr";

fn key(number: u8) -> SealKey {
    SealKey::parse(&SealKey::written(&[number; 32])).unwrap()
}

fn keys(current: Option<u8>, old: &[u8]) -> SealKeys {
    SealKeys {
        current: current.map(key),
        old: old.iter().map(|number| key(*number)).collect(),
    }
}

fn secret(number: u32) -> Question {
    let response = ResponseUrlId::parse(RESPONSE).unwrap();
    Question {
        text: "What did Vercingetorix do?".to_owned(),
        asker: Person {
            id: Some(user(1)),
            name: "vercingetorix.the.1st, Vercingetorix".to_owned(),
        },
        key: EventKey::from_stored(format!("event:{number}")),
        origin: Origin::Command {
            place: place(1),
            response: Some(response.clone()),
        },
        delivery: Delivery::Response {
            id: response,
            audience: Audience::Channel,
        },
        ..question(number)
    }
}

fn picture() -> Picture {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(b"zw\xc3\xb6lf Legionen".repeat(20));
    Picture::of(bytes).unwrap()
}

fn told(bed: &Bed) -> Conclusion {
    Conclusion {
        answer: "He fought zwölf Legionen.".to_owned(),
        texts: vec!["Vercingetorix: zwölf Legionen".to_owned(); 2],
        picture: Some(picture()),
        ..conclusion(Outcome::Answered, bed.now())
    }
}

fn offered(bed: &Bed) -> SigningKey {
    SigningKey {
        id: 1,
        secret: SIGNING.to_owned().into(),
        created_at: bed.now(),
    }
}

const AGES: KeyAges = KeyAges {
    signs: std::time::Duration::from_hours(24),
    is_kept: std::time::Duration::from_hours(240),
};

/// Has everything stored that is sealed: a question that has ended, one whose picture waits, one that is written once more, and the rest.
async fn stored(bed: &Bed) {
    let store = &bed.store;
    for number in [1, 2, 3] {
        let lease = bed.lease_on(secret(number)).await;
        store.conclude(&lease, &told(bed)).await.unwrap();
        match number {
            2 => store.bury(&lease, bed.now(), &refused()).await.unwrap(),
            _ => store.settle(&lease, bed.now()).await.unwrap(),
        }
    }
    let again = AskAgain {
        question: numbered([3])[0],
        generation: 1,
        kind: AgainKind::Continue,
        deadline: bed.now(),
        pressed_at: None,
    };
    let asked = store.ask_again(&server(), again).await.unwrap();
    assert_eq!(
        asked,
        AskedAgain::NotNow,
        "only what was cut short is gone on with"
    );
    let again = AskAgain {
        kind: AgainKind::Regenerate,
        ..again
    };
    store.ask_again(&server(), again).await.unwrap();
    let kept = KeptSummary {
        summary: Summary {
            covered: vec!["a".to_owned()],
            text: "Of Vercingetorix.".to_owned(),
        },
        after: numbered([1])[0],
        run: Run::begun(bed.now(), None),
        at: bed.now(),
    };
    let conversation = ConversationKey::channel(&channel(1));
    store
        .keep_summary(&server(), &conversation, &kept)
        .await
        .unwrap();
    store
        .signing_keys(&server(), offered(bed), AGES)
        .await
        .unwrap();
}

/// Reads all of it back.
async fn assert_all_is_there(bed: &Bed) {
    let store = &bed.store;
    let conversation = ConversationKey::channel(&channel(1));
    let history = store.history(&server(), &conversation, 10).await.unwrap();
    let expected = told(bed);
    assert_eq!(history.turns.len(), 2);
    for turn in &history.turns {
        assert_eq!(turn.question, secret(1).text);
        assert_eq!(turn.answer, expected.answer);
        assert_eq!(turn.asker_name, secret(1).asker.name);
    }
    let answer = store.answer(&server(), numbered([1])[0]).await.unwrap();
    let answer = answer.unwrap();
    assert_eq!(answer.question, secret(1));
    assert_eq!(answer.conclusion.unwrap().texts, expected.texts);
    let summary = store.summary(&server(), &conversation).await.unwrap();
    assert_eq!(summary.unwrap().text, "Of Vercingetorix.");
    let signing = store.signing_keys(&server(), offered(bed), AGES).await;
    assert_eq!(signing.unwrap()[0].secret.expose_secret(), SIGNING);
}

/// Everything that the database holds, as bytes.
async fn dump(bed: &Bed) -> Vec<u8> {
    match &bed.settings {
        Settings::Sqlite(path) => {
            let mut bytes = std::fs::read(path).unwrap();
            let mut log = path.clone().into_os_string();
            log.push("-wal");
            bytes.extend(std::fs::read(log).unwrap_or_default());
            bytes
        }
        Settings::Postgres(_) => {
            let mut bytes = Vec::new();
            for table in [
                "questions",
                "jobs",
                "parts",
                "summaries",
                "signing_keys",
                "seals",
                "audit",
                "votes",
                "runs",
            ] {
                bytes.extend(
                    bed.read_text(&format!(
                        "SELECT string_agg(row::text, ' ') FROM {table} AS row"
                    ))
                    .await,
                );
            }
            bytes
        }
    }
}

fn found_in(dump: &[u8]) -> Vec<&'static str> {
    let is_in = |secret: &str| {
        let mut windows = dump.windows(secret.len());
        windows.any(|window| window == secret.as_bytes())
    };
    SECRETS.into_iter().filter(|secret| is_in(secret)).collect()
}

async fn reseal(bed: &Bed) -> u64 {
    let (mut after, mut rows) = (String::new(), 0);
    loop {
        let (next, resealed) = bed.store.reseal(&after).await.unwrap();
        rows += resealed;
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    bed.store.write_anew().await.unwrap();
    rows
}

async fn opened_with(mut bed: Bed, seals: SealKeys) -> Bed {
    bed.seals = seals;
    bed.reopened().await
}

async fn nothing_is_to_be_read_in_the_database_and_everything_through_the_store(bed: Bed) {
    let bed = opened_with(bed, keys(Some(1), &[])).await;
    stored(&bed).await;
    assert_eq!(found_in(&dump(&bed).await), [""; 0]);
    assert_all_is_there(&bed).await;
    // The dead letter's picture, and the answer of before of one that is written once more.
    bed.store
        .revive(&askwell::ports::Letters::All, bed.now())
        .await
        .unwrap();
    let jobs = bed.claim(10).await;
    let pictures = jobs
        .iter()
        .filter_map(|job| job.concluded.as_ref()?.picture.clone());
    assert_eq!(pictures.collect::<Vec<_>>(), [picture()]);
    let earlier: Vec<_> = jobs.iter().filter_map(|job| job.again.as_ref()).collect();
    assert!(
        format!("{earlier:?}").contains("zwölf Legionen"),
        "{earlier:?}"
    );
}

async fn without_its_keys_the_database_is_not_opened_and_not_changed(bed: Bed) {
    let mut bed = opened_with(bed, keys(Some(1), &[])).await;
    stored(&bed).await;
    for wrong in [keys(None, &[]), keys(Some(2), &[]), keys(Some(2), &[3])] {
        bed.seals = wrong;
        let refused = bed.open(Access::Beside, LeaseTime::Clock).await;
        let Err(OpenError::SealKeyMissing { names }) = refused.map(|_| ()) else {
            panic!("it was opened with the wrong keys");
        };
        assert_eq!(names, [key(1).name()]);
    }
    assert_eq!(bed.count("seals").await, 1);
    let bed = opened_with(bed, keys(None, &[1])).await;
    assert_all_is_there(&bed).await;
}

async fn rows_of_before_stay_readable_and_are_sealed_with_each_next_key(bed: Bed) {
    stored(&bed).await;
    assert!(!found_in(&dump(&bed).await).is_empty());
    let bed = opened_with(bed, keys(Some(1), &[])).await;
    assert_all_is_there(&bed).await;
    let rows = reseal(&bed).await;
    // Three questions, a picture, a summary and a signing key.
    assert_eq!(rows, 6);
    assert_eq!(found_in(&dump(&bed).await), [""; 0]);
    assert_all_is_there(&bed).await;
    let bed = opened_with(bed, keys(Some(2), &[1])).await;
    assert_all_is_there(&bed).await;
    assert_eq!(bed.count("seals").await, 2);
    assert_eq!(reseal(&bed).await, 6);
    assert_eq!(
        reseal(&bed).await,
        0,
        "a second time there is nothing to do"
    );
    assert_eq!(bed.count("seals").await, 1);
    let bed = opened_with(bed, keys(Some(2), &[])).await;
    assert_all_is_there(&bed).await;
    let bed = opened_with(bed, keys(None, &[2])).await;
    assert_eq!(reseal(&bed).await, 6);
    let bed = opened_with(bed, keys(None, &[])).await;
    assert_all_is_there(&bed).await;
}

on_both!(
    nothing_is_to_be_read_in_the_database_and_everything_through_the_store,
    without_its_keys_the_database_is_not_opened_and_not_changed,
    rows_of_before_stay_readable_and_are_sealed_with_each_next_key,
);
