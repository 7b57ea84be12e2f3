//! Budgets as people meet them: what a question claims when it is admitted, and what is said where a budget is nearly or wholly used.

use std::sync::Arc;

use super::calendar::Calendar;
use super::hold::Hold;
use super::meter::{Noted, Over, QuestionMeter};
use super::world::World;
use crate::domain::agent::AgentName;
use crate::domain::budget::{
    Account, Balance, Bound, Budget, BudgetPeriod, BudgetScope, Budgets, Stage, Whose,
};
use crate::domain::job::ClaimedJob;
use crate::domain::money::{Price, Unpriced};
use crate::domain::prompt::{ModelChoice, message_tokens};
use crate::domain::question::Question;
use crate::domain::time::Timestamp;
use crate::markdown;
use crate::ports::{Candidate, IfOver, StoreError};
use crate::text::{BudgetSaying, Language, for_what_time, how_much, say_of_budgets, whose};

/// Budgets, and the calendar by which they begin anew.
pub(super) struct Counting {
    pub(super) budgets: Budgets,
    pub(super) calendar: Calendar,
    /// What is done with a model that has no price.
    pub(super) unpriced: Unpriced,
}

impl Counting {
    /// Returns what a model is taken to cost, where that is known or estimated.
    pub(super) fn price(&self, known: Option<Price>) -> Option<Price> {
        match self.unpriced {
            Unpriced::Refused => known,
            Unpriced::Estimated(estimated) => known.or(Some(estimated)),
        }
    }
}

/// A budget that had too little left, and when that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) budget: String,
    pub(super) at: Timestamp,
}

/// Characters of a name that are shown.
const SHOWN_CHARS: usize = 64;

/// Returns whose a question is.
pub(super) fn whose_is(question: &Question) -> Whose {
    let place = question.origin.place();
    let agent = question.agent.clone();
    Whose {
        person: question.asker.clone(),
        channel: place.map(|place| place.channel.clone()),
        team: place.and_then(|place| place.team.clone()),
        agent: agent
            .unwrap_or_else(AgentName::default_assistant)
            .as_str()
            .to_owned(),
    }
}

fn channel_name(question: &Question) -> String {
    let place = question.origin.place();
    place.map_or_else(String::new, |place| place.channel_name.clone())
}

/// Returns a question with what it claims of budgets when it is admitted: a request, and the least that its first call can be reserved.
///
/// Where another model answers once a budget is used up, nothing is claimed of it yet: the question is answered in any case.
pub(super) fn candidate(world: &World, question: Question) -> Candidate {
    let counting = &world.counting;
    let Counting {
        budgets, calendar, ..
    } = &**counting;
    let choice = ModelChoice::default();
    let bound = Bound {
        prompt_tokens: message_tokens(&question.text),
        answer_tokens: u64::from(world.model.window(&choice).answer_tokens),
        price: counting.price(world.model.price(&choice)),
    };
    let whose = whose_is(&question);
    let now = world.clock.now();
    let claims = budgets.claims(&whose, Stage::Admission, bound, |period| {
        calendar.period(period, now).name
    });
    let claims = claims
        .filter(|(budget, _)| budget.then.is_none())
        .map(|(_, claim)| claim)
        .collect();
    let if_over = match question.origin.post() {
        // It may be heard again.
        Some(_) => IfOver::Recorded,
        None => IfOver::Dropped,
    };
    Candidate {
        question,
        claims,
        if_over,
    }
}

/// Returns what counts the calls over a question that is worked on.
pub(super) fn meter_of(world: &World, job: &ClaimedJob, hold: &Hold) -> Arc<QuestionMeter> {
    let over = Over {
        question: job.question.id,
        generation: job.generation,
        server: job.question.server.clone(),
        whose: whose_is(&job.question),
        channel_name: channel_name(&job.question),
        lease: Some(hold.lease().clone()),
    };
    meter(world, over)
}

/// Returns what counts the calls that are made beside a question, once it is answered.
pub(super) fn meter_beside(world: &World, question: &Question) -> Arc<QuestionMeter> {
    let over = Over {
        question: question.id,
        generation: 0,
        server: question.server.clone(),
        whose: whose_is(question),
        channel_name: channel_name(question),
        lease: None,
    };
    meter(world, over)
}

fn meter(world: &World, over: Over) -> Arc<QuestionMeter> {
    Arc::new(QuestionMeter {
        store: world.store.clone(),
        clock: world.clock.clone(),
        ids: world.ids.clone(),
        counting: world.counting.clone(),
        metrics: world.instruments.metrics.clone(),
        over,
        state: std::sync::Mutex::default(),
    })
}

