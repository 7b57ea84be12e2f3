//! Granting more of a budget from the chat, which system administrators may.

use super::world::World;
use crate::domain::audit::Actor;
use crate::domain::budget::{Account, Budget, BudgetScope};
use crate::domain::event::{InboundEvent, Origin, Place};
use crate::domain::grant::GrantRequest;
use crate::domain::id::UserId;
use crate::markdown;
use crate::ports::{Grant, MattermostError, StoreError, timeout};
use crate::text::{BudgetSaying, Language, Sentence, for_what_time, how_much, say, say_of_budgets};

/// How long Mattermost may take to say who somebody is.
const LONGEST_CHECK: std::time::Duration = std::time::Duration::from_secs(5);

/// Characters of a name that are shown.
const SHOWN_CHARS: usize = 64;

/// Grants what somebody asks for; returns what they are told.
pub(super) async fn obey(
    world: &World,
    request: &GrantRequest,
    event: &InboundEvent,
    language: Language,
) -> Result<String, StoreError> {
    let told = |saying: &BudgetSaying<'_>| Ok(say_of_budgets(language, saying));
    let (Some(place), Some(person)) = (event.origin.place(), &event.asker.id) else {
        return told(&BudgetSaying::GrantAdministrators);
    };
    // Whoever knows a command's token can send its form in anybody's name.
    let Origin::Post { .. } = event.origin else {
        return told(&BudgetSaying::GrantByPost);
    };
    let asked = timeout(&*world.clock, LONGEST_CHECK, is_admin(world, person)).await;
    match asked {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return told(&BudgetSaying::GrantAdministrators),
        Ok(Err(error)) => {
            tracing::warn!(call = error.call, status = error.status, kind = ?error.kind, "it could not be learnt who grants more of a budget");
            return Ok(say(language, &Sentence::ControlFailed));
        }
        Err(_elapsed) => return Ok(say(language, &Sentence::ControlFailed)),
    }
    let budgets = &world.counting.budgets;
    let Some(budget) = budgets.get(&request.budget) else {
        let names = budgets.iter().map(|budget| format!("`{}`", budget.name));
        let budgets = names.collect::<Vec<_>>().join(", ").into();
        return told(&BudgetSaying::GrantNoBudget { budgets });
    };
    let Some(amount) = request.amount(budget.metered) else {
        return told(&BudgetSaying::GrantForm);
    };
    let subject = timeout(
        &*world.clock,
        LONGEST_CHECK,
        subject(world, budget, request, place),
    );
    let subject = match subject.await {
        Ok(Ok(Some(subject))) => subject,
        Ok(Ok(None)) => return told(&BudgetSaying::GrantNobody),
        Ok(Err(_)) | Err(_) => return Ok(say(language, &Sentence::ControlFailed)),
    };
    let now = world.clock.now();
    let grant = Grant {
        account: Account {
            budget: budget.name.clone(),
            subject,
            period: world.counting.calendar.period(budget.period, now).name,
        },
        amount,
        by: Actor::Person(person.clone()),
        at: now,
    };
    let balance = world.store.grant(&event.server, &grant).await?;
    tracing::info!(person.id = %person, budget = budget.name, "more of a budget was granted");
    let limit = budget.limit.saturating_add(balance.granted);
    told(&BudgetSaying::Granted {
        name: markdown::inline(&budget.name, SHOWN_CHARS).into(),
        amount: how_much(language, budget.metered, amount).into(),
        limit: how_much(language, budget.metered, limit).into(),
        period: for_what_time(language, budget.period).into(),
    })
}

async fn is_admin(world: &World, person: &UserId) -> Result<bool, MattermostError> {
    if !world.settings.delivery.bot {
        return Ok(false);
    }
    let account = world.mattermost.account(person).await?;
    Ok(account.is_some_and(|account| account.is_active && account.is_system_admin))
}

/// Returns whose account of a budget is meant; `None` where that is not said.
async fn subject(
    world: &World,
    budget: &Budget,
    request: &GrantRequest,
    place: &Place,
) -> Result<Option<String>, MattermostError> {
    Ok(match (budget.scope, &request.person) {
        (BudgetScope::Total, None) => Some(String::new()),
        (BudgetScope::Person, Some(name)) => {
            let account = world.mattermost.account_named(name).await?;
            account.map(|account| account.id.as_str().to_owned())
        }
        (BudgetScope::Channel, None) => Some(place.channel.as_str().to_owned()),
        (BudgetScope::Team, None) => place.team.as_ref().map(|team| team.as_str().to_owned()),
        // Agents and models are few: a budget of one alone names it.
        (BudgetScope::Agent | BudgetScope::Model, None) => match budget.only.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        },
        (BudgetScope::Person, None) | (_, Some(_)) => None,
    })
}
