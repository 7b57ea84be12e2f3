//! Every route on one page.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};
use serde::Deserialize;

use crate::handle::PASSWORD;
use crate::page::{self, Person};
use crate::shared::Shared;
use crate::wire::{
    actions, bots, channel_members, channels, commands, files, gate, hooks, hooks_admin, pictures,
    post_lists, posts, preferences, reactions, roles, system, teams, threads, users, websocket,
};
use crate::world::account::User;

/// Items of a page where a request does not say.
const PER_PAGE: usize = 60;

/// The most items of a page; more are cut silently.
pub(crate) const MAX_PER_PAGE: usize = 200;

/// How many items a page has.
pub(crate) fn page_size(asked: Option<usize>) -> usize {
    asked.unwrap_or(PER_PAGE).min(MAX_PER_PAGE)
}

/// The paging of lists, and what some of them filter by.
#[derive(Deserialize)]
pub(crate) struct Paging {
    page: Option<usize>,
    per_page: Option<usize>,
    pub(crate) in_channel: Option<String>,
    pub(crate) in_team: Option<String>,
    pub(crate) include_deleted: Option<bool>,
}

impl Paging {
    /// The items of the asked page.
    pub(crate) fn cut<T>(&self, items: Vec<T>) -> impl Iterator<Item = T> {
        let size = page_size(self.per_page);
        let skip = self.page.unwrap_or(0).saturating_mul(size);
        items.into_iter().skip(skip).take(size)
    }
}

/// The whole server, with the chat page, which knows nothing of it but its wire.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let api = Router::new()
        .merge(account_routes())
        .merge(place_routes())
        .merge(post_routes())
        .merge(integration_routes())
        .route("/websocket", get(websocket::upgrade));
    let server = Router::new()
        .nest("/api/v4", api)
        .route("/hooks/commands/{hook_id}", post(hooks::command_webhook))
        .route("/hooks/{hook_id}", post(hooks::incoming_webhook))
        .merge(page::router(people_of(shared)))
        .fallback(system::unknown_route)
        .method_not_allowed_fallback(system::unknown_route)
        .with_state(Arc::clone(shared));
    server
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(shared), gate::pass))
}

/// Who may be chosen on the chat page's login screen: the people that the playground made itself, administrators last.
fn people_of(shared: &Arc<Shared>) -> impl Fn() -> Vec<Person> + Clone + Send + Sync + 'static {
    let shared = Arc::clone(shared);
    move || {
        shared.read(|world| {
            let made = world
                .users
                .values()
                .filter(|user| user.bot.is_none() && user.password == PASSWORD);
            let mut made: Vec<&User> = made.collect();
            made.sort_by_key(|user| (user.is_admin(), &user.username));
            made.iter()
                .map(|user| Person::new(&user.username, PASSWORD))
                .collect()
        })
    }
}

