//! A statement as SQLite runs it: called directly, prepared once for each connection.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{CachedStatement, Connection, Rows, ToSql};

use super::statement::{SqliteText, Statement, Value};
use crate::ports::StoreError;

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(Some(number)) => ValueRef::Integer(*number),
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Integer(None) | Self::Text(None) => ValueRef::Null,
            // Never as it is: a session seals before it binds.
            Self::Sealed { place, .. } => {
                return Err(rusqlite::Error::InvalidParameterName((*place).to_owned()));
            }
        }))
    }
}

/// Runs a statement; returns how many rows it changed.
pub(super) fn execute(connection: &Connection, statement: &Statement<'_>) -> rusqlite::Result<u64> {
    Ok(execute_each(connection, statement)?.iter().sum())
}

/// Runs a statement; returns how many rows each of its runs changed.
pub(super) fn execute_each(
    connection: &Connection,
    statement: &Statement<'_>,
) -> rusqlite::Result<Vec<u64>> {
    let mut changed = Vec::new();
    for_each_run(connection, statement, |prepared| {
        changed.push(prepared.raw_execute()? as u64);
        Ok(())
    })?;
    Ok(changed)
}

/// Runs a statement; returns the rows it found or made.
pub(super) fn fetch(
    connection: &Connection,
    statement: &Statement<'_>,
) -> rusqlite::Result<Vec<SqliteRow>> {
    let mut found = Vec::new();
    for_each_run(connection, statement, |prepared| {
        let columns: Arc<[String]> = prepared
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        collect(prepared.raw_query(), &columns, &mut found)
    })?;
    Ok(found)
}

/// Binds and runs a statement, once for each of its rows where it writes rows.
///
/// In process, a prepared statement stepped row by row costs less than one text of all rows, which would have to be parsed anew
/// for each number of rows.
fn for_each_run(
    connection: &Connection,
    statement: &Statement<'_>,
    mut run: impl FnMut(&mut CachedStatement<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let SqliteText { text, values_a_run } = statement.sql.for_sqlite();
    let mut prepared = connection.prepare_cached(&text)?;
    let Some(columns) = values_a_run else {
        bind(&mut prepared, &statement.values)?;
        return run(&mut prepared);
    };
    for values in statement.values.chunks(columns.max(1)) {
        bind(&mut prepared, values)?;
        run(&mut prepared)?;
    }
    Ok(())
}

fn bind(prepared: &mut CachedStatement<'_>, values: &[Value<'_>]) -> rusqlite::Result<()> {
    for (index, value) in values.iter().enumerate() {
        prepared.raw_bind_parameter(index + 1, value)?;
    }
    Ok(())
}

fn collect(
    mut rows: Rows<'_>,
    columns: &Arc<[String]>,
    found: &mut Vec<SqliteRow>,
) -> rusqlite::Result<()> {
    while let Some(row) = rows.next()? {
        let values = (0..columns.len())
            .map(|index| row.get::<_, Stored>(index))
            .collect::<rusqlite::Result<_>>()?;
        found.push(SqliteRow {
            columns: Arc::clone(columns),
            values,
        });
    }
    Ok(())
}

/// A row of SQLite's, taken out of its connection.
pub(super) struct SqliteRow {
    columns: Arc<[String]>,
    values: Vec<Stored>,
}

impl SqliteRow {
    /// Reads an integer or `NULL`.
    pub(super) fn integer(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match self.value(column)? {
            Stored::Integer(number) => Ok(Some(*number)),
            Stored::Null => Ok(None),
            Stored::Real(_) | Stored::Text(_) | Stored::Blob(_) => {
                Err(StoreError::Corrupt { what: column })
            }
        }
    }

    /// Reads a text or `NULL`.
    pub(super) fn text(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        match self.value(column)? {
            Stored::Text(text) => Ok(Some(text.clone())),
            Stored::Null => Ok(None),
            Stored::Real(_) | Stored::Integer(_) | Stored::Blob(_) => {
                Err(StoreError::Corrupt { what: column })
            }
        }
    }

    fn value(&self, column: &'static str) -> Result<&Stored, StoreError> {
        let index = self.columns.iter().position(|name| name == column);
        index
            .and_then(|index| self.values.get(index))
            .ok_or(StoreError::Corrupt { what: column })
    }
}
