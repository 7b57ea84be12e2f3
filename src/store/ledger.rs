//! The ledger: every call of a model, what it may use, what it has used, and whose that is.
//!
//! A call is written before it is made and settled once. What locks rows does so in one order: the lease, calls, claims, accounts, usage.

use std::collections::BTreeSet;

use super::audit;
use super::books::{Books, StoredClaim, claims_of, keep_claims, take_claims};
use super::row::tokens;
use super::session::Session;
use super::statement::{Row, Statement};
use super::usage;
use super::work::hold;
use crate::domain::audit::{AuditAction, AuditEntry};
use crate::domain::budget::{Account, Balance, Claim, Metered, SettledBy, whole};
use crate::domain::completion::Usage;
use crate::domain::id::{QuestionId, ServerId};
use crate::domain::job::Lease;
use crate::domain::money::Money;
use crate::domain::time::Timestamp;
use crate::ports::{EndedCall, Grant, NewCall, Reservation, Reserved, StoreError};

/// Who holds the claims of a generation of an answer.
pub(super) fn holder(question: QuestionId, generation: i64) -> String {
    format!("{question}:{generation}")
}

fn call_holder(call: &str) -> String {
    format!("call:{call}")
}

/// A call as it was written before it was made.
struct OpenCall {
    id: String,
    question: String,
    generation: i64,
    server: String,
    /// What it may use at most.
    bound: Usage,
    cost: Option<Money>,
    day: String,
    owners: usage::Owners,
}

const OPEN_CALL: &str = "UPDATE calls SET settled_by = $2, settled_at = $3, model = $4 WHERE id = $1 AND settled_by IS NULL
     RETURNING id, question_id, generation, server_id, reserved_prompt, reserved_answer, reserved_cost, day,
         person_id, person_name, channel_id, channel_name, team_id, agent, target";

const WRITE_USED: &str = "UPDATE calls SET prompt_tokens = $2, completion_tokens = $3, cached_tokens = $4, reasoning_tokens = $5,
         cost = $6, excess_tokens = $7, excess_cost = $8
     WHERE id = $1";

/// Tokens of each kind that one call is believed to have used, at most: many of them add up to what a column holds.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// What one call is believed to have cost, at most: a million dollars.
const MOST_COST: Money = Money::from_nanos(1_000_000_000_000_000);

fn believable(usage: Usage) -> Usage {
    Usage {
        prompt_tokens: usage.prompt_tokens.min(MOST_TOKENS),
        completion_tokens: usage.completion_tokens.min(MOST_TOKENS),
        cached_tokens: usage.cached_tokens.min(MOST_TOKENS),
        reasoning_tokens: usage.reasoning_tokens.min(MOST_TOKENS),
    }
}

/// A call that is settled in this transaction, with what it held.
struct Settling {
    call: OpenCall,
    by: SettledBy,
    usage: Usage,
    cost: Money,
    claims: Vec<StoredClaim>,
}

/// Marks a call as settled, where it is not yet, and takes its claims.
async fn begin_settling(
    session: &mut Session,
    ended: &EndedCall,
) -> Result<Option<Settling>, StoreError> {
    let statement = Statement::new(OPEN_CALL)
        .bind(ended.id)
        .bind(ended.by.as_str())
        .bind(ended.at)
        .bind(ended.model.as_deref());
    let Some(row) = session.fetch_optional(statement).await? else {
        return Ok(None);
    };
    let call = open_call(&row)?;
    let claims = take_claims(session, &call_holder(&call.id)).await?;
    let (usage, cost) = match ended.by {
        SettledBy::Reservation => (call.bound, call.cost.unwrap_or(Money::ZERO)),
        SettledBy::Nothing => (Usage::default(), Money::ZERO),
        SettledBy::Report | SettledBy::Estimate => {
            (believable(ended.usage), ended.cost.min(MOST_COST))
        }
    };
    Ok(Some(Settling {
        call,
        by: ended.by,
        usage,
        cost,
        claims,
    }))
}

fn open_call(row: &Row) -> Result<OpenCall, StoreError> {
    Ok(OpenCall {
        id: row.text("id")?,
        question: row.text("question_id")?,
        generation: row.integer("generation")?,
        server: row.text("server_id")?,
        bound: Usage {
            prompt_tokens: row.count("reserved_prompt")?,
            completion_tokens: row.count("reserved_answer")?,
            ..Usage::default()
        },
        cost: row
            .optional_integer("reserved_cost")?
            .map(Money::from_nanos),
        day: row.text("day")?,
        owners: usage::Owners::read(row)?,
    })
}

