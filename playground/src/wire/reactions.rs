//! Reactions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::{Fields, Texts};
use crate::wire::reply::{Answer, ok, status_ok};
use crate::world::reaction::Reaction;

type App = State<Arc<Shared>>;

pub(crate) async fn add(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let (user_id, post_id) = (fields.text("user_id"), fields.text("post_id"));
    let emoji_name = fields.text("emoji_name");
    let reaction = shared
        .change(|world| world.add_reaction(&caller.user_id, &user_id, &post_id, &emoji_name))?;
    Ok(ok(&reaction))
}

pub(crate) async fn remove(
    State(shared): App,
    caller: Caller,
    Path((user_id, post_id, emoji_name)): Path<(String, String, String)>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    shared
        .change(|world| world.remove_reaction(&caller.user_id, &user_id, &post_id, &emoji_name))?;
    Ok(status_ok())
}

pub(crate) async fn of_post(
    State(shared): App,
    caller: Caller,
    Path(post_id): Path<String>,
) -> Answer {
    let reactions = shared.read(|world| world.reactions(&caller.user_id, &post_id))?;
    Ok(ok(&reactions))
}

/// The reactions of several posts, by post; those that one may not read are left out.
pub(crate) async fn of_posts(State(shared): App, caller: Caller, Texts(ids): Texts) -> Answer {
    let reactions: BTreeMap<String, Vec<Reaction>> = shared.read(|world| {
        ids.into_iter()
            .filter_map(|id| {
                let reactions = world.reactions(&caller.user_id, &id).ok()?;
                Some((id, reactions))
            })
            .collect()
    });
    Ok(ok(&reactions))
}