fn account_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/users", post(users::create).get(users::list))
        .route("/users/login", post(users::log_in))
        .route("/users/logout", post(users::log_out))
        .route("/users/ids", post(users::by_ids))
        .route("/users/usernames", post(users::by_names))
        .route("/users/username/{name}", get(users::get_by_name))
        .route("/users/tokens/revoke", post(users::revoke_token))
        .route("/users/tokens/disable", post(users::disable_token))
        .route("/users/tokens/enable", post(users::enable_token))
        .route("/users/email/{email}", get(users::get_by_email))
        .route("/users/status/ids", post(users::statuses))
        .route(
            "/users/{user_id}",
            get(users::get).delete(users::deactivate),
        )
        .route("/users/{user_id}/active", put(users::set_active))
        .route("/users/{user_id}/patch", put(users::patch))
        .route(
            "/users/{user_id}/image",
            post(pictures::set)
                .get(pictures::get)
                .delete(pictures::remove),
        )
        .route(
            "/users/{user_id}/status",
            get(users::status).put(users::set_status),
        )
        .route("/users/{user_id}/typing", post(users::typing))
        .route(
            "/users/{user_id}/tokens",
            post(users::create_token).get(users::list_tokens),
        )
        .route("/users/{user_id}/teams", get(teams::of_user))
        .route("/users/{user_id}/teams/members", get(teams::memberships))
        .route("/users/{user_id}/channels", get(channels::of_user))
        .route(
            "/users/{user_id}/teams/{team_id}/channels",
            get(channels::of_user_in_team),
        )
        .route(
            "/users/{user_id}/teams/{team_id}/channels/members",
            get(channel_members::memberships),
        )
        .merge(thread_routes())
        .merge(preference_routes())
        .route(
            "/channels/members/{user_id}/view",
            post(channel_members::view),
        )
        .route(
            "/users/{user_id}/posts/{post_id}/reactions/{emoji_name}",
            delete(reactions::remove),
        )
        .route("/bots", post(bots::create).get(bots::list))
        .route("/bots/{user_id}", get(bots::get).put(bots::update))
        .route("/bots/{user_id}/enable", post(bots::enable))
        .route("/bots/{user_id}/disable", post(bots::disable))
        .route("/bots/{user_id}/assign/{owner_id}", post(bots::assign))
        .route("/users/{user_id}/roles", put(roles::of_user))
        .route("/roles", get(roles::list))
        .route("/roles/names", post(roles::by_names))
        .route("/roles/name/{name}", get(roles::get_by_name))
        .route("/roles/{role_id}", get(roles::get))
        .route("/roles/{role_id}/patch", put(roles::patch))
        .route("/system/ping", get(system::ping))
        .route("/license/client", get(system::license))
        .route("/config", get(system::config).put(system::change_config))
        .route("/config/patch", put(system::change_config))
        .route("/config/client", get(system::client_config))
        .route("/config/environment", get(system::environment))
}

fn place_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/teams", post(teams::create).get(teams::list))
        .route("/teams/{team_id}", get(teams::get))
        .route("/teams/name/{name}", get(teams::get_by_name))
        .route("/teams/name/{name}/exists", get(teams::exists))
        .route("/teams/{team_id}/patch", put(teams::patch))
        .route(
            "/teams/{team_id}/members",
            post(teams::add_member).get(teams::members),
        )
        .route("/teams/{team_id}/members/batch", post(teams::add_members))
        .route("/teams/{team_id}/members/ids", post(teams::members_by_ids))
        .route(
            "/teams/{team_id}/members/{user_id}",
            get(teams::member).delete(teams::remove_member),
        )
        .route(
            "/teams/{team_id}/members/{user_id}/roles",
            put(teams::set_member_roles),
        )
        .route(
            "/teams/{team_id}/members/{user_id}/schemeRoles",
            put(teams::set_member_roles),
        )
        .route("/teams/{team_id}/channels", get(channels::of_team))
        .route(
            "/teams/{team_id}/channels/name/{name}",
            get(channels::get_by_name),
        )
        .route("/channels", post(channels::create))
        .route("/channels/direct", post(channels::create_direct))
        .route("/channels/group", post(channels::create_group))
        .route(
            "/channels/{channel_id}",
            get(channels::get)
                .put(channels::patch)
                .delete(channels::archive),
        )
        .route("/channels/{channel_id}/patch", put(channels::patch))
        .route("/channels/{channel_id}/privacy", put(channels::convert))
        .route("/channels/{channel_id}/restore", post(channels::restore))
        .route("/channels/{channel_id}/stats", get(channels::stats))
        .route(
            "/channels/{channel_id}/members/{user_id}/roles",
            put(channel_members::set_roles),
        )
        .route(
            "/channels/{channel_id}/members/{user_id}/schemeRoles",
            put(channel_members::set_roles),
        )
        .route("/channels/{channel_id}/posts", get(post_lists::of_channel))
        .route("/channels/{channel_id}/pinned", get(post_lists::pinned))
        .route(
            "/channels/{channel_id}/members",
            post(channel_members::add).get(channel_members::list),
        )
        .route(
            "/channels/{channel_id}/members/ids",
            post(channel_members::by_ids),
        )
        .route(
            "/channels/{channel_id}/members/{user_id}",
            get(channel_members::get).delete(channel_members::remove),
        )
        .route(
            "/channels/{channel_id}/members/{user_id}/notify_props",
            put(channel_members::set_notify_props),
        )
}

