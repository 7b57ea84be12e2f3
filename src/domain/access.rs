//! Who may be answered, where, and by which model: the rules of the configuration, decided purely (ADR 24).
//!
//! The first rule that matches decides, and where none does, people are answered. What is not known of a question may be anything: of
//! all verdicts that are possible then, the strictest holds, so that nothing is allowed by ignorance that a rule denies.

use std::fmt;

use super::agent::AgentName;
use super::attention::ChannelKind;
use super::event::is_listed;
use super::id::{ChannelId, TeamId, UserId};

/// By which name rules know the route that is taken where no model is chosen.
pub const USUAL_MODEL: &str = "default";

/// By which name rules know the model that draws, whatever it is called at its server.
pub const PICTURES: &str = "images";

/// What a rule says of a question that it matches; a later one is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// It is answered.
    Allow,
    /// It is answered to the asker alone.
    Private,
    /// It is not answered.
    Deny,
}

impl Says {
    /// Returns its word, as it is configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Private => "private",
            Self::Deny => "deny",
        }
    }

    /// Reads the word that [`Says::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Allow, Self::Private, Self::Deny]
            .into_iter()
            .find(|says| says.as_str() == word)
    }
}

/// What somebody is on the server, or in the channel that they ask in. A person may be several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A guest of the server.
    Guest,
    /// Whoever is no guest.
    Member,
    /// Who administers the channel; whoever administers the server administers each.
    ChannelAdmin,
    /// Who administers the server.
    SystemAdmin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [
        Self::Guest,
        Self::Member,
        Self::ChannelAdmin,
        Self::SystemAdmin,
    ];

    /// Returns its word, as it is configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::ChannelAdmin => "channel_admin",
            Self::SystemAdmin => "system_admin",
        }
    }

    /// Reads the word that [`Role::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// People who have a name together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub name: String,
    /// Names or ids of their accounts.
    pub people: Vec<String>,
}

/// One rule. A condition that is empty is met by everything; of people and groups one is enough, of other conditions each must be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it says where it matches.
    pub says: Says,
    /// Names or ids of accounts.
    pub people: Vec<String>,
    /// Groups of people.
    pub groups: Vec<Group>,
    /// Names in URLs, or ids.
    pub teams: Vec<String>,
    /// Channels.
    pub channels: Vec<ChannelId>,
    /// Kinds of channels.
    pub kinds: Vec<ChannelKind>,
    /// Roles, of which one is enough.
    pub roles: Vec<Role>,
    /// Agents; the usual assistant is one, too.
    pub agents: Vec<AgentName>,
    /// Models and routes, by their names in the configuration.
    pub models: Vec<String>,
}

impl Rule {
    /// A rule that matches everything.
    #[must_use]
    pub fn of_all(says: Says) -> Self {
        Self {
            says,
            people: Vec::new(),
            groups: Vec::new(),
            teams: Vec::new(),
            channels: Vec::new(),
            kinds: Vec::new(),
            roles: Vec::new(),
            agents: Vec::new(),
            models: Vec::new(),
        }
    }

    /// Says whether it matches; where it cannot be known, by which condition.
    #[must_use]
    pub fn fits(&self, facts: &Facts) -> Fit {
        let conditions = [
            (Condition::People, self.people_fit(facts)),
            (Condition::Teams, self.teams_fit(facts)),
            (Condition::Channels, self.channels_fit(facts)),
            (Condition::Kinds, self.kinds_fit(facts)),
            (Condition::Roles, self.roles_fit(facts)),
            (
                Condition::Agents,
                unless_empty(&self.agents, |agents| Some(agents.contains(&facts.agent))),
            ),
            (
                Condition::Models,
                unless_empty(&self.models, |models| {
                    Some(facts.models.iter().any(|model| models.contains(model)))
                }),
            ),
        ];
        let missed = conditions.iter().find(|(_, met)| *met == Some(false));
        if let Some((condition, _)) = missed {
            return Fit::No(*condition);
        }
        let unknown = conditions.iter().find(|(_, met)| met.is_none());
        unknown.map_or(Fit::Yes, |(condition, _)| Fit::Unknown(*condition))
    }

    fn people_fit(&self, facts: &Facts) -> Option<bool> {
        if self.people.is_empty() && self.groups.is_empty() {
            return Some(true);
        }
        let groups = self.groups.iter().map(|group| &group.people);
        let lists = std::iter::once(&self.people).chain(groups);
        let (id, name) = (facts.person.as_ref(), facts.name.as_deref());
        any_of(lists.map(|people| is_listed(people, id, name)))
    }

