//! Routes: which models may answer a question, and in which order they are asked until one does.
//!
//! A [`Router`] is a language model made of others. Each has a circuit breaker ([`breaker`]) and a limit of its own, whatever routes it is in. A
//! question goes to one of its route's first targets, by weight, and where that fails before it has written a word of the answer, to the next and
//! to the fallbacks in their order ([`running`]); people notice nothing. What failed in the middle is asked again by whoever asks,
//! with what was written. A filter's refusal is an answer: no other model is asked for a better one.

mod breaker;
mod latency;
mod measure;
mod measured;
mod metered;
mod order;
mod running;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use self::breaker::Breaker;
use self::latency::Latency;
use self::measure::Measure;
use self::measured::Place;
use self::running::Running;
use super::prices::Pricing;
use super::settings::Settings;
use super::target::Target;
use crate::domain::figures::ModelHealth;
use crate::domain::money::Price;
use crate::domain::prompt::{ModelChoice, Prompt, Window};
use crate::domain::time::Timestamp;
use crate::ports::{Clock, DeltaStream, IdSource, LanguageModel, Meter, ModelError};
use crate::telemetry::Instruments;

/// How many answers one model may be writing at once where nothing is said.
const MOST_AT_ONCE: usize = Semaphore::MAX_PERMITS;

/// Models and the routes over them.
#[derive(Clone, Debug)]
pub struct Models {
    /// The models; the first is that of the `[model]` table.
    pub targets: Vec<TargetSettings>,
    /// Routes by their names. One of each target's own name is added where there is none.
    pub routes: BTreeMap<String, Route>,
}

/// One model.
#[derive(Clone, Debug)]
pub struct TargetSettings {
    /// Its name in the configuration.
    pub id: String,
    /// How it is reached.
    pub settings: Settings,
    /// How many answers it may be writing at once, where that is limited.
    pub most_at_once: Option<usize>,
    /// Targets that are asked when it fails, by their names.
    pub fallbacks: Vec<String>,
}

/// Which models may answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The targets one of which is asked first, by their names, with their weights.
    pub targets: Vec<(String, u32)>,
    /// The targets that are asked after them, in this order.
    pub fallbacks: Vec<String>,
    /// Whether a second target is asked where the first is slower than it mostly is.
    pub hedges: bool,
}

/// The name of the route that is taken where nothing else is said; that of the `[model]` table's target, unless a route has it.
pub const DEFAULT_ROUTE: &str = "default";

/// Several models as one.
pub struct Router(Arc<Shared>);

/// What all questions share.
struct Shared {
    members: Vec<Member>,
    routes: BTreeMap<String, ResolvedRoute>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    hedging: Mutex<running::HedgeBudget>,
    instruments: Instruments,
}

/// A route with its targets by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ResolvedRoute {
    first: Vec<(usize, u32)>,
    then: Vec<usize>,
    hedges: bool,
}

/// A model, and how it does.
struct Member {
    id: String,
    place: Place,
    model: Arc<dyn LanguageModel>,
    window: Window,
    sees: bool,
    pricing: Pricing,
    /// The longest a try of it can take to show that it works.
    patience: std::time::Duration,
    slots: Arc<Semaphore>,
    most_at_once: Option<usize>,
    health: Mutex<Health>,
}

#[derive(Default)]
struct Health {
    breaker: Breaker,
    latency: Latency,
    measure: Measure,
}

impl Router {
    /// Makes the models and the routes over them. A name that a route has and no target is left out; the configuration reports it.
    ///
    /// # Errors
    /// When the TLS library cannot be set up, or a certificate not read.
    pub fn new(
        models: &Models,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, super::ClientError> {
        Self::measured(models, clock, ids, Instruments::default())
    }

    /// Makes them as [`Router::new`] does, each call measured.
    ///
    /// # Errors
    /// As [`Router::new`].
    pub fn measured(
        models: &Models,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        instruments: Instruments,
    ) -> Result<Self, super::ClientError> {
        let mut members = Vec::new();
        for target in &models.targets {
            let client = super::client(&target.settings)?;
            let model = Target::new(target.settings.clone(), client, clock.clone());
            members.push(Member {
                id: target.id.clone(),
                place: Place::of(target),
                model: Arc::new(model),
                window: target.settings.window,
                sees: target.settings.sees,
                pricing: Pricing::of(&target.settings),
                patience: target.settings.first_token_timeout,
                most_at_once: target.most_at_once,
                slots: Arc::new(Semaphore::new(target.most_at_once.unwrap_or(MOST_AT_ONCE))),
                health: Mutex::default(),
            });
        }
        Ok(Self(Arc::new(Shared {
            members,
            routes: ways(models),
            clock,
            ids,
            hedging: Mutex::default(),
            instruments,
        })))
    }
}

impl Router {
    /// Returns what a target costs, by its name in the configuration: its own model, or another one of its server.
    #[must_use]
    pub fn price(&self, target: &str, model: Option<&str>) -> Option<Price> {
        let mut members = self.0.members.iter();
        let member = members.find(|member| member.id == target)?;
        member.price(model)
    }
}

/// Brings routes into numbers; each target's own name is a route, too.
fn ways(models: &Models) -> BTreeMap<String, ResolvedRoute> {
    let number = |name: &String| models.targets.iter().position(|target| target.id == *name);
    let of_targets = models.targets.iter().enumerate().map(|(own, target)| {
        let way = ResolvedRoute {
            first: vec![(own, 1)],
            then: target.fallbacks.iter().filter_map(number).collect(),
            hedges: false,
        };
        (target.id.clone(), way)
    });
    let mut ways: BTreeMap<String, ResolvedRoute> = of_targets.collect();
    if let Some(first) = models.targets.first().and_then(|first| ways.get(&first.id)) {
        ways.insert(DEFAULT_ROUTE.to_owned(), first.clone());
    }
    let written = models.routes.iter().map(|(name, route)| {
        let first = route.targets.iter();
        let way = ResolvedRoute {
            first: first
                .filter_map(|(name, weight)| Some((number(name)?, *weight)))
                .collect(),
            then: route.fallbacks.iter().filter_map(number).collect(),
            hedges: route.hedges,
        };
        (name.clone(), way)
    });
    ways.extend(written);
    ways
}

impl Shared {
    /// Returns the way of a choice, and the name by which its server is asked, where the choice is neither route nor target.
    fn way(&self, choice: &ModelChoice) -> (ResolvedRoute, Option<String>) {
        let of = |name: &str| self.routes.get(name).cloned();
        match &choice.model {
            Some(name) => match of(name) {
                Some(way) => (way, None),
                // Another model of the first one's server: the fallbacks stay.
                None => (of(DEFAULT_ROUTE).unwrap_or_default(), Some(name.clone())),
            },
            None => (of(DEFAULT_ROUTE).unwrap_or_default(), None),
        }
    }
}

impl Shared {
    /// Returns the models that a choice names and does not avoid, in the order of its way.
    fn members_of(&self, choice: &ModelChoice) -> Vec<&Member> {
        let (way, _) = self.way(choice);
        let members = way.members().filter_map(|member| self.members.get(member));
        let may_be_asked = |member: &&Member| !choice.avoid.contains(&member.id);
        members.filter(may_be_asked).collect()
    }
}

impl Models {
    /// Returns how the first model is reached; `None` where there is none, which the configuration never leaves.
    #[must_use]
    pub fn first(&self) -> Option<&Settings> {
        self.targets.first().map(|target| &target.settings)
    }

