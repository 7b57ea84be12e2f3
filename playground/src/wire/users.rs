//! Accounts, sessions, tokens, preferences.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue};
use serde_json::Value;

use crate::shared::Shared;
use crate::wire::caller::{Caller, MaybeCaller};
use crate::wire::fields::{Fields, Texts};
use crate::wire::reply::{Answer, created, ok, status_ok, tagged};
use crate::wire::router::Paging;
use crate::world::AppError;
use crate::world::account::{NewUser, Reader, User};
use crate::world::state::World;

type App = State<Arc<Shared>>;

pub(crate) async fn create(
    State(shared): App,
    MaybeCaller(caller): MaybeCaller,
    fields: Fields,
) -> Answer {
    let new = NewUser {
        username: fields.text("username"),
        email: fields.text("email"),
        password: fields.text("password"),
        nickname: fields.text("nickname"),
        first_name: fields.text("first_name"),
        last_name: fields.text("last_name"),
        locale: fields.text("locale"),
    };
    let caller = caller.map(|caller| caller.user_id);
    let user = shared.change(|world| world.create_user(new, caller.as_deref()))?;
    Ok(created(&user.to_json(Reader::Owner)))
}

pub(crate) async fn log_in(State(shared): App, fields: Fields) -> Answer {
    let (login_id, password) = (fields.text("login_id"), fields.text("password"));
    let (token, user) = shared.change(|world| world.log_in(&login_id, &password))?;
    let mut response = ok(&user.to_json(Reader::Owner));
    if let Ok(value) = HeaderValue::from_str(&token) {
        response.headers_mut().insert("token", value);
    }
    Ok(response)
}

pub(crate) async fn log_out(State(shared): App, caller: Caller) -> Answer {
    shared.change(|world| world.end_session(&caller.token));
    Ok(status_ok())
}

pub(crate) async fn get(
    State(shared): App,
    caller: Caller,
    headers: HeaderMap,
    Path(user_id): Path<String>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let (etag, shown) = shared.read(|world| {
        let user = world.user(&user_id)?;
        Ok::<_, AppError>((user.etag(), shown_to(world, &caller, user)))
    })?;
    Ok(tagged(&etag, &headers, &shown))
}

/// An account as it is shown to whoever asks.
fn shown_to(world: &World, caller: &Caller, user: &User) -> Value {
    let reader = if caller.user_id == user.id {
        Reader::Owner
    } else if world.is_admin(&caller.user_id) {
        Reader::Admin
    } else {
        Reader::Other
    };
    user.to_json(reader)
}

pub(crate) async fn get_by_name(
    State(shared): App,
    caller: Caller,
    Path(name): Path<String>,
) -> Answer {
    let shown = shared.read(|world| {
        let user = world.user_named(&name)?;
        Ok::<_, AppError>(shown_to(world, &caller, user))
    })?;
    Ok(ok(&shown))
}

pub(crate) async fn get_by_email(
    State(shared): App,
    caller: Caller,
    Path(email): Path<String>,
) -> Answer {
    let shown = shared.read(|world| {
        let mut users = world.users.values();
        let user = users.find(|user| user.email == email);
        user.map(|user| shown_to(world, &caller, user))
    });
    Ok(ok(&shown.ok_or_else(AppError::user_not_found)?))
}

pub(crate) async fn by_ids(State(shared): App, caller: Caller, Texts(ids): Texts) -> Answer {
    let users: Vec<Value> = shared.read(|world| {
        ids.iter()
            .filter_map(|id| world.users.get(id))
            .map(|user| shown_to(world, &caller, user))
            .collect()
    });
    Ok(ok(&users))
}

pub(crate) async fn by_names(State(shared): App, caller: Caller, Texts(names): Texts) -> Answer {
    let users: Vec<Value> = shared.read(|world| {
        names
            .iter()
            .filter_map(|name| world.user_named(name).ok())
            .map(|user| shown_to(world, &caller, user))
            .collect()
    });
    Ok(ok(&users))
}

