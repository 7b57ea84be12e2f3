//! Furnishing the world for a test: accounts, teams, channels, commands, webhooks. Nobody is told of any of it.

use serde_json::{Map, Value, json};

use crate::handle::playground::Playground;
use crate::world::account::NewUser;
use crate::world::bot::Bot;
use crate::world::channel::NewChannel;
use crate::world::command_run::COMMAND_WEBHOOK_USES;

/// The password of every account that is made here.
pub const PASSWORD: &str = "correct horse";

/// A bot account and its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotAccount {
    /// The account's id.
    pub id: String,
    /// Its access token.
    pub token: String,
}

/// A slash command and its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlashCommand {
    /// The command's id.
    pub id: String,
    /// What it is sent with.
    pub token: String,
}

/// What a slash command is made of.
#[derive(Clone, Debug)]
pub struct CommandSpec<'a> {
    /// The word after the slash.
    pub trigger: &'a str,
    /// Where it is sent.
    pub url: &'a str,
    /// Whether it is sent as GET, with its fields in the query.
    pub is_get: bool,
    /// The name under which its replies appear; empty for the person's own.
    pub username: &'a str,
}

impl<'a> CommandSpec<'a> {
    /// A command that is sent as POST, under a person's own name.
    #[must_use]
    pub fn new(trigger: &'a str, url: &'a str) -> Self {
        Self {
            trigger,
            url,
            is_get: false,
            username: "",
        }
    }
}

/// The form in which an outgoing webhook is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookFormat {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
}

/// People, places and integrations of a test are named by user name, channel name, team name or id.
///
/// # Panics
/// Every method panics where a name is unknown or taken: the test is wrong then.
#[expect(
    clippy::must_use_candidate,
    reason = "many tests name what they made and need no id"
)]
#[expect(clippy::missing_panics_doc, reason = "it is said once, above")]
impl Playground {
    /// Creates a person; answers the id.
    pub fn create_user(&self, name: &str) -> String {
        self.create_account(name, "system_user")
    }

    /// Creates a system administrator; answers the id.
    pub fn create_admin(&self, name: &str) -> String {
        self.create_account(name, "system_admin system_user")
    }

    fn create_account(&self, name: &str, roles: &str) -> String {
        let new = NewUser {
            username: name.to_owned(),
            email: format!("{name}@example.com"),
            password: PASSWORD.to_owned(),
            ..NewUser::default()
        };
        self.shared
            .change(|world| world.insert_user(new, roles, None))
            .expect("a name is free in a furnished world")
            .id
    }

    /// Sets a person's language.
    pub fn set_locale(&self, user: &str, locale: &str) {
        let user_id = self.user_id(user);
        self.shared.change(|world| {
            if let Some(user) = world.users.get_mut(&user_id) {
                locale.clone_into(&mut user.locale);
            }
            world.tell_of_account(&user_id);
        });
    }

    /// Makes somebody a guest of the server, as an administrator does; nobody but they themselves is told.
    pub fn make_guest(&self, user: &str) {
        self.give_roles(user, "system_guest");
    }

    /// Makes somebody an administrator of the server.
    pub fn make_system_admin(&self, user: &str) {
        self.give_roles(user, "system_admin system_user");
    }

    fn give_roles(&self, user: &str, roles: &str) {
        let (admin, user_id) = (self.admin_id(), self.user_id(user));
        self.shared
            .change(|world| world.set_roles(&admin, &user_id, roles))
            .expect("an administrator may");
    }

    /// Deactivates somebody's account.
    pub fn deactivate(&self, user: &str) {
        let user_id = self.user_id(user);
        self.shared
            .change(|world| world.switch_account(&user_id, false));
    }

    /// Gives somebody another name.
    ///
    /// # Panics
    /// Where it is taken, or no name.
    pub fn rename(&self, user: &str, name: &str) {
        let user_id = self.user_id(user);
        self.shared.change(|world| {
            let renamed = world.rename(&user_id, name);
            renamed.unwrap_or_else(|error| panic!("{user} cannot be called {name}: {error}"));
            world.tell_of_account(&user_id);
        });
    }

    /// Lets an account show ephemeral posts, as an administrator does: by the built-in role that nobody has.
    pub fn allow_ephemeral_posts(&self, user: &str) {
        let (admin, user_id) = (self.admin_id(), self.user_id(user));
        let changed = self.shared.change(|world| {
            let role = world.role_named("system_post_all")?.clone();
            let mut permissions = role.permissions;
            permissions.push("create_post_ephemeral".to_owned());
            permissions.dedup();
            world.patch_role(&admin, &role.id, Some(permissions))?;
            world.set_roles(&admin, &user_id, "system_user system_post_all")
        });
        changed.expect("an administrator may");
    }

    /// Takes the right to show ephemeral posts away from an account again.
    pub fn forbid_ephemeral_posts(&self, user: &str) {
        let (admin, user_id) = (self.admin_id(), self.user_id(user));
        let changed = self
            .shared
            .change(|world| world.set_roles(&admin, &user_id, "system_user"));
        changed.expect("an administrator may");
    }

