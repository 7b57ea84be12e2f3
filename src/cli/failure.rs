//! Why a command cannot work, explained in the language of the installation; what libraries said comes after it, as they said it.

use std::io;
use std::net::SocketAddr;

use super::complain;
use crate::app::StartError;
use crate::telemetry::InvalidFilter;
use crate::text::{Explanation, Language, Trouble, explain};

/// Why a command cannot work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The log cannot be set up.
    #[error(transparent)]
    Log(#[from] InvalidFilter),
    /// The runtime or its signals cannot be had.
    #[error("begin to work")]
    System(#[source] io::Error),
    /// The address is taken, or is none of ours.
    #[error("listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// What the wiring says.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Failure {
    pub(super) fn explain(&self, language: Language) -> Explanation {
        let trouble = match self {
            Self::Log(_) => Trouble::NoLog,
            Self::System(_) => Trouble::SystemRefused,
            Self::Listen { address, .. } => Trouble::CannotListen {
                address: address.to_string().into(),
            },
            Self::Start(error) => error.trouble(),
        };
        explain(language, &trouble)
    }

    /// Returns what happened as libraries say it, the cause last.
    pub(super) fn chain(self) -> String {
        format!("{:#}", anyhow::Error::new(self))
    }

    /// Writes the explanation to the terminal.
    pub(super) fn complain(self, language: Language) {
        let Explanation { what, remedy } = self.explain(language);
        complain(&format!("{what}\n{remedy}\n({})\n", self.chain()));
    }
}
