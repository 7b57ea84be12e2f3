//! Budgets: how much of each is used, by whom most, and giving more for the present period.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::door::go_to;
use super::form::{Deed, Fields};
use super::layout::{Frame, Place, Told, page};
use super::names::Names;
use super::router::House;
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::audit::Actor;
use crate::domain::budget::{Account, Balance, Budget, BudgetPeriod, BudgetScope, Metered};
use crate::domain::id::{ChannelId, UserId};
use crate::domain::money::Money;
use crate::pipeline::calendar::{Calendar, Period};
use crate::ports::Grant;
use crate::text::{PageWord, grouped};

/// Accounts of a budget that are listed, at most: those of which most is taken.
const MOST_LISTED: u32 = 20;

/// Characters of a subject that is written in a form, at most: ids and names of agents and models are shorter.
const MAX_SUBJECT_CHARS: usize = 200;

#[derive(Template)]
#[template(path = "budgets.html")]
struct BudgetsPage {
    frame: Frame,
    cards: Vec<BudgetCard>,
}

struct BudgetCard {
    name: String,
    scope: PageWord,
    /// What is counted; of money the amount says it.
    counts: Option<PageWord>,
    period: PageWord,
    period_name: String,
    limit: String,
    resets: Option<String>,
    then: Option<String>,
    accounts: Vec<AccountRow>,
    has_more: bool,
}

struct AccountRow {
    subject: String,
    /// What it is called; absent where it is everybody's.
    name: Option<String>,
    taken: String,
    granted: String,
    has_grant: bool,
    limit: String,
    /// How much is taken, in hundredths of what there is, 100 at most.
    percent: i64,
    tone: &'static str,
}

