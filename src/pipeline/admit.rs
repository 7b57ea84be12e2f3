//! Admission: from a verified event to a durable question, and only then an acknowledgement.
//!
//! What to do about an event is decided purely, without network or store ([`decide`]). Questions that arrive together are
//! committed together: a single task takes what is queued and writes it in one transaction (group commit), so that a
//! burst costs one fsync and not one for each. A failed commit acknowledges none of its questions. Where too many wait already, nothing
//! more is stored.
//!
//! A crash before the commit loses nothing that was acknowledged; a crash after it leaves questions that the next start works on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Settings;
use super::agents;
use super::budgets::{self, Used};
use super::channels;
use super::delivery;
use super::forget::forget;
use super::grants;
use super::invite;
use super::measure;
use super::room::Room;
use super::used;
use super::world::{InlineAnswer, World};
use crate::domain::agent::AgentName;
use crate::domain::channel_settings::ChannelRequest;
use crate::domain::conversation::{ConversationKey, ConversationScope};
use crate::domain::event::{InboundEvent, Origin, Place};
use crate::domain::grant::GrantRequest;
use crate::domain::id::{QuestionId, UserId};
use crate::domain::job::{ControlScope, LaneKey};
use crate::domain::post::{Audience, Delivery};
use crate::domain::question::{ForgetWhere, Outcome, Question, Request, UsageOf, wanted_picture};
use crate::ports::{Admission, Candidate, StoreError, timeout};
use crate::text::{
    AgentSaying, BudgetSaying, Language, PrivacySaying, Reason, Sentence, say, say_of_agents,
    say_of_budgets, say_of_privacy,
};

/// Questions committed together, at most. Beyond a few hundred a batch gains little more.
const MAX_BATCH: usize = 256;

/// How long before a caller stops waiting the answer to it ends.
const INLINE_MARGIN: Duration = Duration::from_secs(1);

/// What the sender of an event is told at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing: the answer comes by another way.
    Silent,
    /// Something only the sender sees.
    Ephemeral(String),
    /// The answer itself, a text for each post; what is not posted joins them.
    Channel(Vec<String>),
    /// That it did not work.
    Failure(String),
}

/// Says that nothing was stored of an event, which may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store an event ({0:?})")]
pub struct NotTaken(Reason);

/// Where events come in. Cheap to share.
pub struct Intake {
    world: Arc<World>,
    queue: mpsc::Sender<Pending>,
}

/// The other end of the queue: the task that commits.
pub struct Committer {
    world: Arc<World>,
    queue: mpsc::Receiver<Pending>,
    room: Room,
}

struct Pending {
    candidate: Candidate,
    committed: oneshot::Sender<Result<Admission, Reason>>,
}

/// What is to be done about an event.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Say(String),
    Help,
    Refuse(Reason),
    StartAfresh(ConversationKey),
    Stop(ControlScope),
    Channel(ChannelRequest, Box<InboundEvent>),
    ListAgents(Box<InboundEvent>),
    Invite(Box<InboundEvent>),
    TellUsage(UsageOf, Box<InboundEvent>),
    Grant(GrantRequest, Box<InboundEvent>),
    Forget(ForgetWhere, Box<InboundEvent>),
    Admit(Box<Question>),
}

/// Makes an intake and its committer, joined by a queue of the configured length.
#[must_use]
pub fn intake(world: Arc<World>) -> (Intake, Committer) {
    let (sender, receiver) = mpsc::channel(world.settings.admission_queue.max(1));
    let committer = Committer {
        world: world.clone(),
        queue: receiver,
        room: Room::new(world.settings.max_waiting),
    };
    let intake = Intake {
        world,
        queue: sender,
    };
    (intake, committer)
}

impl Intake {
    /// Takes one event and returns what its sender is told. No question waits for Mattermost or a model, except where the reply
    /// itself carries the answer; a change of a channel's settings, and whoever wants the page for administrators, wait to learn who may.
    pub async fn receive(&self, event: InboundEvent) -> Reply {
        let id = self.world.ids.question_id(event.received_at);
        let asker = event.asker.id.clone();
        match self.take_as(event, id).await {
            Ok(reply) => reply,
            Err(NotTaken(reason)) => self.failed(reason, id, asker.as_ref()),
        }
    }

