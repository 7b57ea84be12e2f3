//! What the calls over one question use: reserved before each, settled after, and told to people where a budget is nearly or wholly used.
//!
//! A model says that a call is over where it stands, also when it is dropped, so what is known then is only gathered, and written
//! with the next reservation or when the answer has ended. Where the process dies before that, whoever takes the question up settles the
//! call at its reservation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::budgets::{Counting, Used};
use crate::domain::budget::{Account, Balance, Bound, Budget, Metered, SettledBy, Stage, Whose};
use crate::domain::completion::Usage;
use crate::domain::id::{ChannelId, QuestionId, ServerId, TeamId, UserId};
use crate::domain::job::Lease;
use crate::domain::money::Money;
use crate::ports::{
    Allowed, CallUse, Clock, Dimensions, EndedCall, IdSource, Meter, NewCall, NotReserved,
    Reservation, Reserved, Store,
};
use crate::telemetry::Metrics;

/// Over which question calls are made, and by what right.
#[derive(Clone, Debug)]
pub(super) struct Over {
    pub(super) question: QuestionId,
    /// Which generation of its answer; 0 for what is written beside it, which is no request.
    pub(super) generation: u32,
    pub(super) server: ServerId,
    pub(super) whose: Whose,
    pub(super) channel_name: String,
    pub(super) lease: Option<Lease>,
}

/// Counts the calls over one question.
pub(super) struct QuestionMeter {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) counting: Arc<Counting>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) over: Over,
    pub(super) state: Mutex<State>,
}

/// What is known so far.
#[derive(Default)]
pub(super) struct State {
    /// Calls that are being made: of which target, and what they may use.
    open: HashMap<u128, (String, Bound)>,
    ended: Vec<EndedCall>,
    /// The budget that had too little left, last.
    refused_by: Option<Used>,
    noted: Noted,
}

/// What people are to be told beneath an answer.
#[derive(Clone, Default)]
pub(super) struct Noted {
    /// The budgets that are nearly used up.
    pub(super) near: Vec<(Account, Balance)>,
    /// Those used up for which another model answers, with its name.
    pub(super) turned: Vec<(Used, String)>,
}

impl QuestionMeter {
    /// Returns the model that answers where the budget is used up that refused the last call; `None` where none does.
    pub(super) fn next_model(&self) -> Option<String> {
        let refused_by = self.refused_by()?;
        let budget = self.counting.budgets.get(&refused_by.budget)?;
        budget.then.clone()
    }

    /// Turns to that model: what it uses is not claimed of the budget.
    pub(super) fn turn(&self, model: String) {
        let mut state = self.state();
        if let Some(refused_by) = state.refused_by.take() {
            state.noted.turned.push((refused_by, model));
        }
    }

    /// Returns the budget that refused the last call.
    pub(super) fn refused_by(&self) -> Option<Used> {
        self.state().refused_by.clone()
    }

    /// Returns what people are to be told beneath the answer.
    pub(super) fn noted(&self) -> Noted {
        self.state().noted.clone()
    }

    /// Writes down what calls used that are over. What cannot be written is settled at its reservation later.
    pub(super) async fn settle(&self) {
        let ended = std::mem::take(&mut self.state().ended);
        if ended.is_empty() {
            return;
        }
        if let Err(error) = self.store.settle_calls(&ended).await {
            tracing::warn!(question.id = %self.over.question, error = %error, "what calls used could not be written down");
        }
    }

    fn is_counted(&self, budget: &Budget) -> bool {
        let is_turned = |(used, _): &(Used, String)| used.budget == budget.name;
        let is_beside = self.over.generation == 0 && budget.metered == Metered::Requests;
        !is_beside && !self.state().noted.turned.iter().any(is_turned)
    }

