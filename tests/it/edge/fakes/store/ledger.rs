//! The ledger of a store that is asked nothing but how it is.

use askwell::domain::budget::{Account, Balance};
use askwell::domain::id::ServerId;
use askwell::domain::job::Lease;
use askwell::domain::time::Timestamp;
use askwell::ports::{
    EndedCall, Grant, Ledger, Reservation, Reserved, StoreError, UsageQuery, UsageRow,
};
use async_trait::async_trait;

use super::{NOT_OURS, Store};

#[async_trait]
impl Ledger for Store {
    async fn reserve(&self, _: Option<&Lease>, _: &Reservation) -> Result<Reserved, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn settle_calls(&self, _: &[EndedCall]) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn settle_lost(&self, _: Timestamp) -> Result<u64, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn balances(&self, _: &ServerId, _: &[Account]) -> Result<Vec<Balance>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn accounts(
        &self,
        _: &ServerId,
        _: &str,
        _: &str,
        _: u32,
    ) -> Result<Vec<(Account, Balance)>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn grant(&self, _: &ServerId, _: &Grant) -> Result<Balance, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn usage(&self, _: &ServerId, _: &UsageQuery) -> Result<Vec<UsageRow>, StoreError> {
        unreachable!("{NOT_OURS}")
    }
}
