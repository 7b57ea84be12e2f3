//! A statement with its values, and the row it returns: the two things both databases share.
//!
//! Columns hold nothing but 64-bit integers and text, so that one statement means the same on both.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};

use super::seal::Seals;
use super::sqlite_statement::SqliteRow;
use crate::domain::id::QuestionId;
use crate::domain::time::Timestamp;
use crate::ports::StoreError;

/// The text of a statement, with `$1`, `$2`… for its values.
pub(super) enum Sql {
    /// One text for both databases.
    Shared(&'static str),
    /// The same but for a lock clause, which SQLite neither knows nor needs, because its one writer locks the whole file; or for the name of
    /// an index, which SQLite must be told and PostgreSQL finds itself.
    Locking {
        /// As SQLite is to read it.
        sqlite: &'static str,
        /// As PostgreSQL is to read it.
        postgres: &'static str,
    },
    /// A text that takes any number of rows of values.
    Rows {
        /// Before the rows; names no values.
        before: &'static str,
        /// How many values a row has.
        columns: usize,
        /// How many rows there are.
        rows: usize,
        /// After the rows; names no values.
        after: &'static str,
    },
}

/// A text as SQLite is given it.
pub(super) struct SqliteText {
    /// With `?1`, `?2`…: SQLite would number `$1`, `$2`… by the order in which they appear.
    pub(super) text: String,
    /// With how many values it is run at a time, where it is run once for each row.
    pub(super) values_a_run: Option<usize>,
}

impl Sql {
    /// Returns the text for PostgreSQL: all rows in one statement.
    pub(super) fn for_postgres(&self) -> SqlStr {
        match *self {
            Self::Shared(text) | Self::Locking { postgres: text, .. } => SqlStr::from_static(text),
            Self::Rows {
                before,
                columns,
                rows,
                after,
            } => {
                let placeholders = placeholders(columns, rows);
                // Safe: made of constant texts and numbers only.
                AssertSqlSafe(format!("{before}{placeholders}{after}")).into_sql_str()
            }
        }
    }

    /// Returns the text for SQLite: one row, to be run for each.
    pub(super) fn for_sqlite(&self) -> SqliteText {
        match *self {
            Self::Shared(text) | Self::Locking { sqlite: text, .. } => SqliteText {
                text: text.replace('$', "?"),
                values_a_run: None,
            },
            Self::Rows {
                before,
                columns,
                rows: _,
                after,
            } => SqliteText {
                text: format!(
                    "{before}{}{after}",
                    placeholders(columns, 1).replace('$', "?")
                ),
                values_a_run: Some(columns),
            },
        }
    }
}

/// Writes rows of placeholders: `($1, $2), ($3, $4)`.
fn placeholders(columns: usize, rows: usize) -> String {
    let mut text = String::with_capacity(rows * columns * "$12345, ".len());
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { ", " };
            write!(text, "{comma}${}", row * columns + column + 1)
                .expect("writing to a string cannot fail");
        }
        text.push(')');
    }
    text
}

/// Writes a text whose second piece is a lock clause for PostgreSQL alone.
macro_rules! locking {
    ($before:expr, $clause:literal $(, $after:literal)?) => {
        $crate::store::statement::Sql::Locking {
            sqlite: concat!($before $(, $after)?),
            postgres: concat!($before, " ", $clause $(, $after)?),
        }
    };
}
pub(super) use locking;

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::Shared(text)
    }
}

/// A value bound to a statement.
pub(super) enum Value<'v> {
    /// A 64-bit integer or `NULL`.
    Integer(Option<i64>),
    /// A text or `NULL`.
    Text(Option<Cow<'v, str>>),
    /// A text that is sealed, where there is a key, before it is bound.
    Sealed {
        /// Its table and column.
        place: &'static str,
        /// Its row.
        row: String,
        /// The text as it is to be read again.
        text: Cow<'v, str>,
    },
}

impl<'v> Value<'v> {
    /// A text that is sealed where there is a key.
    pub(super) fn sealed(place: &'static str, row: &str, text: &'v str) -> Self {
        Self::Sealed {
            place,
            row: row.to_owned(),
            text: storable(text),
        }
    }
}

/// Returns the text as both databases can store it: PostgreSQL refuses U+0000, which becomes U+FFFD on both.
///
/// The edge strips it; this keeps one that slips through from failing a whole batch.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(Some(i64::from(number)))
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Self::Integer(Some(i64::from(truth)))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Integer(Some(at.as_micros()))
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Integer(at.map(Timestamp::as_micros))
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(Some(storable(text)))
    }
}

impl<'v> From<Option<&'v str>> for Value<'v> {
    fn from(text: Option<&'v str>) -> Self {
        Self::Text(text.map(storable))
    }
}

impl From<QuestionId> for Value<'_> {
    fn from(id: QuestionId) -> Self {
        Self::Text(Some(Cow::Owned(id.to_string())))
    }
}

