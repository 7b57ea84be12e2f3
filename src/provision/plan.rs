//! What is to be done so that the server has what is wished for: pure, from how things stand.

use std::collections::BTreeMap;

use secrecy::ExposeSecret as _;

use super::record::{Made, Record};
use super::settings::{self, Case, Change};
use super::survey::{PREVIEW_PERMISSION, PREVIEW_ROLE, Survey, SurveyedTeam, TokenState};
use super::wishes::Wishes;
use crate::domain::id::ChannelId;
use crate::mattermost::admin::nouns::{Account, Command, IncomingHook, OutgoingHook, Role, Team};
use crate::text::{Deed, Obstacle, Remark};

/// The setting by which `@channel`, `@all` and `@here` are mentions of an account.
pub(super) const CHANNEL_WIDE: &str = "channel";

/// What is to be done.
#[derive(Default)]
pub(super) struct Plan {
    /// What stands in the way, with its remedy.
    pub(super) obstacles: Vec<Obstacle<'static>>,
    /// Settings of the server that are to change; only where somebody agrees.
    pub(super) changes: Vec<Change>,
    /// The rest, in order.
    pub(super) steps: Vec<Step>,
    /// What else is to be known.
    pub(super) remarks: Vec<Remark<'static>>,
}

/// One thing to do.
pub(super) enum Step {
    CreateBot,
    EnableBot,
    SetPicture,
    SetNotifyProps(BTreeMap<String, String>),
    CreateToken,
    JoinTeam(Team),
    CreateCommand(Team),
    UpdateCommand(Team, Command),
    CreateOutgoing(Team, String),
    CreateIncoming(ChannelId),
    PermitPreview(Role),
    GiveRole(Vec<String>),
}

/// Whether the live preview is to be permitted, once it was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preview {
    Permitted,
    Left,
}

impl Plan {
    /// Decides what is to be done.
    pub(super) fn of(survey: &Survey, wishes: &Wishes, record: &Record, preview: Preview) -> Self {
        let mut plan = Self {
            obstacles: wishes.obstacles(),
            changes: Case::of(survey, wishes).changes(),
            ..Self::default()
        };
        let fixed = plan.changes.iter();
        let fixed: Vec<_> = fixed
            .filter_map(|change| settings::obstacle(&survey.fixed, change))
            .collect();
        plan.obstacles.extend(fixed);
        plan.look_at_teams(survey);
        plan.look_at_bot(survey, wishes);
        for surveyed in &survey.teams {
            plan.look_at_team(surveyed, wishes, record);
        }
        plan.look_at_incoming(survey, wishes);
        if preview == Preview::Permitted {
            plan.look_at_preview(survey);
        }
        plan
    }

    fn look_at_teams(&mut self, survey: &Survey) {
        if survey.known_teams.is_empty() {
            self.obstacles.push(Obstacle::NoTeams);
            return;
        }
        for name in &survey.missing_teams {
            self.obstacles.push(Obstacle::NoSuchTeam {
                name: name.clone().into(),
                known: survey.known_teams.join(", ").into(),
            });
        }
    }

    fn look_at_bot(&mut self, survey: &Survey, wishes: &Wishes) {
        let name = || wishes.bot_name.clone().into();
        match &survey.bot {
            None => self.steps.push(Step::CreateBot),
            Some(account) if !account.is_bot => {
                self.obstacles
                    .push(Obstacle::NameIsAPersons { name: name() });
            }
            Some(account) => {
                self.remarks.push(Remark::BotAdopted { name: name() });
                if !account.is_active {
                    self.steps.push(Step::EnableBot);
                }
            }
        }
        if survey.bot.as_ref().is_none_or(|bot| !bot.has_picture) {
            self.steps.push(Step::SetPicture);
        }
        self.steps.extend(notify_props(survey.bot.as_ref()));
        match survey.token {
            TokenState::Good => {}
            TokenState::Absent => self.steps.push(Step::CreateToken),
            TokenState::Wrong => {
                self.remarks.push(Remark::TokenReplaced { name: name() });
                self.steps.push(Step::CreateToken);
            }
        }
    }

    fn look_at_team(&mut self, surveyed: &SurveyedTeam, wishes: &Wishes, record: &Record) {
        let team = &surveyed.team;
        if !surveyed.has_bot {
            self.steps.push(Step::JoinTeam(team.clone()));
        }
        let url = wishes.hook_url();
        match surveyed.command(&wishes.trigger) {
            None => self.steps.push(Step::CreateCommand(team.clone())),
            Some(command) if command.url == url && command.is_post => {}
            Some(command) if is_ours(record, command) => {
                let step = Step::UpdateCommand(team.clone(), command.clone());
                self.steps.push(step);
            }
            Some(command) => self.obstacles.push(Obstacle::TriggerTaken {
                trigger: wishes.trigger.clone().into(),
                team: team.name.clone().into(),
                url: command.url.clone().into(),
            }),
        }
        for word in &wishes.outgoing_words {
            if surveyed.outgoing_hook(word, &url).is_none() {
                let step = Step::CreateOutgoing(team.clone(), word.clone());
                self.steps.push(step);
            }
        }
    }

    fn look_at_incoming(&mut self, survey: &Survey, wishes: &Wishes) {
        let Some(wish) = &wishes.incoming else {
            return;
        };
        match &survey.incoming.channel {
            None => {
                let team = wish.team.as_deref().unwrap_or_default();
                let channel = format!("{team}/{}", wish.channel);
                let channel = channel.trim_start_matches('/').to_owned().into();
                self.obstacles.push(Obstacle::NoSuchChannel { channel });
            }
            Some(channel) if survey.incoming_hook().is_none() => {
                self.steps.push(Step::CreateIncoming(channel.clone()));
            }
            Some(_) => {}
        }
    }

