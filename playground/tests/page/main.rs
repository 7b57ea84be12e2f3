//! The chat page: how it is served, and what a browser makes of it.
#![cfg(test)]

mod assets;
