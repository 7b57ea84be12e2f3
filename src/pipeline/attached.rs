//! What people attached: fetched, read, and told to the model as far as it fits; what does not reach it is told to the asker.

use super::world::World;
use crate::domain::file::{FileContent, FileName, FileTrouble, Picture};
use crate::domain::id::FileId;
use crate::domain::prompt::{Window, beginning_within, estimate_tokens};
use crate::ports::FileReader;
use crate::text::{Language, Sentence, attached_file, say};

/// Files of a question and its thread that are read, at most; the newest are.
pub(super) const MOST_FILES: usize = 10;

/// Files that are fetched and read at once, at most, by all questions together: each is held in memory.
pub(super) const FILES_AT_ONCE: usize = 4;

/// Which share of a window files may fill.
const SHARE: u64 = 2;

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
}

/// Fetches and reads files, in their order.
pub(super) async fn attached(world: &World, files: &[FileId], read_for: ReadFor) -> Attached {
    let mut attached = Attached::default();
    let Some(reader) = &world.files else {
        return attached;
    };
    let (kept, left) = files.split_at(files.len().min(MOST_FILES));
    let free = read_for.window.total_tokens - read_for.window.answer_tokens;
    let mut room = u64::from(free) / SHARE;
    for (file, still) in kept.iter().zip((1..=kept.len() as u64).rev()) {
        let (name, read) = fetched(world, &**reader, file).await;
        match read {
            Ok(FileContent::Text { text, .. }) if text.trim().is_empty() => {
                attached.troubles.push((name, FileTrouble::Broken));
            }
            Ok(FileContent::Text { text, is_whole }) => {
                let beginning = beginning_within(&text, room / still);
                let is_whole = is_whole && beginning.len() == text.len();
                room = room.saturating_sub(estimate_tokens(beginning));
                let told = attached_file(read_for.language, name.as_str(), beginning, is_whole);
                attached.text.push_str(&told);
                if !is_whole {
                    attached.troubles.push((name, FileTrouble::Cut));
                }
            }
            Ok(FileContent::Picture(picture)) if read_for.sees => attached.pictures.push(picture),
            Ok(FileContent::Picture(_)) => attached.troubles.push((name, FileTrouble::Unseen)),
            Err(trouble) => attached.troubles.push((name, trouble)),
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
) -> (FileName, Result<FileContent, FileTrouble>) {
    // Never closed.
    let _turn = world.file_turns.acquire().await.ok();
    let found = world.mattermost.file(file, reader.most_bytes()).await;
    let Ok(Some(shared)) = found else {
        return (FileName::cleaned(""), Err(FileTrouble::Unavailable));
    };
    let read = match &shared.bytes {
        Some(bytes) => reader.read(shared.name.as_str(), bytes).await,
        None => Err(FileTrouble::TooLarge),
    };
    (shared.name, read)
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
