//! The Mattermost port over HTTP: which calls wait for a turn, which can be left out, and who we are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use reqwest::Method;
use secrecy::SecretString;
use url::Url;

use super::Settings;
use super::client::{Call, Client, Reply};
use super::failure;
use super::limiter::{LATER_RESERVE, Limiter, SIGN_RESERVE, TooBusy};
use super::previews::Previews;
use super::token::BotToken;
use super::wire::Identified;
use super::{accounts, channels, chat, files, hooks, posts, previews, rules};
use crate::domain::access::Account;
use crate::domain::attention::Identity;
use crate::domain::chat::{ChannelProfile, JoinedChannel, ServerRules};
use crate::domain::control::Standing;
use crate::domain::file::SharedFile;
use crate::domain::id::{ChannelId, FileId, PostId, QuestionId, ResponseUrlId, ServerId, UserId};
use crate::domain::post::{Audience, File, NewPost, PostProps, Preview, SeenPost};
use crate::ports::{
    Clock, Edited, Mattermost, MattermostError, MattermostFailure, Previewed, Priority,
};
use crate::telemetry::{Gauged, Metrics, StatusClass};

/// One Mattermost server over its REST API and webhooks.
///
/// Every write goes through one limiter. Where there is no bot account, what only a bot could see is not seen (`None`), and what
/// only a bot could do is [`MattermostFailure::Rejected`].
pub struct Server {
    id: ServerId,
    client: Client,
    limiter: Arc<Limiter>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    /// The id inside the incoming webhook's address; a secret.
    pub(super) hook: Option<SecretString>,
    previews: Previews,
    /// Where buttons report to, where there are any.
    pub(super) actions: Option<Url>,
    /// The bot's own account, once it was asked for; forgotten when the token is refused, because another one may follow.
    bot: Mutex<Option<UserId>>,
}

/// The pace of all writes to one Mattermost server.
#[derive(Clone)]
pub struct Pace(Arc<Limiter>, ServerId);

impl Pace {
    /// Makes the pace that is configured.
    #[must_use]
    pub fn of(settings: &Settings, clock: &Arc<dyn Clock>) -> Self {
        let limiter = Limiter::new(
            settings.writes_per_second,
            settings.write_burst,
            super::longest_wait(settings.call_timeout),
            Arc::clone(clock),
        );
        Self(Arc::new(limiter), settings.server.clone())
    }
}

impl Gauged for Pace {
    /// Tells under the name of the first bot that came to the server.
    fn gauge(&self, metrics: &Metrics) {
        let (tokens, waiting) = self.0.state();
        metrics.limits(self.1.as_str(), tokens, waiting);
    }
}

impl Server {
    /// Prepares to talk to a server; nothing is sent yet. The client must follow no redirects: [`super::http_client`] makes one.
    #[must_use]
    pub fn new(settings: Settings, http: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        let pace = Pace::of(&settings, &clock);
        Self::at_pace(settings, http, pace, clock)
    }

    /// Prepares to talk to a server as [`Server::new`] does, at a pace that it shares with other bots of the same server.
    #[must_use]
    pub fn at_pace(
        settings: Settings,
        http: reqwest::Client,
        pace: Pace,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let hook = settings.incoming_webhook_url.as_ref().map(hooks::hook_id);
        let client = Client::new(
            http,
            settings.url,
            settings.bot_token.map(BotToken::new),
            settings.call_timeout,
            Arc::clone(&clock),
        );
        let previews = Previews::new(Arc::clone(&clock));
        Self {
            id: settings.server,
            client,
            limiter: pace.0,
            clock,
            metrics: Arc::default(),
            hook,
            previews,
            actions: settings.actions_url,
            bot: Mutex::new(None),
        }
    }

