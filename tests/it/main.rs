//! Integration tests, one binary: what is outside is real, time is in the tests' hands.

mod clock;
mod llm;
mod postgres;
mod store;
