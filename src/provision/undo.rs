//! Takes back what setup made, thing by thing, the last first: exactly what the record holds, and nothing that was there before.
//!
//! What is gone already counts as taken back. What somebody changed since stays as it is, and is said.

use std::path::Path;

use super::record::{Hidden, Made, Record, Setting, Sheet};
use super::session::Session;
use super::settings::{CHANGEABLE, INTERNAL};
use super::setup::{Mode, Outcome};
use super::stop::Stop;
use super::survey::administrator;
use super::writing::{digest, edit};
use super::{Consent, Desk, reach, sheets};
use crate::config::reference::{KEYS, Key};
use crate::domain::id::{TeamId, UserId};
use crate::mattermost::admin::Admin;
use crate::mattermost::admin::nouns::{ObjectId, SettingName, SettingValue};
use crate::text::{Deed, Language, Obstacle, Remark, remark, tell};

/// Taking back what was made on one server.
pub struct Undo<'a> {
    /// The administrator's way to it.
    pub session: &'a Session,
    /// The directory of the record.
    pub directory: &'a Path,
    /// The language of the installation.
    pub language: Language,
    /// Whoever runs the command.
    pub desk: &'a dyn Desk,
    /// Whether it is done.
    pub mode: Mode,
}

/// Whether something could be put back as it was.
enum Back {
    Done,
    /// Somebody changed it since; this is what it is called.
    ChangedSince(String),
}

impl Undo<'_> {
    /// Takes it back.
    ///
    /// # Errors
    /// When nobody agrees, or a call or file fails; what was taken back until then is no longer recorded.
    pub async fn run(&self) -> Result<Outcome, Stop> {
        let mut record = Record::open(self.directory, self.session.reach.url.as_str())?;
        if record.made().is_empty() {
            return Ok(Outcome::NothingToChange);
        }
        administrator(self.session).await?;
        let made: Vec<_> = record.made().iter().rev().cloned().collect();
        self.say(&Remark::UndoSteps);
        for made in &made {
            let deed = tell(self.language, &deed(made));
            self.desk.show(&format!("  - {deed}"));
        }
        if self.mode == Mode::Show {
            return Ok(Outcome::Shown);
        }
        match self.desk.asks(&remark(self.language, &Remark::AskUndo)) {
            Consent::Given => {}
            Consent::Refused => return Err(Obstacle::Declined.into()),
            Consent::Unavailable => return Err(Obstacle::NobodyToAsk.into()),
        }
        for made in &made {
            if let Back::ChangedSince(name) = self.take_back(made).await? {
                let name = name.into();
                self.say(&Remark::ChangedSince { name });
            }
            record.forget(made)?;
        }
        Ok(Outcome::Done)
    }

    fn say(&self, said: &Remark<'_>) {
        self.desk.show(&remark(self.language, said));
    }

    async fn take_back(&self, made: &Made) -> Result<Back, Stop> {
        let admin = &self.session.admin;
        match made {
            Made::Bot { id, .. } => {
                if let Some(bot) = account(admin, id).await? {
                    admin.switch_bot(&bot, false).await?;
                }
            }
            Made::Picture { user } => {
                if let Some(user) = account(admin, user).await? {
                    admin.remove_picture(&user).await?;
                }
            }
            Made::NotifyProps { user, before } => {
                if let Some(user) = account(admin, user).await? {
                    admin.set_notify_props(&user, before).await?;
                }
            }
            Made::Token { id } => {
                if let Ok(id) = ObjectId::parse(id) {
                    admin.revoke_token(&id).await?;
                }
            }
            Made::Member { team, user, .. } => {
                if let (Ok(team), Ok(user)) = (TeamId::parse(team), UserId::parse(user)) {
                    admin.remove_from_team(&team, &user).await?;
                }
            }
            Made::Command { id, .. } => {
                if let Ok(id) = ObjectId::parse(id) {
                    admin.delete_command(&id).await?;
                }
            }
            Made::Outgoing { id, .. } => {
                if let Ok(id) = ObjectId::parse(id) {
                    admin.delete_outgoing_hook(&id).await?;
                }
            }
            Made::Incoming { id: Hidden(id), .. } => {
                admin.delete_incoming_hook(&id.as_str().into()).await?;
            }
            Made::Permission { role, permission } => forbid(admin, role, permission).await?,
            Made::Role { user, role } => take_role(admin, user, role).await?,
            Made::Setting { .. } => return restore_setting(admin, made).await,
            Made::File { path } => delete_if_empty(Path::new(path))?,
            Made::Value { .. } => return restore_value(made),
            Made::List { .. } => shorten_list(made)?,
        }
        Ok(Back::Done)
    }
}

