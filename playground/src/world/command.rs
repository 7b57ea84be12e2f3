//! Slash commands: what they are, and what their URL is sent.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::state::World;

/// How long a `response_url` lives.
pub(crate) const COMMAND_WEBHOOK_LIFETIME_MS: i64 = 30 * 60 * 1000;

/// How often a `response_url` may be used.
pub(crate) const COMMAND_WEBHOOK_USES: u32 = 5;

const BUILT_IN: &[&str] = &[
    "away",
    "code",
    "collapse",
    "custom_status",
    "dnd",
    "echo",
    "expand",
    "groupmsg",
    "header",
    "help",
    "invite",
    "invite_people",
    "join",
    "kick",
    "leave",
    "logout",
    "marketplace",
    "me",
    "msg",
    "mute",
    "offline",
    "online",
    "open",
    "purpose",
    "remove",
    "rename",
    "search",
    "settings",
    "shortcuts",
    "shrug",
    "status",
];

#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) creator_id: String,
    pub(crate) team_id: String,
    pub(crate) trigger: String,
    /// `P` or `G`.
    pub(crate) method: String,
    pub(crate) username: String,
    pub(crate) icon_url: String,
    pub(crate) auto_complete: bool,
    pub(crate) auto_complete_desc: String,
    pub(crate) auto_complete_hint: String,
    pub(crate) display_name: String,
    pub(crate) description: String,
    pub(crate) url: String,
}

/// A `response_url`: what one run of a command may still say.
#[derive(Clone, Debug)]
pub(crate) struct CommandWebhook {
    pub(crate) create_at: i64,
    pub(crate) command_id: String,
    pub(crate) run: CommandRun,
    pub(crate) uses: u32,
}

/// Who ran a command, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandRun {
    pub(crate) user_id: String,
    pub(crate) channel_id: String,
    pub(crate) team_id: String,
    pub(crate) root_id: String,
    /// The whole line, from the slash on.
    pub(crate) line: String,
}

/// A request that is to be sent to a command's URL.
#[derive(Clone, Debug)]
pub(crate) struct CommandCall {
    pub(crate) command: Command,
    pub(crate) run: CommandRun,
    /// The form's fields, sorted by name.
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Command {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "token": self.token,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": 0,
            "creator_id": self.creator_id,
            "team_id": self.team_id,
            "trigger": self.trigger,
            "method": self.method,
            "username": self.username,
            "icon_url": self.icon_url,
            "auto_complete": self.auto_complete,
            "auto_complete_desc": self.auto_complete_desc,
            "auto_complete_hint": self.auto_complete_hint,
            "display_name": self.display_name,
            "description": self.description,
            "url": self.url,
            "plugin_id": "",
        })
    }

    fn apply(&mut self, fields: &Map<String, Value>) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let set = |place: &mut String, name: &str| {
            if let Some(value) = text(name) {
                value.clone_into(place);
            }
        };
        set(&mut self.method, "method");
        set(&mut self.username, "username");
        set(&mut self.icon_url, "icon_url");
        set(&mut self.auto_complete_desc, "auto_complete_desc");
        set(&mut self.auto_complete_hint, "auto_complete_hint");
        set(&mut self.display_name, "display_name");
        set(&mut self.description, "description");
        set(&mut self.url, "url");
        if let Some(trigger) = text("trigger") {
            self.trigger = trigger.to_lowercase();
        }
        if let Some(on) = fields.get("auto_complete").and_then(Value::as_bool) {
            self.auto_complete = on;
        }
    }

    fn check(&self) -> Result<(), AppError> {
        let invalid = |field: &str, message: &'static str| {
            AppError::new(
                400,
                format!("model.command.is_valid.{field}.app_error"),
                message,
            )
        };
        let trigger = &self.trigger;
        let good_trigger = (1..=128).contains(&trigger.len())
            && !trigger.starts_with('/')
            && trigger
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte));
        if !good_trigger {
            return Err(invalid("trigger", "Invalid trigger."));
        }
        let is_http = self.url.starts_with("http://") || self.url.starts_with("https://");
        if !is_http || self.url.len() > 1024 {
            let field = if self.url.is_empty() {
                "url"
            } else {
                "url_http"
            };
            let message = if self.url.is_empty() {
                "Invalid URL."
            } else {
                "Invalid URL. Must be a valid URL and start with http:// or https://."
            };
            return Err(invalid(field, message));
        }
        if self.method != "P" && self.method != "G" {
            return Err(invalid("method", "Invalid Method."));
        }
        if self.display_name.len() > 64 {
            return Err(invalid("display_name", "Invalid title."));
        }
        if self.description.len() > 128 {
            return Err(invalid("description", "Invalid description."));
        }
        Ok(())
    }
}

pub(crate) fn command_not_found() -> AppError {
    AppError::new(
        404,
        "store.sql_command.save.get.app_error",
        "Unable to get the command.",
    )
}

