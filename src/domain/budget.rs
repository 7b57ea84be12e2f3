//! Budgets: what may be used of requests, tokens or money, by whom, and in which time.
//!
//! Several may hold at once, and then all of them do. A budget keeps an account for each whom it is for (each person, each channel) and for
//! each of its periods; what is claimed of it is reserved first and settled later.

use super::completion::Usage;
use super::event::Person;
use super::id::{ChannelId, TeamId, UserId};
use super::money::{Money, Price};

/// For whom a budget keeps accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BudgetScope {
    /// One for all together.
    Total,
    /// One for each person who asks.
    Person,
    /// One for each channel.
    Channel,
    /// One for each team; what is said in direct and group messages is of none.
    Team,
    /// One for each agent, the usual assistant among them.
    Agent,
    /// One for each model, by its name in the configuration.
    Model,
}

/// What a budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metered {
    /// Questions that reached a model.
    Requests,
    /// Tokens of prompts and answers.
    Tokens,
    /// What they cost, in nano-dollars.
    Money,
}

/// After what time a budget begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BudgetPeriod {
    /// With each minute of the clock.
    Minute,
    /// With each day of the installation's time zone.
    Day,
    /// With each month of its calendar.
    Month,
    /// Never.
    Ever,
}

macro_rules! words {
    ($type:ident: $($variant:ident = $word:literal),+ $(,)?) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word for it, in the configuration and the database.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word that `as_str` returned; `None` for any other.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|own| own.as_str() == word)
            }
        }
    };
}

words!(BudgetScope: Total = "total", Person = "person", Channel = "channel", Team = "team", Agent = "agent", Model = "model");
words!(Metered: Requests = "requests", Tokens = "tokens", Money = "money");
words!(BudgetPeriod: Minute = "minute", Day = "day", Month = "month", Ever = "ever");

/// A budget as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// By what people and rows call it; no other has the name.
    pub name: String,
    /// For whom it keeps accounts.
    pub scope: BudgetScope,
    /// Whom alone it is about, by ids, or the names of people, agents or models; where empty, all.
    pub only: Vec<String>,
    /// What it counts.
    pub metered: Metered,
    /// How much of that there is in a period; 0 allows nothing.
    pub limit: i64,
    /// After what time it begins anew.
    pub period: BudgetPeriod,
    /// From how much on people are warned, once an account and period; where absent, they are not.
    pub warn_from: Option<i64>,
    /// The route or model that answers where it is used up; what that one uses is not claimed of it. Where absent, nobody answers.
    pub then: Option<String>,
}

/// Who uses something, by everything a budget may be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// Who asks.
    pub person: Person,
    /// Where.
    pub channel: Option<ChannelId>,
    /// In which team.
    pub team: Option<TeamId>,
    /// Whom: the name of an agent, or that of the usual assistant.
    pub agent: String,
}

/// How much a call can use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub answer_tokens: u64,
    /// What tokens cost, where that is known.
    pub price: Option<Price>,
}

impl Bound {
    /// Returns all of its tokens as if they had been used.
    #[must_use]
    pub fn as_usage(self) -> Usage {
        Usage {
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.answer_tokens,
            ..Usage::default()
        }
    }

    /// Returns what all of it costs, where that is known.
    #[must_use]
    pub fn cost(self) -> Option<Money> {
        self.price.map(|price| price.cost(self.as_usage()))
    }
}

/// What is asked of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The account.
    pub account: Account,
    /// What is counted.
    pub metered: Metered,
    /// How much; never negative.
    pub amount: i64,
    /// How much the budget has in a period, what was granted besides not counted.
    pub limit: i64,
    /// From how much on people are warned.
    pub warn_from: Option<i64>,
}

/// One account of a budget, in one of its periods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The budget's name.
    pub budget: String,
    /// Whose it is: an id or a name; empty where it is everybody's.
    pub subject: String,
    /// Which period, as `2026-11`.
    pub period: String,
}

