//! How bad each ailment is, all on one page.

use crate::text::Ailment;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is well.
    Ok,
    /// It is to be known; nothing breaks.
    Note,
    /// It works, and somebody should look after it.
    Warning,
    /// Somebody asks and is not answered as promised.
    Error,
}

impl Severity {
    /// Returns the name that programs read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Returns the exit code of a look whose worst finding is this.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Ok | Self::Note => 0,
            Self::Warning => 1,
            Self::Error => 2,
        }
    }
}

pub(super) fn of(ailment: &Ailment<'_>) -> Severity {
    match ailment {
        Ailment::DatabaseNotLookedAt
        | Ailment::DatabaseOlder { .. }
        | Ailment::BotHearsEverybody { .. }
        | Ailment::LatexDiffers { .. }
        | Ailment::CommandMissingIn { .. }
        | Ailment::CommandNotTried
        | Ailment::ModelRefusesFields { .. }
        | Ailment::ModelListsNone
        | Ailment::ModelUnpriced
        | Ailment::ModelWithoutUsage => Severity::Note,
        Ailment::SecretsOpen { .. }
        | Ailment::DeadLetters { .. }
        | Ailment::DiskLow { .. }
        | Ailment::MattermostOld { .. }
        | Ailment::ClockSkew { .. }
        | Ailment::NoBot
        | Ailment::BotIsAPerson { .. }
        | Ailment::BotIsAdministrator { .. }
        | Ailment::BotInNoTeam { .. }
        | Ailment::NoSiteUrl
        | Ailment::AgentIsAccount { .. }
        | Ailment::EditTimeLimit { .. }
        | Ailment::AdministratorRefused
        | Ailment::PublicUrlUnreachable { .. }
        | Ailment::CommandElsewhere { .. }
        | Ailment::ModelDoesNotStream => Severity::Warning,
        Ailment::ConfigurationWrong { .. }
        | Ailment::DatabaseDamaged { .. }
        | Ailment::DatabaseOfAnotherVersion { .. }
        | Ailment::DatabaseFails { .. }
        | Ailment::MattermostUnreachable { .. }
        | Ailment::NotMattermost { .. }
        | Ailment::BotTokenRefused
        | Ailment::CallFailed { .. }
        | Ailment::SocketRefused { .. }
        | Ailment::SocketUnreachable
        | Ailment::SocketSilent
        | Ailment::CommandsOff
        | Ailment::SettingInTheWay { .. }
        | Ailment::NotServing { .. }
        | Ailment::CommandMissing { .. }
        | Ailment::CommandTokenUnknown { .. }
        | Ailment::CommandUnreachable { .. }
        | Ailment::CommandRefused { .. }
        | Ailment::ModelKeyRefused
        | Ailment::ModelWay
        | Ailment::ModelNeverAsked
        | Ailment::ModelUnknown
        | Ailment::ModelLimited
        | Ailment::ModelUnavailable
        | Ailment::ModelSlow
        | Ailment::ModelRefuses
        | Ailment::ModelGarbled => Severity::Error,
    }
}
