//! Why work on a question ends before the question does; it goes on later, or elsewhere.

use crate::ports::{MattermostError, StoreError};

/// What broke off one attempt. None of these is the question's end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Interruption {
    /// The lease is somebody else's, or would not outlast the next call. Nothing more may be written or posted.
    #[error("go on without a lease")]
    LeaseLost,
    /// This process ends.
    #[error("go on while the process ends")]
    HandBack,
    /// The question says something else now, and nothing of its answer was shown yet.
    #[error("go on with a question that was changed")]
    AskAnew,
    /// The store failed.
    #[error("store the progress of a question")]
    Store(#[source] StoreError),
    /// Mattermost failed, and the question waits for it.
    #[error("reach people in Mattermost")]
    Mattermost(#[source] MattermostError),
}

impl From<StoreError> for Interruption {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost => Self::LeaseLost,
            StoreError::Unavailable(_) | StoreError::Corrupt { .. } => Self::Store(error),
        }
    }
}

impl From<MattermostError> for Interruption {
    fn from(error: MattermostError) -> Self {
        Self::Mattermost(error)
    }
}