impl Settling {
    fn tokens(&self) -> i64 {
        let usage = self.usage;
        whole(usage.prompt_tokens.saturating_add(usage.completion_tokens))
    }

    /// Writes what was used, and puts it in the place of what was reserved.
    async fn finish(self, session: &mut Session, books: &mut Books) -> Result<(), StoreError> {
        let bound = self.call.bound;
        let reserved = whole(bound.prompt_tokens.saturating_add(bound.completion_tokens));
        let excess_tokens = self.tokens().saturating_sub(reserved).max(0);
        let reserved_cost = self.call.cost.map_or(i64::MAX, Money::as_nanos);
        let excess_cost = self.cost.as_nanos().saturating_sub(reserved_cost).max(0);
        let write = Statement::new(WRITE_USED)
            .bind(self.call.id.as_str())
            .bind(tokens(self.usage.prompt_tokens))
            .bind(tokens(self.usage.completion_tokens))
            .bind(tokens(self.usage.cached_tokens))
            .bind(tokens(self.usage.reasoning_tokens))
            .bind(self.cost.as_nanos())
            .bind(excess_tokens)
            .bind(excess_cost);
        session.execute(write).await?;
        for claim in &self.claims {
            let spent = match claim.metered {
                Metered::Requests => 0,
                Metered::Tokens => self.tokens(),
                Metered::Money => self.cost.as_nanos(),
            };
            books.settle(&claim.account, claim.amount, spent)?;
        }
        if excess_tokens > 0 {
            tracing::warn!(
                question.id = self.call.question,
                excess_tokens,
                "a provider reports more than was reserved for its call"
            );
        }
        Ok(())
    }
}

const IS_FIRST: &str = "SELECT 1 AS other FROM calls
     WHERE question_id = $1 AND generation = $2 AND id <> $3 AND settled_by IS NOT NULL AND settled_by <> 'nothing' LIMIT 1";

/// Adds what calls used to the tables of days and months.
async fn count(session: &mut Session, settled: &[usage::Used]) -> Result<(), StoreError> {
    usage::add(session, settled).await
}

async fn used(
    session: &mut Session,
    settling: &Settling,
) -> Result<Option<usage::Used>, StoreError> {
    if settling.by == SettledBy::Nothing {
        return Ok(None);
    }
    let call = &settling.call;
    let other = Statement::new(IS_FIRST)
        .bind(call.question.as_str())
        .bind(call.generation)
        .bind(call.id.as_str());
    let is_first = session.fetch_optional(other).await?.is_none();
    Ok(Some(usage::Used {
        server: call.server.clone(),
        day: call.day.clone(),
        owners: call.owners.clone(),
        is_first,
        usage: settling.usage,
        cost: settling.cost,
    }))
}

/// Settles calls, and does something else with accounts in the same books: `also` names those, `then` reckons with them.
async fn settle_and<T>(
    session: &mut Session,
    server: &str,
    settling: Vec<Settling>,
    also: impl Iterator<Item = Account>,
    then: impl FnOnce(&mut Books) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let held = settling.iter().flat_map(|settling| &settling.claims);
    let mut accounts: BTreeSet<Account> = held.map(|claim| claim.account.clone()).collect();
    accounts.extend(also);
    let mut counted = Vec::with_capacity(settling.len());
    for settling in &settling {
        counted.extend(used(session, settling).await?);
    }
    let mut books = Books::open(session, server, accounts).await?;
    for settling in settling {
        settling.finish(session, &mut books).await?;
    }
    let done = then(&mut books)?;
    books.close(session).await?;
    count(session, &counted).await?;
    Ok(done)
}

async fn begin_settling_all(
    session: &mut Session,
    ended: &[EndedCall],
) -> Result<Vec<Settling>, StoreError> {
    let mut sorted: Vec<&EndedCall> = ended.iter().collect();
    sorted.sort_by_key(|call| call.id);
    let mut settling = Vec::with_capacity(sorted.len());
    for ended in sorted {
        settling.extend(begin_settling(session, ended).await?);
    }
    Ok(settling)
}

/// Settles calls that ended.
pub(super) async fn settle_calls(
    session: &mut Session,
    ended: &[EndedCall],
) -> Result<(), StoreError> {
    let settling = begin_settling_all(session, ended).await?;
    let Some(server) = settling.first().map(|first| first.call.server.clone()) else {
        return Ok(());
    };
    settle_and(session, &server, settling, std::iter::empty(), |_| Ok(())).await
}

const LEFT_BY_OTHERS: &str = "SELECT id FROM calls
     WHERE question_id = $1 AND settled_by IS NULL AND (lease_token IS NULL OR lease_token <> $2) ORDER BY id";

