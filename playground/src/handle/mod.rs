//! The playground as a test holds it: starting it, furnishing it, acting as people, and seeing what they would see.

mod connections;
mod furnish;
mod people;
mod playground;
mod view;

pub use furnish::{BotAccount, CommandSpec, HookFormat, PASSWORD, SlashCommand};
pub use people::CommandSeen;
pub use playground::Playground;
pub use view::{Revision, SeenPost, View};