impl World {
    fn check_commands_enabled(&self) -> Result<(), AppError> {
        if self.settings.enable_commands {
            return Ok(());
        }
        Err(AppError::new(
            501,
            "api.command.disabled.app_error",
            "Commands have been disabled by the system admin.",
        ))
    }

    pub(crate) fn create_command(
        &mut self,
        caller: &str,
        fields: &Map<String, Value>,
    ) -> Result<Command, AppError> {
        let team_id = fields
            .get("team_id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        self.check_commands_enabled()?;
        let now = self.now();
        let mut command = Command {
            id: self.ids.next_id(),
            token: self.ids.next_id(),
            create_at: now,
            update_at: now,
            creator_id: caller.to_owned(),
            team_id: team_id.to_owned(),
            trigger: String::new(),
            method: String::new(),
            username: String::new(),
            icon_url: String::new(),
            auto_complete: false,
            auto_complete_desc: String::new(),
            auto_complete_hint: String::new(),
            display_name: String::new(),
            description: String::new(),
            url: String::new(),
        };
        command.apply(fields);
        self.check_trigger_is_free(&command)?;
        command.check()?;
        self.commands.insert(command.id.clone(), command.clone());
        Ok(command)
    }

    fn check_trigger_is_free(&self, command: &Command) -> Result<(), AppError> {
        let is_taken = BUILT_IN.contains(&command.trigger.as_str())
            || self.commands.values().any(|other| {
                other.id != command.id
                    && other.team_id == command.team_id
                    && other.trigger == command.trigger
            });
        if is_taken {
            return Err(AppError::new(
                400,
                "api.command.duplicate_trigger.app_error",
                "This trigger word is already in use. Please choose another word.",
            ));
        }
        Ok(())
    }

    pub(crate) fn command(&self, caller: &str, id: &str) -> Result<&Command, AppError> {
        let command = self.commands.get(id).ok_or_else(command_not_found)?;
        if self.is_team_admin(&command.team_id, caller) {
            Ok(command)
        } else {
            // Whoever may not manage it is told that it does not exist.
            Err(command_not_found())
        }
    }

    pub(crate) fn update_command(
        &mut self,
        caller: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<Command, AppError> {
        let mut command = self.command(caller, id)?.clone();
        command.apply(fields);
        command.check()?;
        self.check_trigger_is_free(&command)?;
        command.update_at = self.now();
        self.commands.insert(id.to_owned(), command.clone());
        Ok(command)
    }

    pub(crate) fn delete_command(&mut self, caller: &str, id: &str) -> Result<(), AppError> {
        self.command(caller, id)?;
        self.commands.remove(id);
        Ok(())
    }

    pub(crate) fn regenerate_command_token(
        &mut self,
        caller: &str,
        id: &str,
    ) -> Result<String, AppError> {
        self.command(caller, id)?;
        let token = self.ids.next_id();
        let now = self.now();
        if let Some(command) = self.commands.get_mut(id) {
            command.token.clone_from(&token);
            command.update_at = now;
        }
        Ok(token)
    }

    pub(crate) fn commands_of_team(
        &self,
        caller: &str,
        team_id: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        let mut commands: Vec<&Command> = self
            .commands
            .values()
            .filter(|command| command.team_id == team_id)
            .collect();
        commands.sort_by_key(|command| command.create_at);
        Ok(commands.into_iter().map(Command::to_json).collect())
    }

    /// What a client offers while somebody types a command.
    pub(crate) fn suggest_commands(
        &self,
        caller: &str,
        team_id: &str,
        input: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.team(team_id)?.members.contains_key(caller) && !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let typed = input.trim_start_matches('/').to_lowercase();
        Ok(self
            .commands
            .values()
            .filter(|command| command.team_id == team_id && command.auto_complete)
            .filter(|command| command.trigger.starts_with(&typed))
            .map(|command| {
                json!({
                    "Complete": command.trigger,
                    "Suggestion": command.trigger,
                    "Hint": command.auto_complete_hint,
                    "Description": command.auto_complete_desc,
                    "IconData": "",
                })
            })
            .collect())
    }

    /// Checks that somebody may run a line, and says what its URL is to be sent.
    pub(crate) fn begin_command(&mut self, mut run: CommandRun) -> Result<CommandCall, AppError> {
        let line = run
            .line
            .strip_prefix('/')
            .filter(|line| !line.is_empty())
            .ok_or_else(|| AppError::body_param("command"))?;
        let (trigger, text) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (trigger, text) = (trigger.to_lowercase(), text.to_owned());
        if !self.may_post(&run.user_id, &run.channel_id) {
            return Err(AppError::permissions());
        }
        let channel = self.channel(&run.channel_id)?;
        if channel.delete_at > 0 {
            return Err(AppError::new(
                400,
                "api.command.execute_command.deleted.error",
                "Can not run command in deleted channel.",
            ));
        }
        // In a direct or group channel the client says which team it shows.
        if !channel.team_id.is_empty() {
            run.team_id.clone_from(&channel.team_id);
        }
        self.check_commands_enabled()?;
        let command = self
            .commands
            .values()
            .find(|command| command.team_id == run.team_id && command.trigger == trigger)
            .cloned()
            .ok_or_else(|| {
                AppError::new(
                    404,
                    "api.command.execute_command.not_found.app_error",
                    format!("Command with a trigger of '{trigger}' not found. To send a message beginning with \"/\" try adding an empty space at the beginning of the message."),
                )
            })?;
        let fields = self.command_fields(&command, &run, &text)?;
        Ok(CommandCall {
            command,
            run,
            fields,
        })
    }

    fn command_fields(
        &mut self,
        command: &Command,
        run: &CommandRun,
        text: &str,
    ) -> Result<Vec<(&'static str, String)>, AppError> {
        let webhook_id = self.ids.next_id();
        let trigger_id = self.trigger_id(&run.user_id);
        let channel_name = self.channel(&run.channel_id)?.name.clone();
        let team_domain = self.team(&run.team_id)?.name.clone();
        let user_name = self.user(&run.user_id)?.username.clone();
        let mut fields = vec![
            ("channel_id", run.channel_id.clone()),
            ("channel_name", channel_name),
            ("command", format!("/{}", command.trigger)),
            (
                "response_url",
                format!("{}/hooks/commands/{webhook_id}", self.site_url),
            ),
            ("root_id", run.root_id.clone()),
            ("team_domain", team_domain),
            ("team_id", run.team_id.clone()),
            ("text", text.to_owned()),
            ("token", command.token.clone()),
            ("trigger_id", trigger_id),
            ("user_id", run.user_id.clone()),
            ("user_name", user_name),
        ];
        for (name, id) in self.users_named_in(text, &run.team_id) {
            fields.push(("user_mentions", name));
            fields.push(("user_mentions_ids", id));
        }
        for (name, id) in self.channels_named_in(text, &run.team_id) {
            fields.push(("channel_mentions", name));
            fields.push(("channel_mentions_ids", id));
        }
        fields.sort_by_key(|(name, _)| *name);
        let now = self.now();
        self.command_webhooks
            .retain(|_, hook| hook.create_at + COMMAND_WEBHOOK_LIFETIME_MS > now);
        self.command_webhooks.insert(
            webhook_id,
            CommandWebhook {
                create_at: now,
                command_id: command.id.clone(),
                run: run.clone(),
                uses: 0,
            },
        );
        Ok(fields)
    }

    /// A new trigger id: an opaque text in base 64, as the server's are.
    pub(crate) fn trigger_id(&mut self, user_id: &str) -> String {
        let id = self.ids.next_id();
        base64(format!("{id}:{user_id}:{}:", self.now()).as_bytes())
    }

    fn users_named_in(&self, text: &str, team_id: &str) -> BTreeMap<String, String> {
        let is_member = |user_id: &str| {
            self.teams
                .get(team_id)
                .is_some_and(|team| team.members.contains_key(user_id))
        };
        let mut found = BTreeMap::new();
        for name in words_after('@', text, ".-_:") {
            let mut name = name.to_lowercase();
            while !name.is_empty() {
                if let Ok(user) = self.user_named(&name)
                    && is_member(&user.id)
                {
                    found.insert(user.username.clone(), user.id.clone());
                    break;
                }
                if !name.ends_with(['.', '-', '_', ':']) {
                    break;
                }
                name.pop();
            }
        }
        found
    }

    fn channels_named_in(&self, text: &str, team_id: &str) -> BTreeMap<String, String> {
        words_after('~', text, "-_")
            .into_iter()
            .filter_map(|name| self.channel_named(team_id, &name))
            .filter(|channel| channel.is_public())
            .map(|channel| (channel.name.clone(), channel.id.clone()))
            .collect()
    }
}

/// The words that follow a sign where no word ends just before it.
fn words_after(sign: char, text: &str, also: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == sign && !(before.is_ascii_alphanumeric() || before == '_') {
            let word: String = text
                .get(at + 1..)
                .unwrap_or_default()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || also.contains(*c))
                .collect();
            if !word.is_empty() {
                words.push(word);
            }
        }
        before = c;
    }
    words
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, at| {
            (number << 8) | usize::from(chunk.get(at).copied().unwrap_or(0))
        });
        for place in 0..4 {
            if place <= chunk.len() {
                let digit = (number >> (18 - 6 * place)) & 63;
                text.push(char::from(DIGITS[digit]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        assert_eq!(base64(b"trigger-001"), "dHJpZ2dlci0wMDE=");
        assert_eq!(base64(b"abc"), "YWJj");
        assert_eq!(base64(b"a"), "YQ==");
    }
}
