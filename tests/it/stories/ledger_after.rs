//! The ledger as processes leave it that were killed again and again: nothing is lost, and nothing is minted.

use std::path::Path;

use rusqlite::Connection;

/// A budget that keeps nobody from anything, so that all is reserved and settled.
pub(super) const BUDGETS: &str =
    "[[budgets]]\nname = \"asked\"\nrequests = 1000000\nper = \"ever\"\n
[[budgets]]\nname = \"written\"\nfor = \"person\"\ntokens = 1000000000\nper = \"ever\"\n";

fn number(database: &Connection, sql: &str) -> i64 {
    let found = database.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
    found.unwrap().unwrap_or_default()
}

/// Holds a database against how often models were asked, and how often a process was killed.
pub(super) fn is_whole(database: &Path, asked: usize, kills: usize, at_once: usize) {
    let database = Connection::open(database).unwrap();
    let number = |sql: &str| number(&database, sql);
    // Nothing is held by what has ended.
    assert_eq!(number("SELECT COUNT(*) FROM claims"), 0);
    assert_eq!(number("SELECT SUM(reserved) FROM balances"), 0);
    assert_eq!(
        number("SELECT COUNT(*) FROM calls WHERE settled_by IS NULL"),
        0
    );
    // Every call that reached a model was reserved before; those that were killed in between are as many as could be.
    let calls = usize::try_from(number("SELECT COUNT(*) FROM calls")).unwrap();
    assert!(calls >= asked, "{calls} calls of {asked}");
    assert!(calls <= asked + kills * at_once, "{calls} calls of {asked}");
    // What was spent is what calls used, and what they used is what the tables of days say.
    let spent = "SELECT SUM(spent) FROM balances WHERE budget = 'written'";
    let used = "SELECT SUM(prompt_tokens + completion_tokens) FROM calls";
    let counted =
        "SELECT SUM(prompt_tokens + completion_tokens) FROM usage WHERE dimension = 'total'";
    assert_eq!(number(spent), number(used));
    assert_eq!(number(counted), number(used));
    for dimension in ["person", "channel", "agent", "model"] {
        let sum = format!(
            "SELECT SUM(prompt_tokens + completion_tokens) FROM usage WHERE dimension = '{dimension}'"
        );
        assert_eq!(number(&sum), number(used), "{dimension}");
        let of_months = sum.replace("FROM usage", "FROM usage_months");
        assert_eq!(number(&of_months), number(used), "{dimension}");
    }
    let requests = "SELECT spent FROM balances WHERE budget = 'asked'";
    let questions = "SELECT COUNT(DISTINCT question_id) FROM calls WHERE settled_by <> 'nothing'";
    assert_eq!(number(requests), number(questions));
    let of_total = "SELECT questions FROM usage WHERE dimension = 'total'";
    assert_eq!(number(of_total), number(questions));
}
