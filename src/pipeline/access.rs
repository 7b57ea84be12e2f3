//! Whether a question may be answered, to whom, and by which models: what the rules of the configuration say of it ([`crate::domain::access`]).
//!
//! Decided when work begins, so that present rules hold, also for what is answered once more. What rules ask for is learnt first; where
//! it cannot be, the question waits for Mattermost, and without a bot it is not known.

use super::accounts::account_of;
use super::agents::agent_of;
use super::channels::customs_of;
use super::delivery::choose_for_asker;
use super::hold::Hold;
use super::interruption::Interruption;
use super::publish::Publisher;
use super::surroundings::profile;
use super::world::World;
use crate::domain::access::{
    Account, Because, Facts, PICTURES, Rules, Says, USUAL_MODEL, Verdict, Whereabouts, decide,
};
use crate::domain::agent::{Agent, AgentName};
use crate::domain::attention::ChannelKind;
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::control::Standing;
use crate::domain::conversation::ConversationKey;
use crate::domain::event::{Origin, Person};
use crate::domain::id::{ChannelId, UserId};
use crate::domain::job::ClaimedJob;
use crate::domain::post::{Audience, Delivery};
use crate::domain::prompt::ModelChoice;
use crate::domain::question::{Question, Refusal};
use crate::ports::{LanguageModel, MattermostError, StoreError};

/// What the rules say of a question.
pub(super) struct Ruled<'r> {
    pub(super) verdict: Verdict<'r>,
    /// Which models may answer.
    pub(super) choice: ModelChoice,
}

/// Returns which models may answer a question, or why none may. One that is to be seen by its asker alone is addressed to them, and so is
/// its refusal.
pub(super) async fn permit(
    world: &World,
    job: &mut ClaimedJob,
    hold: &Hold,
    publisher: &mut Publisher<'_>,
) -> Result<Result<ModelChoice, Refusal>, Interruption> {
    let question = &job.question;
    let Ruled { verdict, choice } = ruled::<Interruption>(world, question, &question.asker).await?;
    let is_denied = verdict.says == Says::Deny;
    if is_denied {
        let rule = rule_of(&verdict);
        tracing::info!(question.id = %question.id, access.rule = rule, "a question was refused by the rules of access");
    }
    if verdict.says == Says::Allow || (!is_denied && is_private(question)) {
        return Ok(Ok(choice));
    }
    if job.again.is_some() {
        // What everybody has seen stays, and nothing comes in its place.
        return Ok(Err(Refusal::NotAllowed));
    }
    let way = choose_for_asker(question, world.settings.delivery);
    if let Some(delivery) = &way {
        address_to_asker(world, job, hold, delivery, publisher).await?;
    }
    Ok(match way {
        _ if is_denied => Err(Refusal::NotAllowed),
        Some(_) => Ok(choice),
        None => Err(Refusal::NoPrivateWay),
    })
}

/// Returns how the model is asked that answers where a budget is used up; `None` where it may not answer this question, or not where it
/// would be seen. Its fallbacks are not asked: the budget is used up for them.
pub(super) async fn instead(
    world: &World,
    question: &Question,
    model: String,
) -> Result<Option<ModelChoice>, Interruption> {
    let facts = facts(world, question, &question.asker).await?;
    let choice = ModelChoice {
        model: Some(model),
        ..ModelChoice::default()
    };
    let first = world.model.first_names(&choice);
    let rules = &world.settings.access;
    let Ruled {
        verdict,
        mut choice,
    } = of_choice(rules, &*world.model, &facts, choice);
    let fallbacks = world.model.names(&choice);
    let fallbacks = fallbacks.into_iter().filter(|name| !first.contains(name));
    choice.avoid.extend(fallbacks);
    let may = match verdict.says {
        Says::Allow => true,
        Says::Deny => false,
        Says::Private => is_private(question),
    };
    Ok(may.then_some(choice))
}

/// The number of the rule that decided; 0 where none did.
fn rule_of(verdict: &Verdict<'_>) -> usize {
    match verdict.because {
        Because::Rule(number, _) | Because::Perhaps(number, _) => number,
        Because::Inactive | Because::Guest | Because::NoRule => 0,
    }
}

