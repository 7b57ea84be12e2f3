//! Writing under a lease: each verb shows its token in the same transaction, and one that was lost writes nothing.

use std::borrow::Cow;

use super::claim::FURTHEST_RETRY;
use super::row::{as_base64, conclusion_values, delivery_values, part, texts_json};
use super::seal::place;
use super::session::Session;
use super::statement::{Sql, Statement, Value, locking};
use super::{ledger, privacy, runs};
use crate::domain::agent::AgentName;
use crate::domain::conversation::ConversationKey;
use crate::domain::event::EventKey;
use crate::domain::id::{PostId, QuestionId, ServerId, UserId};
use crate::domain::job::{ControlScope, Lease};
use crate::domain::post::{Delivery, Part, PartIntent};
use crate::domain::question::Conclusion;
use crate::domain::time::Timestamp;
use crate::ports::{Burial, Renewal, StoreError};

/// How a job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending<'b> {
    /// Its question ended visibly.
    Done,
    /// Its question's end could not be shown: a dead letter for a person to look at.
    Dead(&'b Burial),
}

/// Says that a lease was lost where no row showed its token.
pub(super) fn held(rows: u64) -> Result<(), StoreError> {
    if rows == 0 {
        Err(StoreError::LeaseLost)
    } else {
        Ok(())
    }
}

const HOLD: Sql = locking!(
    "SELECT server_id FROM jobs WHERE question_id = $1 AND lease_token = $2",
    "FOR UPDATE"
);

/// Makes sure of a lease until the commit, for writes to other tables; returns the question's server as it is stored.
pub(super) async fn hold(session: &mut Session, lease: &Lease) -> Result<String, StoreError> {
    let statement = Statement::new(HOLD).bind(lease.question).bind(lease.token);
    session
        .fetch_optional(statement)
        .await?
        .ok_or(StoreError::LeaseLost)?
        .text("server_id")
}

const FREE_ALL: &str =
    "UPDATE jobs SET state = 'ready', deaths = deaths + 1, lease_token = NULL, lease_until = NULL, worker = NULL
     WHERE state = 'run'";

/// Frees every lease, each of a process that died; returns how many.
pub(super) async fn free_all(session: &mut Session) -> Result<u64, StoreError> {
    session.execute(Statement::new(FREE_ALL)).await
}

const RENEW: &str = "UPDATE jobs SET lease_until = $3 WHERE question_id = $1 AND lease_token = $2 RETURNING stop_requested";

/// Prolongs a lease until `until`, which is told in the caller's time, as is `now`.
pub(super) async fn renew(
    session: &mut Session,
    lease: &Lease,
    until: Timestamp,
    now: Timestamp,
) -> Result<Renewal, StoreError> {
    let lease_time = session.lease_time(now).await?;
    let statement = Statement::new(RENEW)
        .bind(lease.question)
        .bind(lease.token)
        .bind(lease_time.after(until.since(now)));
    let row = session.fetch_optional(statement).await?;
    Ok(Renewal {
        until,
        stop_requested: row.ok_or(StoreError::LeaseLost)?.truth("stop_requested")?,
    })
}

const PLACE_IN: &str = "UPDATE questions SET thread_id = $2, conversation = $3,
         delivery_root_id = CASE WHEN delivery = 'bot' THEN $2 ELSE delivery_root_id END
     WHERE id = $1";

/// Puts a question into its thread and its conversation.
pub(super) async fn place_in(
    session: &mut Session,
    lease: &Lease,
    thread: &PostId,
    conversation: &ConversationKey,
) -> Result<(), StoreError> {
    hold(session, lease).await?;
    let statement = Statement::new(PLACE_IN)
        .bind(lease.question)
        .bind(thread.as_str())
        .bind(conversation.as_str());
    session.execute(statement).await?;
    Ok(())
}

const ADDRESS_TO_ASKER: &str = "UPDATE questions SET audience = 'asker', conversation = $2, delivery = $3, delivery_channel_id = $4,
         delivery_root_id = $5, delivery_user_id = $6, delivery_response_id = $7, delivery_audience = $8, delivery_channel_name = $9
     WHERE id = $1";

