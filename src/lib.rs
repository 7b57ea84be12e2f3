//! askwell
