//! What was used, a row for each day and each of a dimension, and one for each month.

use std::collections::BTreeMap;

use super::admit::ROWS_PER_STATEMENT;
use super::row::{tokens, usage};
use super::session::Session;
use super::statement::{Row, Sql, Statement, Value};
use crate::domain::completion::Usage;
use crate::domain::id::ServerId;
use crate::domain::money::Money;
use crate::ports::{Dimension, StoreError, UsageQuery, UsageRow, UsageSpan};

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

/// The statement that adds to one of the tables.
struct Sums {
    add: &'static str,
    or_sum: &'static str,
}

macro_rules! sums {
    ($table:literal, $period:literal) => {
        Sums {
            add: concat!(
                "INSERT INTO ",
                $table,
                " (server_id, dimension, ",
                $period,
                ", subject, name, questions, calls, prompt_tokens,
         completion_tokens, cached_tokens, reasoning_tokens, cost) VALUES "
            ),
            or_sum: concat!(
                " ON CONFLICT (server_id, dimension, ",
                $period,
                ", subject) DO UPDATE SET name = excluded.name,
         questions = ",
                $table,
                ".questions + excluded.questions, calls = ",
                $table,
                ".calls + excluded.calls,
         prompt_tokens = ",
                $table,
                ".prompt_tokens + excluded.prompt_tokens,
         completion_tokens = ",
                $table,
                ".completion_tokens + excluded.completion_tokens,
         cached_tokens = ",
                $table,
                ".cached_tokens + excluded.cached_tokens,
         reasoning_tokens = ",
                $table,
                ".reasoning_tokens + excluded.reasoning_tokens, cost = ",
                $table,
                ".cost + excluded.cost"
            ),
        }
    };
}

const DAYS: Sums = sums!("usage", "day");
const MONTHS: Sums = sums!("usage_months", "month");

/// Of a day such as `2026-11-28`.
const MONTH_CHARS: usize = "2026-11".len();

/// Returns the month of a day.
pub(super) fn month_of(day: &str) -> &str {
    day.get(..MONTH_CHARS).unwrap_or(day)
}

/// Adds what calls used, to the sums of days and to those of months.
pub(super) async fn add(session: &mut Session, used: &[Used]) -> Result<(), StoreError> {
    add_to(session, DAYS, used, |used| &used.day).await?;
    add_to(session, MONTHS, used, |used| month_of(&used.day)).await
}

/// Adds in the order of the keys, so that transactions wait for each other in one order only.
async fn add_to(
    session: &mut Session,
    sums_of: Sums,
    used: &[Used],
    period: fn(&Used) -> &str,
) -> Result<(), StoreError> {
    let mut sums: BTreeMap<(&str, &str, &str, &str), UsageRow> = BTreeMap::new();
    for used in used {
        for dimension in Dimension::ALL {
            let subject = used.owners.subject(dimension);
            let key = (
                used.server.as_str(),
                dimension.as_str(),
                period(used),
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
            let (server, dimension, period, subject) = *key;
            [
                server.into(),
                dimension.into(),
                period.into(),
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
            .execute(Statement::of_rows(sums_of.add, rows, sums_of.or_sum))
            .await?;
    }
    Ok(())
}

macro_rules! of_period {
    ($table:literal, $period:literal, $further:literal) => {
        concat!(
            "SELECT subject, name, questions, calls, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, cost FROM ",
            $table,
            " WHERE server_id = $1 AND dimension = $2 AND ",
            $period,
            " = $3",
            $further,
            " ORDER BY cost DESC, prompt_tokens + completion_tokens DESC, subject LIMIT $4"
        )
    };
}

/// How one table is asked.
struct Asking {
    /// Of one of a dimension.
    one: &'static str,
    /// Of a dimension in which there are few.
    few: &'static str,
    /// Of a dimension in which there are many: no more is read than is wanted. The further condition is that of an index, word for word.
    many: Sql,
}

macro_rules! asking {
    ($table:literal, $ranked:literal, $period:literal) => {
        Asking {
            one: of_period!($table, $period, " AND subject = $5"),
            few: of_period!($table, $period, ""),
            many: Sql::Locking {
                sqlite: of_period!($ranked, $period, " AND dimension IN ('person', 'channel')"),
                postgres: of_period!($table, $period, " AND dimension IN ('person', 'channel')"),
            },
        }
    };
}

const OF_DAY: Asking = asking!("usage", "usage INDEXED BY usage_ranked", "day");
const OF_MONTH: Asking = asking!(
    "usage_months",
    "usage_months INDEXED BY usage_months_ranked",
    "month"
);

// The last name is that of the last day: a day has as many characters as the next.
const OF_DAYS: &str = "SELECT subject, SUBSTR(MAX(day || name), 11) AS name, CAST(SUM(questions) AS BIGINT) AS questions, CAST(SUM(calls) AS BIGINT) AS calls,
         CAST(SUM(prompt_tokens) AS BIGINT) AS prompt_tokens, CAST(SUM(completion_tokens) AS BIGINT) AS completion_tokens,
         CAST(SUM(cached_tokens) AS BIGINT) AS cached_tokens, CAST(SUM(reasoning_tokens) AS BIGINT) AS reasoning_tokens,
         CAST(SUM(cost) AS BIGINT) AS cost
     FROM usage
     WHERE server_id = $1 AND dimension = $2 AND day >= $3 AND day <= $4 AND (CAST($5 AS TEXT) IS NULL OR subject = $5)
     GROUP BY subject ORDER BY cost DESC, SUM(prompt_tokens + completion_tokens) DESC, subject LIMIT $6";

/// Returns what was used.
pub(super) async fn read(
    session: &mut Session,
    server: &ServerId,
    query: &UsageQuery,
) -> Result<Vec<UsageRow>, StoreError> {
    let statement = match &query.span {
        UsageSpan::Day(day) => of_period(server, query, OF_DAY, day),
        UsageSpan::Month(month) => of_period(server, query, OF_MONTH, month),
        UsageSpan::Days(since, until) => Statement::new(OF_DAYS)
            .bind(server.as_str())
            .bind(query.by.as_str())
            .bind(since.as_str())
            .bind(until.as_str())
            .bind(query.subject.as_deref())
            .bind(query.limit),
    };
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

fn of_period<'v>(
    server: &'v ServerId,
    query: &'v UsageQuery,
    asking: Asking,
    period: &'v str,
) -> Statement<'v> {
    let sql = match (&query.subject, query.by) {
        (Some(_), _) => Sql::Shared(asking.one),
        (None, Dimension::Person | Dimension::Channel) => asking.many,
        (None, _) => Sql::Shared(asking.few),
    };
    let statement = Statement::new(sql)
        .bind(server.as_str())
        .bind(query.by.as_str())
        .bind(period)
        .bind(query.limit);
    match &query.subject {
        Some(subject) => statement.bind(subject.as_str()),
        None => statement,
    }
}
