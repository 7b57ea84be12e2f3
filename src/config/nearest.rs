//! The known name that a misspelt one is most like.

/// From this likeness on (Jaro-Winkler, 1 is equal) a name is suggested.
const LIKE_ENOUGH: f64 = 0.84;

/// Returns the candidate most like `written`, where one is like enough.
pub(super) fn nearest<'a>(
    written: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    candidates
        .map(|name| (strsim::jaro_winkler(&written, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}