    /// Says whether the configuration has a price of any of them.
    #[must_use]
    pub fn have_prices(&self) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.settings.price.is_some())
    }
}

impl ResolvedRoute {
    fn members(&self) -> impl Iterator<Item = usize> {
        let first = self.first.iter().map(|(member, _)| *member);
        first.chain(self.then.iter().copied())
    }
}

impl Member {
    /// Returns its window as our estimates fill it.
    fn window(&self) -> Window {
        self.health().measure.of(self.window)
    }

    /// Tells how it does.
    fn report(&self, now: Timestamp) -> ModelHealth {
        let writing = self.most_at_once.unwrap_or(MOST_AT_ONCE);
        let writing = writing.saturating_sub(self.slots.available_permits());
        let window = self.window();
        let health = self.health();
        ModelHealth {
            id: self.id.clone(),
            state: health.breaker.told(now),
            first_token_p95: health.latency.p95(),
            writing,
            most_at_once: self.most_at_once,
            window_tokens: window.total_tokens,
        }
    }

    /// Returns what its tokens cost, or those of another model of its server.
    fn price(&self, named: Option<&str>) -> Option<Price> {
        self.pricing.price(named).price()
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        // Whoever panicked while holding it left it whole.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LanguageModel for Router {
    async fn complete(&self, prompt: &Prompt) -> Result<DeltaStream, ModelError> {
        Ok(Running::begin(self.0.clone(), prompt.clone(), None).deltas())
    }

    async fn complete_within(
        &self,
        prompt: &Prompt,
        meter: Arc<dyn Meter>,
    ) -> Result<DeltaStream, ModelError> {
        Ok(Running::begin(self.0.clone(), prompt.clone(), Some(meter)).deltas())
    }

    fn price(&self, choice: &ModelChoice) -> Option<Price> {
        let (_, named) = self.0.way(choice);
        let mut dearest = Price::default();
        for (at, member) in self.0.members_of(choice).into_iter().enumerate() {
            let named = named.as_deref().filter(|_| at == 0);
            let price = member.price(named)?;
            dearest = Price {
                input: dearest.input.max(price.input),
                cached_input: dearest.cached_input.max(price.cached_input),
                output: dearest.output.max(price.output),
            };
        }
        Some(dearest)
    }

    fn window(&self, choice: &ModelChoice) -> Window {
        let members = self.0.members_of(choice).into_iter();
        members
            .map(Member::window)
            .max_by_key(|window| window.total_tokens)
            .unwrap_or(Window {
                total_tokens: 0,
                answer_tokens: 0,
            })
    }

    fn sees(&self, choice: &ModelChoice) -> bool {
        let mut members = self.0.members_of(choice).into_iter();
        members.any(|member| member.sees)
    }

    fn names(&self, choice: &ModelChoice) -> Vec<String> {
        let mut names = Vec::new();
        for member in self.0.members_of(choice) {
            if !names.contains(&member.id) {
                names.push(member.id.clone());
            }
        }
        names
    }

    fn first_names(&self, choice: &ModelChoice) -> Vec<String> {
        let (way, _) = self.0.way(choice);
        let first = way.first.iter();
        let members = first.filter_map(|(member, _)| self.0.members.get(*member));
        members.map(|member| member.id.clone()).collect()
    }

    fn health(&self) -> Vec<ModelHealth> {
        let now = self.0.clock.now();
        self.0
            .members
            .iter()
            .map(|member| member.report(now))
            .collect()
    }

    async fn ping(&self) -> Result<(), ModelError> {
        let mut answered = Err(super::error::failed(
            crate::domain::completion::ModelFailure::Unavailable,
        ));
        for member in self.0.members_of(&ModelChoice::default()) {
            answered = member.model.ping().await;
            if answered.is_ok() {
                break;
            }
        }
        answered
    }
}
