//! The scripted model server, as clients meet it.

#![cfg(test)]

mod abilities;
mod client;
mod messages;
mod recordings;
mod responses;
mod stalls;
mod wires;