    /// Takes one event like [`Intake::receive`], for a sender that can send it again.
    ///
    /// # Errors
    /// When nothing was stored, through no fault of the event's.
    pub async fn take(&self, event: InboundEvent) -> Result<Reply, NotTaken> {
        let id = self.world.ids.question_id(event.received_at);
        self.take_as(event, id).await
    }

    async fn take_as(&self, event: InboundEvent, id: QuestionId) -> Result<Reply, NotTaken> {
        let world = &self.world;
        let is_ours = self.is_our_own_text(&event).await;
        if is_ours.map_err(|error| store_failed(&error, id))? {
            return Ok(Reply::Silent);
        }
        let language = world.languages.of(event.asker.id.as_ref());
        match decide(event, id, &world.settings, language) {
            Decision::Say(text) => Ok(Reply::Ephemeral(text)),
            Decision::Help => Ok(Reply::Ephemeral(help(world, language))),
            Decision::Refuse(reason) => {
                Ok(Reply::Failure(say(language, &Sentence::Refused(reason))))
            }
            Decision::StartAfresh(conversation) => {
                self.start_afresh(&conversation, id).await?;
                Ok(Reply::Ephemeral(say(
                    language,
                    &Sentence::ConversationBegun,
                )))
            }
            Decision::Stop(scope) => self.stop(&scope, id).await,
            Decision::Channel(request, event) => {
                let told = channels::obey(world, &request, &event, language).await;
                let told = told.map_err(|error| store_failed(&error, id))?;
                Ok(Reply::Ephemeral(told))
            }
            Decision::ListAgents(event) => {
                let listed = agents::list(world, &event, language).await;
                let listed = listed.map_err(|error| store_failed(&error, id))?;
                Ok(Reply::Ephemeral(listed))
            }
            Decision::Invite(event) => {
                let told = invite::invite(world, &event, language).await;
                let told = told.map_err(|error| store_failed(&error, id))?;
                Ok(Reply::Ephemeral(told))
            }
            Decision::TellUsage(of, event) => {
                let told = used::used(world, of, &event, language).await;
                let told = told.map_err(|error| store_failed(&error, id))?;
                Ok(Reply::Ephemeral(told))
            }
            Decision::Grant(request, event) => {
                let told = grants::obey(world, &request, &event, language).await;
                let told = told.map_err(|error| store_failed(&error, id))?;
                Ok(Reply::Ephemeral(told))
            }
            Decision::Forget(within, event) => {
                let told = forget(world, within, &event, language).await;
                let told = told.map_err(|error| store_failed(&error, id))?;
                Ok(Reply::Ephemeral(told))
            }
            Decision::Admit(question) => self.admit(*question).await,
        }
    }

    /// What we posted without a bot comes back through outgoing webhooks with the human's id and no props; it is known by its digest.
    async fn is_our_own_text(&self, event: &InboundEvent) -> Result<bool, StoreError> {
        let Origin::OutgoingHook { place, .. } = &event.origin else {
            return Ok(false);
        };
        let since = event.received_at.before(delivery::OWN_TEXT_MEMORY);
        let posted = format!("{}{}", event.address, event.text);
        let digest = delivery::digest(&posted);
        self.world
            .store
            .is_own_text(&event.server, &place.channel, &digest, since)
            .await
    }

    async fn start_afresh(
        &self,
        conversation: &ConversationKey,
        id: QuestionId,
    ) -> Result<(), NotTaken> {
        let world = &self.world;
        let server = world.mattermost.server();
        let begun = world
            .store
            .start_afresh(server, conversation, world.clock.now())
            .await;
        begun.map_err(|error| store_failed(&error, id))
    }

    async fn stop(&self, scope: &ControlScope, id: QuestionId) -> Result<Reply, NotTaken> {
        let world = &self.world;
        let server = world.mattermost.server();
        let stopped = world.store.request_stop(server, scope).await;
        let questions = stopped.map_err(|error| store_failed(&error, id))?;
        world.halts.stop(&questions);
        let sentence = match u32::try_from(questions.len()).unwrap_or(u32::MAX) {
            0 => Sentence::NothingToStop,
            count => Sentence::Stopped { count },
        };
        let language = world.languages.of(Some(&scope.asker));
        Ok(Reply::Ephemeral(say(language, &sentence)))
    }

