//! The playground.
pub mod model;
