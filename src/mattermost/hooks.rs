//! Finished texts by the ways that need no account: a command's `response_url` and the incoming webhook.
//!
//! Neither gives a post's id back, so what was ambiguous stays so; ADR 4 says what follows from it.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};

use super::failure;
use super::rest::Server;
use super::wire::{CommandResponse, InertProps, WebhookPost};
use crate::domain::id::{PostId, ResponseUrlId};
use crate::domain::post::Audience;
use crate::ports::{MattermostError, MattermostFailure};

/// Takes the id from the end of the incoming webhook's address; host and path of it are never used.
pub(super) fn hook_id(url: &SecretString) -> SecretString {
    let address = url.expose_secret();
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let id = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    id.into()
}

pub(super) async fn respond(
    server: &Server,
    id: &ResponseUrlId,
    texts: &[String],
    audience: Audience,
) -> Result<(), MattermostError> {
    let name = "answer by response_url";
    let response_type = match audience {
        Audience::Channel => "in_channel",
        Audience::Asker => "ephemeral",
    };
    let Some((first, further)) = texts.split_first() else {
        // There is nothing to say, and a use is worth more than an empty post.
        return Ok(());
    };
    let further = further.iter().map(|text| response(response_type, text));
    let mut body = response(response_type, first);
    body.extra_responses = further.collect();
    let call = server
        .client()
        .open(name, Method::POST, &["hooks", "commands", id.expose()])
        .by_response_url()
        .with_json(&body);
    server.write(name, call).await?.must_be_ok()
}

fn response<'a>(response_type: &'static str, text: &'a str) -> CommandResponse<'a> {
    CommandResponse {
        response_type,
        text,
        skip_slack_parsing: true,
        props: InertProps::ON,
        extra_responses: Vec::new(),
    }
}

pub(super) async fn post(
    server: &Server,
    channel_name: &str,
    text: &str,
) -> Result<(), MattermostError> {
    let name = "post by the incoming webhook";
    // Every id of Mattermost's has the same form; anything else would be another path of the server.
    let hook = server.hook.as_ref().map(ExposeSecret::expose_secret);
    let Some(hook) = hook.filter(|hook| PostId::parse(hook).is_ok()) else {
        let kind = MattermostFailure::Rejected;
        return Err(failure::plain(name, kind, None, "askwell.no_webhook"));
    };
    let body = WebhookPost {
        text,
        channel: channel_name,
        props: InertProps::ON,
    };
    let call = server
        .client()
        .open(name, Method::POST, &["hooks", hook])
        .with_json(&body);
    server.write(name, call).await?.must_be_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_of_the_webhooks_address_is_taken() {
        for address in [
            "https://chat.example/hooks/cyi3e1qg4tbwfyu1i56pnrempo",
            "https://chat.example/sub/path/hooks/cyi3e1qg4tbwfyu1i56pnrempo/?x=y/z#a/b",
            "cyi3e1qg4tbwfyu1i56pnrempo",
        ] {
            let id = hook_id(&address.into());
            assert_eq!(
                id.expose_secret(),
                "cyi3e1qg4tbwfyu1i56pnrempo",
                "{address}"
            );
        }
    }
}
