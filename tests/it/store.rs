//! The contract of the store, written once against the port and run on both databases, always both.

mod admission;
mod answers;
mod audit;
pub(crate) mod bed;
mod channels;
mod claiming;
mod concurrency;
mod controls;
mod dead_letters;
mod deeds;
mod drift;
mod fences;
mod ledger;
mod opening;
mod privacy;
mod recalling;
mod sealing;
mod spending;