fn post_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/posts", post(posts::create))
        .route("/posts/ids", post(posts::by_ids))
        .route("/posts/ephemeral", post(posts::create_ephemeral))
        .route(
            "/posts/{post_id}",
            get(posts::get).put(posts::update).delete(posts::delete),
        )
        .route("/posts/{post_id}/patch", put(posts::patch))
        .route("/posts/{post_id}/files/info", get(files::of_post))
        .route("/posts/{post_id}/pin", post(posts::pin))
        .route("/posts/{post_id}/unpin", post(posts::unpin))
        .route("/posts/{post_id}/thread", get(post_lists::thread))
        .route("/posts/{post_id}/edit_history", get(posts::edit_history))
        .route("/posts/{post_id}/reactions", get(reactions::of_post))
        .route("/posts/{post_id}/actions/{action_id}", post(actions::click))
        .route("/files", post(files::upload))
        .route("/files/{file_id}", get(files::get))
        .route("/files/{file_id}/info", get(files::info))
        .route("/files/{file_id}/preview", get(files::preview))
        .route("/files/{file_id}/thumbnail", get(files::thumbnail))
        .route("/actions/dialogs/open", post(actions::open_dialog))
        .route("/actions/dialogs/submit", post(actions::submit_dialog))
        .route("/posts/ids/reactions", post(reactions::of_posts))
        .route("/reactions", post(reactions::add))
}

fn preference_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/users/{user_id}/preferences",
            get(preferences::list).put(preferences::set),
        )
        .route(
            "/users/{user_id}/preferences/delete",
            post(preferences::delete),
        )
        .route(
            "/users/{user_id}/preferences/{category}",
            get(preferences::of_category),
        )
        .route(
            "/users/{user_id}/preferences/{category}/name/{name}",
            get(preferences::one),
        )
}

fn thread_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/users/{user_id}/teams/{team_id}/threads",
            get(threads::of_user),
        )
        .route(
            "/users/{user_id}/teams/{team_id}/threads/{thread_id}",
            get(threads::get),
        )
        .route(
            "/users/{user_id}/teams/{team_id}/threads/{thread_id}/following",
            put(threads::follow).delete(threads::unfollow),
        )
        .route(
            "/users/{user_id}/teams/{team_id}/threads/{thread_id}/read/{timestamp}",
            put(threads::read),
        )
}

fn integration_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/commands", post(commands::create).get(commands::list))
        .route("/commands/execute", post(commands::execute))
        .route(
            "/commands/{command_id}",
            get(commands::get)
                .put(commands::update)
                .delete(commands::delete),
        )
        .route(
            "/commands/{command_id}/regen_token",
            put(commands::regenerate_token),
        )
        .route("/commands/{command_id}/move", put(commands::move_to))
        .route(
            "/teams/{team_id}/commands/autocomplete",
            get(commands::offered),
        )
        .route(
            "/teams/{team_id}/commands/autocomplete_suggestions",
            get(commands::suggest),
        )
        .route(
            "/hooks/incoming",
            post(hooks_admin::create_incoming).get(hooks_admin::list_incoming),
        )
        .route(
            "/hooks/incoming/{hook_id}",
            get(hooks_admin::get_incoming)
                .put(hooks_admin::update_incoming)
                .delete(hooks_admin::delete_incoming),
        )
        .route(
            "/hooks/outgoing",
            post(hooks_admin::create_outgoing).get(hooks_admin::list_outgoing),
        )
        .route(
            "/hooks/outgoing/{hook_id}",
            get(hooks_admin::get_outgoing)
                .put(hooks_admin::update_outgoing)
                .delete(hooks_admin::delete_outgoing),
        )
        .route(
            "/hooks/outgoing/{hook_id}/regen_token",
            post(hooks_admin::regenerate_outgoing_token),
        )
}
