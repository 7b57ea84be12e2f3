//! Forgetting: what somebody has asked and was answered is erased because they want it so.
//!
//! In the database at once, and out of its log; the rest of what is left on the disk goes within the day (`retain`). Answers that are being
//! written are stopped first. What stands in Mattermost is Mattermost's, and whoever wants to be forgotten is told so.

use std::collections::BTreeSet;

use super::world::World;
use crate::domain::event::InboundEvent;
use crate::domain::question::ForgetWhere;
use crate::domain::retention::{ForgetWithin, Forgetting};
use crate::ports::StoreError;
use crate::text::{Language, PrivacySaying, grouped, say_of_privacy};

/// Forgets what the writer of an event wants forgotten; returns what they are told.
pub(super) async fn forget(
    world: &World,
    wanted: ForgetWhere,
    event: &InboundEvent,
    language: Language,
) -> Result<String, StoreError> {
    let say = |saying: &PrivacySaying<'_>| say_of_privacy(language, saying);
    let (Some(within), Some(person)) = (within(wanted, event), &event.asker.id) else {
        return Ok(say(&PrivacySaying::NothingToForget));
    };
    let forgetting = Forgetting {
        person: person.clone(),
        within,
        at: world.clock.now(),
    };
    let (mut erased, mut stopped) = (0_u64, BTreeSet::new());
    loop {
        let server = world.mattermost.server();
        let forgotten = world.store.forget(server, &forgetting).await?;
        world.halts.stop(&forgotten.stopped);
        erased += forgotten.erased;
        stopped.extend(forgotten.stopped);
        if !forgotten.is_to_go_on {
            break;
        }
    }
    if let Err(error) = world.store.empty_log().await {
        // It is emptied by itself when it has grown, and within the day in any case.
        tracing::warn!(error = %error, source = ?std::error::Error::source(&error).map(ToString::to_string), "the database's log could not be emptied of what was forgotten; that is tried again");
    }
    tracing::info!(person.id = %person, questions = erased, "what somebody had asked was forgotten");
    if erased == 0 && stopped.is_empty() {
        return Ok(say(&PrivacySaying::NothingToForget));
    }
    let questions = grouped(i64::try_from(erased).unwrap_or(i64::MAX)).into();
    let mut told = say(&match wanted {
        ForgetWhere::Here => PrivacySaying::ForgottenHere { questions },
        ForgetWhere::Everywhere => PrivacySaying::ForgottenEverywhere { questions },
    });
    if !stopped.is_empty() {
        let answers = stopped.len().to_string().into();
        told.push('\n');
        told.push_str(&say(&PrivacySaying::StoppedToo { answers }));
    }
    Ok(told)
}

fn within(wanted: ForgetWhere, event: &InboundEvent) -> Option<ForgetWithin> {
    let place = event.origin.place()?;
    Some(match wanted {
        ForgetWhere::Everywhere => ForgetWithin::Everywhere,
        ForgetWhere::Here => {
            let channel = place.channel.clone();
            // A post that begins a thread is said in the channel.
            let thread = place.thread.clone();
            match thread.filter(|root| event.origin.post() != Some(root)) {
                Some(root) => ForgetWithin::Thread(channel, root),
                None => ForgetWithin::Channel(channel),
            }
        }
    })
}
