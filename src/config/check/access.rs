//! Who may be answered: groups of people, and the rules in their order.

use crate::config::fault::{AccessFault, Fault};
use crate::config::nearest::nearest;
use crate::config::raw::Values;
use crate::config::reference::{self as keys, Form, Key};
use crate::domain::access::{Group, PICTURES, Role, Rule, Rules, Says, USUAL_MODEL};
use crate::domain::agent::{AgentName, Agents};
use crate::domain::attention::ChannelKind;
use crate::domain::id::{ChannelId, TeamId, UserId};

/// Bytes of an account's name, at most (`model/user.go` of Mattermost's server).
const MAX_USERNAME: usize = 64;

const KINDS: Form = Form::OneOf(&["open", "private", "direct", "group"]);
const ROLES: Form = Form::OneOf(&["guest", "member", "channel_admin", "system_admin"]);

pub(super) fn settings(values: &Values, agents: &Agents) -> Rules {
    let groups = groups(values);
    let models = known_models(values, agents);
    let known = Known {
        groups: &groups,
        agents,
        models: &models,
    };
    let rules = values.tables(keys::ACCESS_SECTION);
    Rules::new(rules.filter_map(|table| rule(table, &known)).collect())
}

fn groups(values: &Values) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for table in values.tables(keys::GROUPS_SECTION) {
        let people = people(table, &keys::GROUP_PEOPLE);
        check_written(table, &keys::GROUP_PEOPLE);
        check_written(table, &keys::GROUP_NAME);
        let Some(name) = table.text(&keys::GROUP_NAME) else {
            continue;
        };
        let name = name.trim().to_owned();
        if groups.iter().any(|known| is_alike(&known.name, &name)) {
            report(table, &keys::GROUP_NAME, AccessFault::GroupTwice);
        }
        groups.push(Group { name, people });
    }
    groups
}

/// Large and small letters are one.
fn is_alike(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// What rules may name.
struct Known<'k> {
    groups: &'k [Group],
    agents: &'k Agents,
    models: &'k [String],
}

fn rule(table: &Values, known: &Known<'_>) -> Option<Rule> {
    check_written(table, &keys::ACCESS_SAYS);
    let rule = Rule {
        says: Says::Deny,
        people: people(table, &keys::ACCESS_PEOPLE),
        groups: groups_of(table, known.groups),
        teams: teams(table),
        channels: each(table, &keys::ACCESS_CHANNELS, &Fault::ChannelId, |id| {
            ChannelId::parse(id).ok()
        }),
        kinds: each(
            table,
            &keys::ACCESS_KINDS,
            &Fault::Form(KINDS),
            ChannelKind::from_word,
        ),
        roles: each(
            table,
            &keys::ACCESS_ROLES,
            &Fault::Form(ROLES),
            Role::from_word,
        ),
        agents: agents(table, known.agents),
        models: models(table, known.models),
    };
    let says = table.text(&keys::ACCESS_SAYS).and_then(Says::from_word)?;
    Some(Rule { says, ..rule })
}

fn report(table: &Values, key: &Key, fault: AccessFault) {
    table.report(key, Fault::Access(fault));
}

fn check_written(table: &Values, key: &Key) {
    if !table.is_written(key) {
        report(table, key, AccessFault::Missing);
    }
}

/// Returns the names of a list, which is empty only where nothing is written.
fn listed<'v>(table: &'v Values, key: &Key) -> &'v [String] {
    let names = table.texts(key);
    // Where another form stands there, that was reported.
    if names.is_empty() && table.shown(key).is_some() {
        report(table, key, AccessFault::Nothing);
    }
    names
}

/// Reads each name of a list; where one cannot be read, that is reported once.
fn each<T>(table: &Values, key: &Key, fault: &Fault, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let written = listed(table, key);
    let known: Vec<T> = written.iter().filter_map(|name| read(name)).collect();
    if known.len() < written.len() {
        table.report(key, fault.clone());
    }
    known
}

fn people(table: &Values, key: &Key) -> Vec<String> {
    let fault = Fault::Access(AccessFault::NotAPerson);
    each(table, key, &fault, |written| {
        let name = written.strip_prefix('@').unwrap_or(written);
        (UserId::parse(name).is_ok() || is_username(name)).then(|| name.to_owned())
    })
}

/// Names of accounts of other servers have a colon.
fn is_username(name: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    name.len() <= MAX_USERNAME && !name.is_empty() && name.bytes().all(is_of_name)
}

fn teams(table: &Values) -> Vec<String> {
    let fault = Fault::Access(AccessFault::NotATeam);
    each(table, &keys::ACCESS_TEAMS, &fault, |name| {
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_team = TeamId::parse(name).is_ok() || name.bytes().all(is_of_name);
        is_team.then(|| name.to_owned())
    })
}

fn groups_of(table: &Values, known: &[Group]) -> Vec<Group> {
    let mut groups = Vec::new();
    for name in listed(table, &keys::ACCESS_GROUPS) {
        if let Some(group) = known.iter().find(|group| is_alike(&group.name, name)) {
            groups.push(group.clone());
        } else {
            let names = known.iter().map(|group| group.name.as_str());
            let nearest = nearest(name, names).map(str::to_owned);
            report(
                table,
                &keys::ACCESS_GROUPS,
                AccessFault::NoSuchGroup { nearest },
            );
        }
    }
    groups
}

fn agents(table: &Values, known: &Agents) -> Vec<AgentName> {
    let mut agents = Vec::new();
    for written in listed(table, &keys::ACCESS_AGENTS) {
        let is_known =
            |name: &AgentName| *name == AgentName::default_assistant() || known.get(name).is_some();
        if let Some(name) = AgentName::parse_any(written).filter(is_known) {
            agents.push(name);
        } else {
            let names = known.iter().map(|agent| agent.name.as_str());
            let nearest = nearest(written, names).map(str::to_owned);
            table.report(&keys::ACCESS_AGENTS, Fault::NoSuchAgent { nearest });
        }
    }
    agents
}

fn models(table: &Values, known: &[String]) -> Vec<String> {
    let written = listed(table, &keys::ACCESS_MODELS);
    for name in written.iter().filter(|name| !known.contains(name)) {
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        table.report(&keys::ACCESS_MODELS, Fault::NoSuchModel { nearest });
    }
    written.to_vec()
}

/// Collects every name by which a model can be asked.
fn known_models(values: &Values, agents: &Agents) -> Vec<String> {
    let named = |section, key| {
        values
            .tables(section)
            .filter_map(move |table| table.text(key))
    };
    let mut known = vec![USUAL_MODEL.to_owned(), PICTURES.to_owned()];
    known.extend(values.texts(&keys::MODEL_CHOICES).iter().cloned());
    known.extend(agents.iter().filter_map(|agent| agent.model.clone()));
    for (section, key) in [
        (keys::MODELS_SECTION, &keys::MODELS_ID),
        (keys::ROUTES_SECTION, &keys::ROUTE_ID),
        (keys::CHANNEL_SECTION, &keys::CHANNEL_MODEL),
    ] {
        known.extend(named(section, key).map(str::to_owned));
    }
    known
}