/// Says that a budget is used up, and when it begins anew.
pub(super) fn over_text(world: &World, language: Language, used: &Used) -> String {
    let Counting {
        budgets, calendar, ..
    } = &*world.counting;
    let (scope, period) = budgets.get(&used.budget).map_or(
        // It was taken out of the configuration meanwhile.
        (BudgetScope::Total, BudgetPeriod::Ever),
        |budget| (budget.scope, budget.period),
    );
    let owner = whose(language, scope).into();
    let saying = match calendar.period(period, used.at).ends_at {
        Some(resets) => BudgetSaying::Over {
            whose: owner,
            period: for_what_time(language, period).into(),
            resets: calendar.to_the_minute(resets).into(),
        },
        None => BudgetSaying::OverForEver { whose: owner },
    };
    capitalised(&say_of_budgets(language, &saying))
}

/// Returns what stands beneath an answer about budgets, a paragraph each.
pub(super) fn notes(world: &World, language: Language, meter: &QuestionMeter) -> Vec<String> {
    let Noted { near, turned } = meter.noted();
    let near = near.iter().filter_map(|(account, balance)| {
        let budget = world.counting.budgets.get(&account.budget)?;
        Some(near_text(language, budget, *balance))
    });
    let turned = turned.iter().filter_map(|(used, model)| {
        let budget = world.counting.budgets.get(&used.budget)?;
        let saying = BudgetSaying::Turned {
            whose: whose(language, budget.scope).into(),
            period: for_what_time(language, budget.period).into(),
            model: markdown::inline(model, SHOWN_CHARS).into(),
        };
        Some(say_of_budgets(language, &saying))
    });
    near.chain(turned).collect()
}

fn near_text(language: Language, budget: &Budget, balance: Balance) -> String {
    let limit = budget.limit.saturating_add(balance.granted);
    let saying = BudgetSaying::Near {
        whose: whose(language, budget.scope).into(),
        period: for_what_time(language, budget.period).into(),
        used: how_much(language, budget.metered, balance.taken()).into(),
        limit: how_much(language, budget.metered, limit).into(),
    };
    say_of_budgets(language, &saying)
}

/// English begins a sentence with a capital.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Returns the accounts of the budgets that hold for somebody, with each budget.
pub(super) fn accounts_of<'w>(
    world: &'w World,
    of: &Whose,
    scopes: &[BudgetScope],
) -> Vec<(&'w Budget, Account)> {
    let Counting {
        budgets, calendar, ..
    } = &*world.counting;
    let now = world.clock.now();
    let held = budgets
        .iter()
        .filter(|budget| scopes.contains(&budget.scope));
    let held = held.filter_map(|budget| {
        let account = Account {
            budget: budget.name.clone(),
            subject: budget.subject(of, Stage::Call { target: "" })?,
            period: calendar.period(budget.period, now).name,
        };
        Some((budget, account))
    });
    held.collect()
}

/// Says how far a budget is used.
pub(super) fn usage_line(
    world: &World,
    language: Language,
    budget: &Budget,
    balance: Balance,
) -> String {
    let limit = budget.limit.saturating_add(balance.granted);
    let amount = |amount| how_much(language, budget.metered, amount).into();
    let (name, owner) = (
        markdown::inline(&budget.name, SHOWN_CHARS).into(),
        whose(language, budget.scope).into(),
    );
    let ends_at = world
        .counting
        .calendar
        .period(budget.period, world.clock.now())
        .ends_at;
    let saying = match ends_at {
        Some(resets) => BudgetSaying::UsageBudget {
            name,
            whose: owner,
            period: for_what_time(language, budget.period).into(),
            used: amount(balance.taken()),
            limit: amount(limit),
            resets: world.counting.calendar.to_the_minute(resets).into(),
        },
        None => BudgetSaying::UsageBudgetForEver {
            name,
            whose: owner,
            used: amount(balance.taken()),
            limit: amount(limit),
        },
    };
    say_of_budgets(language, &saying)
}

/// Tells whoever measures how far each budget is used: of those with many accounts, the one of which most is.
pub(super) async fn tell_how_far(world: &World) -> Result<(), StoreError> {
    let Counting {
        budgets, calendar, ..
    } = &*world.counting;
    let (server, now) = (world.mattermost.server(), world.clock.now());
    for budget in budgets.iter() {
        let period = calendar.period(budget.period, now).name;
        let accounts = world.store.accounts(server, &budget.name, &period, 1);
        let balance = accounts.await?.first().map(|(_, balance)| *balance);
        let ratio = share(budget, balance.unwrap_or_default());
        world.instruments.metrics.budget_used(&budget.name, ratio);
    }
    Ok(())
}

/// The share of a budget that is used or reserved.
#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge that people look at, not an account"
)]
fn share(budget: &Budget, balance: Balance) -> f64 {
    let limit = budget.limit.saturating_add(balance.granted);
    match limit {
        ..=0 => 1.0,
        limit => balance.taken() as f64 / limit as f64,
    }
}