/// How an account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// What is claimed and not settled yet.
    pub reserved: i64,
    /// What was used.
    pub spent: i64,
    /// What was granted for this period besides the limit.
    pub granted: i64,
}

impl Balance {
    /// Returns what is used or may be.
    #[must_use]
    pub fn taken(self) -> i64 {
        self.spent.saturating_add(self.reserved)
    }

    /// Whether so much may still be claimed of a limit.
    #[must_use]
    pub fn allows(self, amount: i64, limit: i64) -> bool {
        // An amount of nothing is refused, too, where nothing is left: what cannot be counted is not free.
        let most = limit.saturating_add(self.granted);
        let taken = self.taken();
        amount >= 0 && taken < most && taken.saturating_add(amount) <= most
    }
}

/// What a budget is asked for at the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage<'a> {
    /// A question is admitted: which model is asked is not known, nor for certain whom it is for.
    Admission,
    /// A model is about to be asked.
    Call {
        /// By its name in the configuration.
        target: &'a str,
    },
}

/// All budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budgets(Vec<Budget>);

impl Budgets {
    /// Takes budgets, each by another name.
    #[must_use]
    pub fn new(budgets: Vec<Budget>) -> Self {
        Self(budgets)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns each of them, as they are written.
    pub fn iter(&self) -> impl Iterator<Item = &Budget> {
        self.0.iter()
    }

    /// Returns the one of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Budget> {
        self.0.iter().find(|budget| budget.name == name)
    }

    /// Whether money is counted by one of them.
    #[must_use]
    pub fn count_money(&self) -> bool {
        self.0.iter().any(|budget| budget.metered == Metered::Money)
    }

    /// Returns what is claimed of each budget that is about somebody; `period` names the present one.
    pub fn claims<'a>(
        &'a self,
        whose: &'a Whose,
        stage: Stage<'a>,
        bound: Bound,
        period: impl Fn(BudgetPeriod) -> String + 'a,
    ) -> impl Iterator<Item = (&'a Budget, Claim)> + 'a {
        self.0.iter().filter_map(move |budget| {
            let subject = budget.subject(whose, stage)?;
            let amount = match budget.metered {
                Metered::Requests => 1,
                Metered::Tokens => whole(bound.prompt_tokens.saturating_add(bound.answer_tokens)),
                // Whoever asks has made sure that a price is known where one is needed.
                Metered::Money => bound.cost().map_or(0, Money::as_nanos),
            };
            let claim = Claim {
                account: Account {
                    budget: budget.name.clone(),
                    subject,
                    period: period(budget.period),
                },
                metered: budget.metered,
                amount,
                limit: budget.limit,
                warn_from: budget.warn_from,
            };
            Some((budget, claim))
        })
    }
}

impl Budget {
    /// Returns whose account is meant at a stage; `None` where the budget is not about them, or it is not known yet.
    #[must_use]
    pub fn subject(&self, whose: &Whose, stage: Stage<'_>) -> Option<String> {
        let Whose {
            person,
            channel,
            team,
            agent,
        } = whose;
        let (subject, also) = match (self.scope, stage) {
            (BudgetScope::Total, _) => return Some(String::new()),
            (BudgetScope::Person, _) => {
                // Who has no account shares one with all who have none.
                let id = person.id.as_ref().map_or("", UserId::as_str);
                (id, Some(person.name.as_str()))
            }
            (BudgetScope::Channel, _) => (channel.as_ref().map_or("", ChannelId::as_str), None),
            (BudgetScope::Team, _) => (team.as_ref()?.as_str(), None),
            (BudgetScope::Agent, Stage::Call { .. }) => (agent.as_str(), None),
            (BudgetScope::Model, Stage::Call { target }) => (target, None),
            (BudgetScope::Agent | BudgetScope::Model, Stage::Admission) => return None,
        };
        self.is_about(subject, also).then(|| subject.to_owned())
    }