/// Says whether nobody but the asker sees the answer as it is.
fn is_private(question: &Question) -> bool {
    let is_direct = matches!(
        question.origin,
        Origin::Post {
            kind: ChannelKind::Direct,
            ..
        }
    );
    is_direct
        || question.audience == Audience::Asker
        || matches!(question.delivery, Delivery::Direct { .. })
}

/// Addresses the answer to the asker alone; what an attempt that died had begun to show elsewhere goes first.
async fn address_to_asker(
    world: &World,
    job: &mut ClaimedJob,
    hold: &Hold,
    delivery: &Delivery,
    publisher: &mut Publisher<'_>,
) -> Result<(), Interruption> {
    let question = &mut job.question;
    if question.delivery == *delivery && question.audience == Audience::Asker {
        return Ok(());
    }
    publisher.withdraw().await?;
    if let (Some(place), Some(asker)) = (question.origin.place(), &question.asker.id) {
        question.conversation = ConversationKey::private(&place.channel, asker);
    }
    question.audience = Audience::Asker;
    question.delivery = delivery.clone();
    let conversation = &question.conversation;
    let addressed = world
        .store
        .address_to_asker(hold.lease(), delivery, conversation);
    Ok(addressed.await?)
}

/// Says whether somebody may have a question answered once more: the asker as before, and whoever else administers as they themselves
/// could ask it.
pub(super) async fn may_ask_again<E>(
    world: &World,
    question: &Question,
    person: &UserId,
) -> Result<bool, E>
where
    E: From<StoreError> + From<MattermostError>,
{
    let asked = ruled::<E>(world, question, &question.asker).await?;
    let may = match asked.verdict.says {
        Says::Allow => true,
        Says::Private => is_private(question),
        Says::Deny => false,
    };
    if !may || question.asker.id.as_ref() == Some(person) {
        return Ok(may);
    }
    let other = Person {
        id: Some(person.clone()),
        name: String::new(),
    };
    let theirs = ruled::<E>(world, question, &other).await?;
    Ok(theirs.verdict.says == Says::Allow)
}

/// Returns what the rules say of a question, were somebody to ask it.
async fn ruled<'w, E>(world: &'w World, question: &Question, asker: &Person) -> Result<Ruled<'w>, E>
where
    E: From<StoreError> + From<MattermostError>,
{
    let facts = facts(world, question, asker).await?;
    let customs = match question.origin.place() {
        Some(place) => customs_of(world, &place.channel).await?,
        None => std::sync::Arc::default(),
    };
    let rules = &world.settings.access;
    if question.wanted_picture().is_some() {
        let draws = ModelChoice {
            model: Some(PICTURES.to_owned()),
            ..ModelChoice::default()
        };
        return Ok(of_choice(rules, &*world.model, &facts, draws));
    }
    let agent = agent_of(world, question);
    Ok(of_models(rules, &*world.model, &facts, (agent, &customs)))
}

/// Decides which models may answer: an agent's own, else the channel's, else the usual one.
///
/// Where the channel's may not answer this person, the usual one does if it may: nobody chose it for themselves.
pub(super) fn of_models<'r>(
    rules: &'r Rules,
    model: &dyn LanguageModel,
    facts: &Facts,
    (agent, customs): (Option<&Agent>, &ChannelSettings),
) -> Ruled<'r> {
    let own = |agent: &Agent| (agent.model.clone(), agent.temperature);
    let (of_agent, temperature) = agent.map(own).unwrap_or_default();
    let is_the_channels = of_agent.is_none() && customs.model.is_some();
    let choice = ModelChoice {
        model: of_agent.or_else(|| customs.model.clone()),
        temperature: temperature.or(customs.temperature),
        avoid: Vec::new(),
        asked_for: None,
        asker: None,
    };
    let usual = ModelChoice {
        model: None,
        ..choice.clone()
    };
    let chosen = of_choice(rules, model, facts, choice);
    if is_the_channels && chosen.verdict.says == Says::Deny {
        let usual = of_choice(rules, model, facts, usual);
        if usual.verdict.says != Says::Deny {
            return usual;
        }
    }
    chosen
}

