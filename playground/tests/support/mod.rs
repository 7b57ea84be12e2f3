//! What the playground's own tests share: an integration that answers as told, and a small REST client.

#![expect(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

pub(crate) mod client;
pub(crate) mod compare;
pub(crate) mod integration;
pub(crate) mod replay;