    /// Who calls themselves by somebody's id is not somebody.
    fn is_about(&self, subject: &str, also: Option<&str>) -> bool {
        let is_meant = |entry: &String| match also {
            Some(name) if UserId::parse(entry).is_err() => entry.eq_ignore_ascii_case(name),
            _ => entry == subject,
        };
        self.only.is_empty() || (!subject.is_empty() && self.only.iter().any(is_meant))
    }
}

/// How a call ended, for the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettledBy {
    /// By what the provider reported.
    Report,
    /// It reported nothing of an answer that is whole: by the bytes of prompt and answer.
    Estimate,
    /// Nothing is known of how it ended: by all that was reserved.
    Reservation,
    /// It reached no model, or was refused before one wrote: nothing was used.
    Nothing,
}

words!(SettledBy: Report = "report", Estimate = "estimate", Reservation = "reservation", Nothing = "nothing");

/// Returns a number of tokens as accounts hold it.
#[must_use]
pub fn whole(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(scope: BudgetScope, only: &[&str]) -> Budget {
        Budget {
            name: "b".to_owned(),
            scope,
            only: only.iter().map(|&entry| entry.to_owned()).collect(),
            metered: Metered::Requests,
            limit: 1,
            period: BudgetPeriod::Ever,
            warn_from: None,
            then: None,
        }
    }

    const ALICE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn alice() -> Whose {
        Whose {
            person: Person {
                id: Some(UserId::parse(ALICE).unwrap()),
                name: "alice".to_owned(),
            },
            channel: Some(ChannelId::parse("cccccccccccccccccccccccccc").unwrap()),
            team: None,
            agent: "default".to_owned(),
        }
    }

    #[test]
    fn whose_account_is_meant() {
        let call = Stage::Call { target: "gpt" };
        let table: [(BudgetScope, &[&str], Stage<'_>, Option<&str>); 12] = [
            (BudgetScope::Total, &[], Stage::Admission, Some("")),
            (BudgetScope::Person, &[], Stage::Admission, Some(ALICE)),
            (BudgetScope::Person, &["Alice"], call, Some(ALICE)),
            (BudgetScope::Person, &[ALICE], call, Some(ALICE)),
            (BudgetScope::Person, &["bob"], call, None),
            (
                BudgetScope::Channel,
                &[],
                call,
                Some("cccccccccccccccccccccccccc"),
            ),
            (BudgetScope::Team, &[], call, None),
            (BudgetScope::Agent, &[], Stage::Admission, None),
            (BudgetScope::Agent, &[], call, Some("default")),
            (BudgetScope::Agent, &["reviewer"], call, None),
            (BudgetScope::Model, &["gpt"], call, Some("gpt")),
            (BudgetScope::Model, &[], Stage::Admission, None),
        ];
        for (scope, only, stage, expected) in table {
            let subject = budget(scope, only).subject(&alice(), stage);
            assert_eq!(subject.as_deref(), expected, "{scope:?} {only:?} {stage:?}");
        }
    }

    #[test]
    fn who_calls_themselves_by_an_id_is_not_that_person() {
        let mut whose = alice();
        whose.person.name = "bbbbbbbbbbbbbbbbbbbbbbbbbb".to_owned();
        let budget = budget(BudgetScope::Person, &["bbbbbbbbbbbbbbbbbbbbbbbbbb"]);
        assert_eq!(budget.subject(&whose, Stage::Admission), None);
    }

    #[test]
    fn what_is_left_is_what_may_be_claimed() {
        let balance = Balance {
            reserved: 3,
            spent: 4,
            granted: 1,
        };
        assert!(balance.allows(4, 10));
        assert!(!balance.allows(5, 10));
        assert!(!balance.allows(-1, 10));
        assert!(!balance.allows(0, 6), "used up");
        assert!(!Balance::default().allows(0, 0), "a budget of nothing");
        assert!(!Balance::default().allows(1, 0));
        let overdrawn = Balance {
            spent: i64::MAX,
            reserved: i64::MAX,
            granted: 0,
        };
        assert!(!overdrawn.allows(i64::MAX, 10));
    }
}
