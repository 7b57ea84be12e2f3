//! Nouns and their rules: pure and synchronous, without I/O, clock, randomness or serialisation.
//!
//! Everything here can be tested by calling it. Types are parsed once at the edge; inside, a value of one of them is a value that holds.

pub mod access;
pub mod agent;
pub mod attention;
pub mod audit;
pub mod budget;
pub mod channel_settings;
pub mod chat;
pub mod completion;
pub mod control;
pub mod conversation;
pub mod csv;
pub mod door;
pub mod draft;
pub mod event;
pub mod figures;
pub mod file;
pub mod grant;
pub mod hexadecimal;
pub mod id;
pub mod job;
pub mod money;
pub mod post;
pub mod prompt;
pub mod question;
pub mod retention;
pub mod retry;
pub mod run;
pub mod summary;
pub mod time;