/// Addresses the answer to a question to its asker alone.
pub(super) async fn address_to_asker(
    session: &mut Session,
    lease: &Lease,
    delivery: &Delivery,
    conversation: &ConversationKey,
) -> Result<(), StoreError> {
    hold(session, lease).await?;
    let mut statement = Statement::new(ADDRESS_TO_ASKER)
        .bind(lease.question)
        .bind(conversation.as_str());
    statement
        .values
        .extend(delivery_values(lease.question, delivery));
    session.execute(statement).await?;
    Ok(())
}

const GIVE_TO: &str = "UPDATE questions SET agent = $2 WHERE id = $1";

/// Remembers whom a question is for.
pub(super) async fn give_to(
    session: &mut Session,
    lease: &Lease,
    agent: &AgentName,
) -> Result<(), StoreError> {
    hold(session, lease).await?;
    let statement = Statement::new(GIVE_TO)
        .bind(lease.question)
        .bind(agent.as_str());
    session.execute(statement).await?;
    Ok(())
}

// Rows are locked in one order, so that two people who stop the same answers do not wait for each other in a circle.
const REQUEST_STOP: Sql = locking!(
    "UPDATE jobs SET stop_requested = 1 WHERE question_id IN (
         SELECT jobs.question_id FROM jobs JOIN questions ON questions.id = jobs.question_id
         WHERE jobs.state IN ('ready', 'run') AND questions.concluded_at IS NULL
           AND questions.server_id = $1 AND questions.channel_id = $2 AND questions.asker_id = $3
           AND ($4 IS NULL OR questions.thread_id = $4)
         ORDER BY jobs.question_id",
    "FOR UPDATE OF jobs",
    ") RETURNING question_id"
);

/// Marks a person's questions in a channel, or in a thread of it, that have no conclusion yet as to be stopped; returns them, oldest first.
pub(super) async fn request_stop(
    session: &mut Session,
    server: &ServerId,
    scope: &ControlScope,
) -> Result<Vec<QuestionId>, StoreError> {
    let statement = Statement::new(REQUEST_STOP)
        .bind(server.as_str())
        .bind(scope.channel.as_str())
        .bind(scope.asker.as_str())
        .bind(scope.thread.as_ref().map(PostId::as_str));
    let rows = session.fetch(statement).await?;
    let stopped: Result<Vec<_>, _> = rows
        .iter()
        .map(|row| row.question_id("question_id"))
        .collect();
    let mut stopped = stopped?;
    stopped.sort_unstable();
    Ok(stopped)
}

const STOP_QUESTIONS_OF: Sql = locking!(
    "UPDATE jobs SET stop_requested = 1 WHERE question_id IN (
         SELECT jobs.question_id FROM questions JOIN jobs ON jobs.question_id = questions.id
         WHERE questions.server_id = $1 AND questions.concluded_at IS NULL AND jobs.state IN ('ready', 'run')
           AND questions.id IN (
             SELECT id FROM questions WHERE server_id = $1 AND event_key = $2
             UNION SELECT id FROM questions WHERE thread_id = $3 AND channel_kind IS NOT NULL AND server_id = $1)",
    "FOR UPDATE OF jobs",
    ") RETURNING question_id"
);

/// Marks the questions that a post asked, or that were asked in the thread it begins, as to be stopped, where they have no conclusion yet;
/// returns them.
pub(super) async fn stop_questions_of(
    session: &mut Session,
    server: &ServerId,
    post: &PostId,
) -> Result<Vec<QuestionId>, StoreError> {
    let key = EventKey::of_post(post);
    let statement = Statement::new(STOP_QUESTIONS_OF)
        .bind(server.as_str())
        .bind(key.as_str())
        .bind(post.as_str());
    let rows = session.fetch(statement).await?;
    rows.iter()
        .map(|row| row.question_id("question_id"))
        .collect()
}

const INTEND: &str = "INSERT INTO parts (question_id, part, server_id, channel_id, root_id, pending, anchor_id, intended_at, generation)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (question_id, part) DO UPDATE SET channel_id = excluded.channel_id, root_id = excluded.root_id,
         pending = excluded.pending, anchor_id = excluded.anchor_id, intended_at = excluded.intended_at,
         generation = excluded.generation
     WHERE parts.post_id IS NULL";

