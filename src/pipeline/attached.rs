//! What people attached: fetched, read or written down, and told to the model as far as it fits; what does not reach it is told to the asker.

use super::retry::ask_until_replied;
use super::world::World;
use crate::domain::completion::ModelFailure;
use crate::domain::file::{
    FileContent, FileName, FileTrouble, Picture, SharedFile, may_be_recording, recording_ending,
};
use crate::domain::id::{FileId, QuestionId};
use crate::domain::prompt::{Window, beginning_within, estimate_tokens};
use crate::ports::{FileReader, SpeechToText};
use crate::text::{Language, Medium, Sentence, attached_file, say};

/// Files of a question and its thread that are read, at most; the newest are.
pub(super) const MOST_FILES: usize = 10;

/// Files that are fetched and read at once, at most, by all questions together: each is held in memory.
pub(super) const FILES_AT_ONCE: usize = 4;

/// Which share of a window files may fill.
const SHARE: u64 = 2;

/// Bytes of all pictures of one question, at most: they are held for as long as its answer is written.
const MOST_PICTURE_BYTES: usize = 8 * 1024 * 1024;

/// Recordings that are written down at once, each held in memory meanwhile.
pub(super) const RECORDINGS_AT_ONCE: usize = 2;

/// What was attached, as far as it is told to the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attached {
    /// What is said of the files' texts.
    pub(super) text: String,
    pub(super) pictures: Vec<Picture>,
    pub(super) troubles: Vec<(FileName, FileTrouble)>,
}

/// For whom files are read.
#[derive(Clone, Copy)]
pub(super) struct ReadFor {
    pub(super) language: Language,
    pub(super) window: Window,
    /// Whether the model sees pictures.
    pub(super) sees: bool,
    pub(super) question: QuestionId,
}

/// Fetches and reads files, in their order.
pub(super) async fn attached(world: &World, files: &[FileId], read_for: ReadFor) -> Attached {
    let mut attached = Attached::default();
    let Some(reader) = &world.files else {
        return attached;
    };
    let (kept, left) = files.split_at(files.len().min(MOST_FILES));
    let mut room = u64::from(read_for.window.room()) / SHARE;
    let mut shown = 0_usize;
    for (file, still) in kept.iter().zip((1..=kept.len() as u64).rev()) {
        let (name, read) = fetched(world, &**reader, file, read_for.question).await;
        let (medium, text, is_whole) = match read {
            Ok(FileContent::Text { text, is_whole }) => (Medium::Writing, text, is_whole),
            Ok(FileContent::Transcript(text)) => (Medium::Speech, text, true),
            Ok(FileContent::Picture(picture)) if read_for.sees => {
                shown = shown.saturating_add(picture.bytes.len());
                if shown > MOST_PICTURE_BYTES {
                    attached.troubles.push((name, FileTrouble::TooLarge));
                } else {
                    attached.pictures.push(picture);
                }
                continue;
            }
            Ok(FileContent::Picture(_)) => {
                attached.troubles.push((name, FileTrouble::Unseen));
                continue;
            }
            Err(trouble) => {
                attached.troubles.push((name, trouble));
                continue;
            }
        };
        if text.trim().is_empty() {
            attached.troubles.push((name, FileTrouble::Broken));
            continue;
        }
        let beginning = beginning_within(&text, room / still);
        let is_whole = is_whole && beginning.len() == text.len();
        room = room.saturating_sub(estimate_tokens(beginning));
        let language = read_for.language;
        let told = attached_file(language, medium, name.as_str(), beginning, is_whole);
        attached.text.push_str(&told);
        if !is_whole {
            attached.troubles.push((name, FileTrouble::Cut));
        }
    }
    if let Some(first) = left.first() {
        let name = named(world, first).await;
        attached.troubles.push((name, FileTrouble::TooMany));
    }
    attached
}

async fn named(world: &World, file: &FileId) -> FileName {
    match world.mattermost.file(file, 0).await {
        Ok(Some(shared)) => shared.name,
        Ok(None) | Err(_) => FileName::cleaned(""),
    }
}

async fn fetched(
    world: &World,
    reader: &dyn FileReader,
    file: &FileId,
    question: QuestionId,
) -> (FileName, Result<FileContent, FileTrouble>) {
    let speech = world.speech.as_deref();
    // Recordings take long, and must not keep other files waiting. Neither is ever closed.
    let turns = if speech.is_some() && may_be_recording(named(world, file).await.as_str()) {
        &world.recording_turns
    } else {
        &world.file_turns
    };
    let _turn = turns.acquire().await.ok();
    let most_bytes = speech.map_or(0, SpeechToText::most_bytes);
    let most_bytes = most_bytes.max(reader.most_bytes());
    let found = world.mattermost.file(file, most_bytes).await;
    let Ok(Some(shared)) = found else {
        return (FileName::cleaned(""), Err(FileTrouble::Unavailable));
    };
    let SharedFile { name, bytes } = shared;
    let Some(bytes) = bytes else {
        return (name, Err(FileTrouble::TooLarge));
    };
    let recording = speech.zip(recording_ending(name.as_str(), &bytes));
    let read = match recording {
        Some((speech, _)) if bytes.len() > speech.most_bytes() => Err(FileTrouble::TooLarge),
        Some((speech, ending)) => {
            let ask = || speech.transcribe(ending, &bytes);
            let written_down = ask_until_replied(world, question, ask).await;
            written_down
                .map(FileContent::Transcript)
                .map_err(|error| trouble_of(error.failure))
        }
        None if bytes.len() > reader.most_bytes() => Err(FileTrouble::TooLarge),
        None => reader.read(name.as_str(), &bytes).await,
    };
    (name, read)
}

/// Says what it means for a recording that a model did not write it down.
fn trouble_of(failure: ModelFailure) -> FileTrouble {
    match failure {
        ModelFailure::ContextTooLong | ModelFailure::TooLarge | ModelFailure::PictureTooLarge => {
            FileTrouble::TooLarge
        }
        ModelFailure::RequestRefused | ModelFailure::Filtered | ModelFailure::Empty => {
            FileTrouble::Broken
        }
        ModelFailure::FirstTokenTimeout
        | ModelFailure::IdleTimeout
        | ModelFailure::TotalTimeout => FileTrouble::TooHard,
        ModelFailure::KeyRefused
        | ModelFailure::ModelUnknown
        | ModelFailure::RateLimited
        | ModelFailure::QuotaSpent
        | ModelFailure::Unavailable
        | ModelFailure::Broken
        | ModelFailure::Garbled
        | ModelFailure::OnlyReasoned
        | ModelFailure::PictureLinked
        | ModelFailure::OverBudget
        | ModelFailure::Unpriced
        | ModelFailure::Unmetered => FileTrouble::Unheard,
    }
}

/// Says to the asker what did not reach the model; empty where all did.
pub(super) fn note(language: Language, troubles: &[(FileName, FileTrouble)]) -> String {
    let lines: Vec<String> = troubles
        .iter()
        .map(|(name, trouble)| {
            let sentence = Sentence::FileUnread {
                name: name.as_str(),
                trouble: *trouble,
            };
            say(language, &sentence)
        })
        .collect();
    lines.join("\n")
}
