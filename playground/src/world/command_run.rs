//! Running a slash command: what its URL is sent, and the `response_url` that goes with it.

use std::collections::BTreeMap;

use crate::world::app_error::AppError;
use crate::world::command::Command;
use crate::world::state::World;

/// How long a `response_url` lives.
pub(crate) const COMMAND_WEBHOOK_LIFETIME_MS: i64 = 30 * 60 * 1000;

/// How often a `response_url` may be used.
pub(crate) const COMMAND_WEBHOOK_USES: u32 = 5;

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
    /// What the client knows the trigger by.
    pub(crate) client_trigger_id: String,
}

impl World {
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
        if self.is_restricted(channel) {
            return Err(AppError::new(
                400,
                "api.command.execute_command.restricted_dm.error",
                "Cannot run commands in a restricted DM.",
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
        let trigger = self.new_trigger(&run.user_id);
        let fields = self.command_fields(&command, &run, (&text, trigger.id))?;
        Ok(CommandCall {
            command,
            run,
            fields,
            client_trigger_id: trigger.client_id,
        })
    }

    fn command_fields(
        &mut self,
        command: &Command,
        run: &CommandRun,
        (text, trigger_id): (&str, String),
    ) -> Result<Vec<(&'static str, String)>, AppError> {
        let webhook_id = self.ids.next_id();
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
