//! Outgoing webhooks.

use std::sync::Arc;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use serde_json::{Map, Value, json};

use crate::integration::call::send;
use crate::integration::form::{FORM, form_encode};
use crate::shared::Shared;
use crate::world::answer::Answer;
use crate::world::event::go_json;
use crate::world::post::Post;
use crate::world::webhook::OutgoingCall;

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
