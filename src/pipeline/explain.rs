//! Why somebody would be answered or not, step by step, for whoever administers askwell: the same facts and the same decision as of a question.

use crate::domain::access::{
    Account, Because, Condition, Facts, Fit, Rule, Says, USUAL_MODEL, Whereabouts,
};
use crate::domain::agent::{Agent, AgentName};
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::control::Standing;
use crate::domain::event::{Person, cleaned};
use crate::domain::id::{ChannelId, UserId};
use crate::domain::prompt::ModelChoice;
use crate::ports::{LanguageModel, Mattermost, MattermostError, Store, StoreError};
use crate::text::{AccessSaying, Language, say_of_access};

use super::Settings;
use super::access::{Ruled, gone, names_of, of_choice, of_models};

/// Of whom and of what it is asked.
#[derive(Clone, Debug)]
pub struct Query {
    /// The name of an account, or its id.
    pub user: String,
    /// The name of a channel that the bot is in, or an id.
    pub channel: String,
    /// An agent, where it is not the channel's or the usual one.
    pub agent: Option<String>,
    /// A model or route, where it is not the agent's, the channel's or the usual one.
    pub model: Option<String>,
}

/// What is needed to explain.
pub struct Explaining<'e> {
    /// How questions are answered.
    pub settings: &'e Settings,
    /// Where people are.
    pub mattermost: &'e dyn Mattermost,
    /// Who answers.
    pub model: &'e dyn LanguageModel,
    /// What is remembered.
    pub store: &'e dyn Store,
    /// In which language.
    pub language: Language,
}

/// One line of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name, for programs.
    pub id: &'static str,
    /// What people read.
    pub text: String,
}

