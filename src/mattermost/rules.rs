//! What the server is set up to take, to show and to let the bot do, as it tells every account.

use reqwest::Method;

use super::rest::Server;
use super::wire::{Account, ClientConfig};
use crate::domain::chat::ServerRules;
use crate::ports::MattermostError;

pub(super) async fn read(server: &Server) -> Result<ServerRules, MattermostError> {
    let api = |name, path: &[&str]| server.client().api(name, Method::GET, path);
    let me = server
        .read(api("read the bot's account", &["users", "me"]))
        .await?;
    let me: Account = me.json()?;
    let reply = server
        .read(api("read the server's rules", &["config", "client"]))
        .await?;
    let config: ClientConfig = reply.json()?;
    config
        .rules(me.may_preview())
        .ok_or_else(|| reply.unusable())
}
