//! Budgets, written right and wrong.

use super::{COMPLETE, good, rendered};
use crate::domain::budget::{Budget, BudgetPeriod, BudgetScope, Metered};

fn only_budget(written: &str) -> Budget {
    let config = good(&[], COMPLETE, &format!("[[budgets]]\n{written}\n"));
    let budgets: Vec<&Budget> = config.pipeline.budgets.iter().collect();
    assert_eq!(budgets.len(), 1);
    budgets[0].clone()
}

#[test]
fn a_budget_is_read_as_it_is_written() {
    let written = "name = \"team-lead\"\nfor = \"channel\"\nonly = [\"@Sales\"]\ndollars = 20\nper = \"day\"\nwarn_percent = 50\nthen = \"default\"";
    let expected = Budget {
        name: "team-lead".to_owned(),
        scope: BudgetScope::Channel,
        only: vec!["Sales".to_owned()],
        metered: Metered::Money,
        limit: 20_000_000_000,
        period: BudgetPeriod::Day,
        warn_from: Some(10_000_000_000),
        then: Some("default".to_owned()),
    };
    assert_eq!(only_budget(written), expected);
}

#[test]
fn limits_are_exact_from_nothing_to_what_there_is() {
    for (written, metered, limit, warn_from) in [
        ("requests = 0", Metered::Requests, 0, None),
        ("requests = 2", Metered::Requests, 2, None),
        ("requests = 3", Metered::Requests, 3, Some(2)),
        (
            "tokens = 1000000000000000",
            Metered::Tokens,
            1_000_000_000_000_000,
            Some(800_000_000_000_000),
        ),
        ("dollars = 0.000000001", Metered::Money, 1, Some(1)),
        (
            "dollars = \"12.34\"",
            Metered::Money,
            12_340_000_000,
            Some(9_872_000_000),
        ),
        ("tokens = 10\nwarn_percent = 0", Metered::Tokens, 10, None),
    ] {
        let budget = only_budget(&format!("name = \"a\"\n{written}"));
        assert_eq!(
            (budget.metered, budget.limit, budget.warn_from),
            (metered, limit, warn_from),
            "{written}"
        );
    }
}

#[test]
fn what_no_budget_counts_is_not_spent_by_accident() {
    let dollars = "[[budgets]]\nname = \"a\"\ndollars = 1\n";
    for media in ["images", "speech"] {
        let on = format!("[{media}]\nenabled = true\n");
        let problems = rendered(&format!("{on}{dollars}"));
        assert!(problems.contains("media = \"uncounted\""), "{problems}");
        good(
            &[],
            COMPLETE,
            &format!("{on}[prices]\nmedia = \"uncounted\"\n{dollars}"),
        );
        good(
            &[],
            COMPLETE,
            &format!("{on}[[budgets]]\nname = \"a\"\nrequests = 1\n"),
        );
    }
}

#[test]
fn what_is_no_budget_is_refused_with_its_place() {
    for (wrong, said) in [
        ("requests = 1", "name"),
        ("name = \"a b\"\nrequests = 1", "name"),
        ("name = \"--\"\nrequests = 1", "name"),
        ("name = \"a\"", "one of `requests`, `tokens` and `dollars`"),
        (
            "name = \"a\"\nrequests = 1\ntokens = 1",
            "one of `requests`",
        ),
        ("name = \"a\"\nrequests = -1", "budgets.requests"),
        (
            "name = \"a\"\nrequests = 1000000000000000000",
            "budgets.requests",
        ),
        ("name = \"a\"\ndollars = -0.01", "budgets.dollars"),
        (
            "name = \"a\"\ndollars = 1000000000000000000",
            "budgets.dollars",
        ),
        ("name = \"a\"\ndollars = nan", "budgets.dollars"),
        ("name = \"a\"\nrequests = 1\nper = \"week\"", "minute"),
        ("name = \"a\"\nrequests = 1\nfor = \"everybody\"", "total"),
        (
            "name = \"a\"\nrequests = 1\nthen = \"defualt\"",
            "did you mean `default`?",
        ),
        (
            "name = \"a\"\nrequests = 1\n[[budgets]]\nname = \"a\"\nrequests = 1",
            "another budget",
        ),
    ] {
        let problems = rendered(&format!("[[budgets]]\n{wrong}\n"));
        assert!(problems.contains(said), "{wrong}: {problems}");
    }
}
