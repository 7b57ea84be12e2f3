//! What the tests share: a client, an integration that answers as told, a furnished world, the recorded one, and comparing.

pub(crate) mod client;
pub(crate) mod compare;
pub(crate) mod integration;
pub(crate) mod place;
pub(crate) mod replay;
