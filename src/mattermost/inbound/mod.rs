//! What Mattermost's integrations, or a caller by hand, send us: read purely, before anything is decided or believed.
//!
//! A [`Submission`] is the fields of a form, a query or a JSON object, each at most once. Its [`Shape`] says who sent it and so
//! whose token it must carry; only then is it made an [`InboundEvent`](crate::domain::event::InboundEvent). Both steps are
//! apart because whoever shows no valid token learns nothing of what we thought of the rest.

mod event;
mod submission;

pub use event::{MAX_NAME_CHARS, Reception};
pub use submission::{Shape, Submission};

/// Why what was sent is no event. Nothing of what was sent is repeated here, so it can be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// It is no form and no JSON object of texts.
    #[error("read the body as what it says it is")]
    Unreadable,
    /// A field that has one value came twice; which of them Mattermost meant cannot be known.
    #[error("read field {0}: it came more than once")]
    Repeated(&'static str),
    /// A field is missing.
    #[error("read field {0}: it is missing")]
    Missing(&'static str),
    /// A field holds no id, or a name that no channel has.
    #[error("read field {0}: it has another form")]
    Invalid(&'static str),
    /// A caller by hand asks nothing.
    #[error("read field text: it is empty")]
    NoText,
}
