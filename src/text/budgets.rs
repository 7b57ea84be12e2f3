//! What is said about budgets and about what was used.

use std::borrow::Cow;

use super::language::Language;
use super::sayings::sayings;
use super::sentence::render;
use crate::domain::budget::{BudgetPeriod, BudgetScope, Metered};
use crate::domain::money::Money;

sayings! {
    /// One thing said about budgets.
    pub enum BudgetSaying {
        /// Whose a budget is.
        OfTotal = "budget-of-total",
        /// Whose a budget is.
        OfPerson = "budget-of-person",
        /// Whose a budget is.
        OfChannel = "budget-of-channel",
        /// Whose a budget is.
        OfTeam = "budget-of-team",
        /// Whose a budget is.
        OfAgent = "budget-of-agent",
        /// Whose a budget is.
        OfModel = "budget-of-model",
        /// For what time a budget is.
        ForMinute = "budget-for-minute",
        /// For what time a budget is.
        ForDay = "budget-for-day",
        /// For what time a budget is.
        ForMonth = "budget-for-month",
        /// For what time a budget is.
        ForEver = "budget-for-ever",
        /// So many requests.
        Requests { count } = "budget-requests",
        /// So many tokens.
        Tokens { count } = "budget-tokens",
        /// Tells somebody that there is too little left, and when it begins anew.
        Over { whose, period, resets } = "budget-over",
        /// The same of one that does not begin anew.
        OverForEver { whose } = "budget-over-for-ever",
        /// Beneath an answer: most of a budget is used.
        Near { whose, period, used, limit } = "budget-near",
        /// Beneath an answer: another model answered, because a budget is used up.
        Turned { whose, period, model } = "budget-turned",
        /// Stands above what somebody used.
        UsageOfPerson = "usage-of-person",
        /// Stands above what was used in a channel.
        UsageOfChannel = "usage-of-channel",
        /// What was used today.
        UsageToday { questions, tokens, cost } = "usage-today",
        /// What was used this month.
        UsageMonth { questions, tokens, cost } = "usage-month",
        /// Stands above the budgets that hold.
        UsageBudgets = "usage-budgets",
        /// That none does.
        UsageNoBudgets = "usage-no-budgets",
        /// A budget: whose, for what time, how much is used of how much, and when it begins anew.
        UsageBudget { name, whose, period, used, limit, resets } = "usage-budget",
        /// The same of one that does not begin anew.
        UsageBudgetForEver { name, whose, used, limit } = "usage-budget-for-ever",
        /// Tells somebody that only whoever administers the channel may see what was used in it.
        UsageAdministrators = "usage-administrators",
        /// Tells that it cannot be known who may.
        UsageNeedsBot = "usage-needs-bot",
        /// The columns of a table of what was used, with `|` between them: whose, questions, calls, tokens of prompts and answers, cost.
        UsageColumns = "usage-columns",
        /// In such a table: all together.
        UsageAll = "usage-all",
        /// As a line of the help.
        UsageHelp { trigger } = "usage-help",
        /// Tells somebody that only system administrators may grant anything.
        GrantAdministrators = "grant-administrators",
        /// That it must be said in a post, because a command's form does not prove who sent it.
        GrantByPost = "grant-by-post",
        /// How something is granted.
        GrantForm = "grant-form",
        /// That there is no such budget.
        GrantNoBudget { budgets } = "grant-no-budget",
        /// That it must be said for whom, and how.
        GrantNobody = "grant-nobody",
        /// That something was granted.
        Granted { name, amount, limit, period } = "granted",
    }
}

/// Says something about budgets.
#[must_use]
pub fn say_of_budgets(language: Language, saying: &BudgetSaying<'_>) -> String {
    render(language, &saying.message(saying.id()))
}

/// Says whose a budget is.
#[must_use]
pub fn whose(language: Language, scope: BudgetScope) -> String {
    let saying = match scope {
        BudgetScope::Total => BudgetSaying::OfTotal,
        BudgetScope::Person => BudgetSaying::OfPerson,
        BudgetScope::Channel => BudgetSaying::OfChannel,
        BudgetScope::Team => BudgetSaying::OfTeam,
        BudgetScope::Agent => BudgetSaying::OfAgent,
        BudgetScope::Model => BudgetSaying::OfModel,
    };
    say_of_budgets(language, &saying)
}

/// Says for what time a budget is.
#[must_use]
pub fn for_what_time(language: Language, period: BudgetPeriod) -> String {
    let saying = match period {
        BudgetPeriod::Minute => BudgetSaying::ForMinute,
        BudgetPeriod::Day => BudgetSaying::ForDay,
        BudgetPeriod::Month => BudgetSaying::ForMonth,
        BudgetPeriod::Ever => BudgetSaying::ForEver,
    };
    say_of_budgets(language, &saying)
}

/// Says how much of something there is.
#[must_use]
pub fn how_much(language: Language, metered: Metered, amount: i64) -> String {
    let count = Cow::Owned(grouped(amount));
    let saying = match metered {
        Metered::Requests => BudgetSaying::Requests { count },
        Metered::Tokens => BudgetSaying::Tokens { count },
        Metered::Money => return Money::from_nanos(amount).to_string(),
    };
    say_of_budgets(language, &saying)
}

/// Writes a number with a comma between thousands.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let said = BudgetSaying::all().into_iter().map(|saying| {
            let said = say_of_budgets(language, &saying);
            (saying.id().to_owned(), said, held::arguments(&saying))
        });
        said.collect()
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/budgets.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/budgets.ftl");
        held::together(Language::English, english, everything(Language::English));
    }

    #[test]
    fn thousands_are_told_apart() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-1_234_567, "-1,234,567"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ] {
            assert_eq!(grouped(number), shown);
        }
    }
}