    fn look_at_preview(&mut self, survey: &Survey) {
        let Some(role) = &survey.preview_role else {
            let role = PREVIEW_ROLE.into();
            self.obstacles.push(Obstacle::NoPreviewRole { role });
            return;
        };
        if !permits_preview(role) {
            self.steps.push(Step::PermitPreview(role.clone()));
        }
        let mut roles = match &survey.bot {
            Some(bot) => bot.roles.clone(),
            None => vec!["system_user".to_owned()],
        };
        if !roles.iter().any(|held| held == PREVIEW_ROLE) {
            roles.push(PREVIEW_ROLE.to_owned());
            self.steps.push(Step::GiveRole(roles));
        }
    }
}

/// Says whether the bot may show the asker a live preview already.
pub(super) fn has_preview(survey: &Survey) -> bool {
    survey.preview_role.as_ref().is_some_and(permits_preview)
        && survey
            .bot
            .as_ref()
            .is_some_and(|bot| bot.has_role(PREVIEW_ROLE))
}

fn permits_preview(role: &Role) -> bool {
    role.permissions
        .iter()
        .any(|permission| permission == PREVIEW_PERMISSION)
}

/// A command whose address may be changed is one that an earlier setup made: nobody else's.
fn is_ours(record: &Record, command: &Command) -> bool {
    record.holds(|made| matches!(made, Made::Command { id, .. } if id == command.id.as_str()))
}

/// What the bot is to be told of, where that is something else than now. All of it is sent, so that the rest stays.
fn notify_props(bot: Option<&Account>) -> Option<Step> {
    let now = bot.and_then(|bot| bot.notify_props.clone());
    let mut props = now.unwrap_or_else(|| {
        // What a new account has (`UserNotifyProps`, 11.1), for an account whose own are not known.
        [
            ("comments", "never"),
            ("desktop", "mention"),
            ("email", "true"),
            ("first_name", "false"),
            ("mention_keys", ""),
            ("push", "mention"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    });
    let before = props.insert(CHANNEL_WIDE.to_owned(), "false".to_owned());
    (before.as_deref() != Some("false")).then_some(Step::SetNotifyProps(props))
}

impl SurveyedTeam {
    /// The command of this word.
    pub(super) fn command(&self, trigger: &str) -> Option<&Command> {
        self.commands
            .iter()
            .find(|command| command.trigger == trigger)
    }

    /// The webhook that calls us for this word.
    pub(super) fn outgoing_hook(&self, word: &str, url: &str) -> Option<&OutgoingHook> {
        self.outgoing.iter().find(|hook| {
            hook.words.iter().any(|held| held == word) && hook.urls.iter().any(|held| held == url)
        })
    }
}

impl Survey {
    /// The incoming webhook that is used: the configured one where it is there, else one of ours in the wished channel.
    pub(super) fn incoming_hook(&self) -> Option<&IncomingHook> {
        let configured = self.incoming.configured.as_ref();
        let hooks = || self.incoming.hooks.iter();
        let is_configured = |hook: &&IncomingHook| {
            configured.is_some_and(|id| id.expose_secret() == hook.id.expose_secret())
        };
        let is_ours = |hook: &&IncomingHook| {
            hook.display_name == OUR_HOOK && Some(&hook.channel) == self.incoming.channel.as_ref()
        };
        hooks()
            .find(is_configured)
            .or_else(|| hooks().find(is_ours))
    }
}

/// What our incoming webhook is called where administrators look after them.
const OUR_HOOK: &str = "askwell";

impl Step {
    /// Says what is done, for a list.
    pub(super) fn deed(&self, wishes: &Wishes) -> Deed<'static> {
        let name = || wishes.bot_name.clone().into();
        let trigger = || wishes.trigger.clone().into();
        match self {
            Self::CreateBot => Deed::CreateBot { name: name() },
            Self::EnableBot => Deed::EnableBot { name: name() },
            Self::SetPicture => Deed::SetPicture { name: name() },
            Self::SetNotifyProps(_) => Deed::SetNotifyProps { name: name() },
            Self::CreateToken => Deed::CreateToken { name: name() },
            Self::JoinTeam(team) => Deed::JoinTeam {
                name: name(),
                team: team.name.clone().into(),
            },
            Self::CreateCommand(team) => Deed::CreateCommand {
                trigger: trigger(),
                team: team.name.clone().into(),
            },
            Self::UpdateCommand(team, _) => Deed::UpdateCommand {
                trigger: trigger(),
                team: team.name.clone().into(),
                url: wishes.hook_url().into(),
            },
            Self::CreateOutgoing(team, word) => Deed::CreateOutgoing {
                word: word.clone().into(),
                team: team.name.clone().into(),
            },
            Self::CreateIncoming(_) => Deed::CreateIncoming {
                channel: wishes.incoming_channel().into(),
            },
            Self::PermitPreview(role) => Deed::PermitPreview {
                role: role.name.clone().into(),
            },
            Self::GiveRole(_) => Deed::GiveRole {
                role: PREVIEW_ROLE.into(),
                name: name(),
            },
        }
    }
}

/// Says that a setting is changed, for a list.
pub(super) fn deed_of_change(change: &Change) -> Deed<'static> {
    Deed::ChangeSetting {
        setting: change.setting.to_string().into(),
        before: settings::shown(&change.before).into(),
        after: settings::shown(&change.after).into(),
    }
}
