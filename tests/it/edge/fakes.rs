//! What the edge is given in these tests: an intake that remembers, and neighbours that are well or not.

mod store;

use askwell::domain::access::Account;
use askwell::domain::attention::Identity;
use askwell::domain::audit::AuditEntry;
use askwell::domain::chat::{ChannelProfile, JoinedChannel, ServerRules};
use askwell::domain::completion::ModelFailure;
use askwell::domain::control::{Press, Standing};
use askwell::domain::event::InboundEvent;
use askwell::domain::file::SharedFile;
use askwell::domain::id::{ChannelId, FileId, PostId, QuestionId, ResponseUrlId, ServerId, UserId};
use askwell::domain::post::{Audience, File, NewPost, PostProps, Preview, SeenPost};
use askwell::domain::prompt::{ModelChoice, Prompt, Window};
use askwell::domain::time::Timestamp;
use askwell::http::{Obey, Receive};
use askwell::pipeline::admit::Reply;
use askwell::pipeline::control::Feedback;
use askwell::ports::{
    DeltaStream, Edited, IdSource, LanguageModel, Mattermost, MattermostError, MattermostFailure,
    ModelError, Previewed, Priority, StoreError,
};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub(crate) use self::store::Store;

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

    async fn stop(&self, _: QuestionId, _: &AuditEntry) -> Result<(), StoreError> {
        unreachable!("{NOT_OURS}")
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
            excess: None,
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

    async fn administers(&self, _: &UserId) -> Result<bool, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn names(&self, _: &[UserId]) -> Result<HashMap<UserId, String>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn account(&self, _: &UserId) -> Result<Option<Account>, MattermostError> {
        unreachable!("{NOT_OURS}")
    }

    async fn account_named(&self, _: &str) -> Result<Option<Account>, MattermostError> {
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
