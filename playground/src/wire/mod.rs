//! The server's wire: routes, and handlers that only translate between HTTP and the rules of `world`.

pub(crate) mod actions;
pub(crate) mod bots;
pub(crate) mod caller;
pub(crate) mod channel_members;
pub(crate) mod channels;
pub(crate) mod commands;
pub(crate) mod fields;
pub(crate) mod files;
pub(crate) mod gate;
pub(crate) mod hooks;
pub(crate) mod hooks_admin;
pub(crate) mod listener;
pub(crate) mod pictures;
pub(crate) mod post_lists;
pub(crate) mod posts;
pub(crate) mod preferences;
pub(crate) mod reactions;
pub(crate) mod reply;
pub(crate) mod roles;
pub(crate) mod router;
pub(crate) mod system;
pub(crate) mod teams;
pub(crate) mod threads;
pub(crate) mod users;
pub(crate) mod websocket;
pub(crate) mod websocket_actions;