/// Decides of each model that a choice names: those that are denied are avoided, and of those that are left the strictest verdict holds.
pub(super) fn of_choice<'r>(
    rules: &'r Rules,
    model: &dyn LanguageModel,
    facts: &Facts,
    mut choice: ModelChoice,
) -> Ruled<'r> {
    let chosen = choice.model.as_deref().unwrap_or(USUAL_MODEL).to_owned();
    let (mut allowed, mut denied) = (None, None);
    for name in names_of(model, &choice) {
        let facts = Facts {
            models: vec![chosen.clone(), name.clone()],
            ..facts.clone()
        };
        let verdict = decide(rules, &facts);
        if verdict.says == Says::Deny {
            choice.avoid.push(name);
            denied = denied.or(Some(verdict));
        } else if allowed.is_none_or(|other: Verdict<'_>| verdict.says > other.says) {
            allowed = Some(verdict);
        }
    }
    let nothing = Verdict {
        says: Says::Deny,
        because: Because::NoRule,
    };
    Ruled {
        verdict: allowed.or(denied).unwrap_or(nothing),
        choice,
    }
}

/// Returns the models that a choice names, as rules know them.
pub(super) fn names_of(model: &dyn LanguageModel, choice: &ModelChoice) -> Vec<String> {
    let chosen = choice.model.as_deref().unwrap_or(USUAL_MODEL);
    match chosen {
        PICTURES => vec![PICTURES.to_owned()],
        _ => Some(model.names(choice))
            .filter(|names| !names.is_empty())
            .unwrap_or_else(|| vec![chosen.to_owned()]),
    }
}

/// Learns of a question and of somebody what rules ask for.
async fn facts(
    world: &World,
    question: &Question,
    asker: &Person,
) -> Result<Facts, MattermostError> {
    let has_bot = world.settings.delivery.bot;
    // Without a bot nobody looks whose post a webhook reports.
    let is_known = has_bot || !matches!(question.origin, Origin::OutgoingHook { .. });
    let person = asker.id.clone().filter(|_| is_known);
    let account = match &person {
        Some(person) if has_bot => {
            let account = account_of(world, person).await?;
            Some(account.unwrap_or_else(|| gone(person, &asker.name)))
        }
        Some(_) | None => None,
    };
    let name = match &account {
        Some(account) => Some(account.name.clone()),
        None => person.is_some().then(|| asker.name.clone()),
    };
    let place = whereabouts(world, &question.origin).await;
    let channel = place.as_ref().map(|place| &place.channel);
    let administers_channel = match (&person, channel) {
        (Some(person), Some(channel)) if has_bot => administers(world, channel, person).await?,
        _ => None,
    };
    let agent = agent_of(world, question).map(|agent| agent.name.clone());
    Ok(Facts {
        person,
        name,
        account,
        administers_channel,
        place,
        agent: agent.unwrap_or_else(AgentName::default_assistant),
        models: Vec::new(),
    })
}

/// An account that is not there any more, or never was.
pub(super) fn gone(person: &UserId, name: &str) -> Account {
    Account {
        id: person.clone(),
        name: name.to_owned(),
        locale: String::new(),
        is_active: false,
        is_guest: false,
        is_system_admin: false,
    }
}

/// Says whether somebody administers a channel, where a rule asks for that: it costs two requests each time.
async fn administers(
    world: &World,
    channel: &ChannelId,
    person: &UserId,
) -> Result<Option<bool>, MattermostError> {
    if !world.settings.access.ask_for_channel_admins() {
        return Ok(None);
    }
    let standing = world.mattermost.standing(channel, person).await?;
    Ok(Some(standing == Standing::Admin))
}

async fn whereabouts(world: &World, origin: &Origin) -> Option<Whereabouts> {
    let place = origin.place()?;
    let said = match origin {
        Origin::Post { kind, .. } => Some(*kind),
        Origin::Command { .. } | Origin::OutgoingHook { .. } | Origin::ByHand => None,
    };
    let unseen = Whereabouts {
        channel: place.channel.clone(),
        kind: said,
        team: place.team.clone(),
        team_name: None,
    };
    if !world.settings.access.ask_for_places() {
        return Some(unseen);
    }
    let profile = profile(world, &place.channel).await;
    Some(if profile.kind.is_some() {
        Whereabouts {
            kind: profile.kind,
            team: profile.team_id,
            team_name: profile.team_name,
            ..unseen
        }
    } else {
        unseen
    })
}
