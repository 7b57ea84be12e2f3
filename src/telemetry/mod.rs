//! What operators see: structured logs on standard error. Never any text of people, and no secret.
//!
//! The fields are listed in `docs/logging.md`.

mod logging;

pub use logging::{Format, InvalidFilter, Settings, install};
