//! What is told about questions to those who look after askwell.
//!
//! Each statement reads a page by an index, or a window of time out of one that holds all it needs, so that what was answered before
//! costs nothing.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::audit;
use super::dead::dead_letter;
use super::seal::place;
use super::session::Session;
use super::statement::{Row, Sql, Statement};
use super::verbs::{SqlStore, verb};
use crate::domain::audit::AuditEntry;
use crate::domain::channel_settings::SettingName;
use crate::domain::figures::{Asked, Custom, Ended, Said, Slot, Tallied, Timing, Underway};
use crate::domain::id::{ChannelId, QuestionId, ServerId, UserId};
use crate::domain::job::DeadLetter;
use crate::domain::question::Outcome;
use crate::domain::time::Timestamp;
use crate::ports::{AskedPage, Figures, StoreError, Which};

#[async_trait]
impl Figures for SqlStore {
    async fn tallied(
        &self,
        server: &ServerId,
        span: Range<Timestamp>,
        slot: Duration,
    ) -> Result<Vec<Slot>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => tallied(session, &server, &span, slot)))
            .await
    }

    async fn timings(
        &self,
        server: &ServerId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Timing>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => timings(session, &server, since, limit)))
            .await
    }

    async fn underway(&self, server: &ServerId, limit: u32) -> Result<Vec<Underway>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => underway(session, &server, limit)))
            .await
    }

    async fn asked(&self, server: &ServerId, page: AskedPage) -> Result<Vec<Asked>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => asked(session, &server, page)))
            .await
    }

    async fn asked_one(
        &self,
        server: &ServerId,
        question: QuestionId,
    ) -> Result<Option<Asked>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => asked_one(session, &server, question)))
            .await
    }

    async fn look_at(
        &self,
        server: &ServerId,
        question: QuestionId,
        entry: &AuditEntry,
    ) -> Result<Option<Said>, StoreError> {
        let (server, entry) = (server.clone(), entry.clone());
        self.write(verb!(session => look_at(session, &server, question, &entry)))
            .await
    }

    async fn customs(&self, server: &ServerId, limit: u32) -> Result<Vec<Custom>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => customs(session, &server, limit)))
            .await
    }

    async fn dead_letters_of(
        &self,
        server: &ServerId,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let server = server.clone();
        self.read(verb!(session => dead_letters_of(session, &server, limit)))
            .await
    }
}

/// Whole numbers are divided to whole numbers on both databases.
const TALLIED: &str = "SELECT concluded_at / $4 AS slot, outcome, COUNT(*) AS questions,
         CAST(SUM(prompt_tokens) AS BIGINT) AS prompt_tokens, CAST(SUM(completion_tokens) AS BIGINT) AS completion_tokens
     FROM questions WHERE server_id = $1 AND concluded_at >= $2 AND concluded_at < $3
     GROUP BY concluded_at / $4, outcome ORDER BY 1";

async fn tallied(
    session: &mut Session,
    server: &ServerId,
    span: &Range<Timestamp>,
    slot: Duration,
) -> Result<Vec<Slot>, StoreError> {
    let length = i64::try_from(slot.as_micros()).unwrap_or(i64::MAX).max(1);
    let statement = Statement::new(TALLIED)
        .bind(server.as_str())
        .bind(span.start)
        .bind(span.end)
        .bind(length);
    let mut slots: Vec<Slot> = Vec::new();
    for row in session.fetch(statement).await? {
        let begins_at = Timestamp::from_micros(row.integer("slot")?.saturating_mul(length));
        let mut tallied = Tallied::default();
        let outcome = row.optional_text("outcome")?;
        let outcome = outcome.and_then(|word| Outcome::from_stored(&word));
        tallied.count(outcome.as_ref(), row.count("questions")?);
        tallied.prompt_tokens = count_or_none(&row, "prompt_tokens")?;
        tallied.completion_tokens = count_or_none(&row, "completion_tokens")?;
        match slots.last_mut().filter(|last| last.begins_at == begins_at) {
            Some(last) => last.tallied.add(&tallied),
            None => slots.push(Slot { begins_at, tallied }),
        }
    }
    Ok(slots)
}

