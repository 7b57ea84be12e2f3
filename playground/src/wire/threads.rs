//! Following threads.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use serde::Deserialize;

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::check_id;
use crate::wire::reply::{Answer, ok, status_ok};
use crate::world::AppError;
use crate::world::thread::{ThreadsAnswer, ThreadsQuery};

type App = State<Arc<Shared>>;

/// Threads of a page where a request does not say.
const PER_PAGE: usize = 25;

/// The most threads of a page.
const MAX_PER_PAGE: usize = 200;

#[derive(Deserialize)]
pub(crate) struct ThreadsParams {
    per_page: Option<usize>,
    before: Option<String>,
    after: Option<String>,
    since: Option<i64>,
    unread: Option<bool>,
    extended: Option<bool>,
    #[serde(rename = "totalsOnly")]
    totals_only: Option<bool>,
    #[serde(rename = "threadsOnly")]
    threads_only: Option<bool>,
}

/// The account whose threads are meant: one's own, or anybody's for an administrator.
fn own(shared: &Shared, caller: &Caller, user_id: String) -> Result<String, AppError> {
    let user_id = caller.or_me(user_id);
    if user_id == caller.user_id || shared.read(|world| world.is_admin(&caller.user_id)) {
        Ok(user_id)
    } else {
        Err(AppError::permissions())
    }
}

pub(crate) async fn of_user(
    State(shared): App,
    caller: Caller,
    Path((user_id, team_id)): Path<(String, String)>,
    Query(params): Query<ThreadsParams>,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (before, after) = (given(params.before), given(params.after));
    if before.is_some() && after.is_some() {
        return Err(AppError::url_param("before or after"));
    }
    let query = ThreadsQuery {
        per_page: params.per_page.unwrap_or(PER_PAGE).min(MAX_PER_PAGE),
        before,
        after,
        since: params.since.unwrap_or(0),
        is_unread: params.unread == Some(true),
        is_extended: params.extended == Some(true),
        answer: match (params.totals_only, params.threads_only) {
            (Some(true), _) => ThreadsAnswer::TotalsOnly,
            (_, Some(true)) => ThreadsAnswer::ThreadsOnly,
            _ => ThreadsAnswer::All,
        },
    };
    Ok(ok(&shared.read(|world| {
        world.threads_of(&user_id, &team_id, &query)
    })))
}

#[derive(Deserialize)]
pub(crate) struct ThreadParams {
    extended: Option<bool>,
}

pub(crate) async fn get(
    State(shared): App,
    caller: Caller,
    Path((user_id, _team_id, root_id)): Path<(String, String, String)>,
    Query(params): Query<ThreadParams>,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    check_id(&root_id, "thread_id")?;
    let is_extended = params.extended == Some(true);
    let thread = shared.read(|world| {
        world.read_post(&caller.user_id, &root_id)?;
        world.thread_of(&user_id, &root_id, is_extended)
    })?;
    Ok(ok(&thread))
}

pub(crate) async fn follow(
    State(shared): App,
    caller: Caller,
    Path((user_id, _team_id, root_id)): Path<(String, String, String)>,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    shared.change(|world| world.set_following(&user_id, &root_id, true))?;
    Ok(status_ok())
}

pub(crate) async fn unfollow(
    State(shared): App,
    caller: Caller,
    Path((user_id, _team_id, root_id)): Path<(String, String, String)>,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    shared.change(|world| world.set_following(&user_id, &root_id, false))?;
    Ok(status_ok())
}

pub(crate) async fn read(
    State(shared): App,
    caller: Caller,
    Path((user_id, _team_id, root_id, until)): Path<(String, String, String, i64)>,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    let thread = shared.change(|world| world.read_thread(&user_id, &root_id, until))?;
    Ok(ok(&thread))
}