/// What is decided, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The word of what is decided: `allow`, `private` or `deny`.
    pub decision: &'static str,
    /// The number of the rule that decides, where one does.
    pub rule: Option<usize>,
    /// Each step, the decision last.
    pub steps: Vec<Step>,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum Unexplained {
    /// What was asked for is not there; said in words.
    #[error("find what was asked for: {0}")]
    NotThere(String),
    /// Mattermost could not be asked.
    #[error("ask Mattermost")]
    Mattermost(#[from] MattermostError),
    /// The database could not be read.
    #[error("read what the channel chose")]
    Store(#[from] StoreError),
}

/// Explains what would be decided of a question.
///
/// # Errors
/// See [`Unexplained`].
pub async fn explain(explaining: &Explaining<'_>, query: &Query) -> Result<Explained, Unexplained> {
    let mut told = Told {
        language: explaining.language,
        steps: Vec::new(),
    };
    let asker = explaining.person(query, &mut told).await?;
    let place = explaining.place(query, &mut told).await?;
    let standing = match &asker.account {
        Some(account) => Some(explaining.standing(&place.channel, account).await?),
        None => None,
    };
    if let Some((_, Some(false))) = standing {
        told.say(&AccessSaying::NotAMember);
        return Ok(told.denied(&AccessSaying::BecauseOutsider));
    }
    let server = explaining.mattermost.server();
    let mut said = explaining
        .store
        .channel_settings(server, &place.channel)
        .await?;
    // A choice that is offered no more is none.
    let choices = &explaining.settings.model_choices;
    said.model = said.model.filter(|model| choices.contains(model));
    let customs = match explaining.settings.channels.get(&place.channel) {
        Some(configured) => said.or(configured),
        None => said,
    };
    let agent = match explaining.agent(query, &customs, (&asker, &place), &mut told)? {
        Ok(agent) => agent,
        Err(explained) => return Ok(explained),
    };
    let name = agent.map_or_else(AgentName::default_assistant, |agent| agent.name.clone());
    let facts = Facts {
        person: asker.id,
        name: asker.name,
        account: asker.account,
        administers_channel: standing.map(|(standing, _)| standing == Standing::Admin),
        place: Some(place),
        agent: name,
        models: Vec::new(),
    };
    Ok(explaining.decision(query, (agent, &customs), &facts, told))
}

/// Who asks, as far as it is known.
struct Asker {
    id: Option<UserId>,
    name: Option<String>,
    account: Option<Account>,
}

impl Explaining<'_> {
    fn has_bot(&self) -> bool {
        self.settings.delivery.bot
    }

    async fn person(&self, query: &Query, told: &mut Told) -> Result<Asker, Unexplained> {
        let user = query.user.strip_prefix('@').unwrap_or(&query.user);
        let id = UserId::parse(user).ok();
        let shown = cleaned(user);
        if !self.has_bot() {
            told.say(&AccessSaying::PersonUnseen { user: shown.into() });
            let name = id.is_none().then(|| user.to_owned());
            return Ok(Asker {
                id,
                name,
                account: None,
            });
        }
        let account = match &id {
            Some(id) => {
                let account = self.mattermost.account(id).await?;
                account.unwrap_or_else(|| gone(id, user))
            }
            None => match self.mattermost.account_named(&user.to_lowercase()).await? {
                Some(account) => account,
                None => {
                    return Err(told.not_there(&AccessSaying::NoSuchPerson { user: shown.into() }));
                }
            },
        };
        told.say(&shown_account(&account));
        Ok(Asker {
            id: Some(account.id.clone()),
            name: Some(account.name.clone()),
            account: Some(account),
        })
    }

    async fn place(&self, query: &Query, told: &mut Told) -> Result<Whereabouts, Unexplained> {
        let channel = match ChannelId::parse(&query.channel) {
            Ok(channel) => channel,
            Err(_) => self.channel_named(&query.channel, told).await?,
        };
        let profile = if self.has_bot() {
            self.mattermost.channel_profile(&channel).await?
        } else {
            None
        };
        let Some(profile) = profile else {
            let id = channel.as_str().into();
            told.say(&AccessSaying::PlaceUnseen { id });
            return Ok(Whereabouts {
                channel,
                kind: None,
                team: None,
                team_name: None,
            });
        };
        let team = profile.team_name.as_deref().unwrap_or("-");
        told.say(&AccessSaying::Place {
            channel: cleaned(&profile.name).into(),
            id: channel.as_str().into(),
            kind: profile.kind.map_or("-", |kind| kind.as_str()).into(),
            team: cleaned(team).into(),
        });
        Ok(Whereabouts {
            channel,
            kind: profile.kind,
            team: profile.team_id,
            team_name: profile.team_name,
        })
    }

    async fn channel_named(&self, name: &str, told: &Told) -> Result<ChannelId, Unexplained> {
        let name = name.strip_prefix('~').unwrap_or(name);
        let joined = if self.has_bot() {
            self.mattermost.joined_channels().await?
        } else {
            Vec::new()
        };
        let mut found = joined
            .into_iter()
            .filter(|channel| channel.name.eq_ignore_ascii_case(name));
        let channel = cleaned(name).into();
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only.id),
            (Some(one), Some(other)) => {
                let ids: Vec<_> = [one, other].into_iter().chain(found).collect();
                let ids: Vec<_> = ids.iter().map(|channel| channel.id.as_str()).collect();
                let ids = ids.join(", ").into();
                Err(told.not_there(&AccessSaying::SeveralChannels { channel, ids }))
            }
            (None, _) => Err(told.not_there(&AccessSaying::NoSuchChannel { channel })),
        }
    }

    /// Returns what somebody is in the channel, and whether they are a member, as far as the bot can see.
    async fn standing(
        &self,
        channel: &ChannelId,
        account: &Account,
    ) -> Result<(Standing, Option<bool>), MattermostError> {
        let is_member = self.mattermost.is_member(channel, &account.id).await?;
        let standing = self.mattermost.standing(channel, &account.id).await?;
        Ok((standing, is_member))
    }

    /// Returns whom they ask; where that is nobody, what is decided.
    fn agent(
        &self,
        query: &Query,
        customs: &ChannelSettings,
        (asker, place): (&Asker, &Whereabouts),
        told: &mut Told,
    ) -> Result<Result<Option<&Agent>, Explained>, Unexplained> {
        let agents = &self.settings.agents;
        let wanted = match &query.agent {
            Some(written) => {
                let known = |name: &AgentName| {
                    *name == AgentName::default_assistant() || agents.get(name).is_some()
                };
                let Some(name) = AgentName::parse_any(written).filter(known) else {
                    let names: Vec<_> = agents.iter().map(|agent| agent.name.as_str()).collect();
                    return Err(told.not_there(&AccessSaying::NoSuchAgent {
                        agent: cleaned(written).into(),
                        known: names.join(", ").into(),
                    }));
                };
                Some(name)
            }
            None => customs.agent.clone(),
        };
        let agent = wanted.as_ref().and_then(|name| agents.get(name));
        let usual = AgentName::default_assistant();
        let name = agent.map_or(&usual, |agent| &agent.name);
        told.say(&AccessSaying::Agent {
            agent: name.as_str().into(),
        });
        let person = Person {
            id: asker.id.clone(),
            name: asker.name.clone().unwrap_or_default(),
        };
        let is_for_them = |agent: &&Agent| agent.may_be_asked_by(&person, Some(&place.channel));
        Ok(Ok(match agent {
            Some(agent) if !is_for_them(&agent) => {
                let agent = agent.name.as_str().into();
                if query.agent.is_some() {
                    told.say(&AccessSaying::AgentNotForThem { agent });
                    return Ok(Err(told.denied(&AccessSaying::BecauseAgent)));
                }
                told.say(&AccessSaying::AgentLeft { agent });
                None
            }
            agent => agent,
        }))
    }

    fn decision(
        &self,
        query: &Query,
        (agent, customs): (Option<&Agent>, &ChannelSettings),
        facts: &Facts,
        mut told: Told,
    ) -> Explained {
        let rules = &self.settings.access;
        let found = match &query.model {
            Some(model) => {
                let choice = ModelChoice {
                    model: Some(model.clone()),
                    ..ModelChoice::default()
                };
                of_choice(rules, self.model, facts, choice)
            }
            None => of_models(rules, self.model, facts, (agent, customs)),
        };
        let Ruled { verdict, choice } = found;
        let of_agent = agent.and_then(|agent| agent.model.as_ref());
        if let (None, None, Some(model), None) =
            (&query.model, of_agent, &customs.model, &choice.model)
        {
            let model = cleaned(model).into();
            told.say(&AccessSaying::ModelLeft { model });
        }
        self.weigh(&choice, facts, &mut told);
        let why = told.because(verdict.because);
        told.decided(verdict.says, rule_of(verdict.because), why)
    }

    /// Says of each rule whether it matches, once for the models of which that is alike.
    fn weigh(&self, choice: &ModelChoice, facts: &Facts, told: &mut Told) {
        let chosen = choice.model.as_deref().unwrap_or(USUAL_MODEL);
        let whole = ModelChoice {
            avoid: Vec::new(),
            ..choice.clone()
        };
        let names = names_of(self.model, &whole);
        told.say(&AccessSaying::Models {
            model: cleaned(chosen).into(),
            names: names.join(", ").into(),
        });
        let mut alike: Vec<(Vec<Fit>, Vec<String>)> = Vec::new();
        for name in names {
            let facts = Facts {
                models: vec![chosen.to_owned(), name.clone()],
                ..facts.clone()
            };
            let rules = self.settings.access.numbered();
            let fits: Vec<Fit> = rules.map(|(_, rule)| rule.fits(&facts)).collect();
            match alike.iter_mut().find(|(known, _)| *known == fits) {
                Some((_, names)) => names.push(name),
                None => alike.push((fits, vec![name])),
            }
        }
        let are_several = alike.len() > 1;
        for (fits, names) in &alike {
            if are_several {
                let names = names.join(", ").into();
                told.say(&AccessSaying::OfModels { names });
            }
            for ((number, rule), fit) in self.settings.access.numbered().zip(fits) {
                told.rule(number, rule, *fit);
            }
        }
        if self.settings.access.numbered().next().is_none() {
            told.say(&AccessSaying::NoRules);
        }
        let is_left = choice.avoid.len() < alike.iter().map(|(_, names)| names.len()).sum();
        if is_left && !choice.avoid.is_empty() {
            let names = choice.avoid.join(", ").into();
            told.say(&AccessSaying::Avoided { names });
        }
    }
}

