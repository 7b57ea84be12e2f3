//! The ledger on either database.

use async_trait::async_trait;

use super::verbs::{SqlStore, verb};
use super::{books, ledger, usage};
use crate::domain::budget::{Account, Balance};
use crate::domain::id::ServerId;
use crate::domain::job::Lease;
use crate::domain::time::Timestamp;
use crate::ports::{
    EndedCall, Grant, Ledger, Reservation, Reserved, StoreError, UsageQuery, UsageRow,
};
use crate::store::session::Session;
use futures_util::future::BoxFuture;

#[async_trait]
impl Ledger for SqlStore {
    async fn reserve(
        &self,
        lease: Option<&Lease>,
        reservation: &Reservation,
    ) -> Result<Reserved, StoreError> {
        let (lease, reservation) = (lease.cloned(), reservation.clone());
        if reservation.claims.is_empty() {
            return self
                .write_lazily(
                    verb!(session => ledger::reserve(session, lease.as_ref(), &reservation)),
                )
                .await;
        }
        self.write(verb!(session => ledger::reserve(session, lease.as_ref(), &reservation)))
            .await
    }

    async fn settle_calls(&self, ended: &[EndedCall]) -> Result<(), StoreError> {
        let ended = ended.to_vec();
        self.write_lazily(verb!(session => ledger::settle_calls(session, &ended)))
            .await
    }

    async fn settle_lost(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(verb!(session => ledger::settle_lost(session, before)))
            .await
    }

    async fn balances(
        &self,
        server: &ServerId,
        accounts: &[Account],
    ) -> Result<Vec<Balance>, StoreError> {
        let (server, accounts) = (server.clone(), accounts.to_vec());
        self.read(verb!(session => books::balances(session, &server, &accounts)))
            .await
    }

    async fn accounts(
        &self,
        server: &ServerId,
        budget: &str,
        period: &str,
        limit: u32,
    ) -> Result<Vec<(Account, Balance)>, StoreError> {
        let (server, budget, period) = (server.clone(), budget.to_owned(), period.to_owned());
        self.read(verb!(session => books::most_taken(session, &server, (&budget, &period), limit)))
            .await
    }

    async fn grant(&self, server: &ServerId, grant: &Grant) -> Result<Balance, StoreError> {
        let (server, grant) = (server.clone(), grant.clone());
        self.write(verb!(session => ledger::grant(session, &server, &grant)))
            .await
    }

    async fn usage(
        &self,
        server: &ServerId,
        query: &UsageQuery,
    ) -> Result<Vec<UsageRow>, StoreError> {
        let (server, query) = (server.clone(), query.clone());
        self.read(verb!(session => usage::read(session, &server, &query)))
            .await
    }
}