/// Commits that a post is about to be created; a part that has its post keeps it and its intent.
pub(super) async fn intend(
    session: &mut Session,
    lease: &Lease,
    intent: &PartIntent,
) -> Result<(), StoreError> {
    let server = hold(session, lease).await?;
    let PartIntent {
        part,
        generation,
        channel,
        root,
        pending,
        anchor,
        intended_at,
    } = intent;
    let statement = Statement::new(INTEND)
        .bind(lease.question)
        .bind(*part)
        .bind(server.as_str())
        .bind(channel.as_str())
        .bind(root.as_ref().map(PostId::as_str))
        .bind(*pending)
        .bind(anchor.as_ref().map(PostId::as_str))
        .bind(*intended_at)
        .bind(*generation);
    session.execute(statement).await?;
    Ok(())
}

const CREATED: &str = "UPDATE parts SET post_id = $3 WHERE question_id = $1 AND part = $2";

/// Commits the id of a created post, which must have been intended.
pub(super) async fn created(
    session: &mut Session,
    lease: &Lease,
    part: u32,
    post: &PostId,
) -> Result<(), StoreError> {
    hold(session, lease).await?;
    let statement = Statement::new(CREATED)
        .bind(lease.question)
        .bind(part)
        .bind(post.as_str());
    match session.execute(statement).await? {
        0 => Err(StoreError::Corrupt { what: "part" }),
        _ => Ok(()),
    }
}

const FORGET_PART: &str = "DELETE FROM parts WHERE question_id = $1 AND part = $2";

/// Forgets a post of an answer.
pub(super) async fn forget_part(
    session: &mut Session,
    lease: &Lease,
    part: u32,
) -> Result<(), StoreError> {
    hold(session, lease).await?;
    let statement = Statement::new(FORGET_PART).bind(lease.question).bind(part);
    session.execute(statement).await?;
    Ok(())
}

const PARTS: &str =
    "SELECT part, generation, channel_id, root_id, pending, anchor_id, intended_at, post_id FROM parts
     WHERE question_id = $1 ORDER BY part";

/// Returns the posts of an answer, in order.
pub(super) async fn parts(
    session: &mut Session,
    question: QuestionId,
) -> Result<Vec<Part>, StoreError> {
    let rows = session.fetch(Statement::new(PARTS).bind(question)).await?;
    rows.iter().map(part).collect()
}

const CONCLUDE: &str = "UPDATE questions SET outcome = $2, is_turn = $3, answer = $4, texts = $5, prompt_tokens = $6,
         completion_tokens = $7, cached_tokens = $8, reasoning_tokens = $9, model = $10, concluded_at = $11,
         again = NULL, earlier_answer = NULL, earlier_outcome = NULL
     WHERE id = $1 RETURNING generation";

const KEEP_PICTURE: &str = "UPDATE jobs SET picture = $2 WHERE question_id = $1";

/// Commits how a question ended. What there was before is needed no more.
pub(super) async fn conclude(
    session: &mut Session,
    lease: &Lease,
    conclusion: &Conclusion,
) -> Result<(), StoreError> {
    hold(session, lease).await?;
    let texts = texts_json(&conclusion.texts);
    let mut statement = Statement::new(CONCLUDE).bind(lease.question);
    statement.values.extend(conclusion_values(
        lease.question,
        conclusion,
        Cow::Owned(texts),
    ));
    let concluded = session.fetch_optional(statement).await?;
    if let Some(row) = concluded {
        let generation = row.integer("generation")?;
        ledger::close_question(session, lease.question, generation, conclusion.at).await?;
    }
    if let Some(picture) = &conclusion.picture {
        let statement = Statement::new(KEEP_PICTURE).bind(lease.question);
        session
            .execute(statement.bind(as_base64(lease.question, picture)))
            .await?;
    }
    if let Some(run) = &conclusion.run {
        runs::add(session, lease.question, run).await?;
    }
    Ok(())
}

const TURN_TO_ASKER: &str =
    "UPDATE questions SET delivery = 'direct', delivery_user_id = $2, texts = $3, delivery_channel_id = NULL,
         delivery_root_id = NULL, delivery_response_id = NULL, delivery_audience = NULL, delivery_channel_name = NULL
     WHERE id = $1";

const FORGET_PARTS: &str = "DELETE FROM parts WHERE question_id = $1";

