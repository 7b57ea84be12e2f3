//! What was used, a row for each day and each of a dimension.

use std::collections::BTreeMap;

use super::admit::ROWS_PER_STATEMENT;
use super::row::{tokens, usage};
use super::session::Session;
use super::statement::{Row, Statement, Value};
use crate::domain::completion::Usage;
use crate::domain::id::ServerId;
use crate::domain::money::Money;
use crate::ports::{Dimension, StoreError, UsageQuery, UsageRow};

/// Whose a call is.
#[derive(Clone, Debug)]
pub(super) struct Owners {
    person: String,
    person_name: String,
    channel: String,
    channel_name: String,
    team: String,
    agent: String,
    target: String,
}

impl Owners {
    /// Reads whose a call is.
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            person: row.text("person_id")?,
            person_name: row.text("person_name")?,
            channel: row.text("channel_id")?,
            channel_name: row.text("channel_name")?,
            team: row.text("team_id")?,
            agent: row.text("agent")?,
            target: row.text("target")?,
        })
    }

    fn subject(&self, dimension: Dimension) -> &str {
        match dimension {
            Dimension::Total => "",
            Dimension::Person => &self.person,
            Dimension::Channel => &self.channel,
            Dimension::Team => &self.team,
            Dimension::Agent => &self.agent,
            Dimension::Model => &self.target,
        }
    }
}

impl Owners {
    /// What the one of a dimension is called.
    fn name(&self, dimension: Dimension) -> &str {
        match dimension {
            Dimension::Person => &self.person_name,
            Dimension::Channel => &self.channel_name,
            Dimension::Total | Dimension::Team | Dimension::Agent | Dimension::Model => {
                self.subject(dimension)
            }
        }
    }
}

/// What one call used.
pub(super) struct Used {
    pub(super) server: String,
    pub(super) day: String,
    pub(super) owners: Owners,
    /// Whether it is the first over its generation of an answer that used something.
    pub(super) is_first: bool,
    pub(super) usage: Usage,
    pub(super) cost: Money,
}

const ADD: &str =
    "INSERT INTO usage (server_id, dimension, day, subject, name, questions, calls, prompt_tokens,
         completion_tokens, cached_tokens, reasoning_tokens, cost) VALUES ";
const OR_SUM: &str = " ON CONFLICT (server_id, dimension, day, subject) DO UPDATE SET name = excluded.name,
         questions = usage.questions + excluded.questions,
         calls = usage.calls + excluded.calls, prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
         completion_tokens = usage.completion_tokens + excluded.completion_tokens,
         cached_tokens = usage.cached_tokens + excluded.cached_tokens,
         reasoning_tokens = usage.reasoning_tokens + excluded.reasoning_tokens, cost = usage.cost + excluded.cost";

/// Adds what calls used; in the order of the keys, so that transactions wait for each other in one order only.
pub(super) async fn add(session: &mut Session, used: &[Used]) -> Result<(), StoreError> {
    let mut sums: BTreeMap<(&str, &str, &str, &str), UsageRow> = BTreeMap::new();
    for used in used {
        for dimension in Dimension::ALL {
            let subject = used.owners.subject(dimension);
            let key = (
                used.server.as_str(),
                dimension.as_str(),
                used.day.as_str(),
                subject,
            );
            let sum = sums.entry(key).or_default();
            used.owners.name(dimension).clone_into(&mut sum.name);
            sum.questions += u64::from(used.is_first);
            sum.calls += 1;
            sum.usage = sum.usage.plus(used.usage);
            sum.cost = sum.cost.plus(used.cost);
        }
    }
    let rows: Vec<_> = sums.into_iter().collect();
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(|(key, sum)| -> [Value<'_>; 12] {
            let (server, dimension, day, subject) = *key;
            [
                server.into(),
                dimension.into(),
                day.into(),
                subject.into(),
                sum.name.as_str().into(),
                tokens(sum.questions),
                tokens(sum.calls),
                tokens(sum.usage.prompt_tokens),
                tokens(sum.usage.completion_tokens),
                tokens(sum.usage.cached_tokens),
                tokens(sum.usage.reasoning_tokens),
                sum.cost.as_nanos().into(),
            ]
        });
        session
            .execute(Statement::of_rows(ADD, rows, OR_SUM))
            .await?;
    }
    Ok(())
}

// The last name is that of the last day: a day has as many characters as the next.
const USAGE: &str = "SELECT subject, SUBSTR(MAX(day || name), 11) AS name, CAST(SUM(questions) AS BIGINT) AS questions, CAST(SUM(calls) AS BIGINT) AS calls,
         CAST(SUM(prompt_tokens) AS BIGINT) AS prompt_tokens, CAST(SUM(completion_tokens) AS BIGINT) AS completion_tokens,
         CAST(SUM(cached_tokens) AS BIGINT) AS cached_tokens, CAST(SUM(reasoning_tokens) AS BIGINT) AS reasoning_tokens,
         CAST(SUM(cost) AS BIGINT) AS cost
     FROM usage
     WHERE server_id = $1 AND dimension = $2 AND day >= $3 AND day <= $4 AND (CAST($5 AS TEXT) IS NULL OR subject = $5)
     GROUP BY subject ORDER BY cost DESC, SUM(prompt_tokens + completion_tokens) DESC, subject LIMIT $6";

/// Returns what was used between two days.
pub(super) async fn between(
    session: &mut Session,
    server: &ServerId,
    query: &UsageQuery,
) -> Result<Vec<UsageRow>, StoreError> {
    let statement = Statement::new(USAGE)
        .bind(server.as_str())
        .bind(query.by.as_str())
        .bind(query.since.as_str())
        .bind(query.until.as_str())
        .bind(query.subject.as_deref())
        .bind(query.limit);
    let rows = session.fetch(statement).await?;
    let rows = rows.iter().map(|row| {
        Ok(UsageRow {
            subject: row.text("subject")?,
            name: row.text("name")?,
            questions: row.count("questions")?,
            calls: row.count("calls")?,
            usage: usage(row)?,
            cost: Money::from_nanos(row.integer("cost")?),
        })
    });
    rows.collect()
}