    fn reservation(
        &self,
        id: u128,
        target: &str,
        bound: Bound,
    ) -> Result<Reservation, NotReserved> {
        let Over {
            question,
            generation,
            server,
            whose,
            channel_name: _,
            lease: _,
        } = &self.over;
        let now = self.clock.now();
        let calendar = &self.counting.calendar;
        let claims = self
            .counting
            .budgets
            .claims(whose, Stage::Call { target }, bound, |period| {
                calendar.period(period, now).name
            });
        let claims: Vec<_> = claims
            .filter(|(budget, _)| self.is_counted(budget))
            .map(|(_, claim)| claim)
            .collect();
        let counts_money = claims.iter().any(|claim| claim.metered == Metered::Money);
        if counts_money && bound.price.is_none() {
            return Err(NotReserved::Unpriced);
        }
        let text = |id: Option<&str>| id.unwrap_or_default().to_owned();
        let call = NewCall {
            id,
            question: *question,
            generation: *generation,
            server: server.clone(),
            of: Dimensions {
                person: text(whose.person.id.as_ref().map(UserId::as_str)),
                person_name: whose.person.name.clone(),
                channel: text(whose.channel.as_ref().map(ChannelId::as_str)),
                channel_name: self.over.channel_name.clone(),
                team: text(whose.team.as_ref().map(TeamId::as_str)),
                agent: whose.agent.clone(),
            },
            target: target.to_owned(),
            bound,
            at: now,
            day: calendar.day(now),
        };
        Ok(Reservation {
            ended: std::mem::take(&mut self.state().ended),
            call,
            claims,
        })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Whoever panicked while holding it left it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Meter for QuestionMeter {
    async fn reserve(&self, target: &str, bound: Bound) -> Result<Allowed, NotReserved> {
        let id = self.ids.token();
        let bound = Bound {
            price: self.counting.price(bound.price),
            ..bound
        };
        let reservation = self.reservation(id, target, bound)?;
        let lease = self.over.lease.as_ref();
        match self.store.reserve(lease, &reservation).await {
            Ok(Reserved::Held { warned }) => {
                let mut state = self.state();
                state.open.insert(id, (target.to_owned(), bound));
                for (account, balance) in warned {
                    state.noted.near.retain(|(known, _)| *known != account);
                    state.noted.near.push((account, balance));
                }
                let mut claims = reservation.claims.iter();
                Ok(Allowed {
                    call: id,
                    is_bounded: claims.any(|claim| claim.metered != Metered::Requests),
                })
            }
            Ok(Reserved::Over(account)) => {
                tracing::info!(question.id = %self.over.question, budget = account.budget, "a budget is used up");
                self.state().refused_by = Some(Used {
                    budget: account.budget,
                    at: reservation.call.at,
                });
                Err(NotReserved::OverBudget)
            }
            Err(error) => {
                // Nothing was written.
                self.state().ended.extend(reservation.ended);
                tracing::warn!(question.id = %self.over.question, error = %error, "what a call may use could not be reserved");
                Err(NotReserved::Unavailable)
            }
        }
    }

    fn ended(&self, call: u128, used: CallUse, model: Option<String>) {
        let at = self.clock.now();
        let mut state = self.state();
        let Some((target, bound)) = state.open.remove(&call) else {
            return;
        };
        let (by, usage) = match used {
            CallUse::Reported(usage) => (SettledBy::Report, usage),
            CallUse::Unreported { written } => {
                let usage = Usage {
                    completion_tokens: written.min(bound.answer_tokens),
                    ..bound.as_usage()
                };
                (SettledBy::Estimate, usage)
            }
            CallUse::Unknown => (SettledBy::Reservation, bound.as_usage()),
            CallUse::Nothing => (SettledBy::Nothing, Usage::default()),
        };
        let cost = bound.price.map_or(Money::ZERO, |price| price.cost(usage));
        self.metrics.cost(&target, cost.as_nanos());
        state.ended.push(EndedCall {
            id: call,
            by,
            usage,
            cost,
            model,
            at,
        });
    }
}
