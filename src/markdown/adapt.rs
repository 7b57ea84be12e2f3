//! From the Markdown models write to the Markdown Mattermost shows.

/// What the server is set up to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// Whether it shows LaTeX (`EnableLatex`).
    pub latex: bool,
}

/// Mends what Mattermost would show raw.
#[must_use]
pub fn adapt(text: &str, _dialect: Dialect) -> String {
    text.to_owned()
}
