//! The accounts of budgets, opened within a transaction: locked all at once and in one order, so that transactions cannot wait for each
//! other in a circle; reckoned with in memory; and written when they are closed.

use std::collections::{BTreeMap, BTreeSet};

use super::admit::ROWS_PER_STATEMENT;
use super::session::Session;
use super::statement::{Row, Statement, Value};
use crate::domain::budget::{Account, Balance, Claim, Metered};
use crate::domain::id::{QuestionId, ServerId};
use crate::ports::StoreError;

/// An account, and who tells people that much of it is taken.
#[derive(Clone, Debug, Default)]
struct Page {
    balance: Balance,
    warned_by: Option<String>,
    is_changed: bool,
}

/// Accounts that are open.
pub(super) struct Books {
    server: String,
    pages: BTreeMap<Account, Page>,
}

/// A claim that was made earlier, as it is stored.
pub(super) struct StoredClaim {
    pub(super) account: Account,
    pub(super) metered: Metered,
    pub(super) amount: i64,
}

const OPEN: &str =
    "INSERT INTO balances (server_id, budget, subject, period, reserved, spent, granted) VALUES ";
// Changes nothing, and locks each row where several write.
const OR_LOCK: &str =
    " ON CONFLICT (server_id, budget, period, subject) DO UPDATE SET reserved = balances.reserved
     RETURNING budget, subject, period, reserved, spent, granted, warned_by";

const CLOSE: &str = "INSERT INTO balances (server_id, budget, subject, period, reserved, spent, granted, warned_by) VALUES ";
const OR_WRITE: &str = " ON CONFLICT (server_id, budget, period, subject) DO UPDATE
     SET reserved = excluded.reserved, spent = excluded.spent, granted = excluded.granted, warned_by = excluded.warned_by";

impl Books {
    /// Opens accounts. A transaction opens them once, and after whatever else it locks.
    pub(super) async fn open(
        session: &mut Session,
        server: &str,
        accounts: BTreeSet<Account>,
    ) -> Result<Self, StoreError> {
        let accounts: Vec<Account> = accounts.into_iter().collect();
        let mut pages = BTreeMap::new();
        for chunk in accounts.chunks(ROWS_PER_STATEMENT) {
            let rows = chunk.iter().map(|account| -> [Value<'_>; 7] {
                let [budget, subject, period] = key(account);
                [
                    server.into(),
                    budget,
                    subject,
                    period,
                    0_i64.into(),
                    0_i64.into(),
                    0_i64.into(),
                ]
            });
            let statement = Statement::of_rows(OPEN, rows, OR_LOCK);
            for row in session.fetch(statement).await? {
                let page = Page {
                    balance: balance(&row)?,
                    warned_by: row.optional_text("warned_by")?,
                    is_changed: false,
                };
                pages.insert(account(&row)?, page);
            }
        }
        Ok(Self {
            server: server.to_owned(),
            pages,
        })
    }

    /// Makes claims, all of them or none; returns the first account that one does not fit.
    pub(super) fn claim(&mut self, claims: &[Claim]) -> Result<Option<Account>, StoreError> {
        for (at, claim) in claims.iter().enumerate() {
            let page = self.page(&claim.account)?;
            if !page.balance.allows(claim.amount, claim.limit) {
                for made in claims.get(..at).unwrap_or_default() {
                    self.release(&made.account, made.amount)?;
                }
                return Ok(Some(claim.account.clone()));
            }
            page.balance.reserved = page.balance.reserved.saturating_add(claim.amount);
            page.is_changed = true;
        }
        Ok(None)
    }

    /// Gives back what was reserved.
    pub(super) fn release(&mut self, account: &Account, reserved: i64) -> Result<(), StoreError> {
        self.settle(account, reserved, 0)
    }

    /// Puts what was spent in the place of what was reserved.
    pub(super) fn settle(
        &mut self,
        account: &Account,
        reserved: i64,
        spent: i64,
    ) -> Result<(), StoreError> {
        let page = self.page(account)?;
        page.balance.reserved = page.balance.reserved.saturating_sub(reserved);
        page.balance.spent = page.balance.spent.saturating_add(spent.max(0));
        page.is_changed = true;
        Ok(())
    }

    /// Finds of some claims those whose account is taken so far that people are to be told, where this question is the one to tell it.
    pub(super) fn warnings(
        &mut self,
        claims: &[Claim],
        question: QuestionId,
    ) -> Result<Vec<(Account, Balance)>, StoreError> {
        let question = question.to_string();
        let mut warned = Vec::new();
        for claim in claims {
            let Some(from) = claim.warn_from else {
                continue;
            };
            let page = self.page(&claim.account)?;
            let is_far = page.balance.taken() >= from.saturating_add(page.balance.granted);
            if is_far && page.warned_by.is_none() {
                page.warned_by = Some(question.clone());
                page.is_changed = true;
            }
            if page.warned_by.as_ref() == Some(&question) {
                warned.push((claim.account.clone(), page.balance));
            }
        }
        Ok(warned)
    }

    /// Grants more; who was warned is warned again when that is far used.
    pub(super) fn grant(&mut self, account: &Account, amount: i64) -> Result<Balance, StoreError> {
        let page = self.page(account)?;
        page.balance.granted = page.balance.granted.saturating_add(amount);
        page.warned_by = None;
        page.is_changed = true;
        Ok(page.balance)
    }