/// 128 bits are stored as 32 hexadecimal digits.
impl From<u128> for Value<'_> {
    fn from(bits: u128) -> Self {
        Self::Text(Some(Cow::Owned(format!("{bits:032x}"))))
    }
}

impl From<Option<u128>> for Value<'_> {
    fn from(bits: Option<u128>) -> Self {
        bits.map_or(Self::Text(None), Self::from)
    }
}

/// A statement with its values.
pub(super) struct Statement<'v> {
    pub(super) sql: Sql,
    pub(super) values: Vec<Value<'v>>,
    /// Whether a connection keeps it prepared. Texts that vary with the number of rows would crowd out the others.
    pub(super) kept_prepared: bool,
}

impl<'v> Statement<'v> {
    /// Begins a statement of a fixed text, with `$1`, `$2`… for its values.
    pub(super) fn new(sql: impl Into<Sql>) -> Self {
        Self {
            sql: sql.into(),
            values: Vec::new(),
            kept_prepared: true,
        }
    }

    /// Makes a statement whose text holds, between `before` and `after`, the placeholders of all `rows`.
    pub(super) fn of_rows<const COLUMNS: usize>(
        before: &'static str,
        rows: impl Iterator<Item = [Value<'v>; COLUMNS]>,
        after: &'static str,
    ) -> Self {
        let values: Vec<Value<'v>> = rows.flatten().collect();
        let rows = values.len() / COLUMNS;
        Self {
            sql: Sql::Rows {
                before,
                columns: COLUMNS,
                rows,
                after,
            },
            values,
            kept_prepared: rows == 1,
        }
    }

    /// Returns the first value of each row, where it is a text.
    pub(super) fn first_of_each_row(&self, columns: usize) -> Vec<String> {
        let firsts = self.values.chunks(columns.max(1)).map(|row| match row {
            [Value::Text(Some(text)), ..] => text.clone().into_owned(),
            _ => String::new(),
        });
        firsts.collect()
    }

    /// Binds the next value.
    pub(super) fn bind(mut self, value: impl Into<Value<'v>>) -> Self {
        self.values.push(value.into());
        self
    }
}

/// A row as a database returned it.
pub(super) enum Stored {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

/// A row of either database, and the keys that open what is sealed in it.
pub(super) struct Row {
    stored: Stored,
    seals: Arc<Seals>,
}

impl Row {
    pub(super) fn new(stored: Stored, seals: &Arc<Seals>) -> Self {
        Self {
            stored,
            seals: Arc::clone(seals),
        }
    }

    /// Reads a text that may be sealed, of the row that it was sealed for.
    pub(super) fn opened(
        &self,
        column: &'static str,
        place: &'static str,
        row: &str,
    ) -> Result<String, StoreError> {
        let opened = self.optional_opened(column, place, row)?;
        opened.ok_or(StoreError::Corrupt { what: column })
    }

    /// The same of one that may be absent.
    pub(super) fn optional_opened(
        &self,
        column: &'static str,
        place: &'static str,
        row: &str,
    ) -> Result<Option<String>, StoreError> {
        let stored = self.optional_text(column)?;
        let opened = stored.map(|stored| self.seals.open(place, row, stored));
        opened.transpose()
    }

    /// Reads an integer.
    pub(super) fn integer(&self, column: &'static str) -> Result<i64, StoreError> {
        self.optional_integer(column)?
            .ok_or(StoreError::Corrupt { what: column })
    }

    /// Reads an integer or `NULL`.
    pub(super) fn optional_integer(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match &self.stored {
            Stored::Sqlite(row) => row.integer(column),
            Stored::Postgres(row) => row
                .try_get(column)
                .map_err(|_| StoreError::Corrupt { what: column }),
        }
    }

    /// Reads a text.
    pub(super) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.optional_text(column)?
            .ok_or(StoreError::Corrupt { what: column })
    }

    /// Reads a text or `NULL`.
    pub(super) fn optional_text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        match &self.stored {
            Stored::Sqlite(row) => row.text(column),
            Stored::Postgres(row) => row
                .try_get(column)
                .map_err(|_| StoreError::Corrupt { what: column }),
        }
    }

    /// Reads a time.
    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.integer(column).map(Timestamp::from_micros)
    }

    /// Reads a number that cannot be negative.
    pub(super) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.integer(column)?).map_err(|_| StoreError::Corrupt { what: column })
    }

    /// Reads a truth, stored as 0 or 1.
    pub(super) fn truth(&self, column: &'static str) -> Result<bool, StoreError> {
        self.integer(column).map(|number| number != 0)
    }

    /// Reads a question's id.
    pub(super) fn question_id(&self, column: &'static str) -> Result<QuestionId, StoreError> {
        QuestionId::parse(&self.text(column)?).map_err(|_| StoreError::Corrupt { what: column })
    }
}
