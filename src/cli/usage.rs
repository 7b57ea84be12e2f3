//! `askwell usage`: what was used, by whom, and what it cost.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use unicode_segmentation::UnicodeSegmentation as _;

use super::failure::Failure;
use super::say;
use crate::app::{self, Beside, Dimension, UsageQuery, UsageRow, UsageSpan, csv};
use crate::clock::{SystemClock, SystemIds};
use crate::config::Config;
use crate::text::{BudgetSaying, Language, say_of_budgets};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// By what it is told apart.
    #[arg(long, value_enum, default_value_t)]
    by: By,
    /// The first day, as 2026-11-01, of the calendar of `answer.time_zone`; the first of this month where absent.
    #[arg(long, value_name = "DAY")]
    since: Option<Date>,
    /// The last day, itself included; today where absent.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// Of one alone, by id or name as the first column has it.
    #[arg(long, value_name = "ID")]
    only: Option<String>,
    /// As what.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Rows, at most: those that cost most come first.
    #[arg(long, value_name = "ROWS", default_value_t = 1_000_000)]
    limit: u32,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum By {
    /// All together.
    #[default]
    Total,
    /// Whoever asked.
    #[value(alias = "user")]
    Person,
    /// Where it was asked.
    Channel,
    /// In which team.
    Team,
    /// Which agent answered; `default` is the usual assistant.
    Agent,
    /// Which model answered.
    Model,
}

/// As what it is written out.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For spreadsheets: nothing in it is calculated.
    Csv,
    /// An array, a row a line; amounts in nano-dollars.
    Json,
}

impl From<By> for Dimension {
    fn from(by: By) -> Self {
        match by {
            By::Total => Self::Total,
            By::Person => Self::Person,
            By::Channel => Self::Channel,
            By::Team => Self::Team,
            By::Agent => Self::Agent,
            By::Model => Self::Model,
        }
    }
}

pub(super) fn run(file: Option<&Path>, arguments: &Arguments) -> ExitCode {
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match work(&config, arguments) {
        Ok(text) => say(&text),
        Err(failure) => {
            failure.complain(config.language);
            ExitCode::FAILURE
        }
    }
}

fn work(config: &Config, arguments: &Arguments) -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)?;
    let beside = Beside {
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
    };
    let zone = TimeZone::get(&config.pipeline.time_zone).unwrap_or(TimeZone::UTC);
    let today = Zoned::now().with_time_zone(zone).date();
    let query = UsageQuery {
        by: arguments.by.into(),
        subject: arguments.only.clone(),
        span: span(
            arguments.since.unwrap_or_else(|| today.first_of_month()),
            arguments.until.unwrap_or(today),
            today,
        ),
        limit: arguments.limit,
    };
    let rows = runtime.block_on(app::usage(config, &beside, &query))?;
    Ok(match arguments.format {
        Format::Table => table(config.language, &rows),
        Format::Csv => as_csv(&rows),
        Format::Json => as_json(&rows),
    })
}

/// Nothing is used after today, so that the present month is a whole one today.
fn span(since: Date, until: Date, today: Date) -> UsageSpan {
    let is_whole_month =
        since == until.first_of_month() && (until == until.last_of_month() || until == today);
    if since == until {
        UsageSpan::Day(since.to_string())
    } else if is_whole_month {
        UsageSpan::Month(since.strftime("%Y-%m").to_string())
    } else {
        UsageSpan::Days(since.to_string(), until.to_string())
    }
}

/// What a row has, by the names that both formats for programs give it.
const COLUMNS: [&str; 9] = [
    "id",
    "name",
    "questions",
    "calls",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost_dollars",
];

fn as_csv(rows: &[UsageRow]) -> String {
    let mut text = csv::row(COLUMNS);
    for row in rows {
        let usage = row.usage;
        let numbers = [
            row.questions,
            row.calls,
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.cached_tokens,
            usage.reasoning_tokens,
        ];
        let mut cells = vec![row.subject.clone(), row.name.clone()];
        cells.extend(numbers.map(|number| number.to_string()));
        cells.push(row.cost.to_decimal());
        text.push_str(&csv::row(cells.iter().map(String::as_str)));
    }
    text
}

fn as_json(rows: &[UsageRow]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let usage = row.usage;
            let row = json!({
                "id": row.subject,
                "name": row.name,
                "questions": row.questions,
                "calls": row.calls,
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "cached_tokens": usage.cached_tokens,
                "reasoning_tokens": usage.reasoning_tokens,
                "cost_nano_dollars": row.cost.as_nanos(),
            });
            format!("\n{row}")
        })
        .collect();
    format!("[{}\n]\n", rows.join(","))
}

