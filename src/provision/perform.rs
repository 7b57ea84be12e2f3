//! Does what was decided, step by step, and records each thing as soon as it is there.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use super::plan::{CHANNEL_WIDE, Step};
use super::record::{Hidden, Made, Record, Setting};
use super::settings::{self, Change};
use super::stop::Stop;
use super::survey::{PREVIEW_PERMISSION, PREVIEW_ROLE, Survey, TokenState};
use super::wishes::Wishes;
use crate::config::Draft;
use crate::domain::id::{ChannelId, UserId};
use crate::mattermost::admin::Admin;
use crate::mattermost::admin::nouns::{
    BotProfile, Command, NewCommand, Role, SettingName, SettingValue, Team,
};
use crate::text::{Language, Obstacle, Remark, remark};

/// The picture of the bot: 128 by 128 pixels, drawn by `picture.py` beside it.
pub(super) const PICTURE: &[u8] = include_bytes!("picture.png");

/// What a token is for, as it is shown in the account's list of tokens.
const TOKEN_DESCRIPTION: &str = "askwell";

/// The secrets that there are in the end, to be written down.
#[derive(Default)]
pub(super) struct Harvest {
    pub(super) bot_token: Option<SecretString>,
    pub(super) command_tokens: Vec<SecretString>,
    pub(super) outgoing_tokens: Vec<SecretString>,
    /// The id of the incoming webhook.
    pub(super) incoming: Option<SecretString>,
}

impl Harvest {
    /// Takes what is there already.
    pub(super) fn of(survey: &Survey, wishes: &Wishes, draft: &Draft) -> Self {
        let url = wishes.hook_url();
        let is_good = survey.token == TokenState::Good;
        let teams = || survey.teams.iter();
        let commands = teams().filter_map(|surveyed| surveyed.command(&wishes.trigger));
        let ours = commands.filter(|command| command.url == url);
        let hooks = teams().flat_map(|surveyed| {
            let words = wishes.outgoing_words.iter();
            words.filter_map(|word| surveyed.outgoing_hook(word, &url))
        });
        Self {
            bot_token: draft.bot_token.value.clone().filter(|_| is_good),
            command_tokens: ours.map(|command| command.token.clone()).collect(),
            outgoing_tokens: hooks.map(|hook| hook.token.clone()).collect(),
            incoming: survey.incoming_hook().map(|hook| hook.id.clone()),
        }
    }
}

/// What is needed to do it.
pub(super) struct Performance<'a> {
    pub(super) admin: &'a Admin,
    pub(super) wishes: &'a Wishes,
    pub(super) language: Language,
    pub(super) record: &'a mut Record,
    pub(super) harvest: &'a mut Harvest,
    /// The bot, once it is there.
    pub(super) bot: Option<UserId>,
}

/// Changes settings of the server, and sees that they are changed.
pub(super) async fn change_settings(
    admin: &Admin,
    record: &mut Record,
    changes: &[Change],
) -> Result<(), Stop> {
    for change in changes {
        let SettingName { section, name } = change.setting;
        record.add(Made::Setting {
            section: section.to_owned(),
            name: name.to_owned(),
            before: recorded(&change.before),
            after: recorded(&change.after),
        })?;
    }
    let wanted: Vec<_> = changes
        .iter()
        .map(|change| (change.setting, change.after.clone()))
        .collect();
    let now = admin.change_settings(&wanted).await?;
    let stayed: Vec<_> = changes
        .iter()
        .filter(|change| now.get(change.setting).as_ref() != Some(&change.after))
        .map(|change| Obstacle::SettingStays {
            setting: change.setting.to_string().into(),
            after: settings::shown(&change.after).into(),
        })
        .collect();
    if stayed.is_empty() {
        Ok(())
    } else {
        Err(Stop::Obstacles(stayed))
    }
}

fn recorded(value: &SettingValue) -> Setting {
    match value {
        SettingValue::Switch(switch) => Setting::Switch(*switch),
        SettingValue::Text(text) => Setting::Text(text.clone()),
        SettingValue::Number(number) => Setting::Number(*number),
    }
}

