//! Who may open the page for administrators: whoever administers the Mattermost server, which is asked each time.
//!
//! They are sent a link that is good once and for a few minutes, as a direct message of the bot: whoever asks for one in somebody's name may
//! be anybody who knows a token, and reads the reply. So that holds nothing secret. What is remembered of the link is a hash. Whoever is refused is written down, though not each time.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::known::Known;
use super::world::World;
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::door::{Administrator, KeyHash, LINK_LIFE, Link};
use crate::domain::event::InboundEvent;
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::id::UserId;
use crate::domain::post::{NewPost, PostProps};
use crate::ports::{MattermostError, StoreError, timeout};
use crate::text::{Language, PageSaying, Sentence, say, say_of_page};

/// How long the check of who administers the server may take.
const LONGEST_CHECK: Duration = Duration::from_secs(5);

/// How long sending a link may take: with the check, Mattermost waits so long for the reply to a command.
const LONGEST_SENDING: Duration = Duration::from_secs(10);

/// How long a refusal stands for further ones of the same person: whoever types the command again and again fills no table.
const WRITTEN_DOWN_EVERY: Duration = Duration::from_mins(10);

/// Who was refused lately.
pub(super) struct Refusals(Known<UserId, ()>);

impl Default for Refusals {
    fn default() -> Self {
        Self(Known::asked_every(WRITTEN_DOWN_EVERY))
    }
}

/// Returns what somebody is told who wants to open the page.
pub(super) async fn invite(
    world: &World,
    event: &InboundEvent,
    language: Language,
) -> Result<String, StoreError> {
    let told = |saying: &PageSaying<'_>| Ok(say_of_page(language, saying));
    let Some(url) = &world.settings.page_url else {
        return told(&PageSaying::NoPage);
    };
    let Some(person) = &event.asker.id else {
        let trigger = world.settings.command_trigger.as_str().into();
        return told(&PageSaying::ByCommand { trigger });
    };
    match administers(world, person).await {
        Some(true) => {}
        Some(false) => {
            refuse(world, person).await?;
            return told(&PageSaying::NotForYou);
        }
        None => return Ok(say(language, &Sentence::ControlFailed)),
    }
    let (key, now) = (key(world), world.clock.now());
    let link = Link {
        hash: hash_of(&key),
        to: Administrator {
            server: world.mattermost.server().clone(),
            id: person.clone(),
            name: event.asker.name.clone(),
        },
        until: now.after(LINK_LIFE),
    };
    world.store.keep_link(&link, now).await?;
    let link = format!("{url}/enter?key={key}").into();
    let message = say_of_page(language, &PageSaying::Link { link });
    if !is_sent(world, person, message).await {
        return Ok(say(language, &Sentence::ControlFailed));
    }
    tracing::info!(person.id = %person, "a link to the page for administrators was given out");
    told(&PageSaying::LinkSent)
}

/// Sends somebody a direct message; says whether it was sent for all that is known.
async fn is_sent(world: &World, person: &UserId, message: String) -> bool {
    let sending = send(world, person, message);
    match timeout(&*world.clock, LONGEST_SENDING, sending).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(call = error.call, status = error.status, kind = ?error.kind, "a link to the page for administrators could not be sent");
            false
        }
        Err(_elapsed) => {
            tracing::warn!("a link to the page for administrators could not be sent in time");
            false
        }
    }
}

async fn send(world: &World, person: &UserId, message: String) -> Result<(), MattermostError> {
    let post = NewPost {
        channel: world.mattermost.direct_channel(person).await?,
        root: None,
        message,
        props: PostProps::default(),
        pending: world.ids.token(),
    };
    world.mattermost.create_post(&post).await?;
    Ok(())
}

/// Makes 256 bits that nobody can guess, in hexadecimal digits.
fn key(world: &World) -> String {
    format!("{:032x}{:032x}", world.ids.token(), world.ids.token())
}

fn hash_of(key: &str) -> KeyHash {
    KeyHash::from_digits(hexadecimal(&Sha256::digest(key)))
}

/// Says whether somebody administers the server; `None` where that cannot be known.
async fn administers(world: &World, person: &UserId) -> Option<bool> {
    let asked = world.mattermost.administers(person);
    match timeout(&*world.clock, LONGEST_CHECK, asked).await {
        Ok(Ok(administers)) => Some(administers),
        Ok(Err(error)) => {
            tracing::warn!(call = error.call, status = error.status, kind = ?error.kind, "it could not be learnt who administers the server");
            None
        }
        Err(_elapsed) => {
            tracing::warn!("it could not be learnt in time who administers the server");
            None
        }
    }
}

async fn refuse(world: &World, person: &UserId) -> Result<(), StoreError> {
    let (Refusals(known), now) = (&world.refusals, world.clock.now());
    if !known.is_due(person, now) {
        return Ok(());
    }
    known.learn(person.clone(), (), now);
    let entry = AuditEntry {
        at: now,
        server: Some(world.mattermost.server().clone()),
        by: Actor::Person(person.clone()),
        action: AuditAction::SignInRefused,
        subject: "page".to_owned(),
        detail: "administers nothing".to_owned(),
    };
    world.store.append(&entry).await?;
    Ok(())
}