    fn teams_fit(&self, facts: &Facts) -> Option<bool> {
        unless_empty(&self.teams, |teams| {
            let Some(place) = &facts.place else {
                return Some(false);
            };
            if let Some(ChannelKind::Direct | ChannelKind::Group) = place.kind {
                return Some(false);
            }
            any_of(teams.iter().map(|team| match TeamId::parse(team) {
                Ok(id) => Some(*place.team.as_ref()? == id),
                Err(_) => Some(place.team_name.as_ref()?.eq_ignore_ascii_case(team)),
            }))
        })
    }

    fn channels_fit(&self, facts: &Facts) -> Option<bool> {
        unless_empty(&self.channels, |channels| {
            let place = facts.place.as_ref();
            Some(place.is_some_and(|place| channels.contains(&place.channel)))
        })
    }

    fn kinds_fit(&self, facts: &Facts) -> Option<bool> {
        unless_empty(&self.kinds, |kinds| match &facts.place {
            Some(place) => Some(kinds.contains(&place.kind?)),
            None => Some(false),
        })
    }

    fn roles_fit(&self, facts: &Facts) -> Option<bool> {
        unless_empty(&self.roles, |roles| {
            any_of(roles.iter().map(|role| facts.has(*role)))
        })
    }
}

/// As it could stand in the configuration, on one line.
impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "says = {:?}", self.says.as_str())?;
        let mut list = |name: &str, entries: Vec<&str>| {
            if entries.is_empty() {
                return Ok(());
            }
            write!(formatter, ", {name} = {entries:?}")
        };
        list("people", texts(&self.people))?;
        let groups = self.groups.iter().map(|group| group.name.as_str());
        list("groups", groups.collect())?;
        list("teams", texts(&self.teams))?;
        list(
            "channels",
            self.channels.iter().map(ChannelId::as_str).collect(),
        )?;
        list(
            "kinds",
            self.kinds.iter().map(|kind| kind.as_str()).collect(),
        )?;
        list(
            "roles",
            self.roles.iter().map(|role| role.as_str()).collect(),
        )?;
        list(
            "agents",
            self.agents.iter().map(AgentName::as_str).collect(),
        )?;
        list("models", texts(&self.models))
    }
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn unless_empty<T>(entries: &[T], met: impl FnOnce(&[T]) -> Option<bool>) -> Option<bool> {
    if entries.is_empty() {
        Some(true)
    } else {
        met(entries)
    }
}

/// Whether one of several is so; where none is that is known, and one is not known, that is not known either.
fn any_of(mut each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    each.try_fold(Some(false), |all, one| match one {
        Some(true) => Err(()),
        Some(false) => Ok(all),
        None => Ok(None),
    })
    .unwrap_or(Some(true))
}

/// A condition of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Who asks: people and groups.
    People,
    /// In which team.
    Teams,
    /// In which channel.
    Channels,
    /// In which kind of channel.
    Kinds,
    /// As what.
    Roles,
    /// Whom.
    Agents,
    /// Which model would answer.
    Models,
}

impl Condition {
    /// Returns the key under which it is configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Teams => "teams",
            Self::Channels => "channels",
            Self::Kinds => "kinds",
            Self::Roles => "roles",
            Self::Agents => "agents",
            Self::Models => "models",
        }
    }
}

/// Whether a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Yes,
    /// It does not, by this condition.
    No(Condition),
    /// It cannot be known, by this condition.
    Unknown(Condition),
}

/// The rules, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Takes them in their order.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// Returns them with their numbers, counting from 1.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, &Rule)> {
        (1..).zip(&self.0)
    }

    /// Says whether one asks who administers a channel.
    #[must_use]
    pub fn ask_for_channel_admins(&self) -> bool {
        let mut rules = self.0.iter();
        rules.any(|rule| rule.roles.contains(&Role::ChannelAdmin))
    }

    /// Says whether one asks for the kind or the team of a channel.
    #[must_use]
    pub fn ask_for_places(&self) -> bool {
        let mut rules = self.0.iter();
        rules.any(|rule| !rule.kinds.is_empty() || !rule.teams.is_empty())
    }
}

/// An account, as far as rules ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub id: UserId,
    /// Its name, untrusted text.
    pub name: String,
    /// Its language, as `ko` or `en-AU`; empty where it has none.
    pub locale: String,
    /// Whether it may be used.
    pub is_active: bool,
    /// Whether it is a guest's.
    pub is_guest: bool,
    /// Whether it administers the server.
    pub is_system_admin: bool,
}

