//! What somebody is told who asks how much was used, by themselves or in their channel.

use super::budgets::{accounts_of, usage_line};
use super::channels::administers;
use super::world::World;
use crate::domain::budget::{BudgetPeriod, BudgetScope, Whose, whole};
use crate::domain::event::InboundEvent;
use crate::domain::question::UsageOf;
use crate::ports::{Dimension, StoreError, UsageQuery, UsageRow, UsageSpan};
use crate::text::{BudgetSaying, Language, Sentence, grouped, say, say_of_budgets};

/// Returns what somebody is told of what was used.
pub(super) async fn used(
    world: &World,
    of: UsageOf,
    event: &InboundEvent,
    language: Language,
) -> Result<String, StoreError> {
    let told = |saying: &BudgetSaying<'_>| say_of_budgets(language, saying);
    let (Some(place), Some(person)) = (event.origin.place(), &event.asker.id) else {
        return Ok(told(&BudgetSaying::UsageNeedsBot));
    };
    let (heading, by, subject, scopes): (_, _, _, &[BudgetScope]) = match of {
        UsageOf::Asker => (
            BudgetSaying::UsageOfPerson,
            Dimension::Person,
            person.as_str(),
            &[BudgetScope::Person, BudgetScope::Channel, BudgetScope::Team],
        ),
        UsageOf::Channel => {
            match administers(world, &place.channel, person).await {
                Some(true) => {}
                Some(false) => return Ok(told(&BudgetSaying::UsageAdministrators)),
                None if world.settings.delivery.bot => {
                    return Ok(say(language, &Sentence::ControlFailed));
                }
                None => return Ok(told(&BudgetSaying::UsageNeedsBot)),
            }
            (
                BudgetSaying::UsageOfChannel,
                Dimension::Channel,
                place.channel.as_str(),
                &[BudgetScope::Channel, BudgetScope::Team, BudgetScope::Total],
            )
        }
    };
    let now = world.clock.now();
    let calendar = &world.counting.calendar;
    let (today, this_month) = (
        UsageSpan::Day(calendar.day(now)),
        UsageSpan::Month(calendar.period(BudgetPeriod::Month, now).name),
    );
    let used = async |span: UsageSpan| {
        let query = UsageQuery {
            by,
            subject: Some(subject.to_owned()),
            span,
            limit: 1,
        };
        let rows = world.store.usage(&event.server, &query).await?;
        Ok::<_, StoreError>(rows.into_iter().next().unwrap_or_default())
    };
    let (day, month) = (used(today).await?, used(this_month).await?);
    let mut lines = vec![
        told(&heading),
        told(&counted(&day, Span::Today)),
        told(&counted(&month, Span::Month)),
        String::new(),
    ];
    let whose = Whose {
        person: event.asker.clone(),
        channel: Some(place.channel.clone()),
        team: place.team.clone(),
        agent: String::new(),
    };
    let held = accounts_of(world, &whose, scopes);
    let accounts: Vec<_> = held.iter().map(|(_, account)| account.clone()).collect();
    let balances = world.store.balances(&event.server, &accounts).await?;
    if held.is_empty() {
        lines.push(told(&BudgetSaying::UsageNoBudgets));
    } else {
        lines.push(told(&BudgetSaying::UsageBudgets));
    }
    let budgets = held.iter().zip(balances);
    lines
        .extend(budgets.map(|((budget, _), balance)| usage_line(world, language, budget, balance)));
    Ok(lines.join("\n"))
}

#[derive(Clone, Copy)]
enum Span {
    Today,
    Month,
}

fn counted(row: &UsageRow, span: Span) -> BudgetSaying<'static> {
    let number = |number: u64| grouped(whole(number)).into();
    let questions = number(row.questions);
    let usage = row.usage;
    let tokens = number(usage.prompt_tokens.saturating_add(usage.completion_tokens));
    let cost = row.cost.to_string().into();
    match span {
        Span::Today => BudgetSaying::UsageToday {
            questions,
            tokens,
            cost,
        },
        Span::Month => BudgetSaying::UsageMonth {
            questions,
            tokens,
            cost,
        },
    }
}