    async fn admit(&self, question: Question) -> Result<Reply, NotTaken> {
        let world = &self.world;
        let id = question.id;
        let language = world.languages.of_asker(&question);
        let acknowledgement = acknowledgement(&question, language);
        let asked_at = question.asked_at;
        let asker = question.asker.id.clone();
        let caller = (question.delivery == Delivery::Inline).then(|| world.callers.expect(id));
        let measured = measure::Asked::of(&question);
        let committed = self.commit(question).await;
        measure::admitted(world, &measured, committed.as_ref().ok());
        match committed {
            Ok(Admission::Accepted) => Ok(match caller {
                Some(answer) => match self.wait_for(id, answer).await {
                    Ok(reply) => reply,
                    Err(reason) => self.failed(reason, id, asker.as_ref()),
                },
                None => acknowledgement,
            }),
            Ok(Admission::OverBudget(account)) => {
                world.callers.forget(id);
                let used = Used {
                    budget: account.budget,
                    at: asked_at,
                };
                Ok(Reply::Failure(budgets::over_text(world, language, &used)))
            }
            Ok(Admission::Duplicate) => {
                world.callers.forget(id);
                Ok(acknowledgement)
            }
            Err(reason) => {
                world.callers.forget(id);
                Err(NotTaken(reason))
            }
        }
    }

    async fn commit(&self, question: Question) -> Result<Admission, Reason> {
        let (committed, result) = oneshot::channel();
        let pending = Pending {
            candidate: budgets::candidate(&self.world, question),
            committed,
        };
        self.queue.try_send(pending).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Reason::QueueFull,
            mpsc::error::TrySendError::Closed(_) => Reason::ShuttingDown,
        })?;
        result.await.unwrap_or(Err(Reason::ShuttingDown))
    }

    async fn wait_for(
        &self,
        id: QuestionId,
        answer: oneshot::Receiver<InlineAnswer>,
    ) -> Result<Reply, Reason> {
        let world = &self.world;
        let limit = world.settings.inline_timeout;
        match timeout(&*world.clock, limit, answer).await {
            Ok(Ok(InlineAnswer {
                outcome: Outcome::Failed(_) | Outcome::Refused(_),
                texts,
                audience: _,
            })) => Ok(Reply::Failure(texts.join("\n\n"))),
            Ok(Ok(answer)) if answer.audience == Audience::Asker => {
                Ok(Reply::Ephemeral(answer.texts.join("\n\n")))
            }
            Ok(Ok(answer)) => Ok(Reply::Channel(answer.texts)),
            Ok(Err(_)) => Err(Reason::ShuttingDown),
            Err(_) => {
                world.callers.forget(id);
                Err(Reason::DeadlinePassed)
            }
        }
    }

    fn failed(&self, reason: Reason, id: QuestionId, asker: Option<&UserId>) -> Reply {
        let quoted = id.quoted();
        let sentence = Sentence::Error {
            reason,
            id: &quoted,
        };
        Reply::Failure(say(self.world.languages.of(asker), &sentence))
    }
}

