//! What every request passes: counting, the rate limit, faults, and the form of errors.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::fault::{Fault, Gate};
use crate::shared::Shared;
use crate::wire::caller::token_of;
use crate::wire::reply::error_response;
use crate::world::AppError;
use crate::world::client_config::FULL_VERSION;
use crate::world::rate_limit::Verdict;

/// The longest address of a request, in bytes (`MaximumURLLength`).
const MAX_URL: usize = 2048;

/// What a request knows of its connection.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    /// Closes the connection without another word.
    pub(crate) cut: CancellationToken,
}

/// Marks a request whose post is to be made only when a gate opens.
#[derive(Clone)]
pub(crate) struct HangInside(pub(crate) Gate);

/// Lets a request through, as the test's faults and the server's limits have it.
pub(crate) async fn pass(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let route = route_of(&request);
    let origin = request.extensions().get::<Origin>().cloned();
    let address = origin
        .as_ref()
        .map_or_else(String::new, |origin| origin.address.ip().to_string());
    let token = token_of(request.headers());
    let (request_id, verdicts) = shared.change(|world| {
        *world.requests.entry(route.clone()).or_default() += 1;
        let verdicts = world.count_against_limit(&address, token.as_deref());
        (world.ids.next_id(), verdicts)
    });
    let mut refusals = verdicts.iter().map(|verdict| verdict.retry_after_seconds);
    let is_refused = refusals.any(|seconds| seconds.is_some());
    let is_too_long = request.uri().to_string().len() > MAX_URL;
    let mut response = if is_refused {
        limit_exceeded()
    } else if is_too_long {
        AppError::new(
            414,
            "basic_security_check.url.too_long_error",
            "URL is too long",
        )
        .into_response()
    } else {
        let fault = shared.faults.take(&route);
        with_fault(fault, (origin.as_ref(), &shared.tasks), request, next).await
    };
    if let Some(error) = response.extensions_mut().remove::<AppError>() {
        response = error_response(&error, &request_id);
    }
    put_headers(&mut response, &request_id, &verdicts);
    put_date(&mut response, shared.time.now_ms());
    response
}

/// The name of a route: its method, and its path as the router has it.
fn route_of(request: &Request) -> String {
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(unknown)", MatchedPath::as_str);
    format!("{} {path}", request.method())
}

async fn with_fault(
    fault: Option<Fault>,
    (origin, tasks): (Option<&Origin>, &TaskTracker),
    mut request: Request,
    next: Next,
) -> Response {
    let Some(fault) = fault else {
        return next.run(request).await;
    };
    match fault {
        Fault::InternalError => {
            AppError::new(500, "api.internal_error", "An internal error has occurred.")
                .into_response()
        }
        Fault::BadGateway => bad_gateway(),
        Fault::LoginPage => login_page(),
        Fault::TooManyRequests {
            retry_after_seconds,
        } => {
            let mut response = limit_exceeded();
            if let Some(seconds) = retry_after_seconds {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
        Fault::DropBefore => cut(origin).await,
        Fault::DropAfter => {
            drop(next.run(request).await);
            cut(origin).await
        }
        Fault::HangBefore(gate) => {
            to_its_end(tasks, async move {
                gate.pass().await;
                next.run(request).await
            })
            .await
        }
        Fault::HangInside(gate) => {
            request.extensions_mut().insert(HangInside(gate));
            to_its_end(tasks, next.run(request)).await
        }
        Fault::HangAfter(gate) => {
            let response = next.run(request).await;
            gate.pass().await;
            response
        }
    }
}

/// Does a request's work also where whoever asked has hung up meanwhile, as the server does.
async fn to_its_end(
    tasks: &TaskTracker,
    work: impl Future<Output = Response> + Send + 'static,
) -> Response {
    match tasks.spawn(work).await {
        Ok(response) => response,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Closes the connection of this request; what follows never runs.
async fn cut(origin: Option<&Origin>) -> Response {
    if let Some(origin) = origin {
        origin.cut.cancel();
    }
    std::future::pending().await
}

fn limit_exceeded() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::TOO_MANY_REQUESTS, headers, "limit exceeded\n").into_response()
}

fn bad_gateway() -> Response {
    let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    let headers = [(header::CONTENT_TYPE, "text/html")];
    (StatusCode::BAD_GATEWAY, headers, page).into_response()
}

fn login_page() -> Response {
    let page = "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><form></form></body></html>\n";
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::OK, headers, page).into_response()
}

/// The server tells its own time, to the second.
fn put_date(response: &mut Response, now_ms: i64) {
    let since_epoch = Duration::from_millis(now_ms.unsigned_abs());
    let date = httpdate::fmt_http_date(UNIX_EPOCH + since_epoch);
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
}

fn put_headers(response: &mut Response, request_id: &str, verdicts: &[Verdict]) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", value);
    }
    headers.insert("x-version-id", HeaderValue::from_static(FULL_VERSION));
    // Where a request is counted twice, it says so twice.
    for verdict in verdicts {
        let reset = HeaderValue::from(verdict.reset_seconds);
        headers.append("x-ratelimit-limit", HeaderValue::from(verdict.limit));
        headers.append(
            "x-ratelimit-remaining",
            HeaderValue::from(verdict.remaining),
        );
        headers.append("x-ratelimit-reset", reset);
        if let Some(seconds) = verdict.retry_after_seconds {
            headers.append(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}
