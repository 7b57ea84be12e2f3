//! A text that is still being written, as it may be shown.

use super::blocks::Blocks;

/// Closes what an unfinished text leaves open.
#[must_use]
pub fn close(text: &str) -> String {
    let blocks = Blocks::of(text);
    let mut closed = text.to_owned();
    if let Some(fence) = blocks.fences.last().filter(|fence| !fence.closed) {
        let marker = text.get(fence.marker.0..fence.marker.1).unwrap_or("```");
        if !closed.ends_with('\n') {
            closed.push('\n');
        }
        closed.push_str(marker);
    }
    closed
}
