//! The buttons beneath an answer: which there are, what stands on them, and what of ours stands beside the text of its posts.
//!
//! They stand beneath the first post of an answer: it stays through everything that is done about the answer, and it is the one that is
//! seen in a channel where further parts stand in its thread.

use super::sign::{BUTTON_HOLDS, Ticket};
use super::world::World;
use crate::domain::control::{Control, Stage, Tally, Vote};
use crate::domain::id::QuestionId;
use crate::domain::post::{Button, Marker, PostProps};
use crate::domain::question::Conclusion;
use crate::ports::StoreError;
use crate::text::{Language, Sentence, say};

/// Returns all that stands beside the text of a post of an answer at a stage, its words in a language.
pub(super) async fn props(
    world: &World,
    language: Language,
    marker: Marker,
    stage: Stage,
) -> Result<PostProps, StoreError> {
    let mut buttons = Vec::new();
    if world.settings.buttons {
        for &control in stage.controls() {
            let label = label(language, stage, control);
            buttons.push(button(world, marker, control, (label, stage)).await?);
        }
    }
    Ok(PostProps {
        marker: Some(marker),
        buttons,
    })
}

async fn button(
    world: &World,
    marker: Marker,
    control: Control,
    (label, stage): (String, Stage),
) -> Result<Button, StoreError> {
    let ticket = Ticket {
        control,
        question: marker.question,
        generation: marker.generation,
        until: world.clock.now().after(BUTTON_HOLDS),
    };
    Ok(Button {
        control,
        label,
        context: world.keyring.sign(world, &ticket).await?,
        is_enabled: stage != Stage::Stopping,
    })
}

fn label(language: Language, stage: Stage, control: Control) -> String {
    let tally = match stage {
        Stage::Ended { tally, .. } => tally,
        Stage::Bare | Stage::Growing | Stage::Stopping => Tally::default(),
    };
    let counted = |sign: &str, votes: u64| match votes {
        0 => sign.to_owned(),
        votes => format!("{sign} {votes}"),
    };
    match control {
        Control::Stop if stage == Stage::Stopping => say(language, &Sentence::ButtonStopping),
        Control::Stop => say(language, &Sentence::ButtonStop),
        Control::Regenerate => say(language, &Sentence::ButtonRegenerate),
        Control::Continue => say(language, &Sentence::ButtonContinue),
        Control::Vote(Vote::Up) => counted("👍", tally.up),
        Control::Vote(Vote::Down) => counted("👎", tally.down),
    }
}

/// Returns the marker of an answer's first post.
pub(super) fn first_of(question: QuestionId, generation: u32) -> Marker {
    Marker {
        question,
        generation,
        part: 0,
    }
}

/// Says what can be done about an answer that ended so. A sentence of ours alone is nothing to think anything of.
pub(super) fn stage_of(world: &World, conclusion: &Conclusion, tally: Tally) -> Stage {
    if conclusion.answer.is_empty() {
        return Stage::Bare;
    }
    Stage::Ended {
        // Where it was cut because it has no room for more posts, going on would show nothing.
        may_continue: conclusion.outcome.can_be_continued()
            && conclusion.texts.len() < world.settings.max_posts,
        tally,
    }
}