    /// Writes what has changed.
    pub(super) async fn close(self, session: &mut Session) -> Result<(), StoreError> {
        let changed: Vec<(&Account, &Page)> = self
            .pages
            .iter()
            .filter(|(_, page)| page.is_changed)
            .collect();
        for chunk in changed.chunks(ROWS_PER_STATEMENT) {
            let rows = chunk.iter().map(|(account, page)| -> [Value<'_>; 8] {
                let [budget, subject, period] = key(account);
                [
                    self.server.as_str().into(),
                    budget,
                    subject,
                    period,
                    page.balance.reserved.into(),
                    page.balance.spent.into(),
                    page.balance.granted.into(),
                    page.warned_by.as_deref().into(),
                ]
            });
            session
                .execute(Statement::of_rows(CLOSE, rows, OR_WRITE))
                .await?;
        }
        Ok(())
    }

    fn page(&mut self, account: &Account) -> Result<&mut Page, StoreError> {
        self.pages
            .get_mut(account)
            .ok_or(StoreError::Corrupt { what: "budget" })
    }
}

fn key(account: &Account) -> [Value<'_>; 3] {
    [
        account.budget.as_str().into(),
        account.subject.as_str().into(),
        account.period.as_str().into(),
    ]
}

/// Reads which account a row is about.
pub(super) fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        budget: row.text("budget")?,
        subject: row.text("subject")?,
        period: row.text("period")?,
    })
}

/// Reads how an account stands.
pub(super) fn balance(row: &Row) -> Result<Balance, StoreError> {
    Ok(Balance {
        reserved: row.integer("reserved")?,
        spent: row.integer("spent")?,
        granted: row.integer("granted")?,
    })
}

const KEEP_CLAIMS: &str =
    "INSERT INTO claims (holder, server_id, budget, subject, period, metered, amount) VALUES ";

/// Remembers who holds what is claimed.
pub(super) async fn keep_claims(
    session: &mut Session,
    server: &str,
    claims: &[(String, &Claim)],
) -> Result<(), StoreError> {
    for chunk in claims.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(|(holder, claim)| -> [Value<'_>; 7] {
            let [budget, subject, period] = key(&claim.account);
            [
                holder.as_str().into(),
                server.into(),
                budget,
                subject,
                period,
                claim.metered.as_str().into(),
                claim.amount.into(),
            ]
        });
        session
            .execute(Statement::of_rows(KEEP_CLAIMS, rows, ""))
            .await?;
    }
    Ok(())
}

const TAKE_CLAIMS: &str =
    "DELETE FROM claims WHERE holder = $1 RETURNING budget, subject, period, metered, amount";

/// Takes away what somebody holds: whoever gets it is the one to give it back or settle it.
pub(super) async fn take_claims(
    session: &mut Session,
    holder: &str,
) -> Result<Vec<StoredClaim>, StoreError> {
    claims(session, Statement::new(TAKE_CLAIMS).bind(holder)).await
}

const CLAIMS: &str =
    "SELECT budget, subject, period, metered, amount FROM claims WHERE holder = $1";

/// Returns what somebody holds.
pub(super) async fn claims_of(
    session: &mut Session,
    holder: &str,
) -> Result<Vec<StoredClaim>, StoreError> {
    claims(session, Statement::new(CLAIMS).bind(holder)).await
}

async fn claims(
    session: &mut Session,
    statement: Statement<'_>,
) -> Result<Vec<StoredClaim>, StoreError> {
    let rows = session.fetch(statement).await?;
    let claims = rows.iter().map(|row| {
        Ok(StoredClaim {
            account: account(row)?,
            metered: Metered::from_word(&row.text("metered")?)
                .ok_or(StoreError::Corrupt { what: "metered" })?,
            amount: row.integer("amount")?,
        })
    });
    claims.collect()
}

const BALANCE: &str = "SELECT reserved, spent, granted FROM balances
     WHERE server_id = $1 AND budget = $2 AND subject = $3 AND period = $4";

/// Returns how accounts stand, in order.
pub(super) async fn balances(
    session: &mut Session,
    server: &ServerId,
    accounts: &[Account],
) -> Result<Vec<Balance>, StoreError> {
    let mut balances = Vec::with_capacity(accounts.len());
    for account in accounts {
        let [budget, subject, period] = key(account);
        let statement = Statement::new(BALANCE)
            .bind(server.as_str())
            .bind(budget)
            .bind(subject)
            .bind(period);
        let row = session.fetch_optional(statement).await?;
        balances.push(row.as_ref().map(balance).transpose()?.unwrap_or_default());
    }
    Ok(balances)
}

const MOST_TAKEN: &str = "SELECT budget, subject, period, reserved, spent, granted FROM balances
     WHERE server_id = $1 AND budget = $2 AND period = $3
     ORDER BY spent + reserved DESC, subject LIMIT $4";

/// Returns the accounts of a budget in a period of which most is taken.
pub(super) async fn most_taken(
    session: &mut Session,
    server: &ServerId,
    (budget, period): (&str, &str),
    limit: u32,
) -> Result<Vec<(Account, Balance)>, StoreError> {
    let statement = Statement::new(MOST_TAKEN)
        .bind(server.as_str())
        .bind(budget)
        .bind(period)
        .bind(limit);
    let rows = session.fetch(statement).await?;
    rows.iter()
        .map(|row| Ok((account(row)?, balance(row)?)))
        .collect()
}