/// Calls over a question that whoever worked on it before left unsettled, to be settled at their reservation.
async fn left_by_others(
    session: &mut Session,
    lease: &Lease,
    at: Timestamp,
) -> Result<Vec<EndedCall>, StoreError> {
    let statement = Statement::new(LEFT_BY_OTHERS)
        .bind(lease.question)
        .bind(lease.token);
    lost(&session.fetch(statement).await?, at)
}

fn lost(rows: &[Row], at: Timestamp) -> Result<Vec<EndedCall>, StoreError> {
    let calls = rows.iter().map(|row| {
        let id = u128::from_str_radix(&row.text("id")?, 16);
        Ok(EndedCall {
            id: id.map_err(|_| StoreError::Corrupt { what: "id" })?,
            by: SettledBy::Reservation,
            usage: Usage::default(),
            cost: Money::ZERO,
            model: None,
            at,
        })
    });
    calls.collect()
}

const INSERT_CALL: &str = "INSERT INTO calls (id, question_id, generation, server_id, lease_token, person_id, person_name, channel_id,
         channel_name, team_id, agent, target, day, begun_at, reserved_prompt, reserved_answer, reserved_cost)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

/// Reserves what a call may use.
pub(super) async fn reserve(
    session: &mut Session,
    lease: Option<&Lease>,
    reservation: &Reservation,
) -> Result<Reserved, StoreError> {
    let Reservation {
        ended,
        call,
        claims,
    } = reservation;
    let mut ended = ended.clone();
    if let Some(lease) = lease {
        hold(session, lease).await?;
        ended.extend(left_by_others(session, lease, call.at).await?);
    }
    let settling = begin_settling_all(session, &ended).await?;
    let held = claims_of(session, &holder(call.question, i64::from(call.generation))).await?;
    // What the question itself reserved of tokens and money makes room for what its call does.
    let (kept, released): (Vec<_>, Vec<_>) = held
        .into_iter()
        .partition(|claim| claim.metered == Metered::Requests);
    let is_held = |claim: &&Claim| {
        let is_same = |held: &StoredClaim| {
            held.account.budget == claim.account.budget
                && held.account.subject == claim.account.subject
        };
        claim.metered == Metered::Requests && kept.iter().any(is_same)
    };
    let new: Vec<Claim> = claims
        .iter()
        .filter(|claim| !is_held(claim))
        .cloned()
        .collect();
    let accounts = claims.iter().map(|claim| &claim.account);
    let accounts = accounts.chain(released.iter().map(|claim| &claim.account));
    let accounts: Vec<Account> = accounts.cloned().collect();
    let server = call.server.as_str();
    let reserved = settle_and(session, server, settling, accounts.into_iter(), |books| {
        for claim in &released {
            books.release(&claim.account, claim.amount)?;
        }
        Ok(match books.claim(&new)? {
            Some(account) => Reserved::Over(account),
            None => Reserved::Held {
                warned: books.warnings(claims, call.question)?,
            },
        })
    })
    .await?;
    release_held(session, call, &released).await?;
    if let Reserved::Held { .. } = &reserved {
        write(session, lease, call, &new).await?;
    }
    Ok(reserved)
}

const FORGET_CLAIM: &str = "DELETE FROM claims WHERE holder = $1 AND budget = $2 AND subject = $3";

async fn release_held(
    session: &mut Session,
    call: &NewCall,
    released: &[StoredClaim],
) -> Result<(), StoreError> {
    let holder = holder(call.question, i64::from(call.generation));
    for claim in released {
        let statement = Statement::new(FORGET_CLAIM)
            .bind(holder.as_str())
            .bind(claim.account.budget.as_str())
            .bind(claim.account.subject.as_str());
        session.execute(statement).await?;
    }
    Ok(())
}

async fn write(
    session: &mut Session,
    lease: Option<&Lease>,
    call: &NewCall,
    claims: &[Claim],
) -> Result<(), StoreError> {
    let of = &call.of;
    let statement = Statement::new(INSERT_CALL)
        .bind(call.id)
        .bind(call.question)
        .bind(call.generation)
        .bind(call.server.as_str())
        .bind(lease.map(|lease| lease.token))
        .bind(of.person.as_str())
        .bind(of.person_name.as_str())
        .bind(of.channel.as_str())
        .bind(of.channel_name.as_str())
        .bind(of.team.as_str())
        .bind(of.agent.as_str())
        .bind(call.target.as_str())
        .bind(call.day.as_str())
        .bind(call.at)
        .bind(whole(call.bound.prompt_tokens))
        .bind(whole(call.bound.answer_tokens))
        .bind(call.bound.cost().map(Money::as_nanos));
    session.execute(statement).await?;
    let (by_question, by_call) = (
        holder(call.question, i64::from(call.generation)),
        call_holder(&format!("{:032x}", call.id)),
    );
    let held = claims.iter().map(|claim| {
        let holder = match claim.metered {
            Metered::Requests => by_question.clone(),
            Metered::Tokens | Metered::Money => by_call.clone(),
        };
        (holder, claim)
    });
    let held: Vec<(String, &Claim)> = held.collect();
    keep_claims(session, call.server.as_str(), &held).await
}

