//! How answers came about.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::row::{tokens, usage};
use super::session::Session;
use super::statement::{Row, Statement};
use crate::domain::completion::{Attempt, FinishReason, ModelFailure};
use crate::domain::id::QuestionId;
use crate::domain::run::{MOST_ATTEMPTS, Run};
use crate::ports::StoreError;

/// A failed call as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredAttempt {
    target: String,
    failure: String,
    after_ms: u64,
}

const ADD: &str = "INSERT INTO runs (question_id, begun_at, asked, target, model, attempts, first_token_ms, whole_ms,
         prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, finish)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (question_id, begun_at) DO NOTHING";

/// Remembers a run; a second time it is not written again.
pub(super) async fn add(
    session: &mut Session,
    question: QuestionId,
    run: &Run,
) -> Result<(), StoreError> {
    let attempts = run.attempts.iter().take(MOST_ATTEMPTS);
    let attempts: Vec<_> = attempts
        .map(|attempt| StoredAttempt {
            target: attempt.target.clone(),
            failure: attempt.failure.as_outcome().to_owned(),
            after_ms: millis(attempt.after).unsigned_abs(),
        })
        .collect();
    let attempts = serde_json::to_string(&attempts).expect("strings and numbers are JSON");
    let statement = Statement::new(ADD)
        .bind(question)
        .bind(run.begun_at)
        .bind(run.asked.as_deref())
        .bind(run.target.as_deref())
        .bind(run.model.as_deref())
        .bind(attempts.as_str())
        .bind(run.first_token.map(millis))
        .bind(millis(run.whole))
        .bind(tokens(run.usage.prompt_tokens))
        .bind(tokens(run.usage.completion_tokens))
        .bind(tokens(run.usage.cached_tokens))
        .bind(tokens(run.usage.reasoning_tokens))
        .bind(run.finish.map(FinishReason::as_str));
    session.execute(statement).await?;
    Ok(())
}

const RUNS: &str = "SELECT begun_at, asked, target, model, attempts, first_token_ms, whole_ms, prompt_tokens, completion_tokens,
         cached_tokens, reasoning_tokens, finish
     FROM runs WHERE question_id = $1 ORDER BY begun_at";

/// Returns the runs over a question, the first one first.
pub(super) async fn of_question(
    session: &mut Session,
    question: QuestionId,
) -> Result<Vec<Run>, StoreError> {
    let statement = Statement::new(RUNS).bind(question);
    let rows = session.fetch(statement).await?;
    rows.iter().map(run).collect()
}

fn run(row: &Row) -> Result<Run, StoreError> {
    let corrupt = |what| StoreError::Corrupt { what };
    let attempts: Vec<StoredAttempt> =
        serde_json::from_str(&row.text("attempts")?).map_err(|_| corrupt("attempts"))?;
    let attempts = attempts.into_iter().map(|stored| {
        Some(Attempt {
            failure: ModelFailure::from_outcome(&stored.failure)?,
            target: stored.target,
            after: Duration::from_millis(stored.after_ms),
        })
    });
    let finish = match row.optional_text("finish")? {
        Some(word) => Some(FinishReason::from_stored(&word).ok_or(corrupt("finish"))?),
        None => None,
    };
    let first_token = row.optional_integer("first_token_ms")?;
    Ok(Run {
        begun_at: row.time("begun_at")?,
        asked: row.optional_text("asked")?,
        target: row.optional_text("target")?,
        model: row.optional_text("model")?,
        attempts: attempts.collect::<Option<_>>().ok_or(corrupt("attempts"))?,
        first_token: first_token.map(|millis| Duration::from_millis(millis.unsigned_abs())),
        whole: Duration::from_millis(row.count("whole_ms")?),
        usage: usage(row)?,
        finish,
    })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
