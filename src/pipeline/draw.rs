//! Drawing: asks a model for a picture, while a post says that it draws.
//!
//! What is drawn is committed with the conclusion, so that a crash after it draws nothing twice; a crash before it draws again, and
//! nobody has seen the first.

use std::pin::pin;

use super::generate::{Ending, NOTHING_YET};
use super::hold::{Halt, Hold};
use super::interruption::Interruption;
use super::publish::Publisher;
use super::retry::ask_until_replied;
use super::typing::Typing;
use super::world::World;
use crate::domain::question::Question;
use crate::ports::{Drawn, ImageModel};
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
        ask_until_replied(world, question.id, || images.draw(&description)).await
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