/// People of a channel or a team, or all, by name.
pub(crate) async fn list(
    State(shared): App,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Answer {
    let users: Vec<Value> = shared.read(|world| {
        let mut users: Vec<_> = world
            .users
            .values()
            .filter(|user| {
                paging.in_channel.as_ref().is_none_or(|id| {
                    world
                        .channels
                        .get(id)
                        .is_some_and(|channel| channel.members.contains_key(&user.id))
                })
            })
            .filter(|user| {
                paging.in_team.as_ref().is_none_or(|id| {
                    world
                        .teams
                        .get(id)
                        .is_some_and(|team| team.members.contains_key(&user.id))
                })
            })
            .collect();
        users.sort_by(|one, other| one.username.cmp(&other.username));
        paging
            .cut(users)
            .map(|user| shown_to(world, &caller, user))
            .collect()
    });
    Ok(ok(&users))
}

pub(crate) async fn patch(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    fields: Fields,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let user = shared.change(|world| world.patch_user(&caller.user_id, &user_id, &fields.0))?;
    Ok(ok(&user.to_json(Reader::Owner)))
}

pub(crate) async fn create_token(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    fields: Fields,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let description = fields.text("description");
    let token = shared
        .change(|world| world.create_access_token(&caller.user_id, &user_id, &description))?;
    Ok(ok(&token.to_json_once()))
}

pub(crate) async fn list_tokens(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let tokens: Vec<Value> = shared.read(|world| {
        world.may_manage_tokens(&caller.user_id, &user_id)?;
        Ok::<_, AppError>(
            world
                .access_tokens
                .values()
                .filter(|token| token.user_id == user_id)
                .map(crate::world::account::AccessToken::to_json)
                .collect(),
        )
    })?;
    Ok(ok(&tokens))
}

pub(crate) async fn revoke_token(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let token_id = fields.text("token_id");
    shared.change(|world| world.revoke_access_token(&caller.user_id, &token_id))?;
    Ok(status_ok())
}

pub(crate) async fn disable_token(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let token_id = fields.text("token_id");
    shared.change(|world| world.switch_access_token(&caller.user_id, &token_id, false))?;
    Ok(status_ok())
}

pub(crate) async fn enable_token(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let token_id = fields.text("token_id");
    shared.change(|world| world.switch_access_token(&caller.user_id, &token_id, true))?;
    Ok(status_ok())
}

pub(crate) async fn typing(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    fields: Fields,
) -> Answer {
    if caller.or_me(user_id) != caller.user_id {
        return Err(AppError::permissions());
    }
    let (channel_id, parent_id) = (fields.text("channel_id"), fields.text("parent_id"));
    shared.change(|world| world.typing(&caller.user_id, &channel_id, &parent_id))?;
    Ok(status_ok())
}

pub(crate) async fn status(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    Ok(ok(&shared.read(|world| world.status_of(&user_id))))
}

pub(crate) async fn set_status(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    fields: Fields,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let status = fields.text("status");
    let status = shared.change(|world| world.set_status(&caller.user_id, &user_id, &status))?;
    Ok(ok(&status))
}

pub(crate) async fn statuses(State(shared): App, _caller: Caller, Texts(ids): Texts) -> Answer {
    let statuses: Vec<Value> =
        shared.read(|world| ids.iter().map(|id| world.status_of(id)).collect());
    Ok(ok(&statuses))
}

pub(crate) async fn set_active(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    fields: Fields,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let active = fields.0.get("active").and_then(Value::as_bool);
    let active = active.ok_or_else(|| AppError::body_param("active"))?;
    shared.change(|world| world.set_active(&caller.user_id, &user_id, active))?;
    Ok(status_ok())
}

/// Deleting an account deactivates it.
pub(crate) async fn deactivate(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    shared.change(|world| world.set_active(&caller.user_id, &user_id, false))?;
    Ok(status_ok())
}
