//! Integration tests, one binary: what is outside is real, time is in the tests' hands.

mod postgres;
mod store;
