//! What is done from the page for administrators is done and written down, both or neither.

use askwell::domain::audit::{Actor, AuditAction, AuditEntry};
use askwell::domain::id::ServerId;
use askwell::domain::question::Outcome;

use super::bed::{Bed, LEASE, on_both, question, refused, server, user};

on_both!(
    what_is_stopped_is_written_down_and_what_has_ended_is_not,
    a_dead_letter_is_revived_and_written_down_once_and_by_those_of_its_server,
    what_cannot_be_written_down_is_not_done,
);

fn entry(bed: &Bed, action: AuditAction) -> AuditEntry {
    AuditEntry {
        at: bed.now(),
        server: Some(server()),
        by: Actor::Person(user(1)),
        action,
        subject: "question:1".to_owned(),
        detail: String::new(),
    }
}

impl Bed {
    async fn stop(&self, server: &ServerId, number: u32) -> Option<bool> {
        let entry = entry(self, AuditAction::AnswerStopped);
        let id = question(number).id;
        self.store.stop_as_written(server, id, &entry).await.ok()
    }

    async fn retry(&self, server: &ServerId, number: u32) -> Option<bool> {
        let entry = entry(self, AuditAction::DeadLetterRetried);
        let (id, deadline) = (question(number).id, self.now().after(LEASE));
        let revived = self.store.revive_as_written(server, id, deadline, &entry);
        revived.await.ok()
    }

    async fn written_down(&self) -> Vec<String> {
        let entries = self.store.audited_after(0, 10).await.unwrap();
        entries.into_iter().map(|entry| entry.action).collect()
    }

    /// Buries a question, and admits another that waits.
    async fn one_dead_and_one_waiting(&self) {
        let lease = self.lease_on(question(1)).await;
        self.store
            .bury(&lease, self.now(), &refused())
            .await
            .unwrap();
        self.admit(&[question(2)]).await;
    }
}

async fn what_is_stopped_is_written_down_and_what_has_ended_is_not(bed: Bed) {
    let elsewhere = ServerId::parse("elsewhere").unwrap();
    bed.answer(question(1), Outcome::Answered).await;
    bed.admit(&[question(2)]).await;
    assert_eq!(bed.stop(&server(), 1).await, Some(false));
    assert_eq!(bed.stop(&elsewhere, 2).await, Some(false));
    assert!(bed.written_down().await.is_empty());
    assert_eq!(bed.stop(&server(), 2).await, Some(true));
    assert_eq!(bed.written_down().await, ["answer_stopped"]);
    assert!(bed.claim_one().await.stop_requested);
}

async fn a_dead_letter_is_revived_and_written_down_once_and_by_those_of_its_server(bed: Bed) {
    let elsewhere = ServerId::parse("elsewhere").unwrap();
    bed.one_dead_and_one_waiting().await;
    assert_eq!(bed.retry(&elsewhere, 1).await, Some(false));
    assert_eq!(bed.retry(&server(), 2).await, Some(false));
    assert_eq!(bed.retry(&server(), 3).await, Some(false));
    assert!(bed.written_down().await.is_empty());
    assert_eq!(bed.retry(&server(), 1).await, Some(true));
    assert_eq!(bed.retry(&server(), 1).await, Some(false));
    assert_eq!(bed.written_down().await, ["dead_letter_retried"]);
    assert!(bed.store.dead_letters(10).await.unwrap().is_empty());
}

async fn what_cannot_be_written_down_is_not_done(bed: Bed) {
    bed.one_dead_and_one_waiting().await;
    // Whoever appends locks this row.
    bed.tamper("DELETE FROM audit_end").await;
    assert_eq!(bed.stop(&server(), 2).await, None);
    assert_eq!(bed.retry(&server(), 1).await, None);
    assert_eq!(bed.store.dead_letters(10).await.unwrap().len(), 1);
    assert!(!bed.claim_one().await.stop_requested);
}
