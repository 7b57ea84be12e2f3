//! What may be used, by whom and in which time.

use crate::config::fault::{BudgetFault, Fault};
use crate::config::nearest::nearest;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::domain::budget::{Budget, BudgetPeriod, BudgetScope, Budgets, Metered, whole};
use crate::domain::money::Money;
use crate::llm::DEFAULT_ROUTE;

pub(super) fn settings(values: &Values) -> Budgets {
    let known = models(values);
    let mut budgets: Vec<Budget> = Vec::new();
    for table in values.tables(keys::BUDGETS_SECTION) {
        let Some(budget) = of_one(table, &known) else {
            continue;
        };
        if budgets.iter().any(|other| other.name == budget.name) {
            table.report(&keys::BUDGET_NAME, Fault::Budget(BudgetFault::Twice));
        }
        budgets.push(budget);
    }
    let budgets = Budgets::new(budgets);
    check_media(values, &budgets);
    budgets
}

/// What costs money that budgets of dollars do not count must be wanted.
fn check_media(values: &Values, budgets: &Budgets) {
    if !budgets.count_money() || values.text(&keys::PRICES_MEDIA) == Some("uncounted") {
        return;
    }
    for key in [&keys::IMAGES_ENABLED, &keys::SPEECH_ENABLED] {
        if values.switch(key) {
            values.report(key, Fault::Budget(BudgetFault::Uncounted));
        }
    }
}

/// Returns the names of routes and models.
fn models(values: &Values) -> Vec<String> {
    let models = values.tables(keys::MODELS_SECTION);
    let models = models.filter_map(|table| table.text(&keys::MODELS_ID));
    let routes = values.tables(keys::ROUTES_SECTION);
    let routes = routes.filter_map(|table| table.text(&keys::ROUTE_ID));
    let own = std::iter::once(DEFAULT_ROUTE);
    own.chain(models).chain(routes).map(str::to_owned).collect()
}

fn of_one(table: &Values, known: &[String]) -> Option<Budget> {
    let name = table.text(&keys::BUDGET_NAME).filter(|name| is_name(name));
    let Some(name) = name else {
        table.report(&keys::BUDGET_NAME, Fault::Budget(BudgetFault::Name));
        return None;
    };
    let then = table.text(&keys::BUDGET_THEN).map(str::to_owned);
    if let Some(then) = then.as_ref().filter(|then| !known.contains(then)) {
        let nearest = nearest(then, known.iter().map(String::as_str)).map(str::to_owned);
        table.report(&keys::BUDGET_THEN, Fault::NoSuchModel { nearest });
    }
    let (metered, limit) = limit(table)?;
    let only = table.texts(&keys::BUDGET_ONLY).iter();
    Some(Budget {
        name: name.to_owned(),
        scope: BudgetScope::from_word(table.text(&keys::BUDGET_FOR)?)?,
        only: only
            .map(|entry| entry.strip_prefix('@').unwrap_or(entry).to_owned())
            .collect(),
        metered,
        limit,
        period: BudgetPeriod::from_word(table.text(&keys::BUDGET_PER)?)?,
        warn_from: warn_from(table, metered, limit),
        then,
    })
}

fn is_name(name: &str) -> bool {
    let is_inner = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    name.chars().all(is_inner) && name.chars().any(char::is_alphanumeric)
}

fn limit(table: &Values) -> Option<(Metered, i64)> {
    let written = [
        table.is_written(&keys::BUDGET_REQUESTS),
        table.is_written(&keys::BUDGET_TOKENS),
        table.is_written(&keys::BUDGET_DOLLARS),
    ];
    if written.iter().filter(|is_written| **is_written).count() != 1 {
        table.report(&keys::BUDGET_NAME, Fault::Budget(BudgetFault::Limits));
        return None;
    }
    let requests = table.whole(&keys::BUDGET_REQUESTS);
    let tokens = table.whole(&keys::BUDGET_TOKENS);
    let dollars = table.dollars(&keys::BUDGET_DOLLARS);
    let requests = requests.map(|limit| (Metered::Requests, whole(limit)));
    let tokens = tokens.map(|limit| (Metered::Tokens, whole(limit)));
    let dollars = dollars.map(|limit| (Metered::Money, Money::as_nanos(limit)));
    // Where none could be read, that was reported.
    requests.or(tokens).or(dollars)
}

/// Of fewer requests than these nobody needs to be warned.
const FEW_REQUESTS: i64 = 3;

fn warn_from(table: &Values, metered: Metered, limit: i64) -> Option<i64> {
    let is_few = metered == Metered::Requests && limit < FEW_REQUESTS;
    let percent = table.whole(&keys::BUDGET_WARN)?;
    let from = i128::from(limit) * i128::from(percent) / 100;
    // A budget of next to nothing is not nearly used up before anything is.
    let from = i64::try_from(from).unwrap_or(i64::MAX).max(1);
    (percent > 0 && limit > 0 && !is_few).then_some(from)
}
