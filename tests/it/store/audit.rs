//! The audit trail: appended to by whoever, never changed, and what was tampered with is found.

use std::time::Duration;

use askwell::domain::audit::{
    Actor, AuditAction, AuditEntry, AuditFlaw, AuditRecord, AuditVerdict, MAX_DETAIL_CHARS,
    MAX_SUBJECT_CHARS,
};
use askwell::domain::channel_settings::{ChannelChange, ChannelSetting, SettingName};
use askwell::domain::hexadecimal::hexadecimal;
use askwell::ports::{AuditPage, ChangedChannel, Store};
use askwell::store::Settings;
use sha2::Digest as _;
use sqlx::Connection as _;
use tokio::task::JoinSet;

use super::bed::{Bed, channel, on_both, server, user};

on_both!(
    entries_are_read_newest_first_by_page_and_by_kind,
    what_a_channel_does_otherwise_is_written_down_with_the_change,
    the_database_refuses_to_change_what_was_written,
    what_was_tampered_with_is_found_where_it_begins,
    an_entry_that_is_forged_with_its_hash_does_not_fit_the_next,
    what_is_too_long_or_cannot_be_stored_is_written_down_as_it_can_be,
    sides_that_append_at_once_leave_no_gap,
);

fn entry(bed: &Bed, number: u32, action: AuditAction) -> AuditEntry {
    AuditEntry {
        at: bed.now(),
        server: Some(server()),
        by: Actor::Person(user(number)),
        action,
        subject: format!("budget:{number}"),
        detail: format!("micros = {number}"),
    }
}

fn seqs(records: &[AuditRecord]) -> Vec<u64> {
    records.iter().map(|record| record.seq).collect()
}

impl Bed {
    async fn append(&self, count: u32) {
        for number in 0..count {
            let action = match number % 2 {
                0 => AuditAction::BudgetGranted,
                _ => AuditAction::SignedIn,
            };
            let entry = entry(self, number, action);
            self.store.append(&entry).await.unwrap();
            self.clock.advance(Duration::from_secs(1));
        }
    }

    async fn audited(&self, before: Option<u64>, action: Option<AuditAction>) -> Vec<AuditRecord> {
        let page = AuditPage {
            server: None,
            before,
            action,
            limit: 3,
        };
        self.store.audited(page).await.unwrap()
    }

    async fn verdict(&self) -> AuditVerdict {
        self.store.verify_audit().await.unwrap()
    }

    /// Changes the trail behind the store's back, as whoever owns the database can.
    async fn tamper_with_the_trail(&self, sql: &str) {
        let unlocked = match &self.settings {
            Settings::Sqlite(_) => {
                "DROP TRIGGER IF EXISTS audit_is_not_updated; DROP TRIGGER IF EXISTS audit_is_not_deleted; "
            }
            Settings::Postgres(_) => "ALTER TABLE audit DISABLE TRIGGER ALL; ",
        };
        self.tamper(&format!("{unlocked}{sql}")).await;
    }
}

async fn entries_are_read_newest_first_by_page_and_by_kind(bed: Bed) {
    let nothing = AuditVerdict::Whole {
        entries: 0,
        last_hash: AuditRecord::NO_HASH.to_owned(),
    };
    assert_eq!(bed.verdict().await, nothing);
    bed.append(8).await;
    assert_eq!(seqs(&bed.audited(None, None).await), [8, 7, 6]);
    assert_eq!(seqs(&bed.audited(Some(6), None).await), [5, 4, 3]);
    let granted = Some(AuditAction::BudgetGranted);
    assert_eq!(seqs(&bed.audited(None, granted).await), [7, 5, 3]);
    assert_eq!(seqs(&bed.audited(Some(3), granted).await), [1]);
    let after = bed.store.audited_after(2, 3).await.unwrap();
    assert_eq!(seqs(&after), [3, 4, 5]);
    let [third, fourth, _] = after.as_slice() else {
        panic!("three were asked for")
    };
    assert_eq!(third.actor, Actor::Person(user(2)).as_stored());
    assert_eq!(third.action, "budget_granted");
    assert_eq!(third.subject, "budget:2");
    assert_eq!(third.detail, "micros = 2");
    assert_eq!(third.server, "main");
    assert_eq!(third.hash, fourth.previous);
    assert!(matches!(
        bed.verdict().await,
        AuditVerdict::Whole { entries: 8, .. }
    ));
}

async fn what_a_channel_does_otherwise_is_written_down_with_the_change(bed: Bed) {
    for change in [
        ChannelChange::Set(ChannelSetting::Prompt("the secret plan".to_owned())),
        ChannelChange::Set(ChannelSetting::Model("small".to_owned())),
        ChannelChange::Reset(SettingName::Prompt),
        ChannelChange::ResetAll,
    ] {
        let changed = ChangedChannel {
            channel: channel(1),
            change,
            by: user(1),
            at: bed.now(),
        };
        let now = bed.store.change_channel(&server(), &changed).await;
        now.unwrap();
    }
    let written = bed.store.audited_after(0, 10).await.unwrap();
    let details: Vec<_> = written.iter().map(|entry| entry.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            "prompt = (15 characters)",
            "model = small",
            "prompt as everywhere",
            "all as everywhere"
        ]
    );
    for entry in &written {
        assert_eq!(entry.action, "channel_changed");
        assert_eq!(entry.subject, format!("channel:{}", channel(1)));
        assert_eq!(entry.actor, format!("person:{}", user(1)));
    }
}