    /// Creates a bot with a token, owned by an administrator or nobody.
    pub fn create_bot(&self, name: &str) -> BotAccount {
        self.shared.change(|world| {
            let now = world.now();
            let owner_id = world
                .users
                .values()
                .find(|user| user.is_admin())
                .map_or_else(String::new, |user| user.id.clone());
            let new = NewUser {
                username: name.to_owned(),
                email: format!("{name}@localhost"),
                ..NewUser::default()
            };
            let bot = Bot {
                display_name: name.to_owned(),
                description: String::new(),
                owner_id,
                create_at: now,
                update_at: now,
                delete_at: 0,
            };
            let user = world
                .insert_user(new, "system_user", Some(bot))
                .expect("a name is free in a furnished world");
            let token = world.grant_token(&user.id, "made by the playground");
            BotAccount { id: user.id, token }
        })
    }

    /// Creates a team, with Town Square and Off-Topic; answers the id.
    pub fn create_team(&self, name: &str) -> String {
        self.shared.change(|world| {
            let creator = world
                .users
                .values()
                .find(|user| user.is_admin())
                .map_or_else(String::new, |user| user.id.clone());
            let title = title_case(name);
            world
                .create_team(&creator, name, &title)
                .expect("a team has an administrator and a free name")
                .id
        })
    }

    /// Makes people members of a team.
    pub fn join_team(&self, team: &str, users: &[&str]) {
        let team_id = self.team_id(team);
        for user in users {
            let user_id = self.user_id(user);
            self.shared
                .change(|world| world.insert_team_member(&team_id, &user_id))
                .expect("the team and the user were just found");
        }
    }

    /// Creates a public channel with members; answers the id.
    pub fn create_channel(&self, team: &str, name: &str, members: &[&str]) -> String {
        self.create_place(team, "O", name, members)
    }

    /// Creates a private channel with members; answers the id.
    pub fn create_private_channel(&self, team: &str, name: &str, members: &[&str]) -> String {
        self.create_place(team, "P", name, members)
    }

    fn create_place(&self, team: &str, kind: &'static str, name: &str, members: &[&str]) -> String {
        let team_id = self.team_id(team);
        let title = title_case(name);
        let id = self.shared.change(|world| {
            world.insert_channel(&NewChannel {
                team_id: &team_id,
                kind,
                name,
                display_name: &title,
                creator_id: "",
            })
        });
        self.join_channel(&id, members);
        id
    }

    /// Makes people members of a channel.
    pub fn join_channel(&self, channel: &str, users: &[&str]) {
        let channel_id = self.channel_id(channel);
        for user in users {
            let user_id = self.user_id(user);
            self.shared
                .change(|world| world.insert_channel_member(&channel_id, &user_id))
                .expect("the channel was just found");
        }
    }

    /// Opens the direct channel of two accounts; answers the id.
    pub fn direct_channel(&self, one: &str, other: &str) -> String {
        let (one, other) = (self.user_id(one), self.user_id(other));
        self.shared
            .change(|world| world.direct_channel(&one, &other))
            .expect("both accounts were just found")
            .id
    }

    /// Opens the group channel of three or more accounts; answers the id.
    pub fn group_channel(&self, members: &[&str]) -> String {
        let ids: Vec<String> = members.iter().map(|user| self.user_id(user)).collect();
        let first = ids.first().cloned().unwrap_or_default();
        self.shared
            .change(|world| world.group_channel(&first, &ids))
            .expect("three to eight accounts")
            .id
    }

    /// Creates a slash command in a team.
    pub fn create_command(&self, team: &str, spec: &CommandSpec<'_>) -> SlashCommand {
        let fields = object(json!({
            "team_id": self.team_id(team),
            "trigger": spec.trigger,
            "url": spec.url,
            "method": if spec.is_get { "G" } else { "P" },
            "username": spec.username,
            "auto_complete": true,
            "auto_complete_desc": "Ask the assistant",
            "auto_complete_hint": "[question]",
        }));
        let admin = self.admin_id();
        let command = self
            .shared
            .change(|world| world.create_command(&admin, &fields))
            .expect("a free trigger and a URL");
        SlashCommand {
            id: command.id,
            token: command.token,
        }
    }

    /// Creates an outgoing webhook for the public channels of a team; answers its token.
    pub fn create_outgoing_webhook(
        &self,
        team: &str,
        trigger_word: &str,
        url: &str,
        format: HookFormat,
    ) -> String {
        let content_type = match format {
            HookFormat::Form => "application/x-www-form-urlencoded",
            HookFormat::Json => "application/json",
        };
        let fields = object(json!({
            "team_id": self.team_id(team),
            "display_name": trigger_word,
            "trigger_words": [trigger_word],
            "callback_urls": [url],
            "content_type": content_type,
        }));
        let admin = self.admin_id();
        self.shared
            .change(|world| world.create_outgoing_webhook(&admin, &fields))
            .expect("a free trigger word and a URL")
            .token
    }

