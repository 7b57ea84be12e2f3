//! The ledger: what calls of models may use, have used, and cost.

use async_trait::async_trait;

use crate::domain::audit::Actor;
use crate::domain::budget::{Account, Balance, Bound, Claim, SettledBy};
use crate::domain::completion::Usage;
use crate::domain::id::{QuestionId, ServerId};
use crate::domain::job::Lease;
use crate::domain::money::Money;
use crate::domain::time::Timestamp;

use super::StoreError;

/// A call of a model that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCall {
    /// By what it is known; random.
    pub id: u128,
    /// Over which question, and which generation of its answer.
    pub question: QuestionId,
    /// See [`NewCall::question`].
    pub generation: u32,
    /// On which server that was asked.
    pub server: ServerId,
    /// Whose it is, for the tables of what was used.
    pub of: Dimensions,
    /// The model, by its name in the configuration.
    pub target: String,
    /// What it can use at most.
    pub bound: Bound,
    /// When it begins.
    pub at: Timestamp,
    /// The day of the installation's calendar on which it is counted, as `2026-11-28`.
    pub day: String,
}

/// By whom and where something was used; empty where that is not known, or does not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dimensions {
    /// The account's id.
    pub person: String,
    /// What the account is called.
    pub person_name: String,
    /// The channel's id.
    pub channel: String,
    /// What the channel is called in URLs.
    pub channel_name: String,
    /// The team's id.
    pub team: String,
    /// The agent's name.
    pub agent: String,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedCall {
    /// Which.
    pub id: u128,
    /// What its usage follows from.
    pub by: SettledBy,
    /// What it used.
    pub usage: Usage,
    /// What that cost; nothing where no price is known.
    pub cost: Money,
    /// The model, as its server names it.
    pub model: Option<String>,
    /// When it ended.
    pub at: Timestamp,
}

/// What became of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// All claims hold.
    Held {
        /// The accounts of which more is taken now than people are to be told of, where this question is the one to tell it.
        warned: Vec<(Account, Balance)>,
    },
    /// The claim of this account does not fit; nothing was reserved.
    Over(Account),
}

/// What is done in one go before a call: what ended before it is settled, and its claims are reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Calls that have ended meanwhile.
    pub ended: Vec<EndedCall>,
    /// The call.
    pub call: NewCall,
    /// What it claims; of requests once for each generation of a question, however often that is claimed.
    pub claims: Vec<Claim>,
}

/// What is granted for one period of an account besides the budget's limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which account.
    pub account: Account,
    /// How much, in what the budget counts; negative takes back.
    pub amount: i64,
    /// Who grants it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// By what used amounts are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Not at all.
    Total,
    /// By who asked.
    Person,
    /// By where.
    Channel,
    /// By the team.
    Team,
    /// By the agent.
    Agent,
    /// By the model, by its name in the configuration.
    Model,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Total,
        Self::Person,
        Self::Channel,
        Self::Team,
        Self::Agent,
        Self::Model,
    ];

    /// Returns the word under which it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Person => "person",
            Self::Channel => "channel",
            Self::Team => "team",
            Self::Agent => "agent",
            Self::Model => "model",
        }
    }
}

/// Which used amounts are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageQuery {
    /// By what they are told apart.
    pub by: Dimension,
    /// Whose alone, by id or name; all where absent.
    pub subject: Option<String>,
    /// When.
    pub span: UsageSpan,
    /// Rows at most: those that cost most, then those of most tokens.
    pub limit: u32,
}

/// Of which time used amounts are asked for. A day and a month are found as fast however many used something; other spans are summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageSpan {
    /// A day, as `2026-11-28`.
    Day(String),
    /// A month, as `2026-11`.
    Month(String),
    /// From one day to another, both included.
    Days(String, String),
}

/// What one of a dimension used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageRow {
    /// Whose, by id or name.
    pub subject: String,
    /// What that was called last.
    pub name: String,
    /// Questions that reached a model, or generations of their answers.
    pub questions: u64,
    /// Calls of models that used something.
    pub calls: u64,
    /// Tokens, all calls together.
    pub usage: Usage,
    /// What they cost.
    pub cost: Money,
}

/// What calls use. Each method is one transaction, like those of [`super::Store`], and fails as those do.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Reserves what a call may use, all of it or nothing, and settles what ended before. Of a question that somebody worked on before,
    /// whoever shows a lease settles at their reservation the calls that nobody settled.
    ///
    /// The commit waits for the disk where anything is claimed.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where a lease is shown that is no longer the question's.
    async fn reserve(
        &self,
        lease: Option<&Lease>,
        reservation: &Reservation,
    ) -> Result<Reserved, StoreError>;

    /// Settles calls: what each used takes the place of what it had reserved. One that is settled already stays as it is.
    ///
    /// The commit does not wait for the disk: what is forgotten is settled at its reservation.
    async fn settle_calls(&self, ended: &[EndedCall]) -> Result<(), StoreError>;

    /// Settles at their reservation the calls that began before a time over questions that nobody works on; returns how many.
    async fn settle_lost(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Returns how accounts stand, in order; one that nothing was claimed of stands at nothing.
    async fn balances(
        &self,
        server: &ServerId,
        accounts: &[Account],
    ) -> Result<Vec<Balance>, StoreError>;

    /// Returns the accounts of a budget in a period of which most is taken, at most `limit`.
    async fn accounts(
        &self,
        server: &ServerId,
        budget: &str,
        period: &str,
        limit: u32,
    ) -> Result<Vec<(Account, Balance)>, StoreError>;

    /// Grants more for one period of an account, writes that into the audit trail, and returns how the account stands then.
    async fn grant(&self, server: &ServerId, grant: &Grant) -> Result<Balance, StoreError>;

    /// Returns what was used.
    async fn usage(
        &self,
        server: &ServerId,
        query: &UsageQuery,
    ) -> Result<Vec<UsageRow>, StoreError>;
}
