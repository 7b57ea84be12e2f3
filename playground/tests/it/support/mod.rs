//! What the tests share: a client, an integration that answers as told, the recorded world, and comparing.

pub(crate) mod client;
pub(crate) mod compare;
pub(crate) mod integration;
pub(crate) mod replay;