    /// Counts its calls.
    #[must_use]
    pub fn counted_by(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// Returns the bot's token as it is shown here, where there is a bot.
    #[must_use]
    pub fn bot_token(&self) -> Option<&BotToken> {
        self.client.bot_token()
    }

    pub(super) fn previews(&self) -> &Previews {
        &self.previews
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Makes a call that changes nothing.
    pub(super) async fn read(&self, call: Call) -> Result<Reply, MattermostError> {
        let result = self.send(call).await;
        self.heed(&result);
        result
    }

    /// Makes a call that has to be made, when its turn comes.
    pub(super) async fn write(
        &self,
        name: &'static str,
        call: Call,
    ) -> Result<Reply, MattermostError> {
        if let Err(TooBusy { retry_after }) = self.limiter.wait_turn().await {
            let kind = MattermostFailure::RateLimited { retry_after };
            return Err(failure::plain(name, kind, None, "askwell.paced"));
        }
        self.send_write(call).await
    }

    /// Makes a call that can be left out; `None` where it would have had to wait.
    pub(super) async fn write_or_skip(&self, call: Call) -> Result<Option<Reply>, MattermostError> {
        self.write_if_idle(call, LATER_RESERVE).await
    }

    /// Makes a call that nobody would miss, where the server has little else to do.
    pub(super) async fn write_a_sign(&self, call: Call) -> Result<(), MattermostError> {
        self.write_if_idle(call, SIGN_RESERVE).await.map(|_| ())
    }

    async fn write_if_idle(
        &self,
        call: Call,
        reserve: f64,
    ) -> Result<Option<Reply>, MattermostError> {
        if !self.limiter.try_turn(reserve) {
            return Ok(None);
        }
        match self.send_write(call).await {
            Err(error) if matches!(error.kind, MattermostFailure::RateLimited { .. }) => Ok(None),
            result => result.map(Some),
        }
    }

    async fn send_write(&self, call: Call) -> Result<Reply, MattermostError> {
        let begun = self.clock.now();
        let result = self.send(call).await;
        self.heed(&result);
        if !matches!(&result, Err(error) if error.kind == MattermostFailure::Unreachable) {
            self.limiter.observe(self.clock.now().since(begun));
        }
        result
    }

    async fn send(&self, call: Call) -> Result<Reply, MattermostError> {
        let name = call.name();
        let result = self.client.send(call).await;
        let status = match &result {
            Ok(reply) => Some(reply.status()),
            Err(error) => error.status,
        };
        let server = self.id.as_str();
        self.metrics
            .called_mattermost(server, name, StatusClass::of(status));
        result
    }

    /// Learns from a reply, whatever was asked: a limit counts for all calls, and a refused token for all of the bot's.
    fn heed(&self, result: &Result<Reply, MattermostError>) {
        let Err(error) = result else { return };
        match error.kind {
            MattermostFailure::RateLimited { retry_after } => {
                self.limiter
                    .pause(retry_after.unwrap_or(PAUSE_WITHOUT_A_WORD));
            }
            MattermostFailure::TokenRefused => self.set_bot(None),
            MattermostFailure::Forbidden
            | MattermostFailure::NotFound
            | MattermostFailure::Rejected
            | MattermostFailure::UsedUp
            | MattermostFailure::Unreachable
            | MattermostFailure::Ambiguous => {}
        }
    }

    /// Returns the bot's own account.
    pub(super) async fn bot(&self) -> Result<UserId, MattermostError> {
        let known = self
            .bot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match known {
            Some(bot) => Ok(bot),
            None => self.ask_who_we_are().await,
        }
    }

    async fn ask_who_we_are(&self) -> Result<UserId, MattermostError> {
        let call = self
            .client
            .api("read the bot's account", Method::GET, &["users", "me"]);
        let reply = self.read(call).await?;
        let me: Identified = reply.json()?;
        let bot = UserId::parse(&me.id).map_err(|_| reply.unusable())?;
        self.set_bot(Some(bot.clone()));
        Ok(bot)
    }

    fn set_bot(&self, bot: Option<UserId>) {
        *self.bot.lock().unwrap_or_else(PoisonError::into_inner) = bot;
    }

    /// Asks whether the server answers; where there is a bot, also whether its token is still good.
    async fn check(&self) -> Result<(), MattermostError> {
        if self.client.has_bot() {
            return self.ask_who_we_are().await.map(|_| ());
        }
        let path = ["api", "v4", "system", "ping"];
        let reply = self
            .read(self.client.open("ping", Method::GET, &path))
            .await?;
        reply.must_be_json()
    }
}

/// How long writes stop after a 429 that does not say for how long.
const PAUSE_WITHOUT_A_WORD: std::time::Duration = std::time::Duration::from_secs(1);

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Server")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Mattermost for Server {
    fn server(&self) -> &ServerId {
        &self.id
    }

    async fn create_post(&self, post: &NewPost) -> Result<PostId, MattermostError> {
        posts::create(self, post).await
    }

    async fn edit_post(
        &self,
        post: &PostId,
        message: &str,
        props: Option<&PostProps>,
        priority: Priority,
    ) -> Result<Edited, MattermostError> {
        posts::edit(self, post, message, props, priority).await
    }

    async fn edit_props(&self, post: &PostId, props: &PostProps) -> Result<(), MattermostError> {
        posts::edit_props(self, post, props).await
    }

    async fn preview(&self, preview: &Preview) -> Result<Previewed, MattermostError> {
        previews::show(self, preview).await
    }

    async fn read_post(&self, post: &PostId) -> Result<Option<SeenPost>, MattermostError> {
        posts::read(self, post).await
    }

    async fn read_posts(&self, posts: &[PostId]) -> Result<Vec<SeenPost>, MattermostError> {
        posts::read_all(self, posts).await
    }

    async fn newest_post(&self, channel: &ChannelId) -> Result<Option<PostId>, MattermostError> {
        posts::newest(self, channel).await
    }

    async fn find_own_posts(
        &self,
        channel: &ChannelId,
        anchor: Option<&PostId>,
        question: QuestionId,
    ) -> Result<Vec<SeenPost>, MattermostError> {
        posts::find_own(self, channel, anchor, question).await
    }

    async fn delete_post(&self, post: &PostId) -> Result<(), MattermostError> {
        posts::delete(self, post).await
    }

    async fn file(
        &self,
        file: &FileId,
        most_bytes: usize,
    ) -> Result<Option<SharedFile>, MattermostError> {
        files::fetch(self, file, most_bytes).await
    }

    async fn attach(
        &self,
        channel: &ChannelId,
        post: &PostId,
        files: &[File],
    ) -> Result<(), MattermostError> {
        files::attach(self, channel, post, files).await
    }

    async fn direct_channel(&self, person: &UserId) -> Result<ChannelId, MattermostError> {
        channels::open_direct(self, person).await
    }

    async fn is_member(
        &self,
        channel: &ChannelId,
        person: &UserId,
    ) -> Result<Option<bool>, MattermostError> {
        channels::is_member(self, channel, person).await
    }

    async fn rules(&self) -> Result<ServerRules, MattermostError> {
        rules::read(self).await
    }

    async fn standing(
        &self,
        channel: &ChannelId,
        person: &UserId,
    ) -> Result<Standing, MattermostError> {
        channels::standing(self, channel, person).await
    }

    async fn identity(&self) -> Result<Identity, MattermostError> {
        let identity = chat::identity(self).await?;
        self.set_bot(Some(identity.id.clone()));
        Ok(identity)
    }

    async fn joined_channels(&self) -> Result<Vec<JoinedChannel>, MattermostError> {
        chat::joined_channels(self).await
    }

    async fn channel_profile(
        &self,
        channel: &ChannelId,
    ) -> Result<Option<ChannelProfile>, MattermostError> {
        channels::profile(self, channel).await
    }

    async fn posts_since(
        &self,
        channel: &ChannelId,
        anchor: Option<&PostId>,
        since_ms: i64,
    ) -> Result<Option<Vec<SeenPost>>, MattermostError> {
        chat::posts_since(self, channel, anchor, since_ms).await
    }

    async fn posts_before(
        &self,
        channel: &ChannelId,
        post: &PostId,
        count: u32,
    ) -> Result<Vec<SeenPost>, MattermostError> {
        chat::posts_before(self, channel, post, count).await
    }

    async fn thread(&self, root: &PostId) -> Result<Option<Vec<SeenPost>>, MattermostError> {
        chat::thread(self, root).await
    }

    async fn administers(&self, person: &UserId) -> Result<bool, MattermostError> {
        channels::administers(self, person).await
    }

    async fn names(&self, people: &[UserId]) -> Result<HashMap<UserId, String>, MattermostError> {
        chat::names(self, people).await
    }

    async fn account(&self, person: &UserId) -> Result<Option<Account>, MattermostError> {
        accounts::account(self, person).await
    }

    async fn account_named(&self, name: &str) -> Result<Option<Account>, MattermostError> {
        accounts::account_named(self, name).await
    }

    async fn react(&self, post: &PostId, emoji: &str) -> Result<(), MattermostError> {
        chat::react(self, post, emoji).await
    }

    async fn unreact(&self, post: &PostId, emoji: &str) -> Result<(), MattermostError> {
        chat::unreact(self, post, emoji).await
    }

    async fn show_typing(
        &self,
        channel: &ChannelId,
        root: Option<&PostId>,
    ) -> Result<(), MattermostError> {
        channels::show_typing(self, channel, root).await
    }

    async fn respond(
        &self,
        id: &ResponseUrlId,
        texts: &[String],
        audience: Audience,
    ) -> Result<(), MattermostError> {
        hooks::respond(self, id, texts, audience).await
    }

    async fn post_by_webhook(&self, channel_name: &str, text: &str) -> Result<(), MattermostError> {
        hooks::post(self, channel_name, text).await
    }

    async fn ping(&self) -> Result<(), MattermostError> {
        self.check().await
    }
}
