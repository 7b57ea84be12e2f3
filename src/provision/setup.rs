//! Setting up, from the first look to the last file: look, decide, show, ask, do.

use super::perform::{Harvest, Performance, change_settings};
use super::plan::{Plan, Preview, Step, deed_of_change, has_preview};
use super::record::Record;
use super::session::Session;
use super::settings;
use super::stop::Stop;
use super::survey::{PREVIEW_ROLE, Survey, administrator, survey};
use super::wishes::{PreviewWish, Wishes};
use super::writing::{Values, Writing};
use super::{Consent, Desk};
use crate::config::Draft;
use crate::mattermost::admin::nouns::SettingValue;
use crate::mattermost::admin::{OLDEST_TRIED, Version};
use crate::text::{Deed, Language, Obstacle, Remark, remark, tell};

/// Whether it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Do,
    /// It is only shown.
    Show,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something was done.
    Done,
    /// Nothing had to be done.
    NothingToChange,
    /// It was only shown.
    Shown,
}

/// Setting up one server.
pub struct Setup<'a> {
    /// The administrator's way to it.
    pub session: &'a Session,
    /// What is to be there in the end.
    pub wishes: &'a Wishes,
    /// What is written so far.
    pub draft: &'a Draft,
    /// The language of the installation.
    pub language: Language,
    /// Whether that is to be written too.
    pub writes_language: bool,
    /// Whoever runs the command.
    pub desk: &'a dyn Desk,
    /// Whether it is done.
    pub mode: Mode,
}