/// Turns a concluded question to its asker alone, and forgets its posts elsewhere.
pub(super) async fn turn_to_asker(
    session: &mut Session,
    lease: &Lease,
    asker: &UserId,
    texts: &[String],
) -> Result<(), StoreError> {
    hold(session, lease).await?;
    let (texts, row) = (texts_json(texts), lease.question.to_string());
    let turn = Statement::new(TURN_TO_ASKER)
        .bind(lease.question)
        .bind(asker.as_str())
        .bind(Value::sealed(place::TEXTS, &row, &texts));
    session.execute(turn).await?;
    let forget = Statement::new(FORGET_PARTS).bind(lease.question);
    session.execute(forget).await?;
    Ok(())
}

// A picture that nobody could be shown yet stays with the dead letter.
const END: &str = "UPDATE jobs SET state = $3, ended_at = $4, buried_for = $5, burial_detail = $6, lease_token = NULL, lease_until = NULL,
         worker = NULL, picture = CASE WHEN $3 = 'done' OR erase_when_ended = 1 THEN NULL ELSE picture END
     WHERE question_id = $1 AND lease_token = $2 RETURNING erase_when_ended";

/// Ends a job, and erases what was asked and answered where that is to be.
pub(super) async fn end(
    session: &mut Session,
    lease: &Lease,
    ending: Ending<'_>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (state, burial) = match ending {
        Ending::Done => ("done", None),
        Ending::Dead(burial) => ("dead", Some(burial)),
    };
    let statement = Statement::new(END)
        .bind(lease.question)
        .bind(lease.token)
        .bind(state)
        .bind(at)
        .bind(burial.map(|burial| burial.reason.as_str()))
        .bind(burial.map(|burial| burial.detail.as_str()));
    let ended = session.fetch_optional(statement).await?;
    let is_to_be_erased = ended
        .ok_or(StoreError::LeaseLost)?
        .truth("erase_when_ended")?;
    if burial.is_some() {
        // It may have no conclusion.
        let generation = Statement::new(GENERATION).bind(lease.question);
        let row = session.fetch_optional(generation).await?;
        let generation = row.ok_or(StoreError::Corrupt { what: "id" })?;
        let generation = generation.integer("generation")?;
        ledger::close_question(session, lease.question, generation, at).await?;
    }
    if is_to_be_erased {
        privacy::empty(session, &[lease.question], at).await?;
    }
    Ok(())
}

const GENERATION: &str = "SELECT generation FROM questions WHERE id = $1";

const RETRY: &str = "UPDATE jobs SET state = 'ready', run_at = $3, lease_token = NULL, lease_until = NULL, worker = NULL
     WHERE question_id = $1 AND lease_token = $2";

/// Gives a question back to be tried at `at`, or after [`FURTHEST_RETRY`] if that is sooner.
pub(super) async fn retry(
    session: &mut Session,
    lease: &Lease,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    give_back(session, RETRY, lease, at, now).await
}

async fn give_back(
    session: &mut Session,
    verb: &'static str,
    lease: &Lease,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = Statement::new(verb)
        .bind(lease.question)
        .bind(lease.token)
        .bind(at.min(now.after(FURTHEST_RETRY)));
    held(session.execute(statement).await?)
}

const RETRY_AFTER_DEATH: &str = "UPDATE jobs SET state = 'ready', run_at = $3, deaths = deaths + 1,
         lease_token = NULL, lease_until = NULL, worker = NULL
     WHERE question_id = $1 AND lease_token = $2";

/// The same, and counts a death.
pub(super) async fn retry_after_death(
    session: &mut Session,
    lease: &Lease,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    give_back(session, RETRY_AFTER_DEATH, lease, at, now).await
}

const HAND_BACK: &str =
    "UPDATE jobs SET state = 'ready', lease_token = NULL, lease_until = NULL, worker = NULL
     WHERE question_id = $1 AND lease_token = $2";

/// Gives a question back to be taken up again at once.
pub(super) async fn hand_back(session: &mut Session, lease: &Lease) -> Result<(), StoreError> {
    let statement = Statement::new(HAND_BACK)
        .bind(lease.question)
        .bind(lease.token);
    held(session.execute(statement).await?)
}
