//! What the edge is given in these tests: an intake that remembers, and neighbours that are well or not.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use askwell::domain::attention::Identity;
use askwell::domain::channel_settings::ChannelSettings;
use askwell::domain::chat::{ChannelProfile, Cursor, JoinedChannel, ServerRules};
use askwell::domain::completion::ModelFailure;
use askwell::domain::control::{Opinion, Press, Standing};
use askwell::domain::conversation::{ConversationKey, History};
use askwell::domain::event::InboundEvent;
use askwell::domain::file::SharedFile;
use askwell::domain::id::{ChannelId, FileId, PostId, QuestionId, ResponseUrlId, ServerId, UserId};
use askwell::domain::job::{AnswerState, ClaimedJob, ControlScope, DeadLetter, Lease};
use askwell::domain::post::{
    Audience, File, NewPost, Part, PartIntent, PostProps, Preview, SeenPost,
};
use askwell::domain::prompt::{ModelChoice, Prompt, Window};
use askwell::domain::question::{Conclusion, Question};
use askwell::domain::run::Run;
use askwell::domain::time::Timestamp;
use askwell::http::{Obey, Receive};
use askwell::pipeline::admit::Reply;
use askwell::pipeline::control::Feedback;
use askwell::ports::{
    Admission, AskAgain, AskedAgain, Backlog, Burial, ChangedChannel, Claim, DeltaStream, Edited,
    IdSource, KeyAges, LanguageModel, Letters, Mattermost, MattermostError, MattermostFailure,
    ModelError, Previewed, Priority, Renewal, SigningKey, StoreError,
};
use async_trait::async_trait;

/// Remembers every event, and says what it was told to say.
#[derive(Default)]
pub(crate) struct Intake {
    events: Mutex<Vec<InboundEvent>>,
    reply: Mutex<Option<Reply>>,
    panics: AtomicBool,
    hangs: AtomicBool,
}

impl Intake {
    pub(crate) fn events(&self) -> Vec<InboundEvent> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn will_reply(&self, reply: Reply) {
        *self.reply.lock().unwrap() = Some(reply);
    }

    pub(crate) fn will_panic(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }

    pub(crate) fn will_hang(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Receive for Intake {
    async fn receive(&self, event: InboundEvent) -> Reply {
        self.events.lock().unwrap().push(event);
        assert!(!self.panics.load(Ordering::SeqCst), "as the test wants it");
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.reply.lock().unwrap().clone().unwrap_or(Reply::Silent)
    }
}

/// Remembers every press, and says what it was told to say.
#[derive(Default)]
pub(crate) struct Controls {
    presses: Mutex<Vec<Press>>,
    feedback: Mutex<Option<Feedback>>,
}

impl Controls {
    pub(crate) fn presses(&self) -> Vec<Press> {
        self.presses.lock().unwrap().clone()
    }

    pub(crate) fn will_say(&self, feedback: Feedback) {
        *self.feedback.lock().unwrap() = Some(feedback);
    }
}

#[async_trait]
impl Obey for Controls {
    async fn pressed(&self, press: Press) -> Feedback {
        self.presses.lock().unwrap().push(press);
        let said = self.feedback.lock().unwrap().clone();
        said.unwrap_or(Feedback::Silent)
    }
}

/// The same chance every time.
pub(crate) struct Ids;

impl IdSource for Ids {
    fn question_id(&self, _now: Timestamp) -> QuestionId {
        QuestionId::from_bits(1)
    }

    fn token(&self) -> u128 {
        0xabc
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

/// How a neighbour is, and how often it was asked.
#[derive(Default)]
pub(crate) struct State {
    is_ill: AtomicBool,
    is_silent: AtomicBool,
    asked: AtomicUsize,
}

impl State {
    pub(crate) fn falls_ill(&self) {
        self.is_ill.store(true, Ordering::SeqCst);
    }

    pub(crate) fn falls_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn answer<E>(&self, error: impl FnOnce() -> E) -> Result<(), E> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.is_ill.load(Ordering::SeqCst) {
            Err(error())
        } else {
            Ok(())
        }
    }
}

const NOT_OURS: &str = "the edge asks only how its neighbours are";

/// A model that is only asked how it is.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) state: State,
}

#[async_trait]
impl LanguageModel for Model {
    async fn complete(&self, _prompt: &Prompt) -> Result<DeltaStream, ModelError> {
        unreachable!("{NOT_OURS}")
    }

    fn window(&self, _choice: &ModelChoice) -> Window {
        unreachable!("{NOT_OURS}")
    }

    fn sees(&self, _choice: &ModelChoice) -> bool {
        unreachable!("{NOT_OURS}")
    }

    async fn ping(&self) -> Result<(), ModelError> {
        let error = || ModelError {
            failure: ModelFailure::KeyRefused,
            status: Some(401),
            retry_after: None,
            source: None,
        };
        self.state.answer(error).await
    }
}

/// A Mattermost that is only asked how it is.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) state: State,
}

#[async_trait]
impl Mattermost for Server {
    fn server(&self) -> &ServerId {
        unreachable!("{NOT_OURS}")
    }