impl Setup<'_> {
    /// Sets up.
    ///
    /// # Errors
    /// When something stands in the way, nobody agrees, or a call or file fails; what was done until then is recorded, and a second run
    /// goes on where this one stopped.
    pub async fn run(&self) -> Result<Outcome, Stop> {
        self.introduce().await?;
        let mut record = Record::open(self.directory(), self.session.reach.url.as_str())?;
        let mut survey = survey(self.session, self.wishes, self.draft).await?;
        let preview = self.preview(&survey);
        let mut plan = Plan::of(&survey, self.wishes, &record, preview);
        if self.mode == Mode::Show {
            return self.show_only(&survey, plan);
        }
        stop_at(&mut plan)?;
        // Also what cannot be written is told before any setting is changed.
        self.intended(&survey, &plan)?;
        let has_changed = !plan.changes.is_empty();
        if has_changed {
            self.settle_settings(&plan, &mut record).await?;
            survey = super::survey::survey(self.session, self.wishes, self.draft).await?;
            plan = Plan::of(&survey, self.wishes, &record, preview);
            stop_at(&mut plan)?;
        }
        let has_done = self.carry_out(&survey, plan, &mut record).await?;
        Ok(if has_changed || has_done {
            Outcome::Done
        } else {
            Outcome::NothingToChange
        })
    }

    fn directory(&self) -> &std::path::Path {
        let path = &self.draft.dotenv.path;
        path.parent().unwrap_or(path)
    }

    fn say(&self, said: &Remark<'_>) {
        self.desk.show(&remark(self.language, said));
    }

    fn list(&self, sign: char, deed: &Deed<'_>) {
        let deed = tell(self.language, deed);
        self.desk.show(&format!("  {sign} {deed}"));
    }

    /// Says whom we talk to and as whom, and where we will be reached.
    async fn introduce(&self) -> Result<(), Stop> {
        let me = administrator(self.session).await?;
        let version = self.session.introduction.version();
        self.say(&Remark::Server {
            version: version.into(),
            url: self.session.reach.url.as_str().trim_end_matches('/').into(),
            account: me.username.as_str().into(),
        });
        match Version::read(version) {
            None => self.say(&Remark::UnknownVersion),
            Some(read) if read < OLDEST_TRIED => self.say(&Remark::OldServer {
                version: version.into(),
                oldest: OLDEST_TRIED.to_string().into(),
            }),
            Some(_) => {}
        }
        self.say(&Remark::PublicUrl {
            url: self.wishes.public_url.as_str().trim_end_matches('/').into(),
        });
        Ok(())
    }

    /// Decides on the live preview; whoever sets up for the first time is asked.
    fn preview(&self, survey: &Survey) -> Preview {
        let is_asked = self.wishes.preview == PreviewWish::Open
            && survey.bot.is_none()
            && survey.preview_role.is_some()
            && self.mode == Mode::Do;
        let is_wanted = self.wishes.preview == PreviewWish::Wanted || has_preview(survey);
        let question = || {
            remark(
                self.language,
                &Remark::AskPreview {
                    role: PREVIEW_ROLE.into(),
                    name: self.wishes.bot_name.as_str().into(),
                },
            )
        };
        if is_wanted || (is_asked && self.desk.asks(&question()) == Consent::Given) {
            Preview::Permitted
        } else {
            Preview::Left
        }
    }

    /// Shows the settings that are in the way, asks, and changes them.
    async fn settle_settings(&self, plan: &Plan, record: &mut Record) -> Result<(), Stop> {
        self.say(&Remark::Settings);
        for change in &plan.changes {
            self.list('~', &deed_of_change(change));
        }
        let question = remark(self.language, &Remark::AskSettings);
        match self.desk.asks(&question) {
            Consent::Given => change_settings(&self.session.admin, record, &plan.changes).await,
            Consent::Refused => Err(Obstacle::Declined.into()),
            Consent::Unavailable => Err(Obstacle::SettingsNotAgreed.into()),
        }
    }

    /// Does the steps and writes the files; says whether there was anything to do.
    async fn carry_out(
        &self,
        survey: &Survey,
        plan: Plan,
        record: &mut Record,
    ) -> Result<bool, Stop> {
        let intended = self.intended(survey, &plan)?;
        self.warn_of_unknown_host(survey);
        if plan.steps.is_empty() && intended.deeds.is_empty() {
            return Ok(false);
        }
        for said in &plan.remarks {
            self.say(said);
        }
        self.say(&Remark::Steps);
        let mut harvest = Harvest::of(survey, self.wishes, self.draft);
        let performed = self
            .perform(survey, &plan.steps, record, &mut harvest)
            .await;
        // Also what was made before a step failed is written down, because nothing shows a token twice.
        let writing = self.writing(survey, &harvest)?;
        let (deeds, remarks) = (writing.deeds.clone(), writing.remarks.clone());
        writing.write(record)?;
        for deed in &deeds {
            self.list('✓', deed);
        }
        for said in &remarks {
            self.say(said);
        }
        performed.map(|()| true)
    }

    async fn perform(
        &self,
        survey: &Survey,
        steps: &[Step],
        record: &mut Record,
        harvest: &mut Harvest,
    ) -> Result<(), Stop> {
        let mut performance = Performance {
            admin: &self.session.admin,
            wishes: self.wishes,
            language: self.language,
            record,
            harvest,
            bot: survey.bot.as_ref().map(|bot| bot.id.clone()),
        };
        for step in steps {
            performance.perform(step).await?;
            self.list('✓', &step.deed(self.wishes));
        }
        Ok(())
    }

    fn writing(&self, survey: &Survey, harvest: &Harvest) -> Result<Writing, Stop> {
        let latex = survey.settings.get(settings::LATEX) == Some(SettingValue::Switch(true));
        let values = Values {
            url: &survey.url,
            wishes: self.wishes,
            language: self.writes_language.then_some(self.language),
            latex,
            harvest,
        };
        Writing::of(self.draft, &values)
    }

    /// The files as they will be, where everything that is to be written can be.
    fn intended(&self, survey: &Survey, plan: &Plan) -> Result<Writing, Stop> {
        let intended = self.writing(survey, &self.expected(survey, plan))?;
        if intended.obstacles.is_empty() {
            Ok(intended)
        } else {
            Err(Stop::Obstacles(intended.obstacles))
        }
    }

    /// The secrets as they will be, with a word in place of each that is still to be made.
    fn expected(&self, survey: &Survey, plan: &Plan) -> Harvest {
        let mut harvest = Harvest::of(survey, self.wishes, self.draft);
        for (number, step) in plan.steps.iter().enumerate() {
            let word = || format!("to-be-made-{number}").into();
            match step {
                Step::CreateToken => harvest.bot_token = Some(word()),
                Step::CreateCommand(_) | Step::UpdateCommand(..) => {
                    harvest.command_tokens.push(word());
                }
                Step::CreateOutgoing(..) => harvest.outgoing_tokens.push(word()),
                Step::CreateIncoming(_) => harvest.incoming = Some(word()),
                Step::CreateBot
                | Step::EnableBot
                | Step::SetPicture
                | Step::SetNotifyProps(_)
                | Step::JoinTeam(_)
                | Step::PermitPreview(_)
                | Step::GiveRole(_) => {}
            }
        }
        harvest
    }

    /// Shows what would be done, and then what stands in the way.
    fn show_only(&self, survey: &Survey, mut plan: Plan) -> Result<Outcome, Stop> {
        let mut writing = self.writing(survey, &self.expected(survey, &plan))?;
        self.warn_of_unknown_host(survey);
        plan.obstacles.append(&mut writing.obstacles);
        let is_nothing =
            plan.changes.is_empty() && plan.steps.is_empty() && writing.deeds.is_empty();
        if is_nothing && plan.obstacles.is_empty() {
            return Ok(Outcome::NothingToChange);
        }
        for said in &plan.remarks {
            self.say(said);
        }
        self.say(&Remark::DryRun);
        for change in &plan.changes {
            self.list('~', &deed_of_change(change));
        }
        for step in &plan.steps {
            self.list('+', &step.deed(self.wishes));
        }
        for deed in &writing.deeds {
            self.list('+', deed);
        }
        stop_at(&mut plan)?;
        Ok(Outcome::Shown)
    }

    fn warn_of_unknown_host(&self, survey: &Survey) {
        if survey.our_addresses.is_empty() {
            let host = self.wishes.public_url.host_str().unwrap_or_default();
            self.say(&Remark::HostUnknown { host: host.into() });
        }
    }
}

fn stop_at(plan: &mut Plan) -> Result<(), Stop> {
    if plan.obstacles.is_empty() {
        return Ok(());
    }
    Err(Stop::Obstacles(std::mem::take(&mut plan.obstacles)))
}
