//! The server as a client: calling the URLs of commands and outgoing webhooks, and doing what they answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Map, Value, json};

use crate::shared::Shared;
use crate::world::AppError;
use crate::world::command_reply::{Answer, CommandReply};
use crate::world::command_run::{CommandCall, CommandRun};
use crate::world::hub::go_json;
use crate::world::post::Post;
use crate::world::webhook::OutgoingCall;

/// The most of a reply that is read; the rest is cut off, so that JSON no longer parses.
pub(crate) const MAX_REPLY: usize = 1024 * 1024;

/// The server's client never waits longer, whatever the setting says.
const MAX_TIMEOUT: Duration = Duration::from_secs(30);

const FORM: &str = "application/x-www-form-urlencoded";

/// Runs a slash command to its end, also when the client that asked goes away meanwhile.
pub(crate) async fn execute_command(
    shared: Arc<Shared>,
    run: CommandRun,
) -> Result<CommandReply, AppError> {
    let call = shared.change(|world| world.begin_command(run))?;
    let task = shared.tasks.spawn({
        let shared = Arc::clone(&shared);
        async move {
            let answer = call_command(&shared, &call).await;
            let outcome = shared.change(|world| world.finish_command(&call, &answer));
            tell_outgoing_webhooks(&shared, &outcome.posts);
            outcome.result
        }
    });
    task.await.unwrap_or_else(|_| {
        Err(AppError::new(
            500,
            "api.internal_error",
            "The command's task ended.",
        ))
    })
}

async fn call_command(shared: &Shared, call: &CommandCall) -> Answer {
    let command = &call.command;
    let fields = call
        .fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let form = form_encode(fields);
    let request = if command.method == "G" {
        let join = if command.url.contains('?') { '&' } else { '?' };
        shared
            .integrations
            .get(format!("{}{join}{form}", command.url))
    } else {
        shared
            .integrations
            .post(&command.url)
            .header(CONTENT_TYPE, FORM)
            .body(form)
    };
    let request = request
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, format!("Token {}", command.token))
        .header(ACCEPT_ENCODING, "gzip");
    send(shared, &command.url, request).await
}

/// Sends a request under the server's limits of address, time and size.
async fn send(shared: &Shared, url: &str, request: reqwest::RequestBuilder) -> Answer {
    let (allowed, timeout) = shared.read(|world| {
        let settings = &world.settings;
        (
            may_call(url, &settings.allowed_untrusted_internal_connections),
            settings.integration_timeout.min(MAX_TIMEOUT),
        )
    });
    if !allowed {
        return Answer::Failed;
    }
    tokio::select! {
        answer = receive(request) => answer.unwrap_or(Answer::Failed),
        () = shared.time.sleep(timeout) => Answer::Failed,
        () = shared.closing.cancelled() => Answer::Failed,
    }
}

async fn receive(request: reqwest::RequestBuilder) -> Option<Answer> {
    let response = request.send().await.ok()?;
    let status = response.status();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default();
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.ok()?);
        if body.len() >= MAX_REPLY {
            body.truncate(MAX_REPLY);
            break;
        }
    }
    Some(Answer::Http {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or_default().to_owned(),
        content_type,
        body,
    })
}

/// Tells the outgoing webhooks of new posts, off the path of whoever posted.
pub(crate) fn tell_outgoing_webhooks(shared: &Arc<Shared>, posts: &[Post]) {
    for post in posts {
        let calls = shared.read(|world| world.outgoing_calls(post));
        if calls.is_empty() {
            continue;
        }
        let task = tell_one_after_another(Arc::clone(shared), calls);
        drop(shared.tasks.spawn(task));
    }
}

/// The hooks of one post run one after another; the URLs of one hook at the same time.
async fn tell_one_after_another(shared: Arc<Shared>, calls: Vec<OutgoingCall>) {
    for call in calls {
        let urls = call.hook.callback_urls.clone();
        let answers = urls.iter().map(|url| call_outgoing(&shared, url, &call));
        for answer in futures_util::future::join_all(answers).await {
            shared.change(|world| {
                // The status and the type of the reply are not looked at.
                if let Answer::Http { body, .. } = answer {
                    world.finish_outgoing_call(&call, &body);
                }
                world.outgoing_calls_ended += 1;
            });
        }
    }
}