fn rule_of(because: Because<'_>) -> Option<usize> {
    match because {
        Because::Rule(number, _) | Because::Perhaps(number, _) => Some(number),
        Because::Inactive | Because::Guest | Because::NoRule => None,
    }
}

fn shown_account(account: &Account) -> AccessSaying<'_> {
    let (name, id) = (cleaned(&account.name).into(), account.id.as_str().into());
    if !account.is_active {
        return AccessSaying::PersonInactive { name, id };
    }
    let roles = match (account.is_guest, account.is_system_admin) {
        (true, _) => "guest",
        (false, true) => "member, system_admin",
        (false, false) => "member",
    };
    AccessSaying::Person {
        name,
        id,
        roles: roles.into(),
    }
}

/// What was said so far.
struct Told {
    language: Language,
    steps: Vec<Step>,
}

impl Told {
    fn say(&mut self, saying: &AccessSaying<'_>) {
        self.steps.push(Step {
            id: saying.id(),
            text: say_of_access(self.language, saying),
        });
    }

    fn not_there(&self, saying: &AccessSaying<'_>) -> Unexplained {
        Unexplained::NotThere(say_of_access(self.language, saying))
    }

    fn rule(&mut self, number: usize, rule: &Rule, fit: Fit) {
        let (number, rule) = (number.to_string().into(), rule.to_string().into());
        let word = |condition: Condition| condition.as_str().into();
        self.say(&match fit {
            Fit::Yes => AccessSaying::RuleFits { number, rule },
            Fit::No(condition) => AccessSaying::RuleMisses {
                number,
                rule,
                condition: word(condition),
            },
            Fit::Unknown(condition) => AccessSaying::RuleUnknown {
                number,
                rule,
                condition: word(condition),
            },
        });
    }