impl Performance<'_> {
    /// Does one step.
    pub(super) async fn perform(&mut self, step: &Step) -> Result<(), Stop> {
        match step {
            Step::CreateBot => self.create_bot().await,
            Step::EnableBot => self.enable_bot().await,
            Step::SetPicture => self.set_picture().await,
            Step::SetNotifyProps(props) => self.set_notify_props(props).await,
            Step::CreateToken => self.create_token().await,
            Step::JoinTeam(team) => self.join(team).await,
            Step::CreateCommand(team) => self.create_command(team).await,
            Step::UpdateCommand(team, command) => self.update_command(team, command).await,
            Step::CreateOutgoing(team, word) => self.create_outgoing(team, word).await,
            Step::CreateIncoming(channel) => self.create_incoming(channel).await,
            Step::PermitPreview(role) => self.permit_preview(role).await,
            Step::GiveRole(roles) => self.give_role(roles).await,
        }
    }

    /// The bot; the plan makes it before it does anything with it.
    fn bot(&self) -> Result<UserId, Stop> {
        let name = self.wishes.bot_name.clone().into();
        self.bot
            .clone()
            .ok_or_else(|| Obstacle::BadName { name }.into())
    }

    async fn create_bot(&mut self) -> Result<(), Stop> {
        let trigger = self.wishes.trigger.as_str().into();
        let profile = BotProfile {
            username: self.wishes.bot_name.clone(),
            display_name: self.wishes.display_name.clone(),
            description: remark(self.language, &Remark::BotDescription { trigger }),
        };
        let bot = self.admin.create_bot(&profile).await?;
        self.record_bot(&bot)?;
        self.bot = Some(bot);
        Ok(())
    }

    async fn enable_bot(&mut self) -> Result<(), Stop> {
        let bot = self.bot()?;
        self.admin.switch_bot(&bot, true).await?;
        self.record_bot(&bot)
    }

    fn record_bot(&mut self, bot: &UserId) -> Result<(), Stop> {
        self.record.add(Made::Bot {
            id: bot.as_str().to_owned(),
            name: self.wishes.bot_name.clone(),
        })
    }

    async fn set_picture(&mut self) -> Result<(), Stop> {
        let bot = self.bot()?;
        self.admin.set_picture(&bot, PICTURE).await?;
        let user = bot.as_str().to_owned();
        self.record.add(Made::Picture { user })
    }

    /// `otherwise` is what is sent where the server does not tell what the bot has.
    async fn set_notify_props(&mut self, otherwise: &BTreeMap<String, String>) -> Result<(), Stop> {
        let bot = self.bot()?;
        let now = self.admin.account(&bot).await?;
        let mut props = now
            .and_then(|account| account.notify_props)
            .unwrap_or_else(|| otherwise.clone());
        let channel = props.insert(CHANNEL_WIDE.to_owned(), "false".to_owned());
        self.admin.set_notify_props(&bot, &props).await?;
        let before = channel.unwrap_or_else(|| "true".to_owned());
        props.insert(CHANNEL_WIDE.to_owned(), before);
        let user = bot.as_str().to_owned();
        self.record.add(Made::NotifyProps {
            user,
            before: props,
        })
    }

    async fn create_token(&mut self) -> Result<(), Stop> {
        let bot = self.bot()?;
        let token = self.admin.create_token(&bot, TOKEN_DESCRIPTION).await?;
        self.harvest.bot_token = Some(token.secret);
        let id = token.id.as_str().to_owned();
        self.record.add(Made::Token { id })
    }

    async fn join(&mut self, team: &Team) -> Result<(), Stop> {
        let bot = self.bot()?;
        self.admin.add_to_team(&team.id, &bot).await?;
        self.record.add(Made::Member {
            team: team.id.as_str().to_owned(),
            team_name: team.name.clone(),
            user: bot.as_str().to_owned(),
        })
    }

    async fn create_command(&mut self, team: &Team) -> Result<(), Stop> {
        let words = self.command_words();
        let url = self.wishes.hook_url();
        let new = self.new_command(team, &url, &words);
        let command = self.admin.create_command(&new).await?;
        self.harvest.command_tokens.push(command.token);
        self.record.add(Made::Command {
            id: command.id.as_str().to_owned(),
            trigger: command.trigger,
            team_name: team.name.clone(),
        })
    }

    async fn update_command(&mut self, team: &Team, command: &Command) -> Result<(), Stop> {
        let words = self.command_words();
        let url = self.wishes.hook_url();
        let new = self.new_command(team, &url, &words);
        let updated = self.admin.update_command(&command.id, &new).await?;
        // It is recorded already: what was made here goes altogether when it is taken back.
        self.harvest.command_tokens.push(updated.token);
        Ok(())
    }

    /// What is shown while the command is typed: an explanation, and what is to follow.
    fn command_words(&self) -> (String, String) {
        (
            remark(self.language, &Remark::CommandExplanation),
            remark(self.language, &Remark::CommandHint),
        )
    }

    fn new_command<'c>(
        &'c self,
        team: &'c Team,
        url: &'c str,
        (explanation, hint): &'c (String, String),
    ) -> NewCommand<'c> {
        NewCommand {
            team: &team.id,
            trigger: &self.wishes.trigger,
            url,
            username: &self.wishes.bot_name,
            explanation,
            hint,
        }
    }

    async fn create_outgoing(&mut self, team: &Team, word: &str) -> Result<(), Stop> {
        let url = self.wishes.hook_url();
        let hook = self
            .admin
            .create_outgoing_hook(&team.id, word, &url)
            .await?;
        self.harvest.outgoing_tokens.push(hook.token);
        self.record.add(Made::Outgoing {
            id: hook.id.as_str().to_owned(),
            word: word.to_owned(),
            team_name: team.name.clone(),
        })
    }

    async fn create_incoming(&mut self, channel: &ChannelId) -> Result<(), Stop> {
        let hook = self.admin.create_incoming_hook(channel).await?;
        let id = Hidden(hook.id.expose_secret().to_owned());
        self.harvest.incoming = Some(hook.id);
        let channel = self.wishes.incoming_channel();
        self.record.add(Made::Incoming { id, channel })
    }

    async fn permit_preview(&mut self, role: &Role) -> Result<(), Stop> {
        let mut permissions = role.permissions.clone();
        permissions.push(PREVIEW_PERMISSION.to_owned());
        self.admin.set_permissions(&role.id, &permissions).await?;
        self.record.add(Made::Permission {
            role: role.name.clone(),
            permission: PREVIEW_PERMISSION.to_owned(),
        })
    }

    async fn give_role(&mut self, roles: &[String]) -> Result<(), Stop> {
        let bot = self.bot()?;
        self.admin.set_roles(&bot, roles).await?;
        self.record.add(Made::Role {
            user: bot.as_str().to_owned(),
            role: PREVIEW_ROLE.to_owned(),
        })
    }
}