async fn call_outgoing(shared: &Shared, url: &str, call: &OutgoingCall) -> Answer {
    let is_json = call.hook.content_type == "application/json";
    let body = if is_json {
        json_payload(call)
    } else {
        form_payload(call)
    };
    let request = shared
        .integrations
        .post(url)
        .header(
            CONTENT_TYPE,
            if is_json { "application/json" } else { FORM },
        )
        .header(ACCEPT, "application/json")
        .header(ACCEPT_ENCODING, "gzip")
        .body(body);
    send(shared, url, request).await
}

/// The payload as JSON, its time in milliseconds.
fn json_payload(call: &OutgoingCall) -> String {
    let fields: Map<String, Value> = call
        .fields
        .iter()
        .map(|(name, value)| {
            let value = if *name == "timestamp" {
                json!(call.timestamp_ms)
            } else {
                json!(value)
            };
            ((*name).to_owned(), value)
        })
        .collect();
    go_json(&fields)
}

/// The payload as a form, its time in seconds.
fn form_payload(call: &OutgoingCall) -> String {
    let seconds = (call.timestamp_ms / 1000).to_string();
    let mut fields: Vec<(&str, &str)> = call
        .fields
        .iter()
        .map(|(name, value)| {
            let value = if *name == "timestamp" {
                &seconds
            } else {
                value
            };
            (*name, value.as_str())
        })
        .collect();
    fields.sort_by_key(|(name, _)| *name);
    form_encode(fields)
}

/// Encodes a form as Go does: letters, digits and `-_.~` as they are, a space as `+`.
fn form_encode<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut form = String::new();
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        push_escaped(&mut form, name);
        form.push('=');
        push_escaped(&mut form, value);
    }
    form
}

fn push_escaped(form: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                form.push(char::from(byte));
            }
            b' ' => form.push('+'),
            _ => {
                form.push('%');
                form.push(char::from(HEX[usize::from(byte >> 4)]));
                form.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

/// Whether the server may call a URL: not into its own network, unless the list names the host or its range.
fn may_call(url: &str, list: &str) -> bool {
    let Some(host) = url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
    else {
        return false;
    };
    let mut entries = list.split([' ', ',']).filter(|entry| !entry.is_empty());
    if entries.clone().any(|entry| entry == host) {
        return true;
    }
    let address = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) if host == "localhost" => IpAddr::from([127, 0, 0, 1]),
        Err(_) => return true,
    };
    !is_internal(address) || entries.any(|entry| range_holds(entry, address))
}

fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}

/// Whether a range such as `127.0.0.0/8` holds an address.
fn range_holds(range: &str, address: IpAddr) -> bool {
    let Some((base, length)) = range.split_once('/') else {
        return false;
    };
    let (Ok(base), Ok(length)) = (base.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    let same_prefix = |one: u128, other: u128, bits: u32| {
        let shift = bits.saturating_sub(length);
        shift >= 128 || one >> shift == other >> shift
    };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => same_prefix(
            u128::from(u32::from(base)),
            u128::from(u32::from(address)),
            32,
        ),
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            same_prefix(u128::from(base), u128::from(address), 128)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_server_does_not_call_into_its_own_network() {
        assert!(!may_call("http://127.0.0.1:8000/x", ""));
        assert!(!may_call("http://localhost:8000/x", ""));
        assert!(!may_call("http://[::1]:8000/x", ""));
        assert!(!may_call("http://10.1.2.3/x", "127.0.0.1"));
        assert!(may_call("http://127.0.0.1:8000/x", "127.0.0.1 localhost"));
        assert!(may_call("http://10.1.2.3/x", "10.0.0.0/8"));
        assert!(may_call("http://[::1]/x", "::1/128"));
        assert!(may_call("https://example.com/x", ""));
    }

    #[test]
    fn forms_are_written_as_go_writes_them() {
        let form = form_encode([("a", "오 ~*&"), ("b", "")]);
        assert_eq!(form, "a=%EC%98%A4+~%2A%26&b=");
    }
}