    fn because(&self, because: Because<'_>) -> String {
        let say = |saying: &AccessSaying<'_>| say_of_access(self.language, saying);
        match because {
            Because::Rule(number, _) => say(&AccessSaying::BecauseRule {
                number: number.to_string().into(),
            }),
            Because::Perhaps(number, _) => say(&AccessSaying::BecausePerhaps {
                number: number.to_string().into(),
            }),
            Because::NoRule => say(&AccessSaying::BecauseNoRule),
            Because::Guest => say(&AccessSaying::BecauseGuest),
            Because::Inactive => say(&AccessSaying::BecauseInactive),
        }
    }

    fn denied(&mut self, why: &AccessSaying<'_>) -> Explained {
        let why = say_of_access(self.language, why);
        let told = Self {
            language: self.language,
            steps: std::mem::take(&mut self.steps),
        };
        told.decided(Says::Deny, None, why)
    }

    fn decided(mut self, says: Says, rule: Option<usize>, why: String) -> Explained {
        let why = why.into();
        self.say(&match says {
            Says::Allow => AccessSaying::Allowed { why },
            Says::Private => AccessSaying::Private { why },
            Says::Deny => AccessSaying::Denied { why },
        });
        Explained {
            decision: says.as_str(),
            rule,
            steps: self.steps,
        }
    }
}
