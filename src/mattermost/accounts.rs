//! Accounts of people, as far as the bot account sees them.

use super::channels::{SYSTEM_ADMIN, find, has_role};
use super::rest::Server;
use super::wire;
use crate::domain::access::Account;
use crate::domain::id::UserId;
use crate::ports::MattermostError;

/// The role of guests in place of `system_user`.
const SYSTEM_GUEST: &str = "system_guest";

pub(super) async fn account(
    server: &Server,
    person: &UserId,
) -> Result<Option<Account>, MattermostError> {
    let path = ["users", person.as_str()];
    let found: Option<wire::Account> = find(server, "read an account", &path).await?;
    Ok(found.and_then(seen))
}

pub(super) async fn account_named(
    server: &Server,
    name: &str,
) -> Result<Option<Account>, MattermostError> {
    let path = ["users", "username", name];
    let found: Option<wire::Account> = find(server, "read an account", &path).await?;
    Ok(found.and_then(seen))
}

fn seen(account: wire::Account) -> Option<Account> {
    Some(Account {
        id: UserId::parse(&account.id).ok()?,
        is_active: account.delete_at == 0,
        is_guest: has_role(&account.roles, SYSTEM_GUEST),
        is_system_admin: has_role(&account.roles, SYSTEM_ADMIN),
        name: account.username,
        locale: account.locale,
    })
}
