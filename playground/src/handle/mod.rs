//! The playground as a test holds it: starting it, furnishing it, acting as people, and seeing what they would see.

mod connections;
mod furnish;
mod interactions;
mod people;
mod playground;
mod view;

pub use furnish::{BotAccount, CommandSpec, HookFormat, PASSWORD, SlashCommand};
pub use interactions::SeenDialog;
pub use people::{CommandSeen, ReplySeen};
pub use playground::Playground;
pub use view::{Revision, SeenFile, SeenPost, View};