fn table(language: Language, rows: &[UsageRow]) -> String {
    let heads = say_of_budgets(language, &BudgetSaying::UsageColumns);
    let heads: Vec<String> = heads
        .split('|')
        .map(|head| head.trim().to_owned())
        .collect();
    let mut lines = vec![heads];
    for row in rows {
        let name = match (row.name.as_str(), row.subject.as_str()) {
            ("", "") => say_of_budgets(language, &BudgetSaying::UsageAll),
            ("", subject) => subject.to_owned(),
            (name, subject) if name == subject => inert(name),
            (name, subject) => format!("{} ({subject})", inert(name)),
        };
        lines.push(vec![
            name,
            row.questions.to_string(),
            row.calls.to_string(),
            row.usage.prompt_tokens.to_string(),
            row.usage.completion_tokens.to_string(),
            row.cost.to_string(),
        ]);
    }
    aligned(&lines)
}

/// Names are what people chose: nothing in them moves a terminal's cursor.
fn inert(name: &str) -> String {
    let shown = name.chars().filter(|character| !character.is_control());
    shown.collect()
}

/// Sets rows in columns: the first to the left, numbers to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width_of = |column: usize| {
        let cells = rows.iter().map(|row| row.get(column));
        let widths = cells.map(|cell| cell.map_or(0, |cell| width(cell)));
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    let mut text = String::new();
    for row in rows {
        for (at, (cell, column)) in row.iter().zip(&widths).enumerate() {
            let blanks = " ".repeat(column.saturating_sub(width(cell)));
            let parts = match at {
                0 => ["", cell.as_str(), &blanks],
                _ => ["  ", &blanks, cell.as_str()],
            };
            text.extend(parts);
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

/// Columns of a terminal that a text takes, as far as it is Latin or Korean: what is not ASCII takes two.
fn width(text: &str) -> usize {
    let graphemes = text.graphemes(true);
    graphemes
        .map(|one| if one.is_ascii() { 1 } else { 2 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Money, Usage};

    #[test]
    fn a_day_and_a_whole_month_are_known_as_such() {
        let date = |text: &str| -> Date { text.parse().unwrap() };
        let of = |since: &str, until: &str| span(date(since), date(until), date("2026-11-28"));
        let month = |month: &str| UsageSpan::Month(month.to_owned());
        assert_eq!(of("2026-11-01", "2026-11-28"), month("2026-11"));
        assert_eq!(of("2026-11-01", "2026-11-30"), month("2026-11"));
        assert_eq!(of("2026-02-01", "2026-02-28"), month("2026-02"));
        let day = UsageSpan::Day("2026-11-28".to_owned());
        assert_eq!(of("2026-11-28", "2026-11-28"), day);
        for (since, until) in [
            ("2026-11-02", "2026-11-28"),
            ("2026-10-01", "2026-11-28"),
            ("2026-10-01", "2026-10-30"),
        ] {
            let days = UsageSpan::Days(since.to_owned(), until.to_owned());
            assert_eq!(of(since, until), days);
        }
    }

    fn row(subject: &str, name: &str) -> UsageRow {
        UsageRow {
            subject: subject.to_owned(),
            name: name.to_owned(),
            questions: 12,
            calls: 13,
            usage: Usage {
                prompt_tokens: 34_567,
                completion_tokens: 890,
                ..Usage::default()
            },
            cost: Money::from_nanos(1_234_500_000),
        }
    }

    #[test]
    fn a_table_stands_in_columns_also_with_korean_names() {
        let rows = [row("u1", "가나다"), row("u2", "bob\u{1b}[2J"), row("", "")];
        let text = table(Language::Korean, &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[1].starts_with("가나다 (u1)  "), "{text}");
        assert!(lines[2].starts_with("bob[2J (u2)  "), "{text}");
        let ends: Vec<usize> = lines[1..].iter().map(|line| width(line)).collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{text}");
        assert!(text.contains("$1.2345"), "{text}");
    }

    #[test]
    fn what_programs_read_is_exact_and_not_calculated() {
        let rows = [row("u1", "=cmd|' /C calc'!A0")];
        let csv = as_csv(&rows);
        assert!(
            csv.ends_with("u1,'=cmd|' /C calc'!A0,12,13,34567,890,0,0,1.234500000\r\n"),
            "{csv}"
        );
        let json: serde_json::Value = serde_json::from_str(&as_json(&rows)).unwrap();
        assert_eq!(json[0]["cost_nano_dollars"], 1_234_500_000_i64);
        assert_eq!(as_json(&[]), "[\n]\n");
    }
}
