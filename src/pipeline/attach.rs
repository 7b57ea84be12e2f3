//! Attaching: what is long is also a file, which can be kept, searched and run.
//!
//! A file of text adds to what the posts show and takes nothing from it: where it cannot be uploaded, nothing is lost but the
//! convenience. A picture that was drawn is the answer itself: it is tried as long as the answer is.

use super::Settings;
use crate::domain::post::File;
use crate::domain::question::Conclusion;
use crate::markdown::code_blocks;

/// Files of a post, at most; Mattermost takes ten.
pub const MAX_FILES: usize = 10;

/// The name of the file that holds a whole answer.
const WHOLE: &str = "answer.md";

/// The name of a picture that was drawn, before its ending.
const PICTURE: &str = "image";

/// From which length on something is attached; `None` where it never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attaching {
    /// Posts of an answer, from which it is attached whole.
    pub from_posts: Option<usize>,
    /// Characters of a block of code, from which it is attached.
    pub code_from_chars: Option<usize>,
}

/// Returns the files that belong to a finished answer.
pub(super) fn files(settings: &Settings, conclusion: &Conclusion) -> Vec<File> {
    let Attaching {
        from_posts,
        code_from_chars,
    } = settings.attaching;
    if !conclusion.outcome.is_a_turn() {
        return Vec::new();
    }
    let is_long = from_posts.is_some_and(|posts| conclusion.texts.len() >= posts);
    let picture = conclusion.picture.as_ref().map(|picture| File {
        name: format!("{PICTURE}.{}", picture.ending()),
        media_type: picture.media_type,
        bytes: picture.bytes.clone(),
    });
    let whole = is_long.then(|| text_file(WHOLE.to_owned(), &conclusion.answer));
    let blocks = code_from_chars.map(|chars| code_blocks(&conclusion.answer, chars));
    let code = (1..)
        .zip(blocks.unwrap_or_default())
        .map(|(number, block)| {
            text_file(format!("code-{number}.{}", block.extension), &block.code)
        });
    let files = picture.into_iter().chain(whole).chain(code);
    files.take(MAX_FILES).collect()
}

fn text_file(name: String, text: &str) -> File {
    File {
        name,
        media_type: "text/plain; charset=utf-8",
        bytes: text.as_bytes().into(),
    }
}