/// `/budgets`
pub(super) async fn show(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    match all(&house, &visitor).await {
        Ok(budgets) => page(StatusCode::OK, &budgets),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn all(house: &House, visitor: &Visitor) -> Result<BudgetsPage, Unwelcome> {
    let (world, site) = (&house.world, &*visitor.site);
    let (calendar, now) = (Calendar::of(&site.time_zone), world.clock.now());
    let mut found = Vec::new();
    for budget in site.budgets.iter() {
        let period = calendar.period(budget.period, now);
        let accounts =
            world
                .store
                .accounts(&site.server, &budget.name, &period.name, MOST_LISTED + 1);
        let accounts = accounts.await.map_err(|error| failed(&error))?;
        found.push((budget, period, accounts));
    }
    let (people, channels) = subjects(&found);
    tokio::join!(
        house.names.learn_people(site, &people, &*world.clock),
        house.names.learn_channels(site, &channels, &*world.clock),
    );
    let cards = found
        .into_iter()
        .map(|(budget, period, accounts)| card(budget, &period, &calendar, accounts, &house.names));
    Ok(BudgetsPage {
        cards: cards.collect(),
        frame: Frame::of(visitor, Place::Budgets),
    })
}

type Accounts = Vec<(Account, Balance)>;

fn subjects(found: &[(&Budget, Period, Accounts)]) -> (Vec<UserId>, Vec<ChannelId>) {
    let (mut people, mut channels) = (Vec::new(), Vec::new());
    for (budget, _, accounts) in found {
        let subjects = accounts.iter().map(|(account, _)| account.subject.as_str());
        match budget.scope {
            BudgetScope::Person => people.extend(subjects.filter_map(|id| UserId::parse(id).ok())),
            BudgetScope::Channel => {
                channels.extend(subjects.filter_map(|id| ChannelId::parse(id).ok()));
            }
            BudgetScope::Total | BudgetScope::Team | BudgetScope::Agent | BudgetScope::Model => {}
        }
    }
    (people, channels)
}

fn card(
    budget: &Budget,
    period: &Period,
    calendar: &Calendar,
    mut accounts: Accounts,
    names: &Names,
) -> BudgetCard {
    let most = usize::try_from(MOST_LISTED).unwrap_or(usize::MAX);
    let has_more = accounts.len() > most;
    accounts.truncate(most);
    if budget.scope == BudgetScope::Total && accounts.is_empty() {
        // Everybody's account is there also before anything is taken of it.
        let account = Account {
            budget: budget.name.clone(),
            subject: String::new(),
            period: period.name.clone(),
        };
        accounts.push((account, Balance::default()));
    }
    let rows = accounts
        .iter()
        .map(|(account, balance)| account_row(budget, account, *balance, names));
    BudgetCard {
        name: budget.name.clone(),
        scope: scope_word(budget.scope),
        counts: counts_word(budget.metered),
        period: period_word(budget.period),
        period_name: period.name.clone(),
        limit: amount(budget.metered, budget.limit),
        resets: period.ends_at.map(|at| calendar.to_the_minute(at)),
        then: budget.then.clone(),
        accounts: rows.collect(),
        has_more,
    }
}

fn account_row(budget: &Budget, account: &Account, balance: Balance, names: &Names) -> AccountRow {
    let subject = account.subject.clone();
    let name = match budget.scope {
        BudgetScope::Total => None,
        BudgetScope::Person => {
            UserId::parse(&subject).map_or(Some(subject.clone()), |id| Some(names.person(&id)))
        }
        BudgetScope::Channel => {
            ChannelId::parse(&subject).map_or(Some(subject.clone()), |id| Some(names.channel(&id)))
        }
        BudgetScope::Team | BudgetScope::Agent | BudgetScope::Model => Some(subject.clone()),
    };
    let most = budget.limit.saturating_add(balance.granted);
    let percent = percent(balance.taken(), most);
    let is_near = budget.warn_from.is_some_and(|from| balance.taken() >= from);
    AccountRow {
        subject,
        name,
        taken: amount(budget.metered, balance.taken()),
        granted: amount(budget.metered, balance.granted),
        has_grant: balance.granted != 0,
        limit: amount(budget.metered, most),
        percent,
        tone: match percent {
            100.. => "bad",
            _ if is_near => "warn",
            _ => "good",
        },
    }
}

/// Returns a share in hundredths, rounded down, 100 at most; of nothing, all is taken.
fn percent(taken: i64, most: i64) -> i64 {
    if most <= 0 {
        return 100;
    }
    let hundredths = i128::from(taken) * 100 / i128::from(most);
    i64::try_from(hundredths.clamp(0, 100)).unwrap_or(100)
}

fn amount(metered: Metered, amount: i64) -> String {
    match metered {
        Metered::Money => Money::from_nanos(amount).to_string(),
        Metered::Requests | Metered::Tokens => grouped(amount),
    }
}

fn scope_word(scope: BudgetScope) -> PageWord {
    match scope {
        BudgetScope::Total => PageWord::OfTotal,
        BudgetScope::Person => PageWord::OfPerson,
        BudgetScope::Channel => PageWord::OfChannel,
        BudgetScope::Team => PageWord::OfTeam,
        BudgetScope::Agent => PageWord::OfAgent,
        BudgetScope::Model => PageWord::OfModel,
    }
}

fn counts_word(metered: Metered) -> Option<PageWord> {
    match metered {
        Metered::Requests => Some(PageWord::CountsRequests),
        Metered::Tokens => Some(PageWord::CountsTokens),
        Metered::Money => None,
    }
}

fn period_word(period: BudgetPeriod) -> PageWord {
    match period {
        BudgetPeriod::Minute => PageWord::EachMinute,
        BudgetPeriod::Day => PageWord::EachDay,
        BudgetPeriod::Month => PageWord::EachMonth,
        BudgetPeriod::Ever => PageWord::ForEver,
    }
}

/// `POST /budgets/grant`: gives more of a budget to one account for the period that the form was shown in.
pub(super) async fn grant(State(house): State<Arc<House>>, deed: Deed) -> Response {
    let Deed { visitor, fields } = deed;
    let now = house.world.clock.now();
    let period = |period| {
        Calendar::of(&visitor.site.time_zone)
            .period(period, now)
            .name
    };
    let budget = visitor.site.budgets.get(fields.get("budget"));
    let wanted = budget.and_then(|budget| wanted(budget, &fields, &period(budget.period)));
    let Some((account, amount)) = wanted else {
        return Told::new(visitor.language, PageWord::NoAmount, PageWord::NoAmountMore)
            .with(StatusCode::BAD_REQUEST);
    };
    let grant = Grant {
        account,
        amount,
        by: Actor::Person(visitor.session.of.id.clone()),
        at: now,
    };
    let granted = house.world.store.grant(&visitor.session.of.server, &grant);
    match granted.await {
        Ok(_balance) => go_to("/budgets"),
        Err(error) => failed(&error).reply(visitor.language),
    }
}

/// Reads what is to be granted to whom; `None` where that is no amount, or the period is over.
fn wanted(budget: &Budget, fields: &Fields, period: &str) -> Option<(Account, i64)> {
    let written = fields.get("amount").trim().replace(',', "");
    let amount = match budget.metered {
        Metered::Money => Money::parse(written.trim_start_matches('$'))?.as_nanos(),
        Metered::Requests | Metered::Tokens => written.parse().ok()?,
    };
    let subject = fields.get("subject");
    let is_right = amount > 0
        && fields.get("period") == period
        && subject.is_empty() == (budget.scope == BudgetScope::Total)
        && subject.chars().count() <= MAX_SUBJECT_CHARS;
    let account = Account {
        budget: budget.name.clone(),
        subject: subject.to_owned(),
        period: period.to_owned(),
    };
    is_right.then_some((account, amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_between_nothing_and_all() {
        for (taken, most, expected) in [
            (0, 10, 0),
            (5, 10, 50),
            (999, 1_000, 99),
            (10, 10, 100),
            (20, 10, 100),
            (0, 0, 100),
            (i64::MAX, i64::MAX, 100),
            (-1, 10, 0),
        ] {
            assert_eq!(percent(taken, most), expected, "{taken} of {most}");
        }
    }
}