/// Where a question is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// The channel.
    pub channel: ChannelId,
    /// Its kind, where it is known.
    pub kind: Option<ChannelKind>,
    /// Its team, where it is known.
    pub team: Option<TeamId>,
    /// The name of its team in URLs, where it is known.
    pub team_name: Option<String>,
}

/// What is known of a question. What is absent is not known, but for the place: a question by hand is asked nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who asks.
    pub person: Option<UserId>,
    /// By which name.
    pub name: Option<String>,
    /// Their account.
    pub account: Option<Account>,
    /// Whether they administer the channel.
    pub administers_channel: Option<bool>,
    /// Where it is asked.
    pub place: Option<Whereabouts>,
    /// Whom: an agent, or the usual assistant.
    pub agent: AgentName,
    /// The names of the model that would answer: by which it was chosen, and its own.
    pub models: Vec<String>,
}

impl Facts {
    fn has(&self, role: Role) -> Option<bool> {
        let of_account = |is: fn(&Account) -> bool| self.account.as_ref().map(is);
        match role {
            Role::Guest => of_account(|account| account.is_guest),
            Role::Member => of_account(|account| !account.is_guest),
            Role::SystemAdmin => of_account(|account| account.is_system_admin),
            Role::ChannelAdmin => match of_account(|account| account.is_system_admin) {
                Some(true) => Some(true),
                Some(false) if self.place.is_none() => Some(false),
                Some(false) => self.administers_channel,
                // Whoever administers no channel may administer the server.
                None => self.administers_channel.filter(|administers| *administers),
            },
        }
    }
}

/// Why a verdict is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because<'r> {
    /// The account is deactivated, or gone.
    Inactive,
    /// A guest asks, and no rule lets guests.
    Guest,
    /// This rule is the first that matches.
    Rule(usize, &'r Rule),
    /// It cannot be known whether this rule matches, and it is the strictest that may.
    Perhaps(usize, &'r Rule),
    /// No rule matches.
    NoRule,
}

/// What holds for a question, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'r> {
    /// What holds.
    pub says: Says,
    /// Why.
    pub because: Because<'r>,
}

impl Verdict<'_> {
    /// Returns the stricter of two, the later one where both are alike.
    #[must_use]
    fn stricter(self, later: Self) -> Self {
        if self.says > later.says { self } else { later }
    }
}

/// Decides whether a question is answered, and to whom.
///
/// A deactivated account is never answered. A guest is answered as far as both the first matching rule that names the role `guest` and
/// the first matching rule of all let them; without one that names it, not at all.
#[must_use]
pub fn decide<'r>(rules: &'r Rules, facts: &Facts) -> Verdict<'r> {
    let account = facts.account.as_ref();
    if account.is_some_and(|account| !account.is_active) {
        return Verdict {
            says: Says::Deny,
            because: Because::Inactive,
        };
    }
    let everybody = Verdict {
        says: Says::Allow,
        because: Because::NoRule,
    };
    let decided = first_match(rules.numbered(), facts, everybody);
    if !account.is_some_and(|account| account.is_guest) {
        return decided;
    }
    let nobody = Verdict {
        says: Says::Deny,
        because: Because::Guest,
    };
    let of_guests = rules
        .numbered()
        .filter(|(_, rule)| rule.roles.contains(&Role::Guest));
    decided.stricter(first_match(of_guests, facts, nobody))
}

/// Returns what the first matching rule says, `otherwise` where none does; or what one says before it that may match and is stricter.
fn first_match<'r>(
    rules: impl Iterator<Item = (usize, &'r Rule)>,
    facts: &Facts,
    otherwise: Verdict<'r>,
) -> Verdict<'r> {
    let mut possible: Option<Verdict<'r>> = None;
    let either = |possible: Option<Verdict<'r>>, verdict: Verdict<'r>| match possible {
        Some(possible) => possible.stricter(verdict),
        None => verdict,
    };
    for (number, rule) in rules {
        let verdict = |because| Verdict {
            says: rule.says,
            because,
        };
        match rule.fits(facts) {
            Fit::No(_) => {}
            Fit::Yes => return either(possible, verdict(Because::Rule(number, rule))),
            Fit::Unknown(_) => {
                possible = Some(either(possible, verdict(Because::Perhaps(number, rule))));
            }
        }
    }
    either(possible, otherwise)
}

#[cfg(test)]
mod tests;