    async fn create_post(&self, _: &NewPost) -> Result<PostId, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn edit_post(
        &self,
        _: &PostId,
        _: &str,
        _: Option<&PostProps>,
        _: Priority,
    ) -> Result<Edited, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn edit_props(&self, _: &PostId, _: &PostProps) -> Result<(), MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn standing(&self, _: &ChannelId, _: &UserId) -> Result<Standing, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn preview(&self, _: &Preview) -> Result<Previewed, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn read_post(&self, _: &PostId) -> Result<Option<SeenPost>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn read_posts(&self, _: &[PostId]) -> Result<Vec<SeenPost>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn newest_post(&self, _: &ChannelId) -> Result<Option<PostId>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn find_own_posts(
        &self,
        _: &ChannelId,
        _: Option<&PostId>,
        _: QuestionId,
    ) -> Result<Vec<SeenPost>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn delete_post(&self, _: &PostId) -> Result<(), MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn file(&self, _: &FileId, _: usize) -> Result<Option<SharedFile>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn attach(&self, _: &ChannelId, _: &PostId, _: &[File]) -> Result<(), MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn direct_channel(&self, _: &UserId) -> Result<ChannelId, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn is_member(&self, _: &ChannelId, _: &UserId) -> Result<Option<bool>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn rules(&self) -> Result<ServerRules, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn identity(&self) -> Result<Identity, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn joined_channels(&self) -> Result<Vec<JoinedChannel>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn channel_profile(
        &self,
        _: &ChannelId,
    ) -> Result<Option<ChannelProfile>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn posts_since(
        &self,
        _: &ChannelId,
        _: Option<&PostId>,
        _: i64,
    ) -> Result<Option<Vec<SeenPost>>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn posts_before(
        &self,
        _: &ChannelId,
        _: &PostId,
        _: u32,
    ) -> Result<Vec<SeenPost>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn thread(&self, _: &PostId) -> Result<Option<Vec<SeenPost>>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn names(&self, _: &[UserId]) -> Result<HashMap<UserId, String>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn locale(&self, _: &UserId) -> Result<Option<String>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn react(&self, _: &PostId, _: &str) -> Result<(), MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn unreact(&self, _: &PostId, _: &str) -> Result<(), MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn show_typing(&self, _: &ChannelId, _: Option<&PostId>) -> Result<(), MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn respond(
        &self,
        _: &ResponseUrlId,
        _: &[String],
        _: Audience,
    ) -> Result<(), MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn post_by_webhook(&self, _: &str, _: &str) -> Result<(), MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn ping(&self) -> Result<(), MattermostError> {
        let error = || MattermostError {
            call: "ping",
            kind: MattermostFailure::TokenRefused,
            status: Some(401),
            id: String::new(),
            source: None,
        };
        self.state.answer(error).await
    }
}

/// A store that is only asked how it is.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) state: State,
}

#[async_trait]
impl askwell::ports::Store for Store {
    fn is_shared(&self) -> bool {
        unreachable!("{NOT_OURS}")
    }

