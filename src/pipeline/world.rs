//! What the verbs share: settings, the ports, and the two small registries that live only in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{Notify, Semaphore, oneshot};

use super::Settings;
use super::accounts::Accounts;
use super::acknowledge::Acknowledgements;
use super::attached::{FILES_AT_ONCE, RECORDINGS_AT_ONCE};
use super::budgets::Counting;
use super::calendar::Calendar;
use super::channels::Customs;
use super::compose::Composer;
use super::draw::PICTURES_AT_ONCE;
use super::hold::Halts;
use super::invite::Refusals;
use super::languages::Languages;
use super::reconcile::LateEdits;
use super::rules::Rules;
use super::sign::Keyring;
use super::summary::SUMMARIES_AT_ONCE;
use super::surroundings::Profiles;
use crate::domain::attention::Identity;
use crate::domain::id::QuestionId;
use crate::domain::post::Audience;
use crate::domain::question::Outcome;
use crate::ports::{
    Clock, FileReader, IdSource, ImageModel, LanguageModel, Mattermost, SpeechToText, Store,
};
use crate::telemetry::Instruments;

/// The effects on the world that the pipeline is given.
pub struct Ports {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Where people are.
    pub mattermost: Arc<dyn Mattermost>,
    /// Reads what people attach; where absent, nothing attached is.
    pub files: Option<Arc<dyn FileReader>>,
    /// Who answers.
    pub model: Arc<dyn LanguageModel>,
    /// Who draws; where absent, nobody does.
    pub images: Option<Arc<dyn ImageModel>>,
    /// Who writes down what is said in recordings; where absent, they are files of no kind that is read.
    pub speech: Option<Arc<dyn SpeechToText>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
    /// What is measured with.
    pub instruments: Instruments,
}

/// Settings and ports together with what this process alone knows.
pub struct World {
    pub(super) settings: Settings,
    pub(super) store: Arc<dyn Store>,
    pub(super) mattermost: Arc<dyn Mattermost>,
    pub(super) files: Option<Arc<dyn FileReader>>,
    /// Whose turn it is to hold a file in memory.
    pub(super) file_turns: Semaphore,
    /// Whose turn it is to have a recording written down.
    pub(super) recording_turns: Semaphore,
    /// Whose turn it is to have a conversation summarised.
    pub(super) summary_turns: Semaphore,
    pub(super) model: Arc<dyn LanguageModel>,
    pub(super) images: Option<Arc<dyn ImageModel>>,
    /// Whose turn it is to have something drawn.
    pub(super) picture_turns: Semaphore,
    pub(super) speech: Option<Arc<dyn SpeechToText>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) instruments: Instruments,
    pub(super) composer: Composer,
    /// What may be used, and by which calendar.
    pub(super) counting: Arc<Counting>,
    /// Rung when a question was admitted or a lane became free; the workforce listens.
    pub(super) work_waits: Arc<Notify>,
    /// The questions being worked on here, so that a stop is felt at once.
    pub(super) halts: Halts,
    /// Who the bot is, once the listener has learnt it.
    pub(super) bot: OnceLock<Identity>,
    /// What the server takes and shows.
    pub(super) rules: Arc<Rules>,
    /// In which language people are spoken to.
    pub(super) languages: Arc<Languages>,
    /// What is known of people's accounts.
    pub(super) accounts: Accounts,
    /// What channels say of themselves.
    pub(super) profiles: Profiles,
    /// What channels do otherwise.
    pub(super) customs: Arc<Customs>,
    /// Who was refused the page for administrators lately.
    pub(super) refusals: Refusals,
    /// Reactions that say that a post was heard.
    pub(super) acknowledgements: Acknowledgements,
    /// Edits that may still come.
    pub(super) late_edits: Arc<LateEdits>,
    /// Callers that wait for their answer in the reply itself.
    pub(super) callers: Arc<Callers>,
    /// The keys with which buttons are signed.
    pub(super) keyring: Keyring,
}

impl World {
    /// Brings settings and ports together.
    ///
    /// # Errors
    /// When a template of the settings does not compile.
    pub fn new(settings: Settings, ports: Ports) -> Result<Self, minijinja::Error> {
        let rules = Arc::new(Rules::default());
        let languages = Arc::new(Languages::new(&settings));
        let composer = Composer::new(&settings, rules.clone(), languages.clone())?;
        let counting = Arc::new(Counting {
            budgets: settings.budgets.clone(),
            calendar: Calendar::of(&settings.time_zone),
            unpriced: settings.unpriced,
        });
        Ok(Self {
            composer,
            counting,
            settings,
            store: ports.store,
            mattermost: ports.mattermost,
            files: ports.files,
            file_turns: Semaphore::new(FILES_AT_ONCE),
            recording_turns: Semaphore::new(RECORDINGS_AT_ONCE),
            summary_turns: Semaphore::new(SUMMARIES_AT_ONCE),
            model: ports.model,
            images: ports.images,
            picture_turns: Semaphore::new(PICTURES_AT_ONCE),
            speech: ports.speech,
            clock: ports.clock,
            ids: ports.ids,
            instruments: ports.instruments,
            work_waits: Arc::default(),
            halts: Halts::default(),
            bot: OnceLock::new(),
            rules,
            languages,
            accounts: Accounts::default(),
            profiles: Profiles::default(),
            customs: Arc::default(),
            refusals: Refusals::default(),
            acknowledgements: Acknowledgements::default(),
            late_edits: Arc::default(),
            callers: Arc::default(),
            keyring: Keyring::default(),
        })
    }

    /// Takes over what the world before it, of the same bot, knows of work that goes on there: who waits for it, how it is stopped, and
    /// what of it may still appear. All else is its own, and settings above all.
    #[must_use]
    pub fn succeeding(self, before: &Self) -> Self {
        Self {
            work_waits: before.work_waits.clone(),
            halts: before.halts.clone(),
            customs: before.customs.clone(),
            acknowledgements: before.acknowledgements.clone(),
            late_edits: before.late_edits.clone(),
            callers: before.callers.clone(),
            ..self
        }
    }
}

/// What a caller by hand is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InlineAnswer {
    pub(super) outcome: Outcome,
    /// Who may see it.
    pub(super) audience: Audience,
    /// A text for each post.
    pub(super) texts: Vec<String>,
}

/// Callers waiting for an answer, by question.
///
/// Bounded by the connections the server accepts, each of which waits for one answer at most. Lost in a crash, as the callers' connections are.
#[derive(Default)]
pub(super) struct Callers(Mutex<HashMap<QuestionId, oneshot::Sender<InlineAnswer>>>);

impl Callers {
    pub(super) fn expect(&self, question: QuestionId) -> oneshot::Receiver<InlineAnswer> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(question, sender);
        receiver
    }

    /// Hands a caller the answer; a caller that has left hears nothing.
    pub(super) fn tell(&self, question: QuestionId, answer: InlineAnswer) {
        if let Some(caller) = self.lock().remove(&question) {
            // The caller may have left between the lookup and now, which is as if it had left before.
            drop(caller.send(answer));
        }
    }

    pub(super) fn forget(&self, question: QuestionId) {
        self.lock().remove(&question);
    }

    fn lock(
        &self,
    ) -> std::sync::MutexGuard<'_, HashMap<QuestionId, oneshot::Sender<InlineAnswer>>> {
        // No code panics while it holds this lock, and a map is whole in any case.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
