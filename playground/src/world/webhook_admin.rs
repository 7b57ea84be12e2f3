//! Keeping webhooks.

use serde_json::{Map, Value};

use crate::options::Settings;
use crate::world::app_error::AppError;
use crate::world::state::World;
use crate::world::webhook::{IncomingWebhook, OutgoingWebhook};

fn text_of(fields: &Map<String, Value>, name: &str) -> String {
    fields
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn texts_of(fields: &Map<String, Value>, name: &str) -> Vec<String> {
    fields
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

fn hook_not_found(kind: &str) -> AppError {
    AppError::new(
        404,
        format!("app.webhooks.get_{kind}.app_error"),
        "Unable to get the webhook.",
    )
}

/// Checks that a whole hook in a body is the one in the path.
fn check_same_id(id: &str, fields: &Map<String, Value>) -> Result<(), AppError> {
    match text_of(fields, "id").as_str() {
        given if given.is_empty() || given == id => Ok(()),
        _ => Err(AppError::body_param("hook_id")),
    }
}

fn invalid(kind: &str, field: &str) -> AppError {
    AppError::new(
        400,
        format!("model.{kind}_hook.is_valid.{field}.app_error"),
        format!("Invalid {field}."),
    )
}

/// Takes a text over where it is given.
fn set(place: &mut String, fields: &Map<String, Value>, name: &str) {
    if let Some(text) = fields.get(name).and_then(Value::as_str) {
        text.clone_into(place);
    }
}

impl IncomingWebhook {
    /// Takes over what is given; a name only where names may be overridden.
    fn apply(&mut self, fields: &Map<String, Value>, settings: &Settings) {
        set(&mut self.display_name, fields, "display_name");
        set(&mut self.description, fields, "description");
        set(&mut self.icon_url, fields, "icon_url");
        if settings.enable_post_username_override {
            set(&mut self.username, fields, "username");
        }
        if let Some(on) = fields.get("channel_locked").and_then(Value::as_bool) {
            self.channel_locked = on;
        }
    }

    fn check(&self) -> Result<(), AppError> {
        let is_too_long = |text: &str, most: usize| text.len() > most;
        if is_too_long(&self.display_name, 64) {
            return Err(invalid("incoming", "display_name"));
        }
        if is_too_long(&self.description, 500) {
            return Err(invalid("incoming", "description"));
        }
        if is_too_long(&self.username, 64) {
            return Err(invalid("incoming", "username"));
        }
        Ok(())
    }
}

impl OutgoingWebhook {
    fn apply(&mut self, fields: &Map<String, Value>) {
        set(&mut self.channel_id, fields, "channel_id");
        set(&mut self.display_name, fields, "display_name");
        set(&mut self.description, fields, "description");
        set(&mut self.username, fields, "username");
        set(&mut self.icon_url, fields, "icon_url");
        let content_type = text_of(fields, "content_type");
        if !content_type.is_empty() {
            self.content_type = content_type;
        }
        if fields.contains_key("trigger_words") {
            self.trigger_words = texts_of(fields, "trigger_words");
        }
        if fields.contains_key("callback_urls") {
            self.callback_urls = texts_of(fields, "callback_urls");
        }
        if let Some(when) = fields.get("trigger_when").and_then(Value::as_i64) {
            self.trigger_when = when;
        }
    }

    fn check(&self) -> Result<(), AppError> {
        let urls = &self.callback_urls;
        let length: usize = urls.iter().map(String::len).sum();
        let is_http = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if urls.is_empty() || length > 1024 || !urls.iter().all(is_http) {
            return Err(invalid("outgoing", "callback"));
        }
        if self.trigger_words.iter().map(String::len).sum::<usize>() > 1024 {
            return Err(invalid("outgoing", "words"));
        }
        if self.display_name.len() > 64 {
            return Err(invalid("outgoing", "title"));
        }
        if self.description.len() > 500 {
            return Err(invalid("outgoing", "description"));
        }
        if self.username.len() > 64 {
            return Err(invalid("outgoing", "username"));
        }
        Ok(())
    }
}

impl World {
    pub(crate) fn create_incoming_webhook(
        &mut self,
        caller: &str,
        fields: &Map<String, Value>,
    ) -> Result<IncomingWebhook, AppError> {
        let channel = self.channel(&text_of(fields, "channel_id"))?.clone();
        if !self.is_team_admin(&channel.team_id, caller) {
            return Err(AppError::permissions());
        }
        if !self.settings.enable_incoming_webhooks {
            return Err(AppError::new(
                501,
                "api.incoming_webhook.disabled.app_error",
                "Incoming webhooks have been disabled by the system admin.",
            ));
        }
        let now = self.now();
        let mut hook = IncomingWebhook {
            id: self.ids.next_id(),
            create_at: now,
            update_at: now,
            user_id: caller.to_owned(),
            channel_id: channel.id,
            team_id: channel.team_id,
            display_name: String::new(),
            description: String::new(),
            username: String::new(),
            icon_url: String::new(),
            channel_locked: false,
        };
        hook.apply(fields, &self.settings);
        hook.check()?;
        self.incoming_webhooks.insert(hook.id.clone(), hook.clone());
        Ok(hook)
    }

    pub(crate) fn update_incoming_webhook(
        &mut self,
        caller: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<IncomingWebhook, AppError> {
        check_same_id(id, fields)?;
        let mut hook = self.incoming_webhook(caller, id)?.clone();
        let channel_id = text_of(fields, "channel_id");
        if !channel_id.is_empty() {
            let channel = self.channel(&channel_id)?;
            hook.channel_id.clone_from(&channel.id);
            hook.team_id.clone_from(&channel.team_id);
        }
        hook.apply(fields, &self.settings);
        hook.check()?;
        hook.update_at = self.now();
        self.incoming_webhooks.insert(id.to_owned(), hook.clone());
        Ok(hook)
    }

    pub(crate) fn incoming_webhook(
        &self,
        caller: &str,
        id: &str,
    ) -> Result<&IncomingWebhook, AppError> {
        let hook = self
            .incoming_webhooks
            .get(id)
            .ok_or_else(|| hook_not_found("incoming"))?;
        if self.is_team_admin(&hook.team_id, caller) {
            Ok(hook)
        } else {
            Err(AppError::permissions())
        }
    }

    pub(crate) fn delete_incoming_webhook(
        &mut self,
        caller: &str,
        id: &str,
    ) -> Result<(), AppError> {
        self.incoming_webhook(caller, id)?;
        self.incoming_webhooks.remove(id);
        Ok(())
    }

    pub(crate) fn incoming_webhooks_of(
        &self,
        caller: &str,
        team_id: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.is_admin(caller) && !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        let hooks = self.incoming_webhooks.values();
        let hooks = hooks.filter(|hook| team_id.is_empty() || hook.team_id == team_id);
        let mut hooks: Vec<&IncomingWebhook> = hooks.collect();
        hooks.sort_by_key(|hook| hook.create_at);
        Ok(hooks.into_iter().map(IncomingWebhook::to_json).collect())
    }

    pub(crate) fn create_outgoing_webhook(
        &mut self,
        caller: &str,
        fields: &Map<String, Value>,
    ) -> Result<OutgoingWebhook, AppError> {
        let team_id = text_of(fields, "team_id");
        if !self.is_team_admin(&team_id, caller) {
            return Err(AppError::permissions());
        }
        let now = self.now();
        let mut hook = OutgoingWebhook {
            id: self.ids.next_id(),
            token: self.ids.next_id(),
            create_at: now,
            update_at: now,
            creator_id: caller.to_owned(),
            channel_id: String::new(),
            team_id,
            trigger_words: Vec::new(),
            trigger_when: 0,
            callback_urls: Vec::new(),
            display_name: String::new(),
            description: String::new(),
            content_type: "application/x-www-form-urlencoded".to_owned(),
            username: String::new(),
            icon_url: String::new(),
        };
        hook.apply(fields);
        self.check_outgoing_webhook(&hook)?;
        self.outgoing_webhooks.insert(hook.id.clone(), hook.clone());
        Ok(hook)
    }

    pub(crate) fn update_outgoing_webhook(
        &mut self,
        caller: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<OutgoingWebhook, AppError> {
        check_same_id(id, fields)?;
        let mut hook = self.outgoing_webhook(caller, id)?.clone();
        hook.apply(fields);
        self.check_outgoing_webhook(&hook)?;
        hook.update_at = self.now();
        self.outgoing_webhooks.insert(id.to_owned(), hook.clone());
        Ok(hook)
    }

    fn check_outgoing_webhook(&self, hook: &OutgoingWebhook) -> Result<(), AppError> {
        let disabled = |status| {
            AppError::new(
                status,
                "api.outgoing_webhook.disabled.app_error",
                "Outgoing webhooks have been disabled by the system admin.",
            )
        };
        if !self.settings.enable_outgoing_webhooks {
            return Err(disabled(501));
        }
        if !hook.channel_id.is_empty() && !self.channel(&hook.channel_id)?.is_public() {
            return Err(disabled(403));
        }
        if hook.channel_id.is_empty() && hook.trigger_words.is_empty() {
            return Err(AppError::new(
                400,
                "api.webhook.create_outgoing.triggers.app_error",
                "Either trigger_words or channel_id must be set.",
            ));
        }
        hook.check()?;
        let intersects = self.outgoing_webhooks.values().any(|other| {
            other.id != hook.id
                && other.team_id == hook.team_id
                && other.channel_id == hook.channel_id
                && other
                    .callback_urls
                    .iter()
                    .any(|url| hook.callback_urls.contains(url))
                && other
                    .trigger_words
                    .iter()
                    .any(|word| hook.trigger_words.contains(word))
        });
        if intersects {
            return Err(AppError::new(
                500,
                "api.webhook.create_outgoing.intersect.app_error",
                "Outgoing webhooks from the same channel cannot have the same trigger words/callback URLs.",
            ));
        }
        Ok(())
    }

    pub(crate) fn outgoing_webhook(
        &self,
        caller: &str,
        id: &str,
    ) -> Result<&OutgoingWebhook, AppError> {
        let hook = self
            .outgoing_webhooks
            .get(id)
            .ok_or_else(|| hook_not_found("outgoing"))?;
        if self.is_team_admin(&hook.team_id, caller) {
            Ok(hook)
        } else {
            Err(AppError::permissions())
        }
    }

    pub(crate) fn delete_outgoing_webhook(
        &mut self,
        caller: &str,
        id: &str,
    ) -> Result<(), AppError> {
        self.outgoing_webhook(caller, id)?;
        self.outgoing_webhooks.remove(id);
        Ok(())
    }

    pub(crate) fn regenerate_outgoing_token(
        &mut self,
        caller: &str,
        id: &str,
    ) -> Result<OutgoingWebhook, AppError> {
        let mut hook = self.outgoing_webhook(caller, id)?.clone();
        hook.token = self.ids.next_id();
        self.outgoing_webhooks.insert(id.to_owned(), hook.clone());
        Ok(hook)
    }

    pub(crate) fn outgoing_webhooks_of(
        &self,
        caller: &str,
        team_id: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.is_admin(caller) && !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        let hooks = self.outgoing_webhooks.values();
        let hooks = hooks.filter(|hook| team_id.is_empty() || hook.team_id == team_id);
        let mut hooks: Vec<&OutgoingWebhook> = hooks.collect();
        hooks.sort_by_key(|hook| hook.create_at);
        Ok(hooks.into_iter().map(OutgoingWebhook::to_json).collect())
    }
}
