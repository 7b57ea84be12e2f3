//! The scripted model server, as clients meet it.

#![cfg(test)]

mod abilities;
mod client;
mod recordings;
mod stalls;