impl Committer {
    /// Commits what is queued until the intake is gone, in batches as large as what has gathered meanwhile.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        while self.queue.recv_many(&mut batch, MAX_BATCH).await > 0 {
            self.commit(std::mem::take(&mut batch)).await;
        }
    }

    async fn commit(&mut self, batch: Vec<Pending>) {
        let (candidates, waiters): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|pending| (pending.candidate, pending.committed))
            .unzip();
        let mut admissions = match self.admit_what_fits(&candidates).await {
            Ok(admissions) => admissions.into_iter().map(Ok).collect(),
            Err(error) => {
                tracing::error!(questions = candidates.len(), error = %error, source = ?std::error::Error::source(&error).map(ToString::to_string), "questions could not be stored; none was acknowledged");
                vec![Err(Reason::Internal); waiters.len()]
            }
        };
        admissions.resize(waiters.len(), Err(Reason::QueueFull));
        if admissions.contains(&Ok(Admission::Accepted)) {
            self.world.work_waits.notify_one();
        }
        for (waiter, admission) in waiters.into_iter().zip(admissions) {
            if waiter.send(admission).is_err() {
                tracing::debug!(
                    "a caller hung up before its question was acknowledged; it is answered all the same"
                );
            }
        }
    }

    /// Stores as many of these as may still wait, the first of them; returns what became of those.
    async fn admit_what_fits(
        &mut self,
        candidates: &[Candidate],
    ) -> Result<Vec<Admission>, StoreError> {
        let (world, now) = (&self.world, self.world.clock.now());
        let wanted = candidates.len();
        if self.room.is_to_be_counted(in_numbers(wanted), now) {
            let backlog = world.store.backlog(world.mattermost.server()).await?;
            self.room.count(backlog.waiting, now);
            if self.room.left() == 0 {
                tracing::warn!(
                    waiting = backlog.waiting,
                    "too many questions wait; more are refused"
                );
            }
        }
        let fitting = usize::try_from(self.room.left()).map_or(wanted, |left| left.min(wanted));
        let Some(fitting) = candidates.get(..fitting).filter(|some| !some.is_empty()) else {
            return Ok(Vec::new());
        };
        let admissions = world.store.admit_within(fitting).await?;
        let is_new = |admission: &&Admission| **admission == Admission::Accepted;
        self.room
            .fill(in_numbers(admissions.iter().filter(is_new).count()));
        Ok(admissions)
    }
}