fn count_or_none(row: &Row, column: &'static str) -> Result<u64, StoreError> {
    let number = row.optional_integer(column)?.unwrap_or_default();
    Ok(u64::try_from(number).unwrap_or_default())
}

/// Joined crosswise, because SQLite then begins with the runs: it would begin with all questions of the server.
const TIMINGS: &str = "SELECT runs.begun_at, runs.target, runs.first_token_ms, runs.whole_ms
     FROM runs CROSS JOIN questions
     WHERE questions.id = runs.question_id AND runs.begun_at >= $2 AND questions.server_id = $1
     ORDER BY runs.begun_at DESC LIMIT $3";

async fn timings(
    session: &mut Session,
    server: &ServerId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Timing>, StoreError> {
    let statement = Statement::new(TIMINGS)
        .bind(server.as_str())
        .bind(since)
        .bind(limit);
    let rows = session.fetch(statement).await?;
    let timings = rows.iter().map(|row| {
        let first = row.optional_integer("first_token_ms")?;
        Ok(Timing {
            begun_at: row.time("begun_at")?,
            target: row.optional_text("target")?,
            first_token: first.map(|millis| Duration::from_millis(millis.unsigned_abs())),
            whole: Duration::from_millis(row.count("whole_ms")?),
        })
    });
    timings.collect()
}

macro_rules! asked_columns {
    () => {
        "questions.id, questions.asked_at, questions.asker_id, questions.asker_name, questions.channel_id, questions.channel_name,
         questions.agent, questions.outcome, questions.concluded_at, questions.model, questions.prompt_tokens, questions.completion_tokens "
    };
}

fn one_asked(row: &Row) -> Result<Asked, StoreError> {
    let ended = match row.optional_text("outcome")? {
        None => None,
        Some(outcome) => Some(Ended {
            outcome,
            at: row.time("concluded_at")?,
            model: row.optional_text("model")?,
            prompt_tokens: count_or_none(row, "prompt_tokens")?,
            completion_tokens: count_or_none(row, "completion_tokens")?,
        }),
    };
    let asker = row.optional_text("asker_id")?;
    let channel = row.optional_text("channel_id")?;
    Ok(Asked {
        id: row.question_id("id")?,
        asked_at: row.time("asked_at")?,
        asker: asker.and_then(|id| UserId::parse(&id).ok()),
        asker_name: row.opened("asker_name", place::ASKER_NAME, &row.text("id")?)?,
        channel: channel.and_then(|id| ChannelId::parse(&id).ok()),
        channel_name: row.optional_text("channel_name")?.unwrap_or_default(),
        agent: row.optional_text("agent")?,
        ended,
    })
}

const UNDERWAY: &str = concat!(
    "SELECT jobs.state, jobs.attempt, jobs.stop_requested, ",
    asked_columns!(),
    "FROM jobs JOIN questions ON questions.id = jobs.question_id
     WHERE jobs.state IN ('ready', 'run') AND jobs.server_id = $1 AND questions.concluded_at IS NULL
     ORDER BY jobs.question_id LIMIT $2"
);

async fn underway(
    session: &mut Session,
    server: &ServerId,
    limit: u32,
) -> Result<Vec<Underway>, StoreError> {
    let statement = Statement::new(UNDERWAY).bind(server.as_str()).bind(limit);
    let rows = session.fetch(statement).await?;
    let underway = rows.iter().map(|row| {
        Ok(Underway {
            asked: one_asked(row)?,
            is_running: row.text("state")? == "run",
            attempt: u32::try_from(row.count("attempt")?).unwrap_or(u32::MAX),
            stop_requested: row.truth("stop_requested")?,
        })
    });
    underway.collect()
}

const ALL: &str = concat!(
    "SELECT ",
    asked_columns!(),
    "FROM questions WHERE server_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
);

macro_rules! failed {
    ($index:literal) => {
        concat!(
            "SELECT ",
            asked_columns!(),
            "FROM questions ",
            $index,
            " WHERE substr(outcome, 1, 7) = 'failed:' AND server_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
        )
    };
}

/// The condition is that of an index, word for word. SQLite must be told to use it: it would read all questions for the few that failed.
const FAILED: Sql = Sql::Locking {
    sqlite: failed!("INDEXED BY questions_failed"),
    postgres: failed!(""),
};

async fn asked(
    session: &mut Session,
    server: &ServerId,
    page: AskedPage,
) -> Result<Vec<Asked>, StoreError> {
    let sql = match page.which {
        Which::All => Sql::Shared(ALL),
        Which::Failed => FAILED,
    };
    // No id is larger.
    let before = page.before.unwrap_or(QuestionId::from_bits(u128::MAX));
    let statement = Statement::new(sql)
        .bind(server.as_str())
        .bind(before)
        .bind(page.limit);
    let rows = session.fetch(statement).await?;
    rows.iter().map(one_asked).collect()
}

const ONE: &str = concat!(
    "SELECT ",
    asked_columns!(),
    "FROM questions WHERE id = $2 AND server_id = $1"
);

async fn asked_one(
    session: &mut Session,
    server: &ServerId,
    question: QuestionId,
) -> Result<Option<Asked>, StoreError> {
    let statement = Statement::new(ONE).bind(server.as_str()).bind(question);
    let row = session.fetch_optional(statement).await?;
    row.as_ref().map(one_asked).transpose()
}

const SAID: &str = "SELECT id, text, answer FROM questions WHERE id = $2 AND server_id = $1";

async fn look_at(
    session: &mut Session,
    server: &ServerId,
    question: QuestionId,
    entry: &AuditEntry,
) -> Result<Option<Said>, StoreError> {
    let statement = Statement::new(SAID).bind(server.as_str()).bind(question);
    let Some(row) = session.fetch_optional(statement).await? else {
        return Ok(None);
    };
    let said = Said {
        question: row.opened("text", place::TEXT, &row.text("id")?)?,
        answer: row
            .optional_opened("answer", place::ANSWER, &row.text("id")?)?
            .unwrap_or_default(),
    };
    audit::append(session, entry).await?;
    Ok(Some(said))
}

const CUSTOMS: &str = "SELECT channel_id, name, value, set_by, set_at FROM channel_settings
     WHERE server_id = $1 ORDER BY set_at DESC, channel_id, name LIMIT $2";

async fn customs(
    session: &mut Session,
    server: &ServerId,
    limit: u32,
) -> Result<Vec<Custom>, StoreError> {
    let statement = Statement::new(CUSTOMS).bind(server.as_str()).bind(limit);
    let rows = session.fetch(statement).await?;
    let customs = rows.iter().map(|row| {
        let corrupt = |what| StoreError::Corrupt { what };
        let channel = ChannelId::parse(&row.text("channel_id")?);
        let name = SettingName::from_stored(&row.text("name")?);
        Ok(Custom {
            channel: channel.map_err(|_| corrupt("channel_id"))?,
            name: name.ok_or(corrupt("name"))?,
            value: row.text("value")?,
            by: row.text("set_by")?,
            at: row.time("set_at")?,
        })
    });
    customs.collect()
}

const DEAD: &str =
    "SELECT questions.id, questions.server_id, questions.channel_id, questions.asked_at, questions.outcome,
         jobs.buried_for, jobs.burial_detail
     FROM jobs JOIN questions ON questions.id = jobs.question_id
     WHERE jobs.state = 'dead' AND jobs.server_id = $1
     ORDER BY jobs.ended_at DESC, jobs.question_id DESC LIMIT $2";

async fn dead_letters_of(
    session: &mut Session,
    server: &ServerId,
    limit: u32,
) -> Result<Vec<DeadLetter>, StoreError> {
    let statement = Statement::new(DEAD).bind(server.as_str()).bind(limit);
    let rows = session.fetch(statement).await?;
    rows.iter().map(dead_letter).collect()
}
