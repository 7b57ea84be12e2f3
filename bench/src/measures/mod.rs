//! What is measured, one subject a file.

pub(crate) mod acknowledgements;
pub(crate) mod dead_primary;
pub(crate) mod edits;
pub(crate) mod events;
pub(crate) mod first_byte;
pub(crate) mod footprint;
mod house;
pub(crate) mod ledger;
pub(crate) mod mention;
pub(crate) mod page;
pub(crate) mod peers;
pub(crate) mod readers;
pub(crate) mod streams;
pub(crate) mod thread;
pub(crate) mod tls_streams;
pub(crate) mod token;
pub(crate) mod waiting;

use std::time::Duration;

use crate::subject::Programs;

/// Repetitions of what takes several seconds each time, at most.
const MOST_LONG_REPETITIONS: u32 = 3;

/// What every measurement is given.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// What is measured, and where.
    pub(crate) programs: Programs,
    /// How often each thing is measured, in turns with what it is compared with.
    pub(crate) repetitions: u32,
    /// How long a load lasts.
    pub(crate) load: Duration,
}

impl Setting {
    /// How often something is measured that takes several seconds each time.
    fn long_repetitions(&self) -> u32 {
        self.repetitions.min(MOST_LONG_REPETITIONS)
    }
}