const UNSETTLED: &str =
    "SELECT id FROM calls WHERE question_id = $1 AND settled_by IS NULL ORDER BY id";

const REACHED: &str = "SELECT 1 AS reached FROM calls
     WHERE question_id = $1 AND generation = $2 AND (settled_by IS NULL OR settled_by <> 'nothing') LIMIT 1";

/// Settles all that is reserved over a question that has ended: its calls at their reservation, its requests where a model was reached.
pub(super) async fn close_question(
    session: &mut Session,
    question: QuestionId,
    generation: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = session
        .fetch(Statement::new(UNSETTLED).bind(question))
        .await?;
    let reached = Statement::new(REACHED).bind(question).bind(generation);
    let is_reached = session.fetch_optional(reached).await?.is_some();
    let settling = begin_settling_all(session, &lost(&rows, at)?).await?;
    let held = take_claims(session, &holder(question, generation)).await?;
    let server = settling.first().map(|first| first.call.server.clone());
    if settling.is_empty() && held.is_empty() {
        return Ok(());
    }
    let server = match server {
        Some(server) => server,
        None => server_of(session, question).await?,
    };
    let accounts: Vec<Account> = held.iter().map(|claim| claim.account.clone()).collect();
    settle_and(session, &server, settling, accounts.into_iter(), |books| {
        for claim in &held {
            let is_spent = claim.metered == Metered::Requests && is_reached;
            books.settle(
                &claim.account,
                claim.amount,
                if is_spent { claim.amount } else { 0 },
            )?;
        }
        Ok(())
    })
    .await
}

const SERVER_OF: &str = "SELECT server_id FROM questions WHERE id = $1";

async fn server_of(session: &mut Session, question: QuestionId) -> Result<String, StoreError> {
    let row = session
        .fetch_optional(Statement::new(SERVER_OF).bind(question))
        .await?;
    row.ok_or(StoreError::Corrupt { what: "id" })?
        .text("server_id")
}

/// How many lost calls are settled in one transaction.
const LOST_AT_ONCE: u32 = 256;

const LOST: &str = "SELECT calls.id, calls.server_id FROM calls LEFT JOIN jobs ON jobs.question_id = calls.question_id
     WHERE calls.settled_by IS NULL AND calls.begun_at < $1 AND (jobs.state IS NULL OR jobs.state IN ('done', 'dead'))
     ORDER BY calls.id LIMIT $2";

/// Settles at their reservation calls that nobody will settle any more.
pub(super) async fn settle_lost(
    session: &mut Session,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let statement = Statement::new(LOST).bind(before).bind(LOST_AT_ONCE);
    let rows = session.fetch(statement).await?;
    let mut settled = 0;
    let mut servers: Vec<String> = Vec::new();
    for row in &rows {
        servers.push(row.text("server_id")?);
    }
    servers.sort_unstable();
    servers.dedup();
    let calls = lost(&rows, before)?;
    let settling = begin_settling_all(session, &calls).await?;
    let mut left = settling;
    for server in servers {
        let (of_server, others): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|settling| settling.call.server == server);
        left = others;
        settled += of_server.len() as u64;
        settle_and(session, &server, of_server, std::iter::empty(), |_| Ok(())).await?;
    }
    Ok(settled)
}

/// Grants more for one period of an account.
pub(super) async fn grant(
    session: &mut Session,
    server: &ServerId,
    grant: &Grant,
) -> Result<Balance, StoreError> {
    let account = BTreeSet::from([grant.account.clone()]);
    let mut books = Books::open(session, server.as_str(), account).await?;
    let balance = books.grant(&grant.account, grant.amount)?;
    books.close(session).await?;
    let Account {
        budget,
        subject,
        period,
    } = &grant.account;
    let entry = AuditEntry {
        at: grant.at,
        server: Some(server.clone()),
        by: grant.by.clone(),
        action: AuditAction::BudgetGranted,
        subject: format!("{budget} {subject}").trim_end().to_owned(),
        detail: format!("{} for {period}", grant.amount),
    };
    audit::append(session, &entry).await?;
    Ok(balance)
}
