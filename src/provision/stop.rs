//! Why setting up or taking back ended early.

use std::io;
use std::path::PathBuf;

use crate::config::edit::TooIntricate;
use crate::ports::{MattermostError, MattermostFailure};
use crate::text::Obstacle;

/// Why it ended early. What was done until then is recorded.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// Things stand in the way; nothing was changed on their account.
    #[error("go on: {} things stand in the way", .0.len())]
    Obstacles(Vec<Obstacle<'static>>),
    /// A call failed.
    #[error(transparent)]
    Call(#[from] MattermostError),
    /// A file cannot be read or written.
    #[error("use the file {path}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file is written in a way that cannot be changed safely.
    #[error("change the file {path}", path = path.display())]
    Intricate {
        /// Which.
        path: PathBuf,
        /// Which value.
        #[source]
        source: TooIntricate,
    },
}

impl From<Obstacle<'static>> for Stop {
    fn from(obstacle: Obstacle<'static>) -> Self {
        Self::Obstacles(vec![obstacle])
    }
}

impl Stop {
    /// Says what is to be told to whoever runs the command.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Obstacle<'_>> {
        match self {
            Self::Obstacles(obstacles) => obstacles.clone(),
            Self::Call(error) => vec![of_call(error)],
            Self::File { path, source } => vec![Obstacle::FileRefused {
                path: path.to_string_lossy(),
                why: source.to_string().into(),
            }],
            Self::Intricate { path, source } => vec![Obstacle::FileTooIntricate {
                path: path.to_string_lossy(),
                name: source.name.as_str().into(),
            }],
        }
    }
}

fn of_call(error: &MattermostError) -> Obstacle<'_> {
    match error.kind {
        MattermostFailure::TokenRefused => Obstacle::TokenRefused,
        _ => Obstacle::CallFailed {
            call: error.call.into(),
            status: error
                .status
                .map_or_else(|| "-".into(), |status| status.to_string().into()),
            id: if error.id.is_empty() {
                "-".into()
            } else {
                error.id.as_str().into()
            },
        },
    }
}

/// Makes of the failure of the first call to an address what it says about the address.
pub(super) fn of_first_call(error: MattermostError, url: &url::Url) -> Stop {
    let url = url.to_string().into();
    match error.kind {
        MattermostFailure::Unreachable => Obstacle::Unreachable { url }.into(),
        // Whatever answered, Mattermost tells everybody what it is.
        MattermostFailure::Ambiguous if error.status.is_none() => {
            Obstacle::Unreachable { url }.into()
        }
        MattermostFailure::RateLimited { .. } => Stop::Call(error),
        MattermostFailure::TokenRefused
        | MattermostFailure::Forbidden
        | MattermostFailure::NotFound
        | MattermostFailure::Rejected
        | MattermostFailure::UsedUp
        | MattermostFailure::Ambiguous => Obstacle::NotMattermost { url }.into(),
    }
}