    async fn admit(&self, _: &[Question]) -> Result<Vec<Admission>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn claim(&self, _: Claim) -> Result<Vec<ClaimedJob>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn next_due(&self, _: &ServerId) -> Result<Option<Timestamp>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn take_over(&self, _: Timestamp) -> Result<u64, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn renew(&self, _: &Lease, _: Timestamp) -> Result<Renewal, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn history(
        &self,
        _: &ServerId,
        _: &ConversationKey,
        _: u32,
    ) -> Result<History, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn history_before(
        &self,
        _: &ServerId,
        _: &ConversationKey,
        _: QuestionId,
        _: u32,
    ) -> Result<History, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn place_in(&self, _: &Lease, _: &PostId, _: &ConversationKey) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn start_afresh(
        &self,
        _: &ServerId,
        _: &ConversationKey,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn request_stop(
        &self,
        _: &ServerId,
        _: &ControlScope,
    ) -> Result<Vec<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn stop_answer(
        &self,
        _: &ServerId,
        _: QuestionId,
        _: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn stops_of(&self, _: u128) -> Result<Vec<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn answer(&self, _: &ServerId, _: QuestionId) -> Result<Option<AnswerState>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn question_of_post(
        &self,
        _: &ServerId,
        _: &PostId,
    ) -> Result<Option<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn ask_again(&self, _: &ServerId, _: AskAgain) -> Result<AskedAgain, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn vote(&self, _: &ServerId, _: &Opinion, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn take_vote_back(&self, _: &ServerId, _: &Opinion) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn signing_keys(
        &self,
        _: &ServerId,
        _: SigningKey,
        _: KeyAges,
    ) -> Result<Vec<SigningKey>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn forget_part(&self, _: &Lease, _: u32) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn intend(&self, _: &Lease, _: &PartIntent) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn created(&self, _: &Lease, _: u32, _: &PostId) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn parts(&self, _: QuestionId) -> Result<Vec<Part>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn conclude(&self, _: &Lease, _: &Conclusion) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn turn_to_asker(&self, _: &Lease, _: &UserId, _: &[String]) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn settle(&self, _: &Lease, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn bury(&self, _: &Lease, _: Timestamp, _: &Burial) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn retry(&self, _: &Lease, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn retry_after_death(&self, _: &Lease, _: Timestamp) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn hand_back(&self, _: &Lease) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn dead_letters(&self, _: u32) -> Result<Vec<DeadLetter>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn revive(&self, _: &Letters, _: Timestamp) -> Result<Vec<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn remember_text(
        &self,
        _: &ServerId,
        _: &ChannelId,
        _: &[u8; 32],
        _: Timestamp,
    ) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn is_own_text(
        &self,
        _: &ServerId,
        _: &ChannelId,
        _: &[u8; 32],
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn stop_questions_of(
        &self,
        _: &ServerId,
        _: &PostId,
    ) -> Result<Vec<QuestionId>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn cursors(&self, _: &ServerId) -> Result<Vec<Cursor>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn move_cursors(&self, _: &ServerId, _: &[Cursor]) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn has_addressed(
        &self,
        _: &ServerId,
        _: &PostId,
        _: &UserId,
    ) -> Result<bool, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn runs(&self, _: QuestionId) -> Result<Vec<Run>, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn channel_settings(
        &self,
        _: &ServerId,
        _: &ChannelId,
    ) -> Result<ChannelSettings, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn change_channel(
        &self,
        _: &ServerId,
        _: &ChangedChannel,
    ) -> Result<ChannelSettings, StoreError> {
        unreachable!("{NOT_OURS}")
    }

    async fn backlog(&self, _: &ServerId) -> Result<Backlog, StoreError> {
        Ok(Backlog {
            waiting: 3,
            running: 2,
            dead: 1,
        })
    }

    async fn check_writable(&self, _: Timestamp) -> Result<(), StoreError> {
        let error = || StoreError::Unavailable("the disk is full".into());
        self.state.answer(error).await
    }
}