/// Returns an account that is still there.
async fn account(admin: &Admin, id: &str) -> Result<Option<UserId>, Stop> {
    let Ok(id) = UserId::parse(id) else {
        return Ok(None);
    };
    Ok(admin.account(&id).await?.map(|account| account.id))
}

async fn forbid(admin: &Admin, role: &str, permission: &str) -> Result<(), Stop> {
    let Some(role) = admin.role(role).await? else {
        return Ok(());
    };
    let mut permissions = role.permissions.clone();
    permissions.retain(|held| held != permission);
    if permissions.len() != role.permissions.len() {
        admin.set_permissions(&role.id, &permissions).await?;
    }
    Ok(())
}

async fn take_role(admin: &Admin, user: &str, role: &str) -> Result<(), Stop> {
    let Ok(id) = UserId::parse(user) else {
        return Ok(());
    };
    let Some(account) = admin.account(&id).await? else {
        return Ok(());
    };
    if account.has_role(role) {
        let mut roles = account.roles;
        roles.retain(|held| held != role);
        admin.set_roles(&id, &roles).await?;
    }
    Ok(())
}

async fn restore_setting(admin: &Admin, made: &Made) -> Result<Back, Stop> {
    let Made::Setting {
        section,
        name,
        before,
        after,
    } = made
    else {
        return Ok(Back::Done);
    };
    let is_it = |setting: &&SettingName| setting.section == section && setting.name == name;
    // A record names no other setting than these; where it does, nobody knows why.
    let Some(setting) = CHANGEABLE.iter().find(is_it).copied() else {
        return Ok(Back::ChangedSince(format!("{section}.{name}")));
    };
    let now = admin.settings().await?.get(setting);
    let (before, after) = (value(before), value(after));
    let wanted = match (&now, &before, &after) {
        (Some(now), ..) if *now == before => return Ok(Back::Done),
        (Some(now), ..) if *now == after => before,
        (Some(SettingValue::Text(now)), SettingValue::Text(before), SettingValue::Text(after))
            if setting == INTERNAL =>
        {
            // Others may have added hosts of theirs since.
            let ours = after.split(' ').next_back().unwrap_or_default();
            let shorter = reach::without_entry(now, ours);
            if before.contains(ours) || shorter == *now {
                return Ok(Back::ChangedSince(setting.to_string()));
            }
            SettingValue::Text(shorter)
        }
        _ => return Ok(Back::ChangedSince(setting.to_string())),
    };
    let restored = admin
        .change_settings(&[(setting, wanted.clone())])
        .await?
        .get(setting);
    if restored == Some(wanted) {
        Ok(Back::Done)
    } else {
        Ok(Back::ChangedSince(setting.to_string()))
    }
}

fn value(recorded: &Setting) -> SettingValue {
    match recorded {
        Setting::Switch(switch) => SettingValue::Switch(*switch),
        Setting::Text(text) => SettingValue::Text(text.clone()),
        Setting::Number(number) => SettingValue::Number(*number),
    }
}

fn key_of(path: &str) -> Option<&'static Key> {
    KEYS.iter().copied().find(|key| key.path() == path)
}

