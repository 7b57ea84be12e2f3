//! Drawing: asks a model for a picture, while a post says that it draws.
//!
//! What is drawn is committed with the conclusion, so that a crash after it draws nothing twice; a crash before it draws again, and
//! nobody has seen the first.

use std::pin::pin;

use futures_util::FutureExt as _;

use super::generate::{Ending, NOTHING_YET};
use super::hold::{Halt, Hold};
use super::interruption::Interruption;
use super::meter::QuestionMeter;
use super::publish::Publisher;
use super::retry::ask_until_replied;
use super::typing::Typing;
use super::world::World;
use crate::domain::budget::Bound;
use crate::domain::completion::ModelFailure;
use crate::domain::money::Price;
use crate::domain::question::Question;
use crate::ports::{CallUse, Drawn, ImageModel, Meter as _, ModelError, NotReserved};
use crate::redaction::Redacted;
use crate::text::{Sentence, say};

/// Pictures that are drawn at once, at most, by all questions together: each is held in memory, for a while more than once.
pub(super) const PICTURES_AT_ONCE: usize = 8;

/// What is to be drawn, for whom, and by whom.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'q> {
    pub(super) question: &'q Question,
    pub(super) description: &'q str,
    pub(super) images: &'q dyn ImageModel,
    /// What its calls are counted by: as requests, because nobody says what a picture costs.
    pub(super) meter: &'q QuestionMeter,
}

/// The name by which whoever draws stands in the ledger.
const TARGET: &str = "images";

/// Has a call for a picture counted, which is made only where a budget allows it.
async fn counted(
    meter: &QuestionMeter,
    drawing: impl Future<Output = Result<Drawn, ModelError>>,
) -> Result<Drawn, ModelError> {
    let nothing = Bound {
        prompt_tokens: 0,
        answer_tokens: 0,
        price: Some(Price::default()),
    };
    let allowed = match meter.reserve(TARGET, nothing).await {
        Ok(allowed) => allowed,
        Err(refused) => {
            return Err(ModelError {
                failure: match refused {
                    NotReserved::OverBudget => ModelFailure::OverBudget,
                    NotReserved::Unpriced => ModelFailure::Unpriced,
                    NotReserved::Unavailable => ModelFailure::Unmetered,
                },
                status: None,
                retry_after: None,
                excess: None,
                source: None,
            });
        }
    };
    let drawn = drawing.await;
    let used = match &drawn {
        Err(error) if error.status.is_some() => CallUse::Nothing,
        Ok(_) | Err(_) => CallUse::Unreported { written: 0 },
    };
    let model = drawn.as_ref().ok().and_then(|drawn| drawn.model.clone());
    meter.ended(allowed.call, used, model);
    drawn
}

/// Draws a picture, or says how that ended.
pub(super) async fn draw<'a>(
    world: &'a World,
    wanted: Wanted<'_>,
    hold: &'a Hold,
    publisher: Publisher<'a>,
) -> Result<(Result<Drawn, Ending>, Publisher<'a>), Interruption> {
    let Wanted {
        question,
        description,
        images,
        meter,
    } = wanted;
    let language = world.languages.of_asker(question);
    let sign = format!("{NOTHING_YET} {}", say(language, &Sentence::Drawing));
    let texts = world.composer.view(question, &sign).texts;
    let (publisher, shown) = publisher.show(texts).await;
    shown?;
    // A picture holds nothing that could be put back.
    let description = Redacted::by(&world.settings.redaction).hide(description);
    let drawing = async {
        // Never closed.
        let _turn = world.picture_turns.acquire().await.ok();
        let ask = || counted(meter, images.draw(&description)).boxed();
        ask_until_replied(world, question.id, ask).await
    };
    let mut drawing = pin!(drawing);
    let mut typing = Typing::begun(world, question);
    let drawn = loop {
        tokio::select! {
            halt = hold.halted() => match halt {
                Halt::Stopped => break Err(Ending::Stopped),
                Halt::HandBack => return Err(Interruption::HandBack),
            },
            () = hold.reworded() => return Err(Interruption::AskAnew),
            () = world.clock.sleep_until(question.deadline) => break Err(Ending::DeadlinePassed),
            () = typing.keep_up() => {}
            drawn = &mut drawing => break drawn.map_err(|error| Ending::Failed(error.failure)),
        }
    };
    Ok((drawn, publisher))
}