    /// Creates an incoming webhook of a channel; answers its URL.
    pub fn create_incoming_webhook(&self, channel: &str, display_name: &str) -> String {
        let fields = object(json!({
            "channel_id": self.channel_id(channel),
            "display_name": display_name,
        }));
        let admin = self.admin_id();
        let hook = self
            .shared
            .change(|world| world.create_incoming_webhook(&admin, &fields))
            .expect("incoming webhooks are enabled");
        format!("{}/hooks/{}", self.url(), hook.id)
    }

    /// Opens a session of an account, as logging in does; answers its token.
    pub fn session_of(&self, user: &str) -> String {
        let user_id = self.user_id(user);
        self.shared.change(|world| world.open_session(&user_id))
    }

    /// Makes another access token of a bot; answers it.
    pub fn grant_token(&self, bot: &str) -> String {
        let user_id = self.user_id(bot);
        self.shared
            .change(|world| world.grant_token(&user_id, "made by the playground"))
    }

    /// Revokes every access token of a bot.
    pub fn revoke_tokens_of(&self, bot: &str) {
        let user_id = self.user_id(bot);
        self.shared.change(|world| world.drop_tokens(&user_id));
    }

    /// Switches off every access token of a bot, as an administrator can.
    pub fn disable_tokens_of(&self, bot: &str) {
        self.switch_tokens_of(bot, false);
    }

    /// Switches every access token of a bot on again.
    pub fn enable_tokens_of(&self, bot: &str) {
        self.switch_tokens_of(bot, true);
    }

    fn switch_tokens_of(&self, bot: &str, is_active: bool) {
        let (admin, user_id) = (self.admin_id(), self.user_id(bot));
        self.shared.change(|world| {
            let tokens = world.access_tokens.values();
            let ids: Vec<String> = tokens
                .filter(|token| token.user_id == user_id)
                .map(|token| token.id.clone())
                .collect();
            for id in ids {
                world
                    .switch_access_token(&admin, &id, is_active)
                    .expect("an administrator may");
            }
        });
    }

    /// Uses up every `response_url` there is now, as five answers through each would.
    pub fn use_up_response_urls(&self) {
        self.shared.change(|world| {
            for hook in world.command_webhooks.values_mut() {
                hook.uses = COMMAND_WEBHOOK_USES;
            }
        });
    }

    /// Archives a channel.
    pub fn archive_channel(&self, channel: &str) {
        let (admin, channel_id) = (self.admin_id(), self.channel_id(channel));
        self.shared
            .change(|world| world.archive_channel(&admin, &channel_id))
            .expect("an administrator may");
    }

    /// Gives a channel a header and a purpose.
    pub fn describe_channel(&self, channel: &str, header: &str, purpose: &str) {
        let patch = json!({"header": header, "purpose": purpose});
        self.patch_channel(channel, patch);
    }

    /// Gives a channel another name for people to read.
    pub fn rename_channel(&self, channel: &str, display_name: &str) {
        self.patch_channel(channel, json!({"display_name": display_name}));
    }

    fn patch_channel(&self, channel: &str, patch: Value) {
        let (admin, channel_id) = (self.admin_id(), self.channel_id(channel));
        let patch = object(patch);
        self.shared
            .change(|world| world.patch_channel(&admin, &channel_id, &patch))
            .expect("an administrator may");
    }

    /// Makes a member of a channel its administrator.
    ///
    /// # Panics
    /// Where they are no member of it.
    pub fn make_channel_admin(&self, channel: &str, user: &str) {
        let (admin, channel_id) = (self.admin_id(), self.channel_id(channel));
        let user_id = self.user_id(user);
        self.shared
            .change(|world| world.set_channel_admin(&admin, (&channel_id, &user_id), true))
            .expect("the user is a member");
    }

    /// Takes somebody out of a channel.
    pub fn remove_from_channel(&self, channel: &str, user: &str) {
        let (admin, channel_id) = (self.admin_id(), self.channel_id(channel));
        let user_id = self.user_id(user);
        self.shared
            .change(|world| world.remove_channel_member(&admin, &channel_id, &user_id))
            .expect("the user is a member");
    }

    /// The id of an account, by its name or id.
    #[must_use]
    pub fn user_id(&self, user: &str) -> String {
        self.look(|view| view.user_id(user))
    }

    /// The id of a channel, by its name or id.
    #[must_use]
    pub fn channel_id(&self, channel: &str) -> String {
        self.look(|view| view.channel_id(channel))
    }

    /// The id of a team, by its name or id.
    #[must_use]
    pub fn team_id(&self, team: &str) -> String {
        self.shared.read(|world| {
            world
                .teams
                .values()
                .find(|held| held.id == team || held.name == team)
                .unwrap_or_else(|| panic!("no team is called {team}"))
                .id
                .clone()
        })
    }

    fn admin_id(&self) -> String {
        self.shared.read(|world| {
            world
                .users
                .values()
                .find(|user| user.is_admin())
                .expect("a furnished world has an administrator first")
                .id
                .clone()
        })
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// `town-square` as `Town Square`.
fn title_case(name: &str) -> String {
    let words: Vec<String> = name
        .split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect();
    words.join(" ")
}