async fn the_database_refuses_to_change_what_was_written(bed: Bed) {
    bed.append(2).await;
    for sql in [
        "UPDATE audit SET detail = 'nothing' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 2",
    ] {
        assert!(bed.refuses(sql).await, "{sql}");
    }
    assert!(matches!(
        bed.verdict().await,
        AuditVerdict::Whole { entries: 2, .. }
    ));
}

impl Bed {
    /// Whether the database refuses a statement.
    async fn refuses(&self, sql: &str) -> bool {
        match &self.settings {
            Settings::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch(sql).is_err()
            }
            Settings::Postgres(url) => {
                let url = secrecy::ExposeSecret::expose_secret(url);
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                let sql = sqlx::AssertSqlSafe(sql.to_owned());
                sqlx::raw_sql(sql).execute(&mut connection).await.is_err()
            }
        }
    }
}

async fn what_was_tampered_with_is_found_where_it_begins(bed: Bed) {
    bed.append(5).await;
    let broken = |seq, flaw| AuditVerdict::Broken { seq, flaw };
    // Each of these leaves what the ones before it did, and is found earlier.
    for (sql, expected) in [
        (
            "DELETE FROM audit WHERE seq = 5",
            broken(5, AuditFlaw::Missing),
        ),
        (
            "UPDATE audit SET detail = 'micros = 1000000' WHERE seq = 4",
            broken(4, AuditFlaw::Changed),
        ),
        (
            "DELETE FROM audit WHERE seq = 3",
            broken(3, AuditFlaw::Missing),
        ),
        (
            "UPDATE audit SET at = at + 1 WHERE seq = 2",
            broken(2, AuditFlaw::Changed),
        ),
        (
            "DELETE FROM audit WHERE seq = 1; UPDATE audit SET seq = 1 WHERE seq = 2",
            broken(1, AuditFlaw::Changed),
        ),
    ] {
        bed.tamper_with_the_trail(sql).await;
        assert_eq!(bed.verdict().await, expected, "{sql}");
    }
}

async fn an_entry_that_is_forged_with_its_hash_does_not_fit_the_next(bed: Bed) {
    bed.append(3).await;
    let mut forged = bed.store.audited_after(1, 1).await.unwrap().remove(0);
    "micros = 0".clone_into(&mut forged.detail);
    let hash = hexadecimal(&sha2::Sha256::digest(forged.hashed()));
    bed.tamper_with_the_trail(&format!(
        "UPDATE audit SET detail = 'micros = 0', hash = '{hash}' WHERE seq = 2"
    ))
    .await;
    let found = bed.verdict().await;
    let (seq, flaw) = (3, AuditFlaw::Unlinked);
    assert_eq!(found, AuditVerdict::Broken { seq, flaw });
}

async fn what_is_too_long_or_cannot_be_stored_is_written_down_as_it_can_be(bed: Bed) {
    let long = AuditEntry {
        subject: "가".repeat(MAX_SUBJECT_CHARS + 1),
        detail: format!("a\0b{}", "x".repeat(MAX_DETAIL_CHARS)),
        by: Actor::Operator("ro\0ot".to_owned()),
        server: None,
        ..entry(&bed, 1, AuditAction::Exported)
    };
    bed.store.append(&long).await.unwrap();
    let written = bed.audited(None, None).await.remove(0);
    assert_eq!(written.subject.chars().count(), MAX_SUBJECT_CHARS);
    assert_eq!(written.detail.chars().count(), MAX_DETAIL_CHARS);
    assert!(written.detail.starts_with("a\u{fffd}b"));
    assert_eq!(written.actor, "operator:ro\u{fffd}ot");
    assert_eq!(written.server, "");
    assert!(matches!(
        bed.verdict().await,
        AuditVerdict::Whole { entries: 1, .. }
    ));
}

async fn sides_that_append_at_once_leave_no_gap(bed: Bed) {
    const EACH: u32 = 25;
    let mut sides = JoinSet::new();
    for side in 0..4 {
        let store = bed.another().await;
        let entry = entry(&bed, side, AuditAction::BudgetGranted);
        sides.spawn(async move { append_often(&*store, &entry, EACH).await });
    }
    while let Some(side) = sides.join_next().await {
        side.unwrap();
    }
    assert!(matches!(
        bed.verdict().await,
        AuditVerdict::Whole { entries: 100, .. }
    ));
}

async fn append_often(store: &dyn Store, entry: &AuditEntry, times: u32) {
    for _ in 0..times {
        store.append(entry).await.unwrap();
    }
}