fn restore_value(made: &Made) -> Result<Back, Stop> {
    let Made::Value {
        key,
        path,
        sheet,
        before,
        after,
    } = made
    else {
        return Ok(Back::Done);
    };
    let path = Path::new(path);
    let (Some(key), Some(text)) = (key_of(key), sheets::read(path)?) else {
        return Ok(Back::Done);
    };
    let before = before.as_ref().map(|Hidden(before)| before.as_str());
    let edited = edit(*sheet, &text, key, before).map_err(|source| Stop::Intricate {
        path: path.to_owned(),
        source,
    })?;
    match edited.before.as_deref() {
        now if now == before => Ok(Back::Done),
        Some(now) if digest(now) == *after => {
            sheets::write(path, &edited.text, readers(*sheet))?;
            Ok(Back::Done)
        }
        _ => Ok(Back::ChangedSince(key.path())),
    }
}

fn shorten_list(made: &Made) -> Result<(), Stop> {
    let Made::List {
        key,
        path,
        sheet,
        added,
    } = made
    else {
        return Ok(());
    };
    let (path, sheet) = (Path::new(path), *sheet);
    let (Some(key), Some(text)) = (key_of(key), sheets::read(path)?) else {
        return Ok(());
    };
    let intricate = |source| Stop::Intricate {
        path: path.to_owned(),
        source,
    };
    let now = edit(sheet, &text, key, None).map_err(intricate)?.before;
    let Some(now) = now else {
        return Ok(());
    };
    let kept: Vec<_> = now
        .split(',')
        .filter(|token| !added.contains(&digest(token.trim())))
        .collect();
    let kept = (!kept.is_empty()).then(|| kept.join(","));
    let edited = edit(sheet, &text, key, kept.as_deref()).map_err(intricate)?;
    sheets::write(path, &edited.text, readers(sheet))
}

fn readers(sheet: Sheet) -> sheets::Readers {
    match sheet {
        Sheet::Toml => sheets::Readers::Anybody,
        Sheet::Dotenv => sheets::Readers::OwnerOnly,
    }
}

/// A file of ours in which somebody has written since stays.
fn delete_if_empty(path: &Path) -> Result<(), Stop> {
    let Some(text) = sheets::read(path)? else {
        return Ok(());
    };
    let is_nothing = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if text.lines().all(is_nothing) {
        sheets::delete(path)?;
    }
    Ok(())
}

fn deed(made: &Made) -> Deed<'_> {
    let name_of = |key: &str, sheet: &Sheet| match sheet {
        Sheet::Toml => key.to_owned(),
        Sheet::Dotenv => key_of(key)
            .and_then(|key| key.env)
            .unwrap_or_default()
            .to_owned(),
    };
    match made {
        Made::Bot { name, .. } => Deed::DisableBot { name: name.into() },
        Made::Picture { .. } => Deed::RemovePicture,
        Made::NotifyProps { .. } => Deed::RestoreNotifyProps,
        Made::Token { .. } => Deed::RevokeToken,
        Made::Member { team_name, .. } => Deed::LeaveTeam {
            team: team_name.into(),
        },
        Made::Command {
            trigger, team_name, ..
        } => Deed::DeleteCommand {
            trigger: trigger.into(),
            team: team_name.into(),
        },
        Made::Outgoing {
            word, team_name, ..
        } => Deed::DeleteOutgoing {
            word: word.into(),
            team: team_name.into(),
        },
        Made::Incoming { channel, .. } => Deed::DeleteIncoming {
            channel: channel.into(),
        },
        Made::Permission { role, .. } => Deed::ForbidPreview { role: role.into() },
        Made::Role { role, .. } => Deed::TakeRole { role: role.into() },
        Made::Setting {
            section,
            name,
            before,
            ..
        } => Deed::RestoreSetting {
            setting: format!("{section}.{name}").into(),
            before: super::settings::shown(&value(before)).into(),
        },
        Made::File { path } => Deed::DeleteFile { path: path.into() },
        Made::Value {
            key, path, sheet, ..
        }
        | Made::List {
            key, path, sheet, ..
        } => Deed::Unwrite {
            key: name_of(key, sheet).into(),
            path: path.into(),
        },
    }
}