fn in_numbers(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn store_failed(error: &StoreError, id: QuestionId) -> NotTaken {
    tracing::error!(question.id = %id, error = %error, source = ?std::error::Error::source(error).map(ToString::to_string), "the store failed an event");
    NotTaken(Reason::Internal)
}

fn acknowledgement(question: &Question, language: Language) -> Reply {
    match (&question.delivery, question.audience) {
        (Delivery::Response { .. } | Delivery::Direct { .. }, Audience::Asker) => {
            Reply::Ephemeral(say(language, &Sentence::WorkingPrivately))
        }
        (Delivery::Response { .. }, Audience::Channel) => {
            Reply::Ephemeral(say(language, &Sentence::Working))
        }
        (
            Delivery::Bot { .. }
            | Delivery::Webhook { .. }
            | Delivery::Direct { .. }
            | Delivery::Inline,
            _,
        ) => Reply::Silent,
    }
}

/// Decides what an event asks for and how it would be answered, without looking at anything else.
fn decide(
    event: InboundEvent,
    id: QuestionId,
    settings: &Settings,
    language: Language,
) -> Decision {
    let trigger = settings.command_trigger.as_str();
    match Request::read(&event.text, &settings.agents) {
        Request::Explain => Decision::Say(say(language, &Sentence::NothingAsked { trigger })),
        Request::Help => Decision::Help,
        Request::StartAfresh => match event.origin.place() {
            Some(place) => Decision::StartAfresh(conversation_in(
                place,
                event.asker.id.as_ref(),
                settings.scope,
            )),
            None => Decision::Say(say(language, &Sentence::ConversationBegun)),
        },
        Request::Stop => match (event.origin.place(), &event.asker.id) {
            (Some(place), Some(asker)) => Decision::Stop(ControlScope {
                channel: place.channel.clone(),
                // A post that begins a thread is said in the channel.
                thread: place
                    .thread
                    .clone()
                    .filter(|root| event.origin.post() != Some(root)),
                asker: asker.clone(),
            }),
            _ => Decision::Say(say(language, &Sentence::NothingToStop)),
        },
        Request::Channel(request) => Decision::Channel(request, Box::new(event)),
        Request::Agents => Decision::ListAgents(Box::new(event)),
        Request::Page => Decision::Invite(Box::new(event)),
        Request::Usage(of) => Decision::TellUsage(of, Box::new(event)),
        Request::Grant(request) => Decision::Grant(request, Box::new(event)),
        Request::Forget(within) => Decision::Forget(within, Box::new(event)),
        Request::Ask {
            text,
            audience,
            agent,
        } => {
            let asked = Asked {
                text,
                audience,
                agent,
            };
            admit_question(event, id, asked, settings)
        }
    }
}

/// What a text asks, whom, and who may see the answer.
struct Asked {
    text: String,
    audience: Audience,
    agent: Option<AgentName>,
}

fn help(world: &World, language: Language) -> String {
    let trigger = world.settings.command_trigger.as_str();
    let assistant = world.settings.assistant_name.as_str();
    let mut help = say(language, &Sentence::Help { trigger, assistant });
    if world.images.is_some() && world.settings.delivery.bot {
        help.push('\n');
        help.push_str(&say(language, &Sentence::HelpImages { trigger }));
    }
    help.push('\n');
    let usage = BudgetSaying::UsageHelp {
        trigger: trigger.into(),
    };
    help.push_str(&say_of_budgets(language, &usage));
    help.push('\n');
    let forget = PrivacySaying::ForgetHelp {
        trigger: trigger.into(),
    };
    help.push_str(&say_of_privacy(language, &forget));
    if !world.settings.agents.is_empty() {
        let trigger = trigger.into();
        help.push('\n');
        help.push_str(&say_of_agents(language, &AgentSaying::Help { trigger }));
    }
    help
}

fn admit_question(
    event: InboundEvent,
    id: QuestionId,
    asked: Asked,
    settings: &Settings,
) -> Decision {
    let Asked {
        text,
        audience,
        agent,
    } = asked;
    let limit = settings.max_question_chars;
    if text.chars().count() > limit {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        return Decision::Refuse(Reason::QuestionTooLong { limit });
    }
    let choose = match wanted_picture(&text) {
        Some(_) => delivery::choose_for_picture,
        None => delivery::choose,
    };
    let Some(delivery) = choose(&event, audience, settings.delivery) else {
        return Decision::Refuse(Reason::PrivateUnavailable);
    };
    let (conversation, lane) = place_of(&event, id, audience, settings.scope);
    let allowed = match delivery {
        Delivery::Response { .. } => settings.response_deadline.min(settings.deadline),
        // So that what there is by then is still told to a caller who waits.
        Delivery::Inline => settings
            .inline_timeout
            .saturating_sub(INLINE_MARGIN)
            .min(settings.deadline),
        Delivery::Bot { .. } | Delivery::Direct { .. } | Delivery::Webhook { .. } => {
            settings.deadline
        }
    };
    let allowed = if event.is_late {
        Duration::ZERO
    } else {
        allowed
    };
    Decision::Admit(Box::new(Question {
        id,
        server: event.server,
        key: event.key,
        origin: event.origin,
        asker: event.asker,
        text,
        agent,
        audience,
        delivery,
        conversation,
        lane,
        asked_at: event.received_at,
        deadline: event.received_at.after(allowed),
    }))
}

fn place_of(
    event: &InboundEvent,
    id: QuestionId,
    audience: Audience,
    scope: ConversationScope,
) -> (ConversationKey, LaneKey) {
    let (Some(place), Some(asker)) = (event.origin.place(), event.asker.id.as_ref()) else {
        return (ConversationKey::alone(id), LaneKey::alone(id));
    };
    let lane = match &place.thread {
        Some(root) if audience == Audience::Channel => LaneKey::thread(&place.channel, root),
        _ => LaneKey::person(&place.channel, asker),
    };
    let conversation = match audience {
        Audience::Asker => ConversationKey::private(&place.channel, asker),
        Audience::Channel => conversation_in(place, Some(asker), scope),
    };
    (conversation, lane)
}

/// The conversation that goes on in a place: its thread's, else the channel's or the person's in it.
pub(super) fn conversation_in(
    place: &Place,
    asker: Option<&UserId>,
    scope: ConversationScope,
) -> ConversationKey {
    match (&place.thread, scope, asker) {
        (Some(root), _, _) => ConversationKey::thread(&place.channel, root),
        (None, ConversationScope::Person, Some(asker)) => {
            ConversationKey::person(&place.channel, asker)
        }
        (None, _, _) => ConversationKey::channel(&place.channel),
    }
}
